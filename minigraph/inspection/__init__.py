"""Looking at a network: gradient check, diagnosis, explanations."""

"""Inspection of networks: gradient check, diagnosis, explanations."""

"""Networks: the sorted graph between inputs and outputs, with its cost and its parameters."""

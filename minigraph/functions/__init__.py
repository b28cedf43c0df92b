"""Activations, costs and initializers: each rule with its derivative, written once."""

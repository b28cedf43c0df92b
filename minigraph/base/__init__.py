"""Utilities for every part of the package, independent of networks."""

"""Positions of everything in a drawing."""

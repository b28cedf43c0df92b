"""The architecture of a network as plain data, and back."""

from minigraph.architecture.architecture import schema

__all__ = ["schema"]

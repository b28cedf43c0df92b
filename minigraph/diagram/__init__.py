"""Drawings of networks: every unit with its numbers, or every node as a box."""

from __future__ import annotations

from minigraph.diagram.draw import diagram, diagram_frames
from minigraph.diagram.rendering.result import Diagram

__all__ = ["Diagram", "diagram", "diagram_frames"]

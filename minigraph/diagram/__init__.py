"""Drawings of networks: every unit with its numbers, or every node as a box."""

from __future__ import annotations

from minigraph.diagram.build import diagram, diagram_frames
from minigraph.diagram.result import Diagram

__all__ = ["Diagram", "diagram", "diagram_frames"]

"""The command line: `minigraph`, or `python -m minigraph`."""

from __future__ import annotations

from minigraph.cli.program import main, run

__all__ = ["main", "run"]

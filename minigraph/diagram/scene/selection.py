"""Which units of a node are drawn, and in which row each of them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minigraph.diagram.options import UnitChoice
from minigraph.graph.node import Node


@dataclass(frozen=True)
class Selection:
    """The rows of a node from top to bottom: 0 for the bias unit, j for unit j, None for units left out."""

    node: Node
    rows: tuple[int | None, ...]
    row_of: NDArray[np.intp]
    """The row of each unit, index 0 for the bias unit; of a hidden unit, the row that stands for it."""
    is_shown: NDArray[np.bool_]

    @property
    def shown(self) -> list[int]:
        """The numbers of the units that are drawn, the bias unit not among them."""
        return [j for j in self.rows if j]

    @property
    def statement(self) -> str:
        """What a reader must know about the units left out; empty if there are none."""
        count = len(self.shown)
        return "" if count == self.node.size else f"{count} of {self.node.size} shown"

    @property
    def widest_gap(self) -> int:
        """The row where the statement stands."""
        hidden = np.bincount(self.row_of[1:][~self.is_shown[1:]], minlength=len(self.rows))
        return int(hidden.argmax())


def select(node: Node, choice: UnitChoice, with_bias: bool, focus: int = 0) -> Selection:
    """Choose the units: all, the listed ones, or so many, the first and the last; and the one in focus."""
    shown = sorted({*_chosen(node.size, choice), focus} - {0})
    rows: list[int | None] = [0] if with_bias else []
    row_of = np.zeros(node.size + 1, np.intp)
    is_shown = np.zeros(node.size + 1, np.bool_)
    is_shown[0] = with_bias
    last = 0
    for j in [*shown, node.size + 1]:
        if j > last + 1:
            row_of[last + 1 : j] = len(rows)
            rows.append(None)
        if j <= node.size:
            row_of[j] = len(rows)
            is_shown[j] = True
            rows.append(j)
        last = j
    return Selection(node, tuple(rows), row_of, is_shown)


def _chosen(size: int, choice: UnitChoice) -> Sequence[int]:
    if choice is None:
        return range(1, size + 1)
    if isinstance(choice, (int, np.integer)):
        if choice >= size:
            return range(1, size + 1)
        first = (int(choice) + 1) // 2
        return [*range(1, first + 1), *range(size - (int(choice) - first) + 1, size + 1)]
    return sorted({int(j) for j in choice if j <= size}) or [1]

"""Names of columns, as DataFrames of any library have them: they name the units of the node they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minigraph.errors import ArgumentError, nearest
from minigraph.graph.node import Node


@dataclass(frozen=True)
class ColumnNames:
    """The names that came with checked data, by node; `commit` them once the call they came with has succeeded."""

    by_node: Mapping[Node, tuple[str, ...]]

    def commit(self) -> None:
        """Let nodes without unit names adopt those of their columns."""
        for node, names in self.by_node.items():
            if node.unit_names is None:
                node.unit_names = names


def column_names(values: object) -> tuple[str, ...] | None:
    """Return the names of the columns; None for values without, or if they are not distinct, non-empty strings.

    >>> column_names([[1.0, 2.0]]) is None
    True
    """
    columns = getattr(values, "columns", None)
    if not isinstance(columns, Iterable):
        return None
    names = tuple(columns)
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        return None
    return names


def check_column_names(node: Node, received: tuple[str, ...], argument: str) -> None:
    """Compare the names of columns with the units that the node is named after, if both have names.

    Raises:
        ArgumentError: they differ, or stand in another order.
    """
    expected = node.unit_names
    if expected is None or received == expected:
        return
    remedy = f"{argument}.to_numpy() passes the numbers without the names"
    for j, name in enumerate(expected, start=1):
        if name not in received:
            raise ArgumentError(
                f"{argument}: received a table without the column {name!r}, which is unit {j} of node"
                f" {node.name!r}{nearest(name, received)}; {remedy}"
            )
    raise ArgumentError(
        f"{argument}: received the columns {', '.join(received)}, expected the units of node {node.name!r}:"
        f" {', '.join(expected)}; {argument}[[…]] picks and orders columns, {remedy}"
    )

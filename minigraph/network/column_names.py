"""Column names of DataFrames of any library, which become the unit names of the corresponding node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minigraph.errors import ArgumentError, nearest
from minigraph.graph.node import Node


@dataclass(frozen=True)
class ColumnNames:
    """Column names of checked data, by node; call `commit` once the call with these data has succeeded."""

    by_node: Mapping[Node, tuple[str, ...]]

    def commit(self) -> None:
        """Name the units of unnamed nodes after their columns."""
        for node, names in self.by_node.items():
            if node.unit_names is None:
                node.unit_names = names


def column_names(values: object) -> tuple[str, ...] | None:
    """Return the names of the columns; None if there are none, or they are not distinct, non-empty strings.

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
    """Check column names against the unit names of a node, if both exist.

    Raises:
        ArgumentError: the names or their order differ.
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

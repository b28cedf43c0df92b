"""Tables with named columns, such as DataFrames of whatever library: their columns name the units of a node."""

from __future__ import annotations

from collections.abc import Iterable

from minigraph.errors import ArgumentError, nearest
from minigraph.graph.node import Node


def column_names(values: object) -> tuple[str, ...] | None:
    """Return the names of the columns; None for something without, or if they are not distinct texts.

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


def name_units(node: Node, values: object) -> None:
    """Let a node without unit names take over those of the columns of `values`, which fit it."""
    if node.unit_names is None:
        node.unit_names = column_names(values)


def check_columns(node: Node, values: object, argument: str) -> None:
    """Compare the columns of `values` with the units that the node is named after, if both have names.

    Raises:
        ArgumentError: they are others, or in another order.
    """
    expected, received = node.unit_names, column_names(values)
    if expected is None or received is None or received == expected:
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

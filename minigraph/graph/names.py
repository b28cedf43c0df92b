"""Validation of the names of nodes, layers and units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from minigraph.errors import ArgumentError

Label: TypeAlias = str | int | float | bool
"""The label of a class: a string, a number or a Boolean."""


def checked_name(name: str | None) -> str | None:
    """Return the name of a layer or node if it is a non-empty string or None, else raise ArgumentError."""
    if name is not None and (not isinstance(name, str) or not name):
        raise ArgumentError(f"name: received {name!r}, expected a non-empty string or None")
    return name


def checked_unit_names(names: Iterable[str], size: int, node: str) -> tuple[str, ...]:
    """Return the unit names of a node if there are `size` distinct ones, else raise ArgumentError."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ArgumentError(f"unit_names: received {names!r}, expected a sequence of {size} names")
    given = tuple(names)
    seen: set[str] = set()
    for j, name in enumerate(given, start=1):
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"unit_names: received {name!r} for unit {j}, expected a non-empty string")
        if name in seen:
            raise ArgumentError(f"unit_names: received {name!r} twice, expected distinct names")
        seen.add(name)
    if len(given) != size:
        raise ArgumentError(
            f"unit_names: received {len(given)} names, expected {size}, one for each unit of node {node!r}"
        )
    return tuple(str(name) for name in given)

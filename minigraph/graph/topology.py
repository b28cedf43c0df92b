"""Iterative, deterministic topological sorting of a directed graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from minigraph.errors import GraphError

T = TypeVar("T")


def topological_order(
    targets: Iterable[T],
    parents: Callable[[T], Sequence[T]],
    name: Callable[[T], str] = str,
) -> list[T]:
    """Sort `targets` and all their ancestors so that parents come before children.

    Uses depth-first search with an explicit stack, so that chains of any length can be sorted.
    The order depends only on the order of `targets` and of each node's parents.

    Args:
        targets: the nodes to start from; must be hashable.
        parents: returns the parents of a node, in order; a parent may occur twice.
        name: returns the name of a node for error messages.

    Raises:
        GraphError: the graph has a cycle; the message names its nodes.

    >>> graph = {"x": [], "h": ["x"], "y": ["h", "x"]}
    >>> topological_order(["y"], lambda node: graph[node])
    ['x', 'h', 'y']
    """
    order: list[T] = []
    done: set[T] = set()
    on_path: dict[T, None] = {}
    for target in targets:
        stack: list[tuple[T, bool]] = [(target, False)]
        while stack:
            node, parents_are_done = stack.pop()
            if parents_are_done:
                del on_path[node]
                done.add(node)
                order.append(node)
            elif node in on_path:
                path = list(on_path)
                cycle = [*path[path.index(node) :], node]
                steps = " <- ".join(name(member) for member in cycle)
                raise GraphError(f"the graph has a cycle: {steps}; a node cannot depend on itself")
            elif node not in done:
                on_path[node] = None
                stack.append((node, True))
                stack.extend((parent, False) for parent in reversed(parents(node)))
    return order

"""Put the nodes of a directed graph in topological order, iteratively and always the same way."""

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

    Depth-first search with a stack of its own, so that a chain of any length sorts without recursion.
    The order depends only on the order of `targets` and of each node's parents.

    Args:
        targets: where the walk starts; the nodes must be hashable.
        parents: gives a node's parents, in order; the same parent may stand there twice.
        name: what to call a node in the message of an error.

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

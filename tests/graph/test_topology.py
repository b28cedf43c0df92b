"""The topological sort: order, determinism, depth, cycles."""

import re

import pytest
from hypothesis import given, strategies as st

from minigraph import GraphError
from minigraph.graph.topology import topological_order


@given(st.lists(st.lists(st.integers(0, 30), max_size=4), min_size=1, max_size=30), st.data())
def test_parents_come_before_children(raw: list[list[int]], data: st.DataObject) -> None:
    """Node i of a random acyclic graph has only parents below i, some of them twice."""
    graph = {i: [p % i for p in parents] if i else [] for i, parents in enumerate(raw)}
    targets = data.draw(st.lists(st.sampled_from(sorted(graph)), min_size=1, max_size=3))
    order = topological_order(targets, graph.__getitem__)
    ancestors: set[int] = set()
    todo = list(targets)
    while todo:
        node = todo.pop()
        ancestors.add(node)
        todo += graph[node]
    assert sorted(order) == sorted(ancestors)
    assert all(order.index(parent) < order.index(node) for node in order for parent in graph[node])
    assert order == topological_order(targets, graph.__getitem__)


def test_order_follows_the_parents_as_listed() -> None:
    graph = {"y": ["b", "a"], "a": [], "b": ["c"], "c": []}
    assert topological_order(["y"], graph.__getitem__) == ["c", "b", "a", "y"]
    assert topological_order(["a", "y"], graph.__getitem__) == ["a", "c", "b", "y"]


def test_a_chain_of_any_length_needs_no_recursion() -> None:
    order = topological_order([50_000], lambda i: [i - 1] if i else [])
    assert order == list(range(50_001))


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        ({"a": ["a"]}, "a <- a"),
        ({"a": ["b"], "b": ["a"]}, "a <- b <- a"),
        ({"y": ["x", "h"], "x": [], "h": ["g"], "g": ["x", "f"], "f": ["h"], "a": ["y"]}, "h <- g <- f <- h"),
    ],
)
def test_a_cycle_is_named(graph: dict[str, list[str]], cycle: str) -> None:
    with pytest.raises(GraphError, match=re.escape(f"cycle: {cycle};")):
        topological_order(["a"] if "a" in graph else ["y"], graph.__getitem__)

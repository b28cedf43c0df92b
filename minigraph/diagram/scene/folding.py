"""Blocks of nodes that repeat one behind the other, so that a drawing can show one of them and say how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minigraph.graph.layers import Dropout
from minigraph.graph.node import Node
from minigraph.network.network import AnyNetwork

LEAST_REPEATS = 3
LONGEST_PERIOD = 12


@dataclass(frozen=True)
class Block:
    """Nodes `first` … that occur `repeats` times, each time with other parameters."""

    nodes: tuple[Node, ...]
    """Those of the first occurrence, which stand for all."""
    repeats: int
    last: Node
    """The last node of the last occurrence."""

    @property
    def statement(self) -> str:
        """What a reader must know: how often, and what is not shown."""
        left_out = len(self.nodes) * (self.repeats - 1)
        return f"× {self.repeats}: from {self.nodes[0].name} to {self.last.name}, {left_out} nodes like these not shown"


@dataclass(frozen=True)
class Folding:
    """The nodes that are drawn, and for which others they stand."""

    stands_for: dict[Node, Node]
    """From every node to the one that is drawn for it."""
    alike: dict[Node, tuple[Node, ...]]
    """From every drawn node to all that it stands for, itself included."""
    blocks: tuple[Block, ...]

    @property
    def parents(self) -> dict[Node, list[Node]]:
        """The parents of every drawn node as they are drawn, each once."""
        return {node: list(dict.fromkeys(self.stands_for[each] for each in node.parents)) for node in self.alike}


def fold(net: AnyNetwork) -> Folding:
    """Find the repeated blocks of a network, from the front, the longest first."""
    nodes = net.nodes
    kinds = [_kind(node) for node in nodes]
    stands_for: dict[Node, Node] = {}
    alike: dict[Node, tuple[Node, ...]] = {}
    blocks = []
    index = 0
    while index < len(nodes):
        period, repeats = _repetition(net, kinds, index)
        stop = index + period * repeats
        for first in range(index, index + period):
            alike[nodes[first]] = nodes[first:stop:period]
            stands_for.update(dict.fromkeys(nodes[first:stop:period], nodes[first]))
        if repeats > 1:
            blocks.append(Block(nodes[index : index + period], repeats, nodes[stop - 1]))
        index = stop
    return Folding(stands_for, alike, tuple(blocks))


def unfolded(net: AnyNetwork) -> Folding:
    """Return the folding that folds nothing."""
    return Folding({node: node for node in net.nodes}, {node: (node,) for node in net.nodes}, ())


def _kind(node: Node) -> tuple[object, ...]:
    """Describe a node so that two nodes of equal description do the same with what lies as far behind."""
    layer = node.layer
    rate = layer.rate if isinstance(layer, Dropout) else None
    parents = tuple((node.position - parent.position, parent.size) for parent in node.parents)
    return type(layer).__name__, layer.kind, layer.activation.name, rate, node.size, parents


def _repetition(net: AnyNetwork, kinds: Sequence[tuple[object, ...]], start: int) -> tuple[int, int]:
    """Return the period and the number of repeats of the block that begins here; (1, 1) if none does."""
    best = (1, 1)
    for period in range(1, min(LONGEST_PERIOD, (len(kinds) - start) // LEAST_REPEATS) + 1):
        stop = start + period
        while stop < len(kinds) and kinds[stop] == kinds[stop - period]:
            stop += 1
        repeats = (stop - start) // period
        while repeats >= LEAST_REPEATS and not _is_closed(net, start, period, repeats):
            repeats -= 1
        if repeats >= LEAST_REPEATS and period * repeats > best[0] * best[1]:
            best = (period, repeats)
    return best


def _is_closed(net: AnyNetwork, start: int, period: int, repeats: int) -> bool:
    """Return whether each block reaches, but for the last one, only the next and sees only the one before."""
    for index in range(start, start + period * repeats):
        node = net.nodes[index]
        block = (index - start) // period
        first = start + block * period + 1  # position of the block's first node
        if not node.parents or node in net.outputs:
            return False
        if block and any(parent.position < first - period for parent in node.parents):
            return False
        if block < repeats - 1 and any(child.position >= first + 2 * period for child in node.children):
            return False
    return True

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

    shown: tuple[Node, ...]
    stands_for: dict[Node, Node]
    """From every node to the one that is drawn for it."""
    alike: dict[Node, tuple[Node, ...]]
    """From every drawn node to all that it stands for, itself included."""
    blocks: tuple[Block, ...]


def fold(net: AnyNetwork) -> Folding:
    """Find the repeated blocks of a network, from the front, the longest first."""
    nodes = net.nodes
    kinds = _kinds(nodes)
    position = {node: index for index, node in enumerate(nodes)}
    stands_for: dict[Node, Node] = {}
    alike: dict[Node, tuple[Node, ...]] = {}
    blocks = []
    index = 0
    while index < len(nodes):
        period, repeats = _repetition(net, kinds, position, index)
        for offset in range(period):
            group = nodes[index + offset : index + period * repeats : period]
            alike[nodes[index + offset]] = tuple(group)
            stands_for.update(dict.fromkeys(group, nodes[index + offset]))
        if repeats > 1:
            last = nodes[index + period * repeats - 1]
            blocks.append(Block(tuple(nodes[index : index + period]), repeats, last))
        index += period * repeats
    return Folding(tuple(alike), stands_for, alike, tuple(blocks))


def unfolded(net: AnyNetwork) -> Folding:
    """Return the folding that folds nothing."""
    return Folding(net.nodes, {node: node for node in net.nodes}, {node: (node,) for node in net.nodes}, ())


def _kinds(nodes: Sequence[Node]) -> list[tuple[object, ...]]:
    """Describe every node so that two nodes of equal description do the same with what lies as far behind."""
    position = {node: index for index, node in enumerate(nodes)}
    kinds: list[tuple[object, ...]] = []
    for index, node in enumerate(nodes):
        layer = node.layer
        rate = layer.rate if isinstance(layer, Dropout) else None
        parents = tuple((index - position[parent], parent.size) for parent in node.parents)
        kinds.append((type(layer).__name__, layer.kind, layer.activation.name, rate, node.size, parents))
    return kinds


def _repetition(
    net: AnyNetwork, kinds: Sequence[tuple[object, ...]], position: dict[Node, int], start: int
) -> tuple[int, int]:
    """Return the period and the number of repeats of the block that begins here; (1, 1) if none does."""
    best = (1, 1)
    for period in range(1, min(LONGEST_PERIOD, (len(kinds) - start) // LEAST_REPEATS) + 1):
        stop = start + period
        while stop < len(kinds) and kinds[stop] == kinds[stop - period]:
            stop += 1
        repeats = (stop - start) // period
        while repeats >= LEAST_REPEATS and not _is_closed(net, position, start, period, repeats):
            repeats -= 1
        if repeats >= LEAST_REPEATS and period * repeats > best[0] * best[1]:
            best = (period, repeats)
    return best


def _is_closed(net: AnyNetwork, position: dict[Node, int], start: int, period: int, repeats: int) -> bool:
    """Tell whether what the left-out blocks hand on reaches only the next block, and the last one's the rest."""
    stop = start + period * repeats
    for index in range(start, stop):
        node = net.nodes[index]
        block = (index - start) // period
        if not node.parents or node in net.outputs:
            return False
        if any(position[parent] < start + (block - 1) * period for parent in node.parents if block):
            return False
        reach = [position[child] for child in node.children]
        if block < repeats - 1 and any(each >= start + (block + 2) * period for each in reach):
            return False
    return True

"""The edges from one parent into a node: one by one where both units are drawn, in bundles where not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from minigraph.base.arrays import Array
from minigraph.diagram.scene.selection import Selection
from minigraph.graph.layers import Dense
from minigraph.graph.node import Node


@dataclass
class Bundle:
    """Edges between two rows that are not drawn one by one."""

    count: int = 0
    total: float = 0.0
    """Σ |Θ| over them, 0 for fixed weights."""

    @property
    def statement(self) -> str:
        """What the bundle stands for."""
        if not self.count:
            return "the layer does not say which units are linked"
        mean = f", mean |Θ| {self.total / self.count:.4g}" if self.total else ""
        return f"{self.count} links that are not drawn one by one{mean}"

    def add(self, count: int, total: float) -> None:
        """Add edges to the bundle."""
        self.count += count
        self.total += total


@dataclass
class ParentEdges:
    """All edges from one parent of a node into it."""

    node: Node
    slot: int
    """Which of `node.parents` they come from."""
    edges: list[tuple[int, int, int | None]] = field(default_factory=list)
    """(unit of the parent, 0 for the bias; unit of the node; column of Θ or None)."""
    bundles: dict[tuple[int, int], Bundle] = field(default_factory=lambda: defaultdict(Bundle))
    """By (row of the parent, row of the node)."""

    @property
    def parent(self) -> Node:
        """Where the edges come from."""
        return self.node.parents[self.slot]


def edges_into(node: Node, selections: Mapping[Node, Selection], theta: Array | None) -> list[ParentEdges]:
    """Return the edges into a node, parent by parent."""
    found = [ParentEdges(node, slot) for slot in range(len(node.parents))]
    here, sources = selections[node], [selections[parent] for parent in node.parents]
    sizes = [parent.size for parent in node.parents]
    is_shown = [source.is_shown.tolist() for source in sources]
    is_matrix = isinstance(node.layer, Dense) and theta is not None
    for j in here.shown if is_matrix else range(1, node.size + 1):
        row = int(here.row_of[j])
        is_drawn = bool(here.is_shown[j])
        for slot, i, column in node.layer.links_into(j, sizes):
            if is_drawn and is_shown[slot][i]:
                found[slot].edges.append((i, j, column))
            else:
                size = 0.0 if theta is None or column is None else abs(float(theta[j - 1, column]))
                found[slot].bundles[int(sources[slot].row_of[i]), row].add(1, size)
    if is_matrix and theta is not None and len(here.shown) < node.size:
        _bundle_hidden_rows(found[0], theta, here, sources[0])
    for each, source in zip(found, sources, strict=True):
        if not each.edges and not each.bundles:
            each.bundles[len(source.rows) // 2, len(here.rows) // 2].add(0, 0.0)
    return found


def _bundle_hidden_rows(into: ParentEdges, theta: Array, here: Selection, source: Selection) -> None:
    """Bundle the rows of Θ that lead into hidden units, by blocks rather than weight by weight."""
    sizes = np.abs(theta)
    exists = np.ones(theta.shape, np.bool_)
    if into.node.layer.links is not None:
        exists[:, 1:] = into.node.layer.links
    units_of = defaultdict(list)
    for i in range(into.parent.size + 1):
        units_of[int(source.row_of[i])].append(i)
    hidden_in = defaultdict(list)
    for index in np.flatnonzero(~here.is_shown[1:]).tolist():
        hidden_in[int(here.row_of[index + 1])].append(index)
    for target, chosen in hidden_in.items():
        counts, totals = exists[chosen].sum(axis=0), sizes[chosen].sum(axis=0)
        for row, units in units_of.items():
            if count := int(counts[units].sum()):
                into.bundles[row, target].add(count, float(totals[units].sum()))

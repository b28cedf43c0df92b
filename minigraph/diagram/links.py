"""The links between the rows of two nodes: one by one where both units are drawn, in bundles where not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from minigraph.base.arrays import Array
from minigraph.diagram.selection import Selection
from minigraph.graph.layers import Dense
from minigraph.graph.node import Node


@dataclass
class Bundle:
    """Links that are not drawn one by one, between two rows."""

    count: int = 0
    total: float = 0.0
    """Σ |Θ| over them, 0 for fixed weights."""

    @property
    def statement(self) -> str:
        """What the bundle stands for."""
        if not self.count:
            return "the layer does not tell which units are linked"
        mean = f", mean |Θ| {self.total / self.count:.4g}" if self.total else ""
        return f"{self.count} links that are not drawn one by one{mean}"

    def add(self, count: int, total: float) -> None:
        """Add links to the bundle."""
        self.count += count
        self.total += total


@dataclass
class Connection:
    """All links from one parent of a node into it."""

    node: Node
    slot: int
    """Which of `node.parents` they come from."""
    edges: list[tuple[int, int, int | None]] = field(default_factory=list)
    """(unit of the parent, 0 for the bias; unit of the node; column of Θ or None)."""
    bundles: dict[tuple[int, int], Bundle] = field(default_factory=lambda: defaultdict(Bundle))
    """By (row of the parent, row of the node)."""

    @property
    def parent(self) -> Node:
        """Where the links come from."""
        return self.node.parents[self.slot]


def connections(node: Node, selections: Mapping[Node, Selection], theta: Array | None) -> list[Connection]:
    """Return the links into a node, parent by parent."""
    links = [Connection(node, slot) for slot in range(len(node.parents))]
    here = selections[node]
    sources = [selections[parent] for parent in node.parents]
    hidden = [j for j in range(1, node.size + 1) if not here.is_shown[j]]
    many = isinstance(node.layer, Dense) and theta is not None
    sizes = [parent.size for parent in node.parents]
    is_shown = [source.is_shown.tolist() for source in sources]
    for j in here.shown if many else range(1, node.size + 1):
        row = int(here.row_of[j])
        drawn = bool(here.is_shown[j])
        weights = None if theta is None else theta[j - 1]
        for slot, i, column in node.layer.links_into(j, sizes):
            if drawn and is_shown[slot][i]:
                links[slot].edges.append((i, j, column))
            else:
                size = 0.0 if weights is None or column is None else abs(float(weights[column]))
                links[slot].bundles[int(sources[slot].row_of[i]), row].add(1, size)
    if many and theta is not None and hidden:
        _bundle_matrix(links[0], theta, hidden, here, sources[0])
    for link, source in zip(links, sources, strict=True):
        if not link.edges and not link.bundles:
            link.bundles[len(source.rows) // 2, len(here.rows) // 2].add(0, 0.0)
    return links


def _bundle_matrix(link: Connection, theta: Array, hidden: list[int], here: Selection, source: Selection) -> None:
    """Bundle the rows of Θ that lead into hidden units, by blocks rather than weight by weight."""
    sizes = np.abs(theta)
    exists = np.ones(theta.shape, np.bool_)
    if link.node.layer.links is not None:
        exists[:, 1:] = link.node.layer.links
    columns = defaultdict(list)
    for i in range(link.parent.size + 1):
        columns[int(source.row_of[i])].append(i)
    lines = defaultdict(list)
    for j in hidden:
        lines[int(here.row_of[j])].append(j - 1)
    for target, chosen in lines.items():
        counts, totals = exists[chosen].sum(axis=0), sizes[chosen].sum(axis=0)
        for row, units in columns.items():
            if count := int(counts[units].sum()):
                link.bundles[row, target].add(count, float(totals[units].sum()))

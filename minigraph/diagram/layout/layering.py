"""Layered graphs: which column each node stands in, in which order, and how far along the column.

Edges that pass over columns get a free lane in each of them. The order is found by barycentres, the place
along the column by least squares under the given order and distances. All of it is deterministic.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minigraph.diagram.canvas.dot import Point
from minigraph.diagram.layout.routes import Points
from minigraph.diagram.options import Direction
from minigraph.graph.node import Node


@dataclass(frozen=True)
class Axes:
    """How a drawing is turned: u runs along its direction, v across."""

    direction: Direction

    @property
    def is_horizontal(self) -> bool:
        """Whether the drawing runs to the right or left."""
        return self.direction in ("LR", "RL")

    def page(self, u: float, v: float) -> Point:
        """Turn (u, v) into (x, y), y down."""
        u = -u if self.direction in ("RL", "BT") else u
        return (u, v) if self.is_horizontal else (v, u)

    def pages(self, points: Points) -> Points:
        """Turn an array of (u, v) into (x, y)."""
        turned: Points = points * np.array([-1.0 if self.direction in ("RL", "BT") else 1.0, 1.0])
        return turned if self.is_horizontal else turned[..., ::-1]


@dataclass(eq=False)
class Band:
    """A stretch of a column: a node, or a lane for edges that pass by.

    `before` and `after` say how much room it takes on either side of its anchor.
    """

    column: int
    before: float
    after: float
    node: Node | None = None
    neighbours: list[Band] = field(default_factory=list)
    place: float = 0.0
    """The anchor, along the column."""


@dataclass(frozen=True)
class Layering:
    """The columns of a graph, and what stands where in them."""

    columns: list[list[Band]]
    bands: dict[Node, Band]
    paths: dict[tuple[Node, int], list[Band]]
    """From a node's parent in some slot to the node, through the lanes between."""


def layered(
    parents: Mapping[Node, Sequence[Node]],
    extents: Mapping[Node, tuple[float, float]],
    lanes: Mapping[tuple[Node, int], float],
    distance: float,
) -> Layering:
    """Lay out a graph in columns: inputs in the first, every other node one behind the last of its parents.

    Args:
        parents: of each node, in topological order.
        extents: how much room a node takes in its column before and after its anchor.
        lanes: half the width of a lane for the edges into a node from its parent in some slot.
        distance: least distance of two bands.
    """
    column_of: dict[Node, int] = {}
    for node, above in parents.items():
        column_of[node] = max((column_of[parent] + 1 for parent in above), default=0)
    columns: list[list[Band]] = [[] for _ in range(max(column_of.values()) + 1)]
    between = {
        (node, slot): [
            Band(c, lanes[node, slot], lanes[node, slot]) for c in range(column_of[parent] + 1, column_of[node])
        ]
        for node, above in parents.items()
        for slot, parent in enumerate(above)
    }
    bands = {node: Band(column_of[node], *extents[node], node) for node in parents}
    for band in (*itertools.chain.from_iterable(between.values()), *bands.values()):
        columns[band.column].append(band)
    paths = {(node, slot): [bands[parents[node][slot]], *path, bands[node]] for (node, slot), path in between.items()}
    for here, there in itertools.chain.from_iterable(map(itertools.pairwise, paths.values())):
        here.neighbours.append(there)
        there.neighbours.append(here)
    arrange(columns, distance)
    return Layering(columns, bands, paths)


def arrange(columns: list[list[Band]], distance: float) -> None:
    """Order the bands of each column, in place, and give every band its place, the outermost side at 0."""
    if any(len(column) > 1 for column in columns):
        _order(columns)
    _settle(columns, distance)
    top = min(band.place - band.before for column in columns for band in column)
    for column in columns:
        for band in column:
            band.place -= top


def _order(columns: list[list[Band]]) -> None:
    """Sort each column by the mean rank of its neighbours, there and back, and keep the best order seen."""
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for _ in range(6):
        if fewest == 0:
            break
        for forth in (True, False):
            sweep = range(1, len(columns)) if forth else range(len(columns) - 2, -1, -1)
            for index in sweep:
                other = index - 1 if forth else index + 1
                _sort_by(columns[index], columns[other])
            crossings = _crossings(columns)
            if crossings < fewest:
                best, fewest = [list(column) for column in columns], crossings
    for column, order in zip(columns, best, strict=True):
        column[:] = order


def _sort_by(column: list[Band], other: list[Band]) -> None:
    rank = {id(band): place / len(other) for place, band in enumerate(other)}
    column.sort(key=lambda band: _mean([rank[id(each)] for each in band.neighbours if id(each) in rank], 0.5))


def _crossings(columns: list[list[Band]]) -> int:
    total = 0
    for left, right in itertools.pairwise(columns):
        rank = {id(band): place for place, band in enumerate(right)}
        ends = [sorted(rank[id(each)] for each in band.neighbours if id(each) in rank) for band in left]
        flat = [end for each in ends for end in each]
        total += sum(a > b for index, a in enumerate(flat) for b in flat[index + 1 :])
    return total


def _settle(columns: list[list[Band]], distance: float) -> None:
    """Pull every band towards its neighbours, as far as the others in its column let it."""
    for column in columns:
        place = 0.0
        for band in column:
            band.place = place + band.before
            place += band.before + band.after + distance
        shift = (place - distance) / 2
        for band in column:
            band.place -= shift
    for step in range(12):
        for column in columns if step % 2 == 0 else reversed(columns):
            wanted = [_mean([each.place for each in band.neighbours], band.place) for band in column]
            offsets = [0.0]
            for above, below in itertools.pairwise(column):
                offsets.append(offsets[-1] + above.after + distance + below.before)
            for band, place in zip(column, spread(wanted, offsets), strict=True):
                band.place = place


def spread(wanted: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """Return the places nearest to those wanted that are at least as far apart as offsets are.

    By pooling adjacent violators: Barlow et al., Statistical Inference under Order Restrictions, 1972.
    """
    pools: list[tuple[float, int]] = []
    for place, offset in zip(wanted, offsets, strict=True):
        mean, count = place - offset, 1
        while pools and pools[-1][0] > mean:
            other, size = pools.pop()
            mean, count = (mean * count + other * size) / (count + size), count + size
        pools.append((mean, count))
    free = [mean for mean, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(free, offsets, strict=True)]


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise

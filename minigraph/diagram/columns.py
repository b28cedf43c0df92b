"""Where things stand in a layered graph: which column, in which order, how far along the column.

Links that pass over columns get a free lane in each of them. The order is found by barycentres, the place
along the column by least squares under the given order and distances. All of it is deterministic.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from minigraph.graph.node import Node


@dataclass(eq=False)
class Band:
    """A stretch of a column: a node, or a lane for links that pass by.

    `before` and `after` say how much room it takes on either side of its anchor.
    """

    column: int
    before: float
    after: float
    node: Node | None = None
    neighbours: list[Band] = field(default_factory=list)
    place: float = 0.0
    """The anchor, along the column."""


def depths(nodes: Sequence[Node]) -> dict[Node, int]:
    """Return the column of each node: 0 for inputs, else one behind the last of its parents."""
    column: dict[Node, int] = {}
    for node in nodes:
        column[node] = max((column[parent] + 1 for parent in node.parents), default=0)
    return column


def arrange(columns: list[list[Band]], distance: float) -> None:
    """Order the bands of each column, in place, and give every band its place, the smallest edge at 0."""
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
            for band, place in zip(column, _spread(column, wanted, distance), strict=True):
                band.place = place


def _spread(column: list[Band], wanted: list[float], distance: float) -> list[float]:
    """Return the places nearest to those wanted that keep order and distances (pool adjacent violators)."""
    offsets = [0.0]
    for above, below in itertools.pairwise(column):
        offsets.append(offsets[-1] + above.after + distance + below.before)
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

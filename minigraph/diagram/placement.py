"""Where the rows of every node stand at unit level: layer = column, unit = row."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minigraph.diagram.captions import Caption
from minigraph.diagram.columns import Band, arrange, depths
from minigraph.diagram.dot import Point
from minigraph.diagram.links import Connection
from minigraph.diagram.routes import Points
from minigraph.diagram.selection import Selection
from minigraph.diagram.wishes import Direction
from minigraph.graph.node import Node

BAND_DISTANCE = 26.0
LANE_PITCH = 5.0


@dataclass(frozen=True)
class Measures:
    """Lengths that hold for the whole drawing, in points."""

    diameter: float
    pitch: float
    """Distance of two rows."""
    gap: float
    """Least room for links between the units of two columns."""


@dataclass
class Placement:
    """Positions on the page: u runs along the direction of the drawing, v across it."""

    direction: Direction
    rows: dict[Node, list[Point]] = field(default_factory=dict)
    """(u, v) of each row of a node."""
    lanes: dict[tuple[Node, int], list[Band]] = field(default_factory=dict)
    """The lanes of the links into a node from its parent in that slot, column by column."""
    bands: dict[Node, Band] = field(default_factory=dict)
    u: list[float] = field(default_factory=list)
    """The middle of each column."""
    half: list[float] = field(default_factory=list)
    """Half the width of the units of each column."""

    @property
    def is_horizontal(self) -> bool:
        """True if the drawing runs to the right or left."""
        return self.direction in ("LR", "RL")

    def page(self, u: float, v: float) -> Point:
        """Turn (u, v) into (x, y), y down."""
        if self.direction == "LR":
            return u, v
        if self.direction == "RL":
            return -u, v
        return (v, u) if self.direction == "TB" else (v, -u)

    def pages(self, points: Points) -> Points:
        """Turn an array of (u, v) into (x, y)."""
        signs = np.array([-1.0 if self.direction in ("RL", "BT") else 1.0, 1.0])
        turned: Points = points * signs
        return turned if self.is_horizontal else turned[..., ::-1]


def place(
    nodes: Sequence[Node],
    selections: Mapping[Node, Selection],
    links: Sequence[Connection],
    captions: Mapping[Node, Caption],
    measures: Measures,
    outer: Mapping[Node, float],
    direction: Direction,
) -> Placement:
    """Give every row its position.

    Args:
        nodes: in topological order.
        selections: the rows of each node.
        links: all connections.
        captions: under the columns, or beside them if the drawing runs down.
        measures: of the drawing.
        outer: room for what stands beside the units of a node, after them along the direction
            (before them at an input).
        direction: of the drawing.
    """
    placement = Placement(direction)
    columns = _bands(nodes, selections, links, captions, measures, placement)
    arrange(columns, BAND_DISTANCE)
    heights = {}
    for node, band in placement.bands.items():
        count = len(selections[node].rows)
        top = band.place - (count - 1) * measures.pitch / 2
        heights[node] = [top + row * measures.pitch for row in range(count)]
    steepest = _steepest(links, selections, heights, placement)
    _place_columns(columns, captions, measures, outer, steepest, placement)
    for node, band in placement.bands.items():
        placement.rows[node] = [(placement.u[band.column], v) for v in heights[node]]
    return placement


def _steepest(
    links: Sequence[Connection],
    selections: Mapping[Node, Selection],
    heights: Mapping[Node, Sequence[float]],
    placement: Placement,
) -> dict[int, float]:
    """Return, for each column, how far along v the links into it from the one before run at most."""
    steepest: dict[int, float] = {}
    for link in links:
        if placement.lanes[link.node, link.slot]:
            continue
        here, there = heights[link.parent], heights[link.node]
        source, target = selections[link.parent].row_of, selections[link.node].row_of
        if len(link.edges) > len(here) + len(there):  # many to many
            run = max(abs(here[0] - there[-1]), abs(here[-1] - there[0]))
        else:
            pairs = [*((source[i], target[j]) for i, j, _ in link.edges), *link.bundles]
            run = max((abs(here[i] - there[j]) for i, j in pairs), default=0.0)
        column = placement.bands[link.node].column
        steepest[column] = max(steepest.get(column, 0.0), run)
    return steepest


def _bands(
    nodes: Sequence[Node],
    selections: Mapping[Node, Selection],
    links: Sequence[Connection],
    captions: Mapping[Node, Caption],
    measures: Measures,
    placement: Placement,
) -> list[list[Band]]:
    column_of = depths(nodes)
    columns: list[list[Band]] = [[] for _ in range(max(column_of.values()) + 1)]
    for link in links:
        lanes = []
        for column in range(column_of[link.parent] + 1, column_of[link.node]):
            half = max(1, len(link.edges) + len(link.bundles)) * LANE_PITCH / 2
            lane = Band(column, half, half)
            columns[column].append(lane)
            lanes.append(lane)
        placement.lanes[link.node, link.slot] = lanes
    for node in nodes:
        half = (len(selections[node].rows) - 1) * measures.pitch / 2 + measures.diameter / 2
        wide, high = captions[node].size
        before, after = (half, half + 8 + high) if placement.is_horizontal else (half + 12 + wide, half)
        band = Band(column_of[node], before, after, node)
        placement.bands[node] = band
        columns[band.column].append(band)
    for link in links:
        path = [placement.bands[link.parent], *placement.lanes[link.node, link.slot], placement.bands[link.node]]
        for here, there in itertools.pairwise(path):
            here.neighbours.append(there)
            there.neighbours.append(here)
    return columns


def _place_columns(
    columns: Sequence[Sequence[Band]],
    captions: Mapping[Node, Caption],
    measures: Measures,
    outer: Mapping[Node, float],
    steepest: Mapping[int, float],
    placement: Placement,
) -> None:
    """Set the columns apart: room for links between units, and for captions and what else stands beside.

    A line to a unit passes its neighbour, a pitch away, at a distance of pitch · cos of its angle: columns
    are so far apart that this is more than the neighbour's radius.
    """
    cosine = (measures.diameter / 2 + 3) / measures.pitch
    steepness = math.sqrt(1 - cosine**2) / cosine
    left, right = [], []
    for column in columns:
        nodes = [band.node for band in column if band.node is not None]
        caption = max((captions[node].size[0 if placement.is_horizontal else 1] / 2 for node in nodes), default=0.0)
        before = max((outer.get(node, 0.0) for node in nodes if not node.parents), default=0.0)
        after = max((outer.get(node, 0.0) for node in nodes if node.parents), default=0.0)
        left.append(max(caption, measures.diameter / 2 + before))
        right.append(max(caption, measures.diameter / 2 + after))
        placement.half.append(measures.diameter / 2)
    u = 0.0
    for index in range(len(columns)):
        if index:
            after = max((outer.get(b.node, 0.0) for b in columns[index - 1] if b.node and b.node.parents), default=0.0)
            room = max(measures.gap + measures.diameter, steepest.get(index, 0.0) / steepness)
            u += max(room + after, right[index - 1] + left[index] + 12)
        placement.u.append(u)

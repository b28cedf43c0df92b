"""Where the rows of every node stand at unit level: layer = column, unit = row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigraph.diagram.canvas.dot import Point
from minigraph.diagram.canvas.labels import text_size
from minigraph.diagram.layout.layering import Axes, Band, Layering, layered
from minigraph.diagram.scene.scene import Scene
from minigraph.diagram.scene.unit_text import BESIDE_SIZE, text_beside
from minigraph.graph.node import Node

BAND_DISTANCE = 26.0
LANE_PITCH = 5.0
BIAS_REACH, MORE_REACH = 11.0, 10.0
"""How far from the middle of a bias unit, or of a row of left-out units, edges begin and end."""
_DIAMETERS = {0: 36.0, 1: 44.0, 2: 54.0, 3: 60.0}
"""By how many values stand in a unit."""


@dataclass(frozen=True)
class Placement:
    """Positions of rows, as (u, v)."""

    scene: Scene
    axes: Axes
    diameter: float
    """Of a unit, in points."""
    layering: Layering
    columns: list[float]
    """The middle of each column along u."""
    rows: dict[Node, list[Point]]
    beside: dict[Node, float]
    """Room for what stands beside the units of a node: after them along u, before them at an input."""

    def page_rows(self, node: Node) -> list[Point]:
        """Return the position on the page of each row of a node."""
        return [self.axes.page(*row) for row in self.rows[node]]

    def reach(self, node: Node) -> float:
        """Return how far from the middle of a node's unit its outgoing edges begin: beyond a picture beside it."""
        return self.diameter / 2 + (self.diameter + 4 if node in self.scene.pictured else 0)

    def caption_place(self, node: Node) -> Point:
        """Return the middle of a node's caption: below its column, or before its row if the drawing runs down."""
        rows, (wide, high) = self.page_rows(node), self.scene.captions[node].size
        x, y = self.axes.page(self.columns[self.layering.bands[node].column], self.rows[node][-1][1])
        if self.axes.is_horizontal:
            return x, rows[-1][1] + self.diameter / 2 + 8 + high / 2
        return rows[0][0] - self.diameter / 2 - 12 - wide / 2, y


def place(scene: Scene, gap: float) -> Placement:
    """Give every row its position.

    Args:
        scene: what is drawn.
        gap: least room for edges between the units of two columns.
    """
    axes, diameter = Axes(scene.options.direction), _DIAMETERS[len(scene.options.in_units)]
    pitch = diameter + (14 if diameter > 40 else 12)
    layering = _layering(scene, axes, diameter, pitch)
    heights = {}
    for node, band in layering.bands.items():
        count = len(scene.selections[node].rows)
        top = band.place - (count - 1) * pitch / 2
        heights[node] = [top + row * pitch for row in range(count)]
    beside = {node: _room_beside(scene, node, axes, diameter) for node in scene.net.nodes}
    runs = _longest_runs(scene, heights, layering)
    # An edge to a unit passes its neighbour, a pitch away, at a distance of pitch · cos of its angle: columns
    # are so far apart that this is more than the neighbour's radius.
    cosine = (diameter / 2 + 3) / pitch
    steepness = math.sqrt(1 - cosine**2) / cosine
    rooms = [max(gap + diameter, runs.get(column, 0.0) / steepness) for column in range(len(layering.columns))]
    columns = _place_columns(scene, layering.columns, beside, rooms, axes, diameter)
    rows = {node: [(columns[band.column], v) for v in heights[node]] for node, band in layering.bands.items()}
    placement = Placement(scene, axes, diameter, layering, columns, rows, beside)
    for node in scene.pictured:  # the bias unit moves to where edges begin, so that its own pass no picture
        if scene.selections[node].rows[0] == 0:
            u, v = rows[node][0]
            rows[node][0] = (u + placement.reach(node) - BIAS_REACH, v)
    return placement


def _layering(scene: Scene, axes: Axes, diameter: float, pitch: float) -> Layering:
    extents = {}
    for node in scene.net.nodes:
        half = (len(scene.selections[node].rows) - 1) * pitch / 2 + diameter / 2
        wide, high = scene.captions[node].size
        extents[node] = (half, half + 8 + high) if axes.is_horizontal else (half + 12 + wide, half)
    lanes = {
        (into.node, into.slot): max(1, len(into.edges) + len(into.bundles)) * LANE_PITCH / 2 for into in scene.edges
    }
    return layered({node: node.parents for node in scene.net.nodes}, extents, lanes, BAND_DISTANCE)


def _room_beside(scene: Scene, node: Node, axes: Axes, diameter: float) -> float:
    texts = (text_beside(scene, node, j) for j in scene.selections[node].shown)
    sizes = [text_size(text, BESIDE_SIZE) for text in texts if text]
    room = max((size[0 if axes.is_horizontal else 1] + 8 for size in sizes), default=0.0)
    return room + (diameter + 6 if node in scene.pictured else 0)


def _longest_runs(scene: Scene, heights: Mapping[Node, Sequence[float]], layering: Layering) -> dict[int, float]:
    """Return, for each column, how far along v the edges into it from the one before run at most."""
    longest: dict[int, float] = {}
    for into in scene.edges:
        if len(layering.paths[into.node, into.slot]) > 2:
            continue
        here, there = heights[into.parent], heights[into.node]
        source, target = scene.selections[into.parent].row_of, scene.selections[into.node].row_of
        if len(into.edges) > len(here) + len(there):  # many to many
            run = max(abs(here[0] - there[-1]), abs(here[-1] - there[0]))
        else:
            pairs = [*((source[i], target[j]) for i, j, _ in into.edges), *into.bundles]
            run = max((abs(here[i] - there[j]) for i, j in pairs), default=0.0)
        column = layering.bands[into.node].column
        longest[column] = max(longest.get(column, 0.0), run)
    return longest


def _place_columns(
    scene: Scene,
    columns: Sequence[Sequence[Band]],
    beside: Mapping[Node, float],
    rooms: Sequence[float],
    axes: Axes,
    diameter: float,
) -> list[float]:
    """Set the columns apart: room for edges between units, and for captions and what else stands beside."""
    places: list[float] = []
    u = right = behind = 0.0
    for column, room in zip(columns, rooms, strict=True):
        nodes = [band.node for band in column if band.node is not None]
        caption = max((scene.captions[node].size[0 if axes.is_horizontal else 1] / 2 for node in nodes), default=0.0)
        after = max((beside[node] for node in nodes if node.parents), default=0.0)
        if places:
            u += max(room + behind, right + max(caption, diameter / 2) + 12)
        places.append(u)
        right, behind = max(caption, diameter / 2 + after), after
    return places

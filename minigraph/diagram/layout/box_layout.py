"""Where boxes stand at layer level: columns of boxes, broken into lines as text is."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from minigraph.diagram.canvas.dot import Point, Rectangle
from minigraph.diagram.layout.layering import Axes, Band, Layering, layered
from minigraph.diagram.layout.routes import smooth, straight
from minigraph.diagram.options import Direction
from minigraph.diagram.scene.captions import BOX_ROOM, Caption
from minigraph.diagram.scene.folding import Block, Folding
from minigraph.graph.node import Node

BOX_WIDTH = BOX_ROOM + 18
_GAP = 44.0
_BAND_DISTANCE = 22.0
_LANE = 7.0
_LINE_GAP = 46.0
_MOST_COLUMNS = 8
_COLUMNS_PER_LINE = 6


@dataclass(frozen=True)
class BoxLayout:
    """Positions on the page."""

    captions: dict[Node, Caption]
    boxes: dict[Node, Point]
    """The middle of each box."""
    arrows: list[tuple[Node, Node, list[Point]]]
    """From parent to node, as Bézier points."""
    frames: list[tuple[Block, int, Rectangle]]
    """About each folded block, one for each line that it stands in."""


def box_height(caption: Caption) -> float:
    """Return the height of the box about a caption."""
    return caption.size[1] + 12


def lay_out_boxes(folding: Folding, captions: dict[Node, Caption], direction: Direction) -> BoxLayout:
    """Give every box, arrow and frame its place."""
    axes, parents = Axes(direction), folding.parents
    framed = dict.fromkeys((n for block in folding.blocks for n in block.nodes), 24.0 if axes.is_horizontal else 10.0)
    extents = {}
    for node in parents:
        half = (box_height(captions[node]) if axes.is_horizontal else BOX_WIDTH) / 2 + framed.get(node, 0.0)
        extents[node] = (half, half)
    lanes = {(node, slot): _LANE for node, above in parents.items() for slot in range(len(above))}
    layering = layered(parents, extents, lanes, _BAND_DISTANCE)
    lines = _break_lines(layering, captions, axes)
    boxes = {node: axes.page(*lines.anchor(band)) for node, band in layering.bands.items()}
    arrows = [
        (parents[node][slot], node, [axes.page(*point) for point in _route(path, lines)])
        for (node, slot), path in layering.paths.items()
    ]
    frames = [
        (block, line, _frame([(boxes[node], box_height(captions[node])) for node in nodes]))
        for block in folding.blocks
        for line, nodes in lines.split(block.nodes, layering).items()
    ]
    return BoxLayout(captions, boxes, arrows, frames)


@dataclass
class _Lines:
    """Where columns and lines of columns lie."""

    per_line: int
    thickness: list[float]
    """Of each column, along u."""
    u: list[float] = field(default_factory=list)
    """The middle of each column."""
    shift: list[float] = field(default_factory=list)
    """What to add to the places along v of each column, by its line."""
    bottoms: list[float] = field(default_factory=list)
    """The far edge of each line along v."""
    right: float = 0.0
    returns: dict[int, int] = field(default_factory=dict)
    """How many edges leave each line for the next."""

    def of(self, band: Band) -> int:
        """Return the line that a band stands in."""
        return band.column // self.per_line

    def anchor(self, band: Band) -> Point:
        """Return (u, v) of a band."""
        return self.u[band.column], band.place + self.shift[band.column]

    def split(self, nodes: tuple[Node, ...], layering: Layering) -> dict[int, list[Node]]:
        """Return the nodes by their lines."""
        by_line: dict[int, list[Node]] = {}
        for node in nodes:
            by_line.setdefault(self.of(layering.bands[node]), []).append(node)
        return by_line


def _break_lines(layering: Layering, captions: dict[Node, Caption], axes: Axes) -> _Lines:
    """Break the columns into lines and put the lines one below the other."""
    columns = layering.columns
    thickness = [
        BOX_WIDTH
        if axes.is_horizontal
        else max((box_height(captions[band.node]) for band in column if band.node), default=20.0)
        for column in columns
    ]
    is_broken = len(columns) > _MOST_COLUMNS and axes.is_horizontal
    lines = _Lines(_COLUMNS_PER_LINE if is_broken else len(columns), thickness)
    base = 0.0
    for start in range(0, len(columns), lines.per_line):
        line = columns[start : start + lines.per_line]
        top = min(band.place - band.before for column in line for band in column)
        bottom = max(band.place + band.after for column in line for band in column)
        u = 0.0
        for index in range(start, start + len(line)):
            lines.u.append(u + thickness[index] / 2)
            lines.shift.append(base - top)
            u += thickness[index] + _GAP
        lines.right = max(lines.right, u - _GAP)
        lines.bottoms.append(base + bottom - top)
        base += bottom - top + _LINE_GAP
    return lines


def _route(path: list[Band], lines: _Lines) -> list[Point]:
    """Return (u, v) from box to box through lanes, and from the end of a line to the beginning of the next."""
    points: list[Point] = []
    for here, there in itertools.pairwise(path):
        (u0, v0), (u1, v1) = lines.anchor(here), lines.anchor(there)
        start, end = (u0 + lines.thickness[here.column] / 2, v0), (u1 - lines.thickness[there.column] / 2, v1)
        line = lines.of(here)
        if line == lines.of(there):
            part = smooth(start, end)
        else:
            track = 5.0 * lines.returns.get(line, 0)
            lines.returns[line] = lines.returns.get(line, 0) + 1
            right, left = lines.right + _GAP / 2 - 8 + track, -_GAP / 2 - 8 + track
            middle = lines.bottoms[line] + _LINE_GAP / 2 - 8 + track
            part = _polyline([start, (right, v0), (right, middle), (left, middle), (left, v1), end])
        points += [*straight(points[-1], part[0])[1:], *part[1:]] if points else part
    return points


def _polyline(corners: list[Point]) -> list[Point]:
    """Return straight lines from corner to corner as one Bézier curve."""
    return corners[:1] + [point for pair in itertools.pairwise(corners) for point in straight(*pair)[1:]]


def _frame(boxes: list[tuple[Point, float]]) -> Rectangle:
    """Return the rectangle about boxes, given by their middles and heights."""
    return (
        min(x for (x, _), _ in boxes) - BOX_WIDTH / 2 - 9,
        min(y - high / 2 for (_, y), high in boxes) - 9,
        max(x for (x, _), _ in boxes) + BOX_WIDTH / 2 + 9,
        max(y + high / 2 for (_, y), high in boxes) + 9,
    )

"""The drawing at layer level: a box per node, lines of boxes like lines of text, for any size of network."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from minigraph.diagram.boxes import LINE_SIZE, NAME_SIZE, ROOM, BoxText, box_text
from minigraph.diagram.captions import sharers
from minigraph.diagram.columns import Band, arrange
from minigraph.diagram.dot import Canvas, Point, arrow, straight, text_size
from minigraph.diagram.folding import Block, Folding, fold, unfolded
from minigraph.diagram.labels import wrap
from minigraph.diagram.legend import write_title
from minigraph.diagram.options import Options
from minigraph.diagram.routes import way
from minigraph.diagram.themes import theme_named
from minigraph.diagram.wishes import Direction
from minigraph.graph.node import Node
from minigraph.network.network import AnyNetwork

WIDTH = ROOM + 18
GAP = 44.0
BAND_DISTANCE = 22.0
LANE = 7.0
LINE_GAP = 46.0
MOST_COLUMNS = 8
COLUMNS_PER_LINE = 6
FOLD_FROM = 13
"""Nodes from which on repeated blocks are folded."""


@dataclass
class _Sheet:
    """Where columns and lines of columns lie; u along the direction of the drawing, v across."""

    direction: Direction
    per_line: int
    thickness: list[float]
    """Of each column, along u."""
    u: list[float] = field(default_factory=list)
    shift: list[float] = field(default_factory=list)
    """What to add to the places along v of each column, by its line."""
    bottoms: list[float] = field(default_factory=list)
    """The far edge of each line along v."""
    right: float = 0.0
    returns: dict[int, int] = field(default_factory=dict)
    """How many links leave each line for the next."""

    def page(self, u: float, v: float) -> Point:
        """Turn (u, v) into (x, y), y down."""
        if self.direction in ("LR", "RL"):
            return (u if self.direction == "LR" else -u), v
        return v, (u if self.direction == "TB" else -u)

    def line_of(self, column: int) -> int:
        """Return the line that a column stands in."""
        return column // self.per_line


def draw_layers(net: AnyNetwork, options: Options) -> str:
    """Return the DOT text of a drawing at layer level."""
    canvas = Canvas(theme_named(options.theme))
    folding = fold(net) if options.fold and len(net.nodes) >= FOLD_FROM else unfolded(net)
    using = sharers(net)
    texts = {node: box_text(net, folding.alike[node], using) for node in folding.shown}
    columns, bands, paths = _bands(folding, texts, options.direction)
    arrange(columns, BAND_DISTANCE)
    sheet = _sheet(columns, texts, options.direction)
    for block in folding.blocks:
        _frame(canvas, block, bands, texts, sheet)
    for (parent, node, _), path in paths.items():
        points = _route(path, sheet)
        ends = f"layer_{parent.position}", f"layer_{node.position}"
        arrow(canvas, *ends, points)
    for node in folding.shown:
        _box(canvas, node, texts[node], bands[node], sheet)
    write_title(canvas, options.title, options.caption)
    return canvas.source(options.title or "")


def _bands(
    folding: Folding, texts: dict[Node, BoxText], direction: Direction
) -> tuple[list[list[Band]], dict[Node, Band], dict[tuple[Node, Node, int], list[Band]]]:
    """Give every node a band in its column, and every link that passes over columns a lane in each."""
    parents = {
        node: list(dict.fromkeys(folding.stands_for[parent] for parent in node.parents)) for node in folding.shown
    }
    column_of: dict[Node, int] = {}
    for node in folding.shown:
        column_of[node] = max((column_of[parent] + 1 for parent in parents[node]), default=0)
    columns: list[list[Band]] = [[] for _ in range(max(column_of.values()) + 1)]
    bands: dict[Node, Band] = {}
    lanes: dict[tuple[Node, Node], list[Band]] = {}
    for node in folding.shown:
        for parent in parents[node]:
            lanes[parent, node] = [Band(c, LANE, LANE) for c in range(column_of[parent] + 1, column_of[node])]
            for lane in lanes[parent, node]:
                columns[lane.column].append(lane)
    extents = {node: (texts[node].height + 12 if direction in ("LR", "RL") else WIDTH) / 2 for node in folding.shown}
    framed = {node: 24.0 if direction in ("LR", "RL") else 10.0 for block in folding.blocks for node in block.nodes}
    for node in folding.shown:
        half = extents[node]
        bands[node] = Band(column_of[node], half + framed.get(node, 0.0), half + framed.get(node, 0.0), node)
        columns[column_of[node]].append(bands[node])
    paths = {}
    for (parent, node), between in lanes.items():
        path = [bands[parent], *between, bands[node]]
        paths[parent, node, 0] = path
        for here, there in itertools.pairwise(path):
            here.neighbours.append(there)
            there.neighbours.append(here)
    return columns, bands, paths


def _sheet(columns: list[list[Band]], texts: dict[Node, BoxText], direction: Direction) -> _Sheet:
    """Break the columns into lines and put the lines one below the other."""
    horizontal = direction in ("LR", "RL")
    thickness = [
        WIDTH if horizontal else max((texts[b.node].height + 12 for b in column if b.node), default=20.0)
        for column in columns
    ]
    per_line = len(columns) if len(columns) <= MOST_COLUMNS or not horizontal else COLUMNS_PER_LINE
    sheet = _Sheet(direction, per_line, thickness)
    base = 0.0
    for start in range(0, len(columns), per_line):
        line = columns[start : start + per_line]
        top = min(band.place - band.before for column in line for band in column)
        bottom = max(band.place + band.after for column in line for band in column)
        u = 0.0
        for index in range(start, start + len(line)):
            sheet.u.append(u + thickness[index] / 2)
            sheet.shift.append(base - top)
            u += thickness[index] + GAP
        sheet.right = max(sheet.right, u - GAP)
        sheet.bottoms.append(base + bottom - top)
        base += bottom - top + LINE_GAP
    return sheet


def _route(path: list[Band], sheet: _Sheet) -> list[Point]:
    """Return the way from box to box through lanes, and from the end of a line to the beginning of the next."""
    points: list[Point] = []
    for here, there in itertools.pairwise(path):
        start = (sheet.u[here.column] + sheet.thickness[here.column] / 2, here.place + sheet.shift[here.column])
        end = (sheet.u[there.column] - sheet.thickness[there.column] / 2, there.place + sheet.shift[there.column])
        if sheet.line_of(here.column) == sheet.line_of(there.column):
            part = way(start, end)
        else:
            line = sheet.line_of(here.column)
            track = 5.0 * sheet.returns.get(line, 0)
            sheet.returns[line] = sheet.returns.get(line, 0) + 1
            middle = sheet.bottoms[line] + LINE_GAP / 2 - 8 + track
            part = _carriage_return(start, end, sheet.right + GAP / 2 - 8 + track, -GAP / 2 - 8 + track, middle)
        if points:
            points += straight(points[-1], part[0])[1:]
            points += part[1:]
        else:
            points = part
    return [sheet.page(*point) for point in points]


def _carriage_return(start: Point, end: Point, right: float, left: float, middle: float) -> list[Point]:
    corners = [start, (right, start[1]), (right, middle), (left, middle), (left, end[1]), end]
    points = [start]
    for here, there in itertools.pairwise(corners):
        points += straight(here, there)[1:]
    return points


def _box(canvas: Canvas, node: Node, text: BoxText, band: Band, sheet: _Sheet) -> None:
    theme = canvas.theme
    x, y = sheet.page(sheet.u[band.column], band.place + sheet.shift[band.column])
    high = text.height + 12
    is_end = not node.parents
    canvas.node(
        f"layer_{node.position}",
        (x, y),
        (WIDTH, high),
        tooltip=f"{node.name}\n{text.lines}",
        shape="box",
        style="rounded,filled",
        fillcolor=theme.background if is_end else theme.panel,
        color=theme.muted,
    )
    top = y - text.height / 2
    canvas.text(f"name_{node.position}", (x, top + text.name_height / 2), text.name, size=NAME_SIZE, bold=True)
    rest = text.height - text.name_height
    canvas.text(
        f"rule_{node.position}",
        (x, top + text.name_height + rest / 2),
        text.lines,
        size=LINE_SIZE,
        colour=theme.muted,
    )


def _frame(canvas: Canvas, block: Block, bands: dict[Node, Band], texts: dict[Node, BoxText], sheet: _Sheet) -> None:
    """Draw a frame about a folded block, line by line if it is broken, and state what it stands for."""
    by_line: dict[int, list[Node]] = {}
    for node in block.nodes:
        by_line.setdefault(sheet.line_of(bands[node].column), []).append(node)
    for line, nodes in by_line.items():
        places = [(sheet.u[bands[node].column], bands[node].place + sheet.shift[bands[node].column]) for node in nodes]
        pages = [sheet.page(*place) for place in places]
        halves = [(texts[node].height + 12) / 2 for node in nodes]
        left, right = min(x for x, _ in pages) - WIDTH / 2 - 9, max(x for x, _ in pages) + WIDTH / 2 + 9
        top = min(y - half for (_, y), half in zip(pages, halves, strict=True)) - 9
        bottom = max(y + half for (_, y), half in zip(pages, halves, strict=True)) + 9
        name = f"block_{block.nodes[0].position}_{line}"
        look = {"shape": "box", "style": "rounded,dashed", "color": canvas.theme.warning}
        canvas.node(name, ((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top), **look)
        text = wrap(block.statement, right - left, 8.5)
        high = text_size(text, 8.5)[1]
        canvas.text(f"{name}_repeats", (left + 2, bottom + 3 + high / 2), text, size=8.5, align="left",
                    colour=canvas.theme.warning)  # fmt: skip

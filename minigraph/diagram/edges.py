"""The lines of a drawing of units: their ways, their looks, and the numbers on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from minigraph.arrays import Array
from minigraph.diagram.captions import theta_numbers
from minigraph.diagram.columns import Band
from minigraph.diagram.dot import Canvas, Point, straight, text_size
from minigraph.diagram.labels import number, quote
from minigraph.diagram.looks import ErrorLook, SignedLook, bundled, plain
from minigraph.diagram.options import Shown
from minigraph.diagram.placement import LANE_PITCH, Measures, Placement
from minigraph.diagram.routes import beside, clipped, through_lanes
from minigraph.diagram.scene import EdgeValues, Scene
from minigraph.diagram.stagger import stagger
from minigraph.layers import Layer
from minigraph.node import Node
from minigraph.notation import Symbol

NUMBER_SIZE = 8.0
MOST_NUMBERED = 64
"""Links of a Θ up to which every one gets its number, unless `top_k` says otherwise."""
NUMBERED_OF_MANY = 24
_BIAS_REACH = 11.0
_MORE_REACH = 10.0
_LETTERS: dict[Shown, str] = {"weights": "Θ", "gradient": "D", "accumulator": "Δ"}


@dataclass(frozen=True)
class Line:
    """One link between two units on the page."""

    tail: str
    head: str
    points: list[Point]
    name: str
    values: EdgeValues | None
    row: int
    column: int | None
    dropped: bool
    dimmed: bool

    @property
    def main(self) -> float | None:
        """What colour and width stand for, None if there is nothing or it is not computed."""
        matrix = None if self.values is None or self.column is None else self.values.main
        return None if matrix is None else float(matrix[self.row, self.column])


@dataclass
class Plan:
    """All lines, and where the numbers stand."""

    lines: list[Line] = field(default_factory=list)
    bundles: list[tuple[str, str, list[Point], str]] = field(default_factory=list)
    numbers: list[tuple[Line, Point, str]] = field(default_factory=list)
    weights: int = 0
    """How many drawn links have an entry of Θ."""
    worst: str | None = None
    """The name of the line with the largest relative error of a gradient check."""
    has_room: bool = True


def least_gap(scene: Scene) -> float:
    """Return the room between columns to begin with."""
    rows = max(len(selection.rows) for selection in scene.selections.values())
    if not scene.options.on_edges and scene.options.before is None:
        return max(96.0, min(240.0, 11.0 * rows))
    most = max((len(link.edges) for link in scene.links), default=0)
    return max(160.0 if most > 12 else 120.0, min(300.0, 17.0 * rows))


def plan(scene: Scene, placement: Placement, measures: Measures, reach: Mapping[Node, float]) -> Plan:
    """Lay out every line and number."""
    result = Plan()
    for link in scene.links:
        lanes = placement.lanes[link.node, link.slot]
        tracks = _tracks(link.edges, link.bundles, scene, link.node, link.slot)
        values = scene.edge_values.get(link.node.layer)
        kept_there = scene.values[link.node].kept
        kept_here = scene.values[link.parent].kept
        focus = scene.options.focus
        rows_here, rows_there = placement.rows[link.parent], placement.rows[link.node]
        row_of_here, row_of_there = scene.selections[link.parent].row_of, scene.selections[link.node].row_of
        l_here, l_there = link.parent.position, link.node.position
        repeat = link.node.parents[: link.slot].count(link.parent)
        start_reach, end_reach = reach[link.parent], measures.diameter / 2
        drawn: list[Line] = []
        for i, j, column in link.edges:
            start, end = rows_here[row_of_here[i]], rows_there[row_of_there[j]]
            leave = _BIAS_REACH if i == 0 else start_reach
            key = (int(row_of_here[i]), int(row_of_there[j]))
            points = _way(placement, start, end, leave, end_reach, lanes, tracks.get(key, 0.0), repeat)
            dropped = (kept_there is not None and not kept_there[j - 1]) or (
                kept_here is not None and i > 0 and not kept_here[i - 1]
            )
            dimmed = focus is not None and not (
                (focus.node is link.node and focus.index == j) or (focus.node is link.parent and focus.index == i)
            )
            suffix = f"_{link.slot}" if repeat else ""
            name = f"a_{l_here}_{i}__a_{l_there}_{j}{suffix}"
            drawn.append(
                Line(f"a_{l_here}_{i}", f"a_{l_there}_{j}", points, name, values, j - 1, column, dropped, dimmed)
            )
        for (here, there), bundle in link.bundles.items():
            start, end = rows_here[here], rows_there[there]
            ends = _bundle_reach(scene, link.parent, here, link.node, there, reach, measures)
            points = _way(placement, start, end, *ends, lanes, tracks.get((here, there), 0.0), repeat)
            mean = f", mean |Θ| {bundle.total / bundle.count:.4g}" if bundle.total else ""
            tooltip = f"{bundle.count} links that are not drawn one by one{mean}"
            result.bundles.append(
                (_row_name(scene, link.parent, here), _row_name(scene, link.node, there), points, tooltip)
            )
        result.lines += drawn
        _number(scene, link.node.layer, drawn, result)
    return result


def draw(canvas: Canvas, scene: Scene, plan: Plan) -> None:
    """Draw all lines: bundles first, the strongest last."""
    theme = scene.theme
    faint = bundled(theme)
    for tail, head, points, tooltip in plan.bundles:
        canvas.curve(tail, head, points, f"{faint} tooltip={quote(tooltip)}")
    signed = SignedLook(theme, scene.scale.edge)
    look = ErrorLook(theme) if scene.options.errors is not None else signed
    numbers = theta_numbers(scene.net)
    layer_of = {id(values): numbers[layer] for layer, values in scene.edge_values.items()}
    for line in plan.lines:
        main = line.main
        attributes = plain(theme, line.dropped, line.dimmed) if main is None else look(main, line.dropped, line.dimmed)
        if line.name == plan.worst:
            attributes = f'color="{theme.warning}" penwidth=4 style=solid'
        tooltip = _tooltip(line, layer_of)
        canvas.curve(line.tail, line.head, line.points, f"id={line.name} {attributes} tooltip={quote(tooltip)}")


def write_numbers(canvas: Canvas, scene: Scene, plan: Plan) -> None:
    """Write the numbers on their lines."""
    theme = scene.theme
    for line, at, text in plan.numbers:
        main = line.main or 0.0
        colour = theme.negative if main < 0 else theme.positive
        if scene.options.errors is not None:
            colour = theme.warning
        canvas.text(f"on_{line.name}", at, text, size=NUMBER_SIZE, colour=colour, background=theme.background)


def _number(scene: Scene, layer: Layer, lines: list[Line], plan: Plan) -> None:
    """Choose which lines of one Θ get numbers, and put these where they can be read."""
    candidates = [line for line in lines if line.column is not None]
    plan.weights += len(candidates)
    candidates = [line for line in candidates if line.values is not None and not line.dropped and not line.dimmed]
    if scene.options.errors is not None:
        _number_worst(scene, layer, lines, plan)
        return
    if not candidates or not (scene.options.on_edges or scene.options.before is not None):
        return
    ranks = None if scene.ranks is None or not candidates else scene.ranks[layer]
    candidates.sort(key=lambda line: (-_rank(line, ranks), line.name))
    top_k = scene.options.top_k
    if top_k is None:
        top_k = len(candidates) if len(candidates) <= MOST_NUMBERED else NUMBERED_OF_MANY
    chosen = candidates[:top_k]
    texts = [_number_text(line, scene.options.on_edges) for line in chosen]
    sizes = [text_size(text if ranks is None else "−0.000", NUMBER_SIZE) for text in texts]
    others = [(line.points[0], line.points[-1]) for line in lines if line not in chosen] if len(lines) < 400 else []
    places = stagger([line.points[0] for line in chosen], [line.points[-1] for line in chosen], sizes, others)
    for line, text, place in zip(chosen, texts, places, strict=True):
        if place is None:
            plan.has_room = False
        else:
            plan.numbers.append((line, place, text))


def _rank(line: Line, ranks: Array | None) -> float:
    return abs(line.main or 0.0) if ranks is None else float(ranks[line.row, line.column or 0])


def _number_worst(scene: Scene, layer: Layer, lines: list[Line], plan: Plan) -> None:
    """Label the line of the largest relative error of the whole check, if it is among these."""
    top = scene.scale.edge
    for line in lines:
        if line.main is not None and line.main == top and not plan.numbers:
            (x0, y0), (x1, y1) = line.points[0], line.points[-1]
            name = Symbol("Θ", (line.row + 1, line.column or 0), theta_numbers(scene.net)[layer]).text
            text = f"worst: {name} {line.main:.1e}".replace("-", "−")
            plan.numbers.append((line, ((x0 + x1) / 2, (y0 + y1) / 2), text))
            plan.worst = line.name


def _number_text(line: Line, on_edges: tuple[Shown, ...]) -> str:
    values = line.values
    assert values is not None
    assert line.column is not None
    place = (line.row, line.column)
    if values.before is not None and values.after is not None:
        return f"{number(float(values.before[place]))} → {number(float(values.after[place]))}"
    rows = []
    for what in on_edges:
        matrix = values.shown[what]
        text = "—" if matrix is None else number(float(matrix[place]))
        rows.append(text if len(on_edges) == 1 else f"{_LETTERS[what]} {text}")
    return "\n".join(rows)


def _tooltip(line: Line, layer_of: Mapping[int, int]) -> str:
    if line.column is None or line.values is None:
        return "fixed weight 1"
    place = (line.row, line.column)
    l = layer_of[id(line.values)]  # noqa: E741
    index = (line.row + 1, line.column)
    values = line.values
    rows = []
    if values.before is not None and values.after is not None:
        change = float(values.before[place]), float(values.after[place])
        rows.append(f"{Symbol('Θ', index, l).text} = {change[0]!r} → {change[1]!r}")
    if values.errors is not None:
        rows.append(f"relative error of {Symbol('D', index, l).text} = {float(values.errors[place])!r}")
    for what, matrix in values.shown.items():
        text = "—" if matrix is None else repr(float(matrix[place]))
        rows.append(f"{Symbol(_LETTERS[what], index, l).text} = {text}")
    return "\n".join(rows) or Symbol("Θ", index, l).text


def _tracks(
    edges: list[tuple[int, int, int | None]],
    bundles: Mapping[tuple[int, int], object],
    scene: Scene,
    node: Node,
    slot: int,
) -> dict[tuple[int, int], float]:
    """Give every link its place across a lane, in the order of the rows."""
    here, there = scene.selections[node.parents[slot]].row_of, scene.selections[node].row_of
    keys = sorted({(int(here[i]), int(there[j])) for i, j, _ in edges} | set(bundles))
    return {key: (index - (len(keys) - 1) / 2) * LANE_PITCH for index, key in enumerate(keys)}


def _way(
    placement: Placement,
    start: Point,
    end: Point,
    leave: float,
    arrive: float,
    lanes: Sequence[Band],
    track: float,
    repeat: int,
) -> list[Point]:
    if not lanes:
        first, last = clipped(start, end, leave, arrive)
        points = beside(first, last, 9.0 * repeat) if repeat else straight(first, last)
    else:
        half = placement.half
        ways = [
            ((placement.u[lane.column] - half[lane.column], lane.place + track),
             (placement.u[lane.column] + half[lane.column], lane.place + track))
            for lane in lanes
        ]  # fmt: skip
        points = through_lanes((start[0] + leave, start[1]), ways, (end[0] - arrive, end[1]))
    return [placement.page(*point) for point in points]


def _bundle_reach(
    scene: Scene, parent: Node, here: int, node: Node, there: int, reach: Mapping[Node, float], measures: Measures
) -> tuple[float, float]:
    source, target = scene.selections[parent].rows[here], scene.selections[node].rows[there]
    leave = _MORE_REACH if source is None else _BIAS_REACH if source == 0 else reach[parent]
    return leave, _MORE_REACH if target is None else measures.diameter / 2


def _row_name(scene: Scene, node: Node, row: int) -> str:
    unit = scene.selections[node].rows[row]
    return f"more_{node.position}_{row}" if unit is None else f"a_{node.position}_{unit}"

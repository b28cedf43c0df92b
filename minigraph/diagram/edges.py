"""The lines of a drawing of units, and the numbers on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array
from minigraph.base.notation import SUBSCRIPTS, Symbol
from minigraph.diagram.captions import theta_numbers
from minigraph.diagram.dot import Canvas, Point, Rectangle, text_size
from minigraph.diagram.labels import number, quote
from minigraph.diagram.looks import ErrorLook, SignedLook, bundled, plain
from minigraph.diagram.placement import Measures, Placement
from minigraph.diagram.scene import EdgeValues, Scene
from minigraph.diagram.stagger import stagger
from minigraph.diagram.strands import BundleLine, Strand, strand
from minigraph.diagram.wishes import Shown
from minigraph.graph.node import Node

NUMBER_SIZE = 8.0
MOST_NUMBERED = 64
"""Links of a Θ up to which every one gets its number, unless `top_k` says otherwise."""
NUMBERED_OF_MANY = 24
_CROWD = 100
"""Links of a Θ from which on weak ones are drawn paler."""
_LETTERS: dict[Shown, str] = {"weights": "Θ", "gradient": "D", "accumulator": "Δ"}


@dataclass(frozen=True)
class Number:
    """A number on a line."""

    line: str
    at: Point
    text: str
    colour: str


@dataclass
class Plan:
    """All lines, and where the numbers stand."""

    strands: list[Strand] = field(default_factory=list)
    bundles: list[BundleLine] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    weights: int = 0
    """How many drawn links have an entry of Θ."""
    worst: str | None = None
    """The line with the largest relative error of a gradient check."""
    has_room: bool = True
    taken: list[Rectangle] = field(default_factory=list)
    """Where no more numbers can stand."""


def least_gap(scene: Scene) -> float:
    """Return the room between columns to begin with: more for tall drawings, lest lines become steep."""
    rows = max(len(selection.rows) for selection in scene.selections.values())
    if not scene.options.on_edges and scene.options.before is None:
        return max(96.0, min(240.0, 11.0 * rows))
    most = max((len(link.edges) for link in scene.links), default=0)
    return max(160.0 if most > 12 else 120.0, min(300.0, 17.0 * rows))


def plan(
    scene: Scene,
    placement: Placement,
    measures: Measures,
    reach: Mapping[Node, float],
    obstacles: Sequence[Rectangle],
) -> Plan:
    """Lay out every line and number.

    Args:
        scene: what is drawn.
        placement: of the rows.
        measures: of the drawing.
        reach: how far from the middle of a node's unit its links begin.
        obstacles: what numbers must keep clear of.
    """
    result = Plan(taken=list(obstacles))
    for link in scene.links:
        drawn, bundles = strand(scene, link, placement, reach, measures.diameter / 2)
        result.strands.append(drawn)
        result.bundles += bundles
        if drawn.columns is not None and drawn.values is not None:
            result.weights += len(drawn.i)
            if scene.options.errors is not None:
                _number_worst(scene, drawn, result)
            elif scene.options.on_edges or scene.options.before is not None:
                _number(scene, drawn, drawn.values, result)
    return result


def draw(canvas: Canvas, scene: Scene, plan: Plan) -> None:
    """Draw all lines, bundles first."""
    faint = bundled(scene.theme)
    for bundle in plan.bundles:
        canvas.curve(bundle.tail, bundle.head, bundle.points, f"{faint} tooltip={quote(bundle.tooltip)}")
    look = ErrorLook(scene.theme) if scene.options.errors is not None else signed_look(scene, plan)
    numbers = theta_numbers(scene.net)
    for drawn in plan.strands:
        if not drawn.i:
            continue
        tail, head = f"a_{drawn.link.parent.position}_", f"a_{drawn.link.node.position}_"
        if drawn.values is None or drawn.columns is None:
            tooltips = ["fixed weight 1"] * len(drawn.i)
        else:
            tooltips = _tooltips(drawn, drawn.values, drawn.columns, numbers[drawn.link.node.layer])
        attributes = _looks(scene, drawn, look)
        if plan.worst is not None:
            for index in range(len(drawn.i)):
                if drawn.name(index) == plan.worst:
                    attributes[index] = f'color="{scene.theme.warning}" penwidth=4 style=solid'
        canvas.curves(
            [
                f'\t{tail}{i} -> {head}{j} [id={tail}{i}__{head}{j}{drawn.suffix} {look} tooltip="{tooltip}" pos="'
                for i, j, look, tooltip in zip(drawn.i, drawn.j, attributes, tooltips, strict=True)
            ],
            drawn.points,
        )


def signed_look(scene: Scene, plan: Plan) -> SignedLook:
    """Return how weights look in this drawing."""
    return SignedLook(scene.theme, scene.scale.edge, any(len(drawn.i) > _CROWD for drawn in plan.strands))


def write_numbers(canvas: Canvas, scene: Scene, plan: Plan) -> None:
    """Write the numbers on their lines."""
    background = scene.theme.background
    for each in plan.numbers:
        canvas.text(f"on_{each.line}", each.at, each.text, size=NUMBER_SIZE, colour=each.colour, background=background)


def _looks(scene: Scene, drawn: Strand, look: SignedLook | ErrorLook) -> list[str]:
    if drawn.main is None:
        pairs = zip(drawn.dropped.tolist(), drawn.dimmed.tolist(), strict=True)
        return [plain(scene.theme, *each) for each in pairs]
    return look.many(drawn.main, drawn.dropped, drawn.dimmed)


def _number(scene: Scene, drawn: Strand, values: EdgeValues, plan: Plan) -> None:
    """Choose which lines of one Θ get numbers, the strongest, and put these where they can be read."""
    rows, columns = np.array(drawn.j, np.intp) - 1, drawn.columns
    fixed = scene.ranks is not None
    if scene.ranks is not None:
        ranks: Array = scene.ranks[drawn.link.node.layer][rows, columns]
    else:
        ranks = np.zeros(len(rows)) if drawn.main is None else np.abs(drawn.main)
    free = np.flatnonzero(~(drawn.dropped | drawn.dimmed))
    order = free[np.argsort(-ranks[free], kind="stable")]
    top_k = scene.options.top_k
    if top_k is None:
        top_k = len(order) if len(order) <= MOST_NUMBERED else NUMBERED_OF_MANY
    chosen = order[:top_k]
    if not chosen.size:
        return
    texts = _number_texts(drawn, values, chosen, scene.options.on_edges)
    sizes = [text_size("−0.000" if fixed else text, NUMBER_SIZE) for text in texts]
    ends = drawn.points[:, [0, -1]]
    others = np.delete(ends, chosen, axis=0) if len(ends) < 400 else ends[:0]
    theme = scene.theme
    places = stagger(ends[chosen], sizes, others, np.array(plan.taken).reshape(-1, 4))
    for index, text, (wide, high), place in zip(chosen.tolist(), texts, sizes, places, strict=True):
        if place is None:
            plan.has_room = False
        else:
            is_negative = drawn.main is not None and drawn.main[index] < 0
            colour = theme.negative if is_negative else theme.positive
            plan.numbers.append(Number(drawn.name(index), place, text, colour))
            x, y = place
            plan.taken.append((x - wide / 2 - 1, y - high / 2, x + wide / 2 + 1, y + high / 2))


def _number_worst(scene: Scene, drawn: Strand, plan: Plan) -> None:
    """Label the line of the largest relative error of the whole check, if it is among these."""
    if drawn.main is None or drawn.columns is None or plan.worst is not None:
        return
    for index in np.flatnonzero(drawn.main == scene.scale.edge)[:1].tolist():
        name = Symbol("Θ", (drawn.j[index], drawn.i[index]), theta_numbers(scene.net)[drawn.link.node.layer]).text
        text = f"worst: {name} {float(drawn.main[index]):.1e}".replace("-", "−")
        middle = drawn.points[index, [0, -1]].mean(axis=0)
        plan.worst = drawn.name(index)
        plan.numbers.append(Number(plan.worst, (float(middle[0]), float(middle[1])), text, scene.theme.warning))


def _number_texts(
    drawn: Strand, values: EdgeValues, chosen: NDArray[np.intp], on_edges: tuple[Shown, ...]
) -> list[str]:
    assert drawn.columns is not None
    texts = []
    for index in chosen.tolist():
        place = (drawn.j[index] - 1, int(drawn.columns[index]))
        if values.before is not None and values.after is not None:
            texts.append(f"{number(float(values.before[place]))} → {number(float(values.after[place]))}")
            continue
        lines = []
        for what in on_edges:
            matrix = values.shown[what]
            text = "—" if matrix is None else number(float(matrix[place]))
            lines.append(text if len(on_edges) == 1 else f"{_LETTERS[what]} {text}")
        texts.append("\n".join(lines))
    return texts


def _tooltips(drawn: Strand, values: EdgeValues, columns: NDArray[np.intp], l: int) -> list[str]:  # noqa: E741
    """Return the numbers of every line in full, as DOT has them: no character here needs more escaping."""
    matrices: list[tuple[str, Array | None, Array | None]] = []
    if values.before is not None and values.after is not None:
        matrices.append(("Θ", values.before, values.after))
    if values.errors is not None:
        matrices.append(("relative error of D", values.errors, None))
    matrices += [(_LETTERS[what], matrix, None) for what, matrix in values.shown.items()]
    rows = np.array(drawn.j, np.intp) - 1
    above = Symbol("", (), l).text
    below = [str(k).translate(SUBSCRIPTS) for k in range(1 + max(int(columns.max(initial=0)), *drawn.j))]
    indices = [
        f"{below[i]}{',' if i > 9 or j > 9 else ''}{below[j]}{above}"
        for i, j in zip(drawn.j, columns.tolist(), strict=True)
    ]
    parts = []
    for letter, matrix, second in matrices:
        if matrix is None:
            parts.append([f"{letter}{index} = —" for index in indices])
        elif second is None:
            numbers = matrix[rows, columns].tolist()
            parts.append([f"{letter}{index} = {value!r}" for index, value in zip(indices, numbers, strict=True)])
        else:
            pairs = zip(indices, matrix[rows, columns].tolist(), second[rows, columns].tolist(), strict=True)
            parts.append([f"{letter}{index} = {old!r} → {new!r}" for index, old, new in pairs])
    if not parts:
        return [f"Θ{index}" for index in indices]
    return parts[0] if len(parts) == 1 else ["\\n".join(each) for each in zip(*parts, strict=True)]

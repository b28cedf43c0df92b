"""The drawing at unit level: units in columns, weights as lines between them."""

from __future__ import annotations

from minigraph.base.notation import Symbol
from minigraph.diagram import edges
from minigraph.diagram.captions import LINE_SIZE, NAME_SIZE, Caption, caption
from minigraph.diagram.dot import Canvas, Point, text_size
from minigraph.diagram.images import draw_images, draw_weights, pictured_nodes
from minigraph.diagram.labels import number, wrap
from minigraph.diagram.legend import finish
from minigraph.diagram.obstacles import caption_place, obstacles
from minigraph.diagram.placement import Measures, Placement, place
from minigraph.diagram.scene import Scene
from minigraph.diagram.strands import BIAS_REACH
from minigraph.diagram.tables import write_tables
from minigraph.diagram.themes import tint
from minigraph.diagram.wishes import Shown
from minigraph.graph.layers import Add, Concat, InputLayer
from minigraph.graph.node import Node

CAPTION_ROOM = 108.0
OUTER_ROOM = 96.0
BIAS_SIDE = 19.0
_LETTERS: dict[Shown, str] = {"z": "z", "a": "a", "delta": "δ"}
_DIAMETERS = {0: 36.0, 1: 44.0, 2: 54.0, 3: 60.0}
_UNIT_FONT = {0: 9.5, 1: 9.5, 2: 9.0, 3: 9.0}


def draw_units(scene: Scene) -> str:
    """Return the DOT text of a drawing at unit level."""
    canvas = Canvas(scene.theme)
    net, options = scene.net, scene.options
    captions = {node: caption(net, node, CAPTION_ROOM) for node in net.nodes}
    diameter = _DIAMETERS[len(options.in_units)]
    thumbs = pictured_nodes(scene)
    outer = {node: _outer_width(scene, node) + (diameter + 6 if node in thumbs else 0) for node in net.nodes}
    gap = edges.least_gap(scene)
    while True:
        measures = Measures(diameter, diameter + (14 if diameter > 40 else 12), gap)
        placement = place(net.nodes, scene.selections, scene.links, captions, measures, outer, options.direction)
        reach = {node: diameter / 2 + (diameter + 4 if node in thumbs else 0) for node in net.nodes}
        for node in thumbs:
            _move_bias(scene, node, placement, reach[node])
        solid = obstacles(scene, placement, measures, captions, thumbs)
        plan = edges.plan(scene, placement, measures, reach, solid)
        if plan.has_room or gap > 400 or plan.weights > 1000:
            break
        gap *= 1.2
    _boxes(canvas, scene, placement, measures)
    edges.draw(canvas, scene, plan)
    for node in net.nodes:
        _column(canvas, scene, node, placement, measures)
        _write_caption(canvas, node, captions[node], placement, measures)
    for node in thumbs:
        draw_weights(canvas, scene, node, placement, measures)
    draw_images(canvas, scene, placement, measures, outer)
    edges.write_numbers(canvas, scene, plan)
    if options.tables:
        write_tables(canvas, scene)
    finish(canvas, scene, plan)
    return canvas.source(options.title or "")


def _move_bias(scene: Scene, node: Node, placement: Placement, reach: float) -> None:
    """Put a bias unit where the links of its node begin, so that its own do not run behind the pictures."""
    if scene.selections[node].rows[0] == 0:
        u, v = placement.rows[node][0]
        placement.rows[node][0] = (u + reach - BIAS_REACH, v)


def _column(canvas: Canvas, scene: Scene, node: Node, placement: Placement, measures: Measures) -> None:
    selection = scene.selections[node]
    for row, j in enumerate(selection.rows):
        at = placement.page(*placement.rows[node][row])
        if j is None:
            _left_out(canvas, scene, node, row, at)
        elif j == 0:
            canvas.node(
                f"a_{node.position}_0",
                at,
                (BIAS_SIDE, BIAS_SIDE),
                "1",
                tooltip=f"{Symbol('a', (0,), node.position).text} = 1: bias unit of {node.name}",
                shape="square",
                style="filled",
                fillcolor=scene.theme.panel,
                color=scene.theme.muted,
            )
        else:
            _unit(canvas, scene, node, j, at, measures)
            _beside(canvas, scene, node, j, at, placement, measures)
            if isinstance(node.layer, Add):
                _plus(canvas, node, j, placement.rows[node][row], placement, measures)


def _unit(canvas: Canvas, scene: Scene, node: Node, j: int, at: Point, measures: Measures) -> None:
    theme, held = scene.theme, scene.values[node]
    dropped = held.kept is not None and not held.kept[j - 1]
    look: dict[str, str | float] = {"fontsize": _UNIT_FONT[len(scene.options.in_units)]}
    delta, a = held.get("delta", j), held.get("a", j)
    if dropped:
        look |= {
            "color": theme.faint,
            "style": "dashed,filled",
            "fillcolor": theme.background,
            "fontcolor": theme.muted,
        }
    else:
        styles = ["filled"]
        look["fillcolor"] = theme.background
        if isinstance(node.layer, Concat):
            styles.append("rounded")
        if a and "a" in scene.options.show and (top := scene.scale.a.get(node.name)):
            look["fillcolor"] = tint(theme, a / top)
        look["style"] = ",".join(styles)
        if delta and "delta" in scene.options.show:
            look["color"] = theme.negative if delta < 0 else theme.positive
            if delta < 0 and theme.is_grey:
                look["style"] = f"{look['style']},dashed"
            look["penwidth"] = round(1 + 3.5 * min(1.0, abs(delta) / (scene.scale.delta or 1.0)), 2)
    if isinstance(node.layer, Concat):
        look["shape"] = "box"
    side = measures.diameter
    canvas.node(
        f"a_{node.position}_{j}", at, (side, side), unit_text(scene, node, j), tooltip=_tooltip(scene, node, j), **look
    )


def unit_text(scene: Scene, node: Node, j: int) -> str:
    """Return what stands in a unit: the values asked for, or its name if none."""
    lines = []
    for what in scene.options.in_units:
        if what != "a" and isinstance(node.layer, InputLayer):
            continue
        value = scene.values[node].get(what, j)
        symbol = Symbol(_LETTERS[what], (j,)).text
        if scene.options.example == "mean":
            symbol = f"|{symbol}|"
        lines.append(f"{symbol} {'—' if value is None else number(value)}")
    return "\n".join(lines) if scene.options.in_units else Symbol("a", (j,), node.position).text


def _tooltip(scene: Scene, node: Node, j: int) -> str:
    lines = [f"unit {j} of {node.name}"]
    if node in scene.options.names:
        lines[0] += f": {scene.options.names[node][j - 1]}"
    mean = "mean |{}|" if scene.options.example == "mean" else "{}"
    for what, letter in (("z", "z"), ("a", "a"), ("delta", "δ"), ("target", "y")):
        value = scene.values[node].get(what, j)
        if value is not None:
            lines.append(f"{mean.format(Symbol(letter, (j,), node.position).text)} = {value!r}")
    kept = scene.values[node].kept
    if kept is not None and not kept[j - 1]:
        lines.append("dropped out")
    return "\n".join(lines)


def _plus(canvas: Canvas, node: Node, j: int, row: Point, placement: Placement, measures: Measures) -> None:
    """Mark where the links into a unit of an Add come together."""
    at = placement.page(row[0] - measures.diameter / 2, row[1])
    theme = canvas.theme
    look = {"style": "filled", "fillcolor": theme.background, "color": theme.muted}
    canvas.node(f"plus_{node.position}_{j}", at, (14, 14), "+", tooltip="sum of what arrives here", fontsize=11, **look)


def _left_out(canvas: Canvas, scene: Scene, node: Node, row: int, at: Point) -> None:
    selection = scene.selections[node]
    name = f"more_{node.position}_{row}"
    count = int((selection.row_of[1:][~selection.is_shown[1:]] == row).sum())
    is_stated = row == selection.widest_gap
    tooltip = f"⋮ {count} more units of {node.name}; {selection.statement}"
    x, y = at[0], at[1] - (8 if is_stated else 0)
    canvas.node(name, (x, y), (14, 22), tooltip=tooltip, shape="none")
    for step in (-1, 0, 1):
        canvas.node(
            f"{name}_{step + 2}", (x, y + 6.5 * step), (3, 3), style="filled", fillcolor=scene.theme.ink, penwidth=0
        )
    if is_stated:
        canvas.text(
            f"{name}_count",
            (at[0], at[1] + 15),
            selection.statement,
            size=8.5,
            colour=scene.theme.muted,
            background=scene.theme.background,
            tooltip=tooltip,
        )


def _beside(
    canvas: Canvas, scene: Scene, node: Node, j: int, at: Point, placement: Placement, measures: Measures
) -> None:
    """Write a unit's name and target outside of it."""
    lines = _outer_lines(scene, node, j)
    if not lines:
        return
    text = "\n".join(wrap(line, OUTER_ROOM, 9) for line in lines)
    high = text_size(text, 9)[1]
    distance = measures.diameter / 2 + 6
    before = not node.parents
    name = f"beside_{node.position}_{j}"
    if placement.is_horizontal:
        is_left = before == (placement.direction == "LR")
        x = at[0] - distance if is_left else at[0] + distance
        canvas.text(name, (x, at[1]), text, align="right" if is_left else "left")
    else:
        is_above = before == (placement.direction == "TB")
        y = at[1] - distance - high / 2 if is_above else at[1] + distance + high / 2
        canvas.text(name, (at[0], y), text)


def _outer_lines(scene: Scene, node: Node, j: int) -> list[str]:
    lines = [scene.options.names[node][j - 1]] if node in scene.options.names else []
    if "target" in scene.options.show and node in scene.net.outputs:
        target = scene.values[node].get("target", j)
        symbol = Symbol("y", (j,)).text
        symbol = f"|{symbol}|" if scene.options.example == "mean" else symbol
        lines.append(f"{symbol} {'—' if target is None else number(target)}")
    return lines


def _outer_width(scene: Scene, node: Node) -> float:
    sizes = [
        text_size("\n".join(wrap(line, OUTER_ROOM, 9) for line in lines), 9)
        for j in scene.selections[node].shown
        if (lines := _outer_lines(scene, node, j))
    ]
    is_horizontal = scene.options.direction in ("LR", "RL")
    return max((size[0 if is_horizontal else 1] + 8 for size in sizes), default=0.0)


def _write_caption(canvas: Canvas, node: Node, text: Caption, placement: Placement, measures: Measures) -> None:
    x, y = caption_place(node, text, placement, measures)
    high = text.size[1]
    top = y - high / 2
    name_high = text_size(text.name, NAME_SIZE, bold=True)[1]
    theme = canvas.theme
    canvas.text(
        f"name_{node.position}",
        (x, top + name_high / 2),
        text.name,
        size=NAME_SIZE,
        bold=True,
        background=theme.background,
    )
    canvas.text(
        f"rule_{node.position}",
        (x, top + name_high + (high - name_high) / 2),
        text.lines,
        size=LINE_SIZE,
        colour=theme.muted,
        background=theme.background,
    )


def _boxes(canvas: Canvas, scene: Scene, placement: Placement, measures: Measures) -> None:
    """Draw a frame about the units that a Concat puts side by side."""
    for node in scene.net.nodes:
        if isinstance(node.layer, Concat):
            points = [placement.page(*point) for point in placement.rows[node]]
            xs, ys = [x for x, _ in points], [y for _, y in points]
            side = measures.diameter + 9
            centre = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
            size = (max(xs) - min(xs) + side, max(ys) - min(ys) + side)
            canvas.node(
                f"box_{node.position}",
                centre,
                size,
                shape="box",
                style="rounded",
                color=scene.theme.muted,
                penwidth=0.8,
            )

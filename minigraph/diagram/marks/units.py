"""The drawing at unit level: units in columns, weights as lines between them."""

from __future__ import annotations

from minigraph.base.notation import Symbol
from minigraph.diagram.canvas.dot import Canvas, Point
from minigraph.diagram.canvas.labels import text_size
from minigraph.diagram.canvas.themes import tint
from minigraph.diagram.layout.unit_layout import Layout, lay_out
from minigraph.diagram.marks.edge_lines import draw_edges, write_edge_numbers
from minigraph.diagram.marks.headings import write_node_caption, write_title_and_caption
from minigraph.diagram.marks.images import draw_images, draw_weights
from minigraph.diagram.marks.legend import write_legend
from minigraph.diagram.marks.matrices import write_matrices
from minigraph.diagram.scene.scene import Scene
from minigraph.diagram.scene.unit_text import BESIDE_SIZE, text_beside, text_in, unit_tooltip
from minigraph.graph.layers import Add, Concat
from minigraph.graph.node import Node

BIAS_SIDE = 19.0
_FONT_SIZES = {0: 9.5, 1: 9.5, 2: 9.0, 3: 9.0}
"""By how many values stand in a unit."""


def draw_units(scene: Scene) -> str:
    """Return the DOT text of a drawing at unit level."""
    canvas, layout = Canvas(scene.theme), lay_out(scene)
    for node in scene.net.nodes:
        if isinstance(node.layer, Concat):
            _frame(canvas, layout, node)
    draw_edges(canvas, layout)
    for node in scene.net.nodes:
        _column(canvas, layout, node)
        caption, at = scene.captions[node], layout.placement.caption_place(node)
        write_node_caption(canvas, node, caption, at, caption.size[1], scene.theme.background)
    for node in scene.pictured:
        draw_weights(canvas, layout, node)
    draw_images(canvas, layout)
    write_edge_numbers(canvas, layout)
    if scene.options.tables:
        write_matrices(canvas, scene)
    if scene.options.legend:
        write_legend(canvas, layout)
    write_title_and_caption(canvas, scene.options)
    return canvas.source(scene.options.title or "")


def _frame(canvas: Canvas, layout: Layout, node: Node) -> None:
    """Draw a frame about the units that a Concat puts side by side."""
    xs, ys = zip(*layout.placement.page_rows(node), strict=True)
    side = layout.placement.diameter + 9
    canvas.node(
        f"box_{node.position}",
        ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2),
        (max(xs) - min(xs) + side, max(ys) - min(ys) + side),
        shape="box",
        style="rounded",
        color=canvas.theme.muted,
        penwidth=0.8,
    )


def _column(canvas: Canvas, layout: Layout, node: Node) -> None:
    placement, theme = layout.placement, canvas.theme
    rows = layout.scene.selections[node].rows
    for row, (j, at) in enumerate(zip(rows, placement.page_rows(node), strict=True)):
        if j is None:
            _left_out(canvas, layout.scene, node, row, at)
        elif j == 0:
            canvas.node(
                f"a_{node.position}_0",
                at,
                (BIAS_SIDE, BIAS_SIDE),
                "1",
                tooltip=f"{Symbol('a', (0,), node.position).text} = 1: bias unit of {node.name}",
                shape="square",
                style="filled",
                fillcolor=theme.panel,
                color=theme.muted,
            )
        else:
            _unit(canvas, layout, node, j, at)
            _beside(canvas, layout, node, j, at)
            if isinstance(node.layer, Add):  # where the edges into the unit come together
                u, v = placement.rows[node][row]
                canvas.node(
                    f"plus_{node.position}_{j}",
                    placement.axes.page(u - placement.diameter / 2, v),
                    (14, 14),
                    "+",
                    tooltip="sum of what arrives here",
                    fontsize=11,
                    style="filled",
                    fillcolor=theme.background,
                    color=theme.muted,
                )


def _unit(canvas: Canvas, layout: Layout, node: Node, j: int, at: Point) -> None:
    scene, side = layout.scene, layout.placement.diameter
    style = _unit_style(scene, node, j)
    if isinstance(node.layer, Concat):
        style["shape"] = "box"
    name, tooltip = f"a_{node.position}_{j}", unit_tooltip(scene, node, j)
    canvas.node(name, at, (side, side), text_in(scene, node, j), tooltip=tooltip, **style)


def _unit_style(scene: Scene, node: Node, j: int) -> dict[str, str | float]:
    """Return DOT attributes of a unit: its fill is its activation, its ring is its error."""
    theme, values, shown = scene.theme, scene.values[node], scene.options.shown
    style: dict[str, str | float] = {"fontsize": _FONT_SIZES[len(scene.options.in_units)]}
    if values.is_dropped(j):
        style |= {"color": theme.muted, "style": "dotted,filled", "fillcolor": theme.background}
        return {**style, "fontcolor": theme.muted}
    a = values.get("a", j) if "a" in shown else None
    delta = values.get("delta", j) if "delta" in shown else None
    largest = scene.scale.a.get(node.name)
    styles = ["filled", "rounded"] if isinstance(node.layer, Concat) else ["filled"]
    if delta and delta < 0 and theme.is_grey:
        styles.append("dashed")
    style["fillcolor"] = tint(theme, a / largest) if a and largest else theme.background
    style["style"] = ",".join(styles)
    if delta:
        style["color"] = theme.negative if delta < 0 else theme.positive
        style["penwidth"] = round(1 + 3.5 * min(1.0, abs(delta) / (scene.scale.delta or 1.0)), 2)
    return style


def _left_out(canvas: Canvas, scene: Scene, node: Node, row: int, at: Point) -> None:
    """Draw ⋮ for units that are not shown, and in the widest gap of a node say how many are."""
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


def _beside(canvas: Canvas, layout: Layout, node: Node, j: int, at: Point) -> None:
    """Write a unit's name and target outside of it: before an input, after any other."""
    text = text_beside(layout.scene, node, j)
    if not text:
        return
    axes, distance = layout.placement.axes, layout.placement.diameter / 2 + 6
    is_first = (not node.parents) == (axes.direction in ("LR", "TB"))
    name = f"beside_{node.position}_{j}"
    if axes.is_horizontal:
        x = at[0] - distance if is_first else at[0] + distance
        canvas.text(name, (x, at[1]), text, align="right" if is_first else "left")
    else:
        half = text_size(text, BESIDE_SIZE)[1] / 2
        y = at[1] - distance - half if is_first else at[1] + distance + half
        canvas.text(name, (at[0], y), text)

"""The matrices Θ, D and Δ as tables beside a drawing."""

from __future__ import annotations

from html import escape

from minigraph.base.arrays import Array
from minigraph.diagram.canvas.dot import Canvas
from minigraph.diagram.canvas.labels import Html, number
from minigraph.diagram.canvas.themes import Theme
from minigraph.diagram.scene.scene import Scene
from minigraph.diagram.scene.thetas import LETTERS
from minigraph.graph.node import Node

_WIDE, _HIGH = 38, 14


def write_matrices(canvas: Canvas, scene: Scene) -> None:
    """Write the matrices to the right of what is drawn so far, one below the other."""
    x, y = canvas.bounds.right + 36, canvas.bounds.top
    top, bottom, widest = y, canvas.bounds.bottom, 0.0
    for layer, l in scene.thetas.numbers.items():  # noqa: E741
        node = scene.thetas.users[layer][0]
        for what, matrix in scene.edge_values[layer].shown.items():
            rows = _rows(matrix, node, scene)
            wide, high = _WIDE * len(rows[0]), _HIGH * len(rows)
            if y > top and y + high + 24 > bottom:
                x, y, widest = x + widest + 24, top, 0.0
            title = f"{scene.thetas.name(layer, LETTERS[what])} of {node.name}, row = unit, column 0 = bias"
            _, title_high = canvas.text(f"table_{what}_{l}_title", (x, y + 7), title, size=8.5, align="left")
            at = (x + wide / 2, y + 8 + title_high / 2 + high / 2 + 3)
            label = _table(rows, scene.theme)
            canvas.node(f"table_{what}_{l}", at, (wide, high), label, tooltip=title, shape="none", fontsize=8)
            y += high + 30
            widest = max(widest, wide, len(title) * 4.4)


def _rows(matrix: Array | None, node: Node, scene: Scene) -> list[list[str]]:
    """Return the cells of the units that are drawn, with their numbers before and above; … for the others."""
    here, source = ([j for j in scene.selections[each].rows if j != 0] for each in (node, node.parents[0]))
    columns = [0, *source] if len(node.parents) == 1 else list(range(node.layer.parameters().shape[1]))
    links = node.layer.links

    def cell(i: int | None, j: int | None) -> str:
        if i is None or j is None:
            return "…"
        if j and links is not None and not links[i - 1, j - 1]:
            return ""
        return "—" if matrix is None else number(float(matrix[i - 1, j]))

    head = ["", *("…" if j is None else str(j) for j in columns)]
    return [head, *(["…" if i is None else str(i), *(cell(i, j) for j in columns)] for i in here)]


def _table(rows: list[list[str]], theme: Theme) -> Html:
    lines = []
    for y, row in enumerate(rows):
        cells = []
        for x, text in enumerate(row):
            is_head = x == 0 or y == 0
            background = f' bgcolor="{theme.panel}"' if is_head or x == 1 else ""
            signed = theme.negative_text if text.startswith("−") else theme.positive
            colour = theme.muted if is_head or text in ("…", "—") else signed
            inner = f'<font color="{colour}">{escape(text)}</font>' if text else ""
            cells.append(f'<td width="{_WIDE}" height="{_HIGH}" fixedsize="true"{background}>{inner}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    head = f'<table border="0" cellborder="1" cellspacing="0" cellpadding="0" color="{theme.faint}">'
    return Html(f"<{head}{''.join(lines)}</table>>")

"""The matrices Θ, D and Δ as tables beside a drawing."""

from __future__ import annotations

from html import escape

from minigraph.base.arrays import Array
from minigraph.base.notation import Symbol
from minigraph.diagram.captions import theta_numbers
from minigraph.diagram.dot import Canvas
from minigraph.diagram.labels import number
from minigraph.diagram.scene import Scene
from minigraph.diagram.selection import Selection
from minigraph.diagram.themes import Theme
from minigraph.graph.node import Node

LETTERS = {"weights": "Θ", "gradient": "D", "accumulator": "Δ"}
_WIDE, _HIGH = 38, 14


def write_tables(canvas: Canvas, scene: Scene) -> None:
    """Write the matrices to the right of what is drawn so far, one below the other."""
    x, y = canvas.box.right + 36, canvas.box.top
    bottom, widest = canvas.box.bottom, 0.0
    done = set()
    for node in scene.net.nodes:
        values = scene.edge_values.get(node.layer)
        if values is None or node.layer in done:
            continue
        done.add(node.layer)
        for what, matrix in values.shown.items():
            l = theta_numbers(scene.net)[node.layer]  # noqa: E741
            rows = _rows(matrix, node, scene)
            wide, high = _WIDE * len(rows[0]), _HIGH * len(rows)
            if y > canvas.box.top and y + high + 24 > bottom:
                x, y, widest = x + widest + 24, canvas.box.top, 0.0
            title = f"{Symbol(LETTERS[what], (), l).text} of {node.name}, row = unit, column 0 = bias"
            _, title_high = canvas.text(f"table_{what}_{l}_title", (x, y + 7), title, size=8.5, align="left")
            at = (x + wide / 2, y + 8 + title_high / 2 + high / 2 + 3)
            label = _table(rows, scene.theme)
            canvas.node(f"table_{what}_{l}", at, (wide, high), label, tooltip=title, shape="none", fontsize=8)
            y += high + 30
            widest = max(widest, wide, len(title) * 4.4)


def _rows(matrix: Array | None, node: Node, scene: Scene) -> list[list[str]]:
    """Return the cells of the units that are drawn, with their numbers before and above; … for the others."""
    here, source = scene.selections[node], scene.selections[node.parents[0]]
    columns = [0, *_with_gaps(source)] if len(node.parents) == 1 else list(range(node.layer.parameters().shape[1]))
    table = [["", *("…" if j is None else str(j) for j in columns)]]
    links = node.layer.links
    for i in _with_gaps(here):
        row = ["…" if i is None else str(i)]
        for j in columns:
            if i is None or j is None:
                row.append("…")
            elif j and links is not None and not links[i - 1, j - 1]:
                row.append("")
            else:
                row.append("—" if matrix is None else number(float(matrix[i - 1, j])))
        table.append(row)
    return table


def _with_gaps(selection: Selection) -> list[int | None]:
    return [j for j in selection.rows if j != 0]


def _table(rows: list[list[str]], theme: Theme) -> str:
    lines = []
    for y, row in enumerate(rows):
        cells = []
        for x, text in enumerate(row):
            is_head = x == 0 or y == 0
            ground = f' bgcolor="{theme.panel}"' if is_head or x == 1 else ""
            colour = theme.muted if is_head or text in ("…", "—") else _colour(text, theme)
            inner = f'<font color="{colour}">{escape(text)}</font>' if text else ""
            cells.append(f'<td width="{_WIDE}" height="{_HIGH}" fixedsize="true"{ground}>{inner}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    head = f'<table border="0" cellborder="1" cellspacing="0" cellpadding="0" color="{theme.faint}">'
    return f"<{head}{''.join(lines)}</table>>"


def _colour(text: str, theme: Theme) -> str:
    return theme.negative if text.startswith("−") else theme.positive

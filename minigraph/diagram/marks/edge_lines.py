"""The lines of a drawing of units, their tooltips, and the numbers on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array
from minigraph.base.notation import SUBSCRIPTS, Symbol
from minigraph.diagram.canvas.dot import Canvas
from minigraph.diagram.canvas.labels import quote
from minigraph.diagram.canvas.styles import ErrorStyle, SignedStyle, bundled, plain
from minigraph.diagram.layout.edge_numbers import NUMBER_SIZE
from minigraph.diagram.layout.routed_edges import RoutedEdges
from minigraph.diagram.layout.unit_layout import Layout
from minigraph.diagram.scene.thetas import LETTERS

_CROWD = 100
"""Edges of a Θ from which on weak ones are drawn paler."""


def draw_edges(canvas: Canvas, layout: Layout) -> None:
    """Draw all edges, bundles first."""
    scene = layout.scene
    for bundle in layout.bundles:
        style = f"{bundled(scene.theme)} tooltip={quote(bundle.tooltip)}"
        canvas.edges([bundle.ends], bundle.points[None], [style])
    check = scene.options.gradient_check
    style_of = signed_style(layout) if check is None else ErrorStyle(scene.theme, check.tolerance)
    for routed in layout.edges:
        if routed.i:
            styles = _styles(layout, routed, style_of)
            if layout.worst in routed.names:
                colour, width = (scene.theme.ink, 2) if scene.options.has_passed else (scene.theme.warning, 4)
                styles[routed.names.index(layout.worst)] = f'color="{colour}" penwidth={width} style=solid'
            attributes = [
                f'id={name} {style} tooltip="{tooltip}"'
                for name, style, tooltip in zip(routed.names, styles, _tooltips(layout, routed), strict=True)
            ]
            canvas.edges(routed.ends, routed.points, attributes)


def signed_style(layout: Layout) -> SignedStyle:
    """Return the style of weights in this drawing."""
    is_crowded = any(len(routed.i) > _CROWD for routed in layout.edges)
    return SignedStyle(layout.scene.theme, layout.scene.scale.edge, is_crowded)


def write_edge_numbers(canvas: Canvas, layout: Layout) -> None:
    """Write the numbers on their edges."""
    background = canvas.theme.background
    for each in layout.numbers:
        canvas.text(f"on_{each.edge}", each.at, each.text, size=NUMBER_SIZE, colour=each.colour, background=background)


def _styles(layout: Layout, routed: RoutedEdges, style_of: SignedStyle | ErrorStyle) -> list[str]:
    if routed.main is not None:
        return style_of.many(routed.main, routed.dropped, routed.dimmed)
    pairs = zip(routed.dropped.tolist(), routed.dimmed.tolist(), strict=True)
    return [plain(layout.scene.theme, *each) for each in pairs]


def _tooltips(layout: Layout, routed: RoutedEdges) -> list[str]:
    """Return the numbers of every edge in full, as DOT has them: no character here needs more escaping."""
    if routed.values is None or routed.columns is None:
        return ["fixed weight 1"] * len(routed.i)
    values, rows, columns = routed.values, np.array(routed.j, np.intp) - 1, routed.columns
    parts: list[tuple[str, tuple[Array | None, ...]]] = []
    if values.change is not None:
        parts.append(("Θ", values.change))
    if values.errors is not None:
        parts.append(("relative error of D", (values.errors,)))
    parts += [(LETTERS[what], (matrix,)) for what, matrix in values.shown.items()]
    # By hand rather than by Symbol: there may be 100,000 of them.
    above = Symbol("", (), layout.scene.thetas.numbers[routed.node.layer]).text
    below = [str(k).translate(SUBSCRIPTS) for k in range(1 + max(int(columns.max(initial=0)), *routed.j))]
    indices = [
        f"{below[i]}{',' if i > 9 or j > 9 else ''}{below[j]}{above}"
        for i, j in zip(routed.j, columns.tolist(), strict=True)
    ]
    lines = []
    for letter, matrices in parts:
        numbers = [_in_full(matrix, rows, columns) for matrix in matrices]
        texts = map(" → ".join, zip(*numbers, strict=True))
        lines.append([f"{letter}{index} = {text}" for index, text in zip(indices, texts, strict=True)])
    return ["\\n".join(each) for each in zip(*lines, strict=True)] if lines else [f"Θ{index}" for index in indices]


def _in_full(matrix: Array | None, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> list[str]:
    return ["—"] * len(rows) if matrix is None else [repr(value) for value in matrix[rows, columns].tolist()]

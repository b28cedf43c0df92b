"""Arrays of numbers as pictures: HTML-like tables of coloured cells, which need no image file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from minigraph.diagram.canvas.labels import Html
from minigraph.diagram.canvas.themes import Theme, blend

_SHADES = 24


def heatmap(
    values: Sequence[float], shape: tuple[int, int], pixel: int, theme: Theme, signed: bool, largest: float = 0.0
) -> Html:
    """Return an HTML-like label that shows values row by row, the largest magnitude strongest.

    In greys a sign is told by shade: 0 is halfway between background and ink.

    Args:
        values: rows · columns numbers.
        shape: (rows, columns).
        pixel: side of a cell in points.
        theme: of the drawing.
        signed: True shows the sign as colour, False shades of ink.
        largest: the magnitude that is strongest; 0 for that of the values.
    """
    top = largest or max(map(abs, values), default=0.0) or 1.0

    def shade(value: float) -> str:
        share = round(_SHADES * min(abs(value) / top, 1.0)) / _SHADES
        if signed and theme.is_grey:
            return blend(theme.background, theme.ink, 0.5 + (0.5 if value > 0 else -0.5) * share)
        colour = (theme.negative if value < 0 else theme.positive) if signed else theme.ink
        return blend(theme.background, colour, share)

    rows = []
    for start in range(0, shape[0] * shape[1], shape[1]):
        colours = [shade(value) for value in values[start : start + shape[1]]]
        cells = "".join(_cell(colour, len(list(run)), pixel) for colour, run in groupby(colours))
        rows.append(f"<tr>{cells}</tr>")
    return Html(f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{"".join(rows)}</table>>')


def _cell(colour: str, count: int, pixel: int) -> str:
    span = f' colspan="{count}"' if count > 1 else ""
    return f'<td{span} width="{pixel * count}" height="{pixel}" fixedsize="true" bgcolor="{colour}"></td>'

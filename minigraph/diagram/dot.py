"""A drawing as DOT text: nodes and curves at positions that are computed here and pinned.

Lengths are points, x runs to the right and y down as on a page; DOT's y runs up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from minigraph.diagram.labels import quote, width
from minigraph.diagram.themes import Theme

Point: TypeAlias = tuple[float, float]
Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""
FONT = "Helvetica"
BOLD = "Helvetica-Bold"
LINE_HEIGHT = 1.2
"""Distance of two lines of text in font sizes, as engines set it."""


@dataclass
class Box:
    """What a drawing covers."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    is_empty: bool = True

    def include(self, x: float, y: float, half_width: float = 0.0, half_height: float = 0.0) -> None:
        """Grow so that a rectangle about (x, y) lies inside."""
        sides = (x - half_width, y - half_height, x + half_width, y + half_height)
        if self.is_empty:
            self.left, self.top, self.right, self.bottom = sides
            self.is_empty = False
        else:
            self.left, self.top = min(self.left, sides[0]), min(self.top, sides[1])
            self.right, self.bottom = max(self.right, sides[2]), max(self.bottom, sides[3])


class Canvas:
    """Collects the statements of a drawing in the order in which they are made."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.box: Box = Box()
        self.nodes: list[str] = []
        self.edges: list[str] = []

    def node(
        self,
        name: str,
        at: Point,
        size: tuple[float, float],
        label: str = "",
        *,
        tooltip: str = "",
        **attributes: str | float,
    ) -> None:
        """Draw a shape of the given width and height about a point."""
        x, y = at
        self.box.include(x, y, size[0] / 2, size[1] / 2)
        parts = [f'pos="{_short(x)},{_short(-y)}!"', f"width={_inches(size[0])}", f"height={_inches(size[1])}"]
        parts += [f"{key}={_value(value)}" for key, value in attributes.items()]
        if label:
            parts.append(f"label={label if label.startswith('<') else quote(label)}")
        if tooltip:
            parts.append(f"tooltip={quote(tooltip)}")
        self.nodes.append(f"\t{name} [id={name} {' '.join(parts)}]\n")

    def text(
        self,
        name: str,
        at: Point,
        text: str,
        *,
        size: float = 9.0,
        colour: str | None = None,
        bold: bool = False,
        align: str = "centre",
        background: str | None = None,
        tooltip: str = "",
    ) -> tuple[float, float]:
        """Write a text about a point, or to the right ("left" aligned) or left ("right" aligned) of it.

        Returns:
            The width and height that it takes.
        """
        wide, high = text_size(text, size, bold)
        x = at[0] + {"left": wide / 2, "right": -wide / 2}.get(align, 0.0)
        end = {"left": "\\l", "right": "\\r"}.get(align)
        label = quote(text) if end is None else _justified(text, end)
        parts = [
            f'pos="{_short(x)},{_short(-at[1])}!"',
            f"width={_inches(wide)} height={_inches(high)} shape={'none' if background is None else 'box'}",
            f"fontsize={_short(size)} fontcolor={_value(colour or self.theme.ink)}",
        ]
        if bold:
            parts.append(f'fontname="{BOLD}"')
        if background is not None:
            parts.append(f"style=filled fillcolor={_value(background)} color={_value(background)} penwidth=0")
        parts.append(f"label={label} tooltip={quote(tooltip or text)}")
        self.box.include(x, at[1], wide / 2, high / 2)
        self.nodes.append(f"\t{name} [id={name} {' '.join(parts)}]\n")
        return wide, high

    def curve(self, tail: str, head: str, points: Sequence[Sequence[float]], attributes: str) -> None:
        """Draw a Bézier curve of 3n + 1 points from one node to another; `attributes` is DOT."""
        self.curves([f'\t{tail} -> {head} [{attributes} pos="'], np.array([points]))

    def curves(self, heads: Sequence[str], points: NDArray[np.float64]) -> None:
        """Draw many Bézier curves at once.

        Args:
            heads: each statement up to its points.
            points: (curves, 3n + 1, 2).
        """
        flat = np.round(points * (1, -1), 1) + 0.0
        template = " ".join(["%.1f,%.1f"] * points.shape[1]) + '"]\n'
        self.edges += [
            head + template % tuple(each)
            for head, each in zip(heads, flat.reshape(len(heads), -1).tolist(), strict=True)
        ]
        if flat.size:
            (left, top), (right, bottom) = points.min(axis=(0, 1)), points.max(axis=(0, 1))
            self.box.include(float(left), float(top))
            self.box.include(float(right), float(bottom))

    def source(self, comment: str = "") -> str:
        """Return the drawing as DOT."""
        theme = self.theme
        head = [
            f"\tgraph [layout=neato inputscale=72 splines=line outputorder=edgesfirst pad=0.15"
            f' bgcolor="{theme.background}" fontname={FONT} tooltip={quote(comment)}]\n',
            f'\tnode [shape=circle fixedsize=true margin=0 fontname={FONT} fontsize=9 label="" tooltip=" "'
            f' color="{theme.ink}" fontcolor="{theme.ink}"]\n',
            f'\tedge [arrowhead=none color="{theme.muted}" fontname={FONT} fontsize=8 tooltip=" "]\n',
        ]
        return "".join(["digraph minigraph {\n", *head, *self.nodes, *self.edges, "}\n"])


def text_size(text: str, size: float, bold: bool = False) -> tuple[float, float]:
    """Return the width and height of a text, as good as they can be foreseen."""
    return width(text, size, bold) + 2.0, (text.count("\n") + 1) * size * LINE_HEIGHT


def straight(start: Point, end: Point) -> list[Point]:
    """Return a straight line as a Bézier curve."""
    (x0, y0), (x1, y1) = start, end
    return [start, ((2 * x0 + x1) / 3, (2 * y0 + y1) / 3), ((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3), end]


def arrow(canvas: Canvas, tail: str, head: str, points: Sequence[Point], length: float = 6.0) -> None:
    """Draw a curve with an arrowhead whose tip is the last of the points."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    share = length / (math.hypot(x1 - x0, y1 - y0) or 1.0)
    base = (x1 - share * (x1 - x0), y1 - share * (y1 - y0))
    for x, y in points:
        canvas.box.include(x, y)
    tip = spline([points[-1]])
    canvas.edges.append(
        f'\t{tail} -> {head} [pos="e,{tip} {spline([*points[:-1], base])}" arrowhead=normal arrowsize=0.6]\n'
    )


def spline(points: Iterable[Point]) -> str:
    """Return the points of a curve as DOT's `pos` has them."""
    return " ".join(f"{round(x, 1):.10g},{round(-y, 1):.10g}" for x, y in points)


def _justified(text: str, end: str) -> str:
    return '"' + "".join(quote(line)[1:-1] + end for line in text.split("\n")) + '"'


def _short(value: float) -> str:
    return f"{round(value, 1) + 0.0:.10g}"


def _inches(points: float) -> str:
    return f"{points / 72:.4f}"


def _value(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) and not value.isalnum() else str(value)

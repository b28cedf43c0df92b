"""A drawing as DOT text: nodes and curves at positions that are computed here and pinned.

Lengths are points, x runs to the right and y down as on a page; DOT's y runs up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from minigraph.diagram.canvas.labels import Html, quote, text_size
from minigraph.diagram.canvas.themes import Theme

Point: TypeAlias = tuple[float, float]
Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""
FONT = "Helvetica"
BOLD = "Helvetica-Bold"


@dataclass
class Bounds:
    """The rectangle that a drawing covers."""

    left: float = math.inf
    top: float = math.inf
    right: float = -math.inf
    bottom: float = -math.inf

    def include(self, x: float, y: float, half_width: float = 0.0, half_height: float = 0.0) -> None:
        """Grow to cover a rectangle about (x, y)."""
        self.left, self.top = min(self.left, x - half_width), min(self.top, y - half_height)
        self.right, self.bottom = max(self.right, x + half_width), max(self.bottom, y + half_height)


class Canvas:
    """Collects the statements of a drawing in the order in which they are made."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.bounds: Bounds = Bounds()
        self._nodes: list[str] = []
        self._edges: list[str] = []

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
        """Draw a shape of the given width and height about a point, with a label in it."""
        self._write_node(
            name, at, size, attributes, label if isinstance(label, Html) or not label else quote(label), tooltip
        )

    def text(
        self,
        name: str,
        at: Point,
        text: str,
        *,
        size: float = 9,
        colour: str | None = None,
        bold: bool = False,
        align: str = "centre",
        background: str | None = None,
        tooltip: str = "",
    ) -> tuple[float, float]:
        """Write text about a point, or to the right ("left" aligned) or left ("right" aligned) of it.

        Returns:
            The width and height that it takes.
        """
        wide, high = text_size(text, size, bold)
        x = at[0] + {"left": wide / 2, "right": -wide / 2}.get(align, 0.0)
        attributes: dict[str, str | float] = {
            "shape": "none" if background is None else "box",
            "fontsize": size,
            "fontcolor": colour or self.theme.ink,
        }
        if bold:
            attributes["fontname"] = BOLD
        if background is not None:
            attributes |= {"style": "filled", "fillcolor": background, "color": background, "penwidth": 0}
        label = quote(text, {"left": "\\l", "right": "\\r"}.get(align))
        self._write_node(name, (x, at[1]), (wide, high), attributes, label, tooltip or text)
        return wide, high

    def edges(self, ends: Sequence[tuple[str, str]], points: NDArray[np.float64], attributes: Sequence[str]) -> None:
        """Draw Bézier curves, each from one node to another.

        Args:
            ends: the names of the two nodes.
            points: of shape (curves, 3n + 1, 2).
            attributes: in DOT.
        """
        flat = np.round(points * (1, -1), 1) + 0.0
        pos = " ".join(["%.1f,%.1f"] * points.shape[1])
        for (tail, head), style, curve in zip(ends, attributes, flat.reshape(len(ends), -1).tolist(), strict=True):
            self._write_edge(tail, head, f'{style} pos="{pos % tuple(curve)}"')
        for corner in (points.min(axis=(0, 1)), points.max(axis=(0, 1))):
            self.bounds.include(*corner.tolist())

    def arrow(self, tail: str, head: str, points: Sequence[Point], length: float = 6.0) -> None:
        """Draw a Bézier curve with an arrowhead whose tip is the last of the points."""
        (x0, y0), (x1, y1) = points[-2], points[-1]
        share = length / (math.hypot(x1 - x0, y1 - y0) or 1.0)
        base = (x1 - share * (x1 - x0), y1 - share * (y1 - y0))
        for x, y in points:
            self.bounds.include(x, y)
        curve = _spline([*points[:-1], base])
        self._write_edge(tail, head, f'pos="e,{_spline(points[-1:])} {curve}" arrowhead=normal arrowsize=0.6')

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
        return "".join(["digraph minigraph {\n", *head, *self._nodes, *self._edges, "}\n"])

    def _write_node(
        self,
        name: str,
        at: Point,
        size: tuple[float, float],
        attributes: Mapping[str, str | float],
        label: str,
        tooltip: str,
    ) -> None:
        (x, y), (wide, high) = at, size
        self.bounds.include(x, y, wide / 2, high / 2)
        parts = [f'id={name} pos="{_short(x)},{_short(-y)}!" width={wide / 72:.4f} height={high / 72:.4f}']
        parts += [f"{key}={_value(value)}" for key, value in attributes.items()]
        if label:
            parts.append(f"label={label}")
        if tooltip:
            parts.append(f"tooltip={quote(tooltip)}")
        self._nodes.append(f"\t{name} [{' '.join(parts)}]\n")

    def _write_edge(self, tail: str, head: str, attributes: str) -> None:
        self._edges.append(f"\t{tail} -> {head} [{attributes}]\n")


def _spline(points: Iterable[Point]) -> str:
    return " ".join(f"{round(x, 1):.10g},{round(-y, 1):.10g}" for x, y in points)


def _short(value: float) -> str:
    return f"{round(value, 1) + 0.0:.10g}"


def _value(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) and not value.isalnum() else str(value)

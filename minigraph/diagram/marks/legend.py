"""The legend below a drawing of units."""

from __future__ import annotations

import numpy as np

from minigraph.diagram.canvas.dot import Canvas, Point
from minigraph.diagram.canvas.labels import number, text_size
from minigraph.diagram.canvas.styles import ErrorStyle, bundled, plain
from minigraph.diagram.canvas.themes import tint
from minigraph.diagram.layout.routes import straight
from minigraph.diagram.layout.unit_layout import Layout
from minigraph.diagram.marks.edge_lines import signed_style
from minigraph.diagram.scene.thetas import LETTERS

_SIZE = 8.5
_ROW = 17.0
_SAMPLE = 30.0
_LEAST_WIDTH = 330


def write_legend(canvas: Canvas, layout: Layout) -> None:
    """Write the entries that explain something in this drawing, below what is drawn so far."""
    legend = _Legend(canvas)
    _explain_edges(legend, layout)
    _explain_units(legend, layout)
    _add_notes(legend, layout)


class _Legend:
    """Entries from left to right, in as many rows as the drawing is wide."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        bounds = canvas.bounds
        self.left, self.right = bounds.left, max(bounds.right, bounds.left + _LEAST_WIDTH)
        self.x, self.y = self.left, bounds.bottom + 26
        self.count = 0

    def line(self, style: str, text: str) -> None:
        """Add a sample of an edge."""
        x, y = self._next(text, _SAMPLE + 5)
        ends = f"legend_{self.count}_from", f"legend_{self.count}_to"
        for name, at in zip(ends, (x, x + _SAMPLE), strict=True):
            self.canvas.node(name, (at, y), (1, 1), style="invis")
        self.canvas.edges([ends], np.array([straight((x, y), (x + _SAMPLE, y))]), [style])
        self._write(text, (x + _SAMPLE + 5, y))

    def circle(self, text: str, label: str = "", **attributes: str | float) -> None:
        """Add a sample of a unit."""
        x, y = self._next(text, 19)
        self.canvas.node(f"legend_{self.count}", (x + 7, y), (13, 13), label, tooltip="", **attributes)
        self._write(text, (x + 19, y))

    def note(self, text: str) -> None:
        """Add a sentence."""
        self._write(text, self._next(text))

    def _write(self, text: str, at: Point) -> None:
        name, colour = f"legend_{self.count}_text", self.canvas.theme.muted
        self.canvas.text(name, at, text, size=_SIZE, colour=colour, align="left")

    def _next(self, text: str, indent: float = 0.0) -> Point:
        """Return where the next entry begins."""
        self.count += 1
        wide = indent + text_size(text, _SIZE)[0]
        if self.x > self.left and self.x + wide > self.right:
            self.x, self.y = self.left, self.y + _ROW
        x = self.x
        self.x += 1.12 * wide + 16
        return x, self.y


def _explain_edges(legend: _Legend, layout: Layout) -> None:
    scene, largest = layout.scene, layout.scene.scale.edge
    shown = scene.options.on_edges
    if (check := scene.options.gradient_check) is not None:
        of_errors = ErrorStyle(scene.theme, check.tolerance)
        tolerance = f"{check.tolerance:.0e}".replace("-", "−")
        legend.line(of_errors.one(0.0), f"relative error up to {tolerance}")
        legend.line(of_errors.one(1e5 * check.tolerance or 1.0), f"above {tolerance}: wrong")
        if np.isnan(scene.options.errors).any():  # type: ignore[arg-type]
            legend.line(of_errors.one(np.nan), "not checked")
        worst = f"{check.max_error:.1e}".replace("-", "−")
        legend.note(f"gradient check {'passed' if check.passed else 'FAILED'}: largest relative error {worst}")
    elif scene.options.change is not None or shown:
        name = "change of Θ" if scene.options.change is not None else LETTERS[shown[0]]
        if name == "D":
            name = "D = ∂J/∂Θ"
        mains = [routed.main for routed in layout.edges if routed.main is not None]
        if not mains:
            legend.line(plain(scene.theme), f"{name}: —, not computed")
            return
        if any((main == 0).any() for main in mains):
            legend.line(plain(scene.theme), f"{name} = 0")
        if not largest:
            return
        style = signed_style(layout)
        legend.line(style.one(largest / 2), f"{name} > 0")
        legend.line(style.one(-largest / 2), f"{name} < 0")
        for value in (largest, largest / 8):
            legend.line(style.one(value), f"|{name}| = {number(value)}")


def _explain_units(legend: _Legend, layout: Layout) -> None:
    scene, theme, shown = layout.scene, layout.scene.theme, layout.scene.options.shown
    values = scene.values.values()
    if "delta" in shown and scene.scale.delta:
        if not scene.shows_means:
            legend.circle("δ > 0", color=theme.positive, penwidth=2.5)
            style = "dashed" if theme.is_grey else "solid"
            legend.circle("δ < 0", color=theme.negative, penwidth=2.5, style=style)
        legend.circle(f"|δ| = {number(scene.scale.delta)}", color=theme.positive, penwidth=4.5)
    if "a" in shown and any(scene.scale.a.values()):
        is_unsigned = theme.is_grey or scene.shows_means
        legend.circle("|a|" if is_unsigned else "a > 0", style="filled", fillcolor=tint(theme, 1))
        if not is_unsigned and any(each.a is not None and min(each.a) < 0 for each in values):
            legend.circle("a < 0", style="filled", fillcolor=tint(theme, -1))
    if any(0 in selection.rows for selection in scene.selections.values()):
        legend.circle(
            "bias unit", "1", shape="square", style="filled", fillcolor=theme.panel, color=theme.muted, fontsize=8
        )
    if any(each.kept is not None and not all(each.kept) for each in values):
        legend.circle("dropped out", color=theme.muted, style="dotted")
    if "a" in shown and len(scene.scale.a) > 1 and any(scene.scale.a.values()):
        legend.note("fill: full at the largest |a| of the node")


def _add_notes(legend: _Legend, layout: Layout) -> None:
    scene = layout.scene
    if layout.bundles:
        legend.line(bundled(scene.theme), "links of units not shown")
    for layer, nodes in scene.thetas.users.items():
        if len(nodes) > 1:
            names = ", ".join(node.name for node in nodes[:4])
            legend.note(f"{scene.thetas.name(layer)} is one matrix, used by {names}")
    if scene.shows_means:
        legend.note("in units: mean |value| over the batch")
    if scene.pictured:
        signs = "; dark > 0, light < 0" if scene.theme.is_grey else ""
        legend.note(f"pictures of weights: full at the largest |Θ| of the node{signs}")
    if scene.options.errors is None and 0 < len(layout.numbers) < layout.weights:
        strongest = ", the strongest" if _are_strongest(layout) else ""
        legend.note(f"numbers on {len(layout.numbers)} of {layout.weights} weights{strongest}")


def _are_strongest(layout: Layout) -> bool:
    """Return whether, of each Θ, no edge without a number is stronger than one with a number."""
    numbered = {number.edge for number in layout.numbers}
    for routed in layout.edges:
        if routed.main is not None:
            has_number = np.array([name in numbered for name in routed.names], np.bool_)
            sizes = np.abs(routed.main)
            if has_number.any() and not has_number.all() and sizes[has_number].min() < sizes[~has_number].max():
                return False
    return True

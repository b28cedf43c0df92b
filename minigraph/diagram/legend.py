"""What stands about a drawing: title above, legend and caption below."""

from __future__ import annotations

from minigraph.base.notation import Symbol
from minigraph.diagram.captions import sharers, theta_numbers
from minigraph.diagram.dot import Canvas, straight, text_size
from minigraph.diagram.edges import Plan, signed_look
from minigraph.diagram.labels import number, wrap
from minigraph.diagram.looks import ErrorLook, bundled, plain
from minigraph.diagram.scene import Scene
from minigraph.diagram.themes import tint

_SIZE = 8.5
_ROW = 17.0
_SAMPLE = 30.0


def finish(canvas: Canvas, scene: Scene, plan: Plan) -> None:
    """Write title, legend and caption about what is drawn."""
    if scene.options.legend:
        _Legend(canvas, scene, plan).draw()
    write_title(canvas, scene.options.title, scene.options.caption)


def write_title(canvas: Canvas, title: str | None, caption: str | None) -> None:
    """Write the title above and the caption below what is drawn so far."""
    box, theme = canvas.box, canvas.theme
    room = max(260.0, box.right - box.left)
    middle = (box.left + box.right) / 2
    top, bottom = box.top, box.bottom
    if title:
        text = wrap(title, room, 14, bold=True)
        high = text_size(text, 14)[1]
        canvas.text("title", (middle, top - 14 - high / 2), text, size=14, bold=True)
    if caption:
        text = wrap(caption, room, 10)
        high = text_size(text, 10)[1]
        canvas.text("caption", (middle, bottom + 12 + high / 2), text, size=10, colour=theme.muted)


class _Legend:
    """Entries from left to right, in as many rows as the drawing is wide."""

    def __init__(self, canvas: Canvas, scene: Scene, plan: Plan) -> None:
        self.canvas, self.scene, self.plan = canvas, scene, plan
        box = canvas.box
        self.left, self.right = box.left, max(box.right, box.left + 330)
        self.x, self.y = self.left, box.bottom + 26
        self.count = 0

    def draw(self) -> None:
        """Write the entries that explain something in this drawing."""
        self._edges()
        self._units()
        self._notes()

    def _edges(self) -> None:
        scene, theme, scale = self.scene, self.scene.theme, self.scene.scale
        shown = scene.options.on_edges
        if scene.options.errors is not None:
            look = ErrorLook(theme)
            for error in (1e-12, 1e-7, 1e-2):
                self._line(look(error), f"relative error {error:.0e}".replace("-", "−"))
            return
        if scene.options.before is not None:
            name = "change of Θ"
        elif shown:
            name = {"weights": "Θ", "gradient": "D = ∂J/∂Θ", "accumulator": "Δ"}[shown[0]]
        else:
            return
        if scale.edge:
            signed = signed_look(scene, self.plan)
            self._line(signed(scale.edge / 2), f"{name} > 0")
            self._line(signed(-scale.edge / 2), f"{name} < 0")
            self._line(signed(scale.edge), f"|{name}| = {number(scale.edge)}")
            self._line(signed(scale.edge / 8), f"|{name}| = {number(scale.edge / 8)}")
        else:
            self._line(plain(theme), f"{name}: —, not computed")

    def _units(self) -> None:
        scene, theme, show = self.scene, self.scene.theme, self.scene.options.show
        has_signs = scene.options.example != "mean"
        if "delta" in show and scene.scale.delta:
            if has_signs:
                self._circle("δ > 0", color=theme.positive, penwidth=2.5)
                style = "dashed" if theme.is_grey else "solid"
                self._circle("δ < 0", color=theme.negative, penwidth=2.5, style=style)
            self._circle(f"|δ| = {number(scene.scale.delta)}", color=theme.positive, penwidth=4.5)
        if "a" in show and any(scene.scale.a.values()):
            one_colour = theme.is_grey or not has_signs
            self._circle("|a|" if one_colour else "a > 0", style="filled", fillcolor=tint(theme, 1))
            if not one_colour and any(each.a is not None and min(each.a) < 0 for each in scene.values.values()):
                self._circle("a < 0", style="filled", fillcolor=tint(theme, -1))
        if any(0 in selection.rows for selection in scene.selections.values()):
            self._circle(
                "bias unit", "1", shape="square", style="filled", fillcolor=theme.panel, color=theme.muted, fontsize=8
            )
        if any(each.kept is not None and not all(each.kept) for each in scene.values.values()):
            self._circle("dropped out", color=theme.faint, style="dashed")

    def _notes(self) -> None:
        scene, plan = self.scene, self.plan
        if plan.bundles:
            self._line(bundled(scene.theme), "links of units not shown")
        for layer, nodes in sharers(scene.net).items():
            if len(nodes) > 1:
                theta = Symbol("Θ", (), theta_numbers(scene.net)[layer]).text
                self._note(f"{theta} is one matrix, used by {', '.join(node.name for node in nodes[:4])}")
        if scene.options.example == "mean":
            self._note("in units: mean |value| over the batch")
        if scene.options.errors is None and 0 < len(plan.numbers) < plan.weights:
            self._note(f"numbers on {len(plan.numbers)} of {plan.weights} weights, the strongest")

    def _line(self, attributes: str, text: str) -> None:
        x, y = self._room(_SAMPLE + 5 + text_size(text, _SIZE)[0])
        ends = [f"legend_{self.count}_{end}" for end in ("from", "to")]
        for name, at in zip(ends, (x, x + _SAMPLE), strict=True):
            self.canvas.node(name, (at, y), (1, 1), style="invis")
        self.canvas.curve(ends[0], ends[1], straight((x, y), (x + _SAMPLE, y)), attributes)
        self._text((x + _SAMPLE + 5, y), text)

    def _circle(self, text: str, label: str = "", tooltip: str = "", **attributes: str | float) -> None:
        x, y = self._room(19 + text_size(text, _SIZE)[0])
        self.canvas.node(f"legend_{self.count}", (x + 7, y), (13, 13), label, tooltip=tooltip, **attributes)
        self._text((x + 19, y), text)

    def _note(self, text: str) -> None:
        x, y = self._room(text_size(text, _SIZE)[0])
        self._text((x, y), text)

    def _text(self, at: tuple[float, float], text: str) -> None:
        self.canvas.text(f"legend_{self.count}_text", at, text, size=_SIZE, colour=self.scene.theme.muted, align="left")

    def _room(self, wide: float) -> tuple[float, float]:
        """Return where the next entry begins."""
        self.count += 1
        if self.x > self.left and self.x + wide > self.right:
            self.x, self.y = self.left, self.y + _ROW
        x = self.x
        self.x += 1.12 * wide + 16
        return x, self.y

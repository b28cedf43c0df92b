"""What is written in a unit, beside it, and into its tooltip."""

from __future__ import annotations

from minigraph.base.notation import Symbol
from minigraph.diagram.canvas.labels import number, wrap
from minigraph.diagram.options import Shown
from minigraph.diagram.scene.scene import Scene
from minigraph.diagram.scene.thetas import LETTERS
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Node

BESIDE_SIZE = 9
_BESIDE_ROOM = 96.0
_IN_TOOLTIPS: tuple[Shown, ...] = ("z", "a", "delta", "target")


def text_in(scene: Scene, node: Node, j: int) -> str:
    """Return what stands in a unit: the values asked for, or its name if none."""
    if not scene.options.in_units:
        return Symbol("a", (j,), node.position).text
    is_input = isinstance(node.layer, InputLayer)
    return "\n".join(_value(scene, node, j, what) for what in scene.options.in_units if what == "a" or not is_input)


def text_beside(scene: Scene, node: Node, j: int) -> str:
    """Return a unit's name and target, broken to fit beside it; empty if it has neither."""
    names = scene.options.unit_names.get(node)
    lines = [names[j - 1]] if names is not None else []
    if "target" in scene.options.shown and node in scene.net.outputs:
        lines.append(_value(scene, node, j, "target"))
    return "\n".join(wrap(line, _BESIDE_ROOM, BESIDE_SIZE) for line in lines)


def unit_tooltip(scene: Scene, node: Node, j: int) -> str:
    """Return a unit's numbers in full."""
    names, values = scene.options.unit_names.get(node), scene.values[node]
    lines = [f"unit {j} of {node.name}" + (f": {names[j - 1]}" if names is not None else "")]
    for what in _IN_TOOLTIPS:
        value = values.get(what, j)
        if value is not None:
            symbol = Symbol(LETTERS[what], (j,), node.position).text
            lines.append(f"{f'mean |{symbol}|' if scene.shows_means else symbol} = {value!r}")
    if values.is_dropped(j):
        lines.append("dropped out")
    return "\n".join(lines)


def _value(scene: Scene, node: Node, j: int, what: Shown) -> str:
    value = scene.values[node].get(what, j)
    symbol = Symbol(LETTERS[what], (j,)).text
    return f"{f'|{symbol}|' if scene.shows_means else symbol} {'—' if value is None else number(value)}"

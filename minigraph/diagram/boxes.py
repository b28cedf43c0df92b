"""What stands in the box of a node at layer level: name, rule, shapes, parameters, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.notation import Symbol
from minigraph.diagram.captions import rule, theta_numbers
from minigraph.diagram.dot import text_size
from minigraph.diagram.labels import number, wrap
from minigraph.errors import StateError
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork

NAME_SIZE, LINE_SIZE = 10.5, 8.5
ROOM = 132.0
"""Width of the text in a box."""


@dataclass(frozen=True)
class BoxText:
    """The name and the lines below it, broken to fit."""

    name: str
    lines: str

    @property
    def name_height(self) -> float:
        """Height of the name in points."""
        return text_size(self.name, NAME_SIZE)[1]

    @property
    def height(self) -> float:
        """Height of all text in points."""
        return self.name_height + text_size(self.lines, LINE_SIZE)[1]


def box_text(net: AnyNetwork, alike: Sequence[Node], using: dict[Layer, list[Node]]) -> BoxText:
    """Return the text for a node that is drawn for itself and for others like it."""
    node = alike[0]
    sizes = " + ".join(str(parent.size) for parent in node.parents)
    shape = f"{sizes} → {node.size} units" if node.parents else f"{node.size} units"
    lines = [*_rules(node), shape, *_parameters(net, node, using), *statistics(alike)]
    if node in net.outputs:
        lines.append(f"cost: {net.costs[net.outputs.index(node)].name}")
    wrapped = "\n".join(wrap(line, ROOM, LINE_SIZE) for line in lines if line)
    return BoxText(wrap(node.name, ROOM, NAME_SIZE, bold=True), wrapped)


def _rules(node: Node) -> list[str]:
    layer = node.layer
    rules = list(rule(node))
    return [f"{layer.kind}: {rules[0]}"] if layer.kind == "dense" else rules


def _parameters(net: AnyNetwork, node: Node, using: dict[Layer, list[Node]]) -> list[str]:
    if node.layer not in using:
        return []
    theta = node.layer.parameters()
    total = net.engine.parameters.vector.size
    name = Symbol("Θ", (), theta_numbers(net)[node.layer]).text
    rows, columns = theta.shape
    lines = [f"{name} {rows}×{columns} = {theta.size:,}", f"{100 * theta.size / total:.3g} % of all parameters"]
    others = [each.name for each in using[node.layer] if each is not node]
    if others:
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        lines.append(f"shares {name} with {', '.join(others[:2])}{more}")
    return lines


def statistics(alike: Sequence[Node]) -> list[str]:
    """Return mean |a|, mean |δ| and dead units, as far as they are computed; of several nodes, the range."""
    if isinstance(alike[0].layer, InputLayer):
        return [_range("mean |a|", [_mean(node, "a") for node in alike])]
    lines = [_range(f"mean |{letter}|", [_mean(node, what) for node in alike]) for what, letter in _MEANS]
    dead = [_dead(node) for node in alike]
    if any(dead):
        least, most = min(dead), max(dead)
        count = str(most) if least == most else f"{least} to {most}"
        lines.append(f"dead units: {count} of {alike[0].size}")
    return lines


_MEANS = (("a", "a"), ("delta", "δ"))


def _values(node: Node, what: str) -> Array | None:
    try:
        values: Array = getattr(node, what)
    except StateError:
        return None
    return values


def _mean(node: Node, what: str) -> float | None:
    values = _values(node, what)
    return None if values is None else float(np.abs(values).mean())


def _dead(node: Node) -> int:
    """Count the units that are 0 for every example of a batch of several."""
    values = _values(node, "a")
    if values is None or len(values) < 2:
        return 0
    return int((values == 0).all(axis=0).sum())


def _range(name: str, values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    least, most = number(min(known)), number(max(known))
    return f"{name} {least}" if least == most else f"{name} {least} to {most}"

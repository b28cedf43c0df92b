"""Captions of columns of units and of boxes: name, rule, shapes, parameters, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.notation import Symbol
from minigraph.diagram.canvas.labels import number, text_size, wrap
from minigraph.diagram.scene.readings import cached
from minigraph.diagram.scene.thetas import Thetas
from minigraph.functions.activations import Identity
from minigraph.graph.layers import Dense, Dropout, InputLayer
from minigraph.graph.node import Node
from minigraph.network.network import AnyNetwork

COLUMN_ROOM, BOX_ROOM = 108.0, 132.0
"""Width of the text in points."""
LINE_SIZE = 8.5
_COLUMN_NAME_SIZE, _BOX_NAME_SIZE = 10, 10.5
_MEANS = (("a", "a"), ("delta", "δ"))


@dataclass(frozen=True)
class Caption:
    """The name of a node and the lines below it, broken to fit."""

    name: str
    lines: str
    name_size: float

    @property
    def name_height(self) -> float:
        """Height of the name in points."""
        return text_size(self.name, self.name_size)[1]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        name, lines = text_size(self.name, self.name_size, bold=True), text_size(self.lines, LINE_SIZE)
        return max(name[0], lines[0]), name[1] + lines[1]


def column_caption(net: AnyNetwork, node: Node, thetas: Thetas) -> Caption:
    """Return the caption below the units of a node."""
    lines = [f"{Symbol('s', (node.position,)).text} = {node.size}", _rule(node)]
    if users := thetas.users.get(node.layer):
        shared = f", shared by {len(users)}" if len(users) > 1 else ""
        rows, columns = node.layer.parameters().shape
        lines.append(f"{thetas.name(node.layer)} {rows}×{columns}{shared}")
    return _caption(node, [*lines, _cost(net, node)], COLUMN_ROOM, _COLUMN_NAME_SIZE)


def box_caption(net: AnyNetwork, alike: Sequence[Node], thetas: Thetas) -> Caption:
    """Return the caption of the box of a node that represents all of `alike`."""
    node = alike[0]
    sizes = " + ".join(str(parent.size) for parent in node.parents)
    lines = [
        f"dense: {_rule(node)}" if node.layer.kind == "dense" else _rule(node),
        f"{sizes} → {node.size} units" if node.parents else f"{node.size} units",
        *_parameters(net, node, thetas),
        *_statistics(alike),
        _cost(net, node),
    ]
    return _caption(node, lines, BOX_ROOM, _BOX_NAME_SIZE)


def _rule(node: Node) -> str:
    """Return a description of the node's layer."""
    layer = node.layer
    if not node.parents:
        return "input"
    if isinstance(layer, Dropout):
        return f"dropout {layer.rate:g}"
    if isinstance(layer, Dense):
        return layer.activation.name
    if not isinstance(layer.activation, Identity):
        return f"{layer.kind}: {layer.activation.name}"
    return {"add": "add: sum of parents", "concat": "concat: side by side"}.get(layer.kind, layer.kind)


def _caption(node: Node, lines: Sequence[str], room: float, name_size: float) -> Caption:
    wrapped = "\n".join(wrap(line, room, LINE_SIZE) for line in lines if line)
    return Caption(wrap(node.name, room, name_size, bold=True), wrapped, name_size)


def _cost(net: AnyNetwork, node: Node) -> str:
    return f"cost: {net.costs[net.outputs.index(node)].name}" if node in net.outputs else ""


def _parameters(net: AnyNetwork, node: Node, thetas: Thetas) -> list[str]:
    if node.layer not in thetas.users:
        return []
    theta = node.layer.parameters()
    total = net.engine.parameters.vector.size
    name = thetas.name(node.layer)
    rows, columns = theta.shape
    lines = [f"{name} {rows}×{columns} = {theta.size:,}"]
    if thetas.users[node.layer][0] is node:  # counted once, however many nodes share it
        lines.append(f"{100 * theta.size / total:.3g} % of all parameters")
    others = [each.name for each in thetas.users[node.layer] if each is not node]
    if others:
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        lines.append(f"shares {name} with {', '.join(others[:2])}{more}")
    return lines


def _statistics(alike: Sequence[Node]) -> list[str]:
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


def _mean(node: Node, what: str) -> float | None:
    values = cached(node, what)
    return None if values is None else float(np.abs(values).mean())


def _dead(node: Node) -> int:
    """Count the units that are 0 for every example of a batch of several."""
    values = cached(node, "a")
    if values is None or len(values) < 2:
        return 0
    return int((values == 0).all(axis=0).sum())


def _range(name: str, values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    least, most = number(min(known)), number(max(known))
    return f"{name} {least}" if least == most else f"{name} {least} to {most}"

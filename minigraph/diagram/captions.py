"""What is written under a node: its name, size, activation and Θ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigraph.base.notation import Symbol
from minigraph.diagram.dot import text_size
from minigraph.diagram.labels import wrap
from minigraph.functions.activations import Identity
from minigraph.graph.layers import Dense, Dropout
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork

NAME_SIZE, LINE_SIZE = 10.0, 8.5


@dataclass(frozen=True)
class Caption:
    """The name, broken into lines, and the lines below it."""

    name: str
    lines: str

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        name, lines = text_size(self.name, NAME_SIZE, bold=True), text_size(self.lines, LINE_SIZE)
        return max(name[0], lines[0]), name[1] + lines[1]


def theta_numbers(net: AnyNetwork) -> dict[Layer, int]:
    """Return l of Θ^(l) for each layer that has parameters."""
    return {layer: index for index, layer in enumerate(net.layers, start=1)}


def sharers(net: AnyNetwork) -> dict[Layer, list[Node]]:
    """Return the nodes that use each Θ."""
    using: dict[Layer, list[Node]] = {layer: [] for layer in net.layers}
    for node in net.nodes:
        if node.layer in using:
            using[node.layer].append(node)
    return using


def caption(net: AnyNetwork, node: Node, room: float) -> Caption:
    """Return the caption of a node, in lines of at most `room` points."""
    lines = [f"{Symbol('s', (node.position,)).text} = {node.size}", *rule(node)]
    if theta := theta_line(net, node, sharers(net)):
        lines.append(theta)
    if node in net.outputs:
        lines.append(f"cost: {net.costs[net.outputs.index(node)].name}")
    return Caption(
        wrap(node.name, room, NAME_SIZE, bold=True), "\n".join(wrap(line, room, LINE_SIZE) for line in lines)
    )


def rule(node: Node) -> Sequence[str]:
    """Say what the node's layer does."""
    layer = node.layer
    if not node.parents:
        return ["input"]
    if isinstance(layer, Dropout):
        return [f"dropout {layer.rate:g}"]
    if isinstance(layer, Dense):
        return [layer.activation.name]
    kind = {"add": "add: sum of parents", "concat": "concat: side by side"}.get(layer.kind, layer.kind)
    return [kind] if isinstance(layer.activation, Identity) else [f"{layer.kind}: {layer.activation.name}"]


def theta_line(net: AnyNetwork, node: Node, using: Mapping[Layer, Sequence[Node]]) -> str:
    """Name the Θ of a node and its shape, and with how many nodes it is shared."""
    if node.layer not in using:
        return ""
    rows, columns = node.layer.parameters().shape
    name = Symbol("Θ", (), theta_numbers(net)[node.layer]).text
    nodes = using[node.layer]
    shared = f", shared by {len(nodes)}" if len(nodes) > 1 else ""
    return f"{name} {rows}×{columns}{shared}"

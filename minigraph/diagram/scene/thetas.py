"""The matrices Θ^(l) of a network: their numbers l, and which nodes share them."""

from __future__ import annotations

from minigraph.base.notation import Symbol
from minigraph.diagram.options import Shown
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork

LETTERS: dict[Shown, str] = {
    "weights": "Θ", "gradient": "D", "accumulator": "Δ", "z": "z", "a": "a", "delta": "δ", "target": "y"
}  # fmt: skip


class Thetas:
    """Looks up the layers that have parameters."""

    def __init__(self, net: AnyNetwork) -> None:
        self.numbers: dict[Layer, int] = {layer: index for index, layer in enumerate(net.layers, start=1)}
        self.users: dict[Layer, list[Node]] = {layer: [] for layer in net.layers}
        for node in net.nodes:
            if node.layer in self.users:
                self.users[node.layer].append(node)

    def name(self, layer: Layer, letter: str = "Θ", indices: tuple[int, ...] = ()) -> str:
        """Return Θ^(l), or another letter with the same l, in Unicode."""
        return Symbol(letter, indices, self.numbers[layer]).text

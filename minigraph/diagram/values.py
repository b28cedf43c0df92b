"""What the caches hold, as plain numbers for one example or as means over the batch. Nothing is computed anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.diagram.wishes import Example
from minigraph.errors import StateError
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork


@dataclass(frozen=True)
class NodeValues:
    """The numbers of a node's units, None where they are not computed."""

    z: list[float] | None
    a: list[float] | None
    delta: list[float] | None
    target: list[float] | None
    kept: list[bool] | None
    """Which units dropout left in; None where nothing was dropped."""

    def get(self, what: str, j: int) -> float | None:
        """Return a number of unit j."""
        values: list[float] | None = getattr(self, what)
        return None if values is None else values[j - 1]


def read_node(node: Node, example: Example) -> NodeValues:
    """Read what the caches of a node hold."""

    def one(read: Callable[[], Array]) -> list[float] | None:
        try:
            values = read()
        except StateError:
            return None
        numbers: list[float] = (np.abs(values).mean(axis=0) if example == "mean" else values[example]).tolist()
        return numbers

    kept = None
    if node.layer.is_random:
        try:
            mask = node.mask
        except StateError:
            mask = None
        if mask is not None:
            kept = [bool(each) for each in np.atleast_1d(mask.any(axis=0) if example == "mean" else mask[example])]
    return NodeValues(
        z=None if isinstance(node.layer, InputLayer) else one(lambda: node.z),
        a=one(lambda: node.a),
        delta=None if isinstance(node.layer, InputLayer) else one(lambda: node.delta),
        target=one(lambda: node.target),
        kept=kept,
    )


def read_layer(layer: Layer, what: str) -> Array | None:
    """Return Θ, D or Δ of a layer, None if it has none or it is not computed."""
    try:
        if what == "weights":
            return layer.parameters()
        return layer.gradient if what == "gradient" else layer.accumulator
    except StateError:
        return None


def layer_slices(net: AnyNetwork) -> dict[Layer, slice]:
    """Return where each layer's Θ lies in the unrolled parameters."""
    slices, start = {}, 0
    for layer in net.layers:
        size = layer.parameters().size
        slices[layer] = slice(start, start + size)
        start += size
    return slices

"""Cached values as numbers for an example, or as means over the batch; nothing is recomputed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array, Mask
from minigraph.diagram.options import Example
from minigraph.errors import StateError
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Layer, Node


@dataclass(frozen=True)
class NodeValues:
    """The numbers of a node's units, None if not computed."""

    z: list[float] | None
    a: list[float] | None
    delta: list[float] | None
    target: list[float] | None
    kept: list[bool] | None
    """Mask of the units kept by dropout; None if nothing was dropped."""

    def get(self, what: str, j: int) -> float | None:
        """Return a number of unit j."""
        values: list[float] | None = getattr(self, what)
        return None if values is None else values[j - 1]

    def is_dropped(self, j: int) -> bool:
        """Return whether unit j dropped out."""
        return self.kept is not None and not self.kept[j - 1]


def read_node(node: Node, example: Example) -> NodeValues:
    """Read the cached values of a node."""

    def numbers(what: str) -> list[float] | None:
        values = cached(node, what)
        if values is None:
            return None
        found: list[float] = (np.abs(values).mean(axis=0) if example == "mean" else values[example]).tolist()
        return found

    is_input = isinstance(node.layer, InputLayer)
    return NodeValues(
        z=None if is_input else numbers("z"),
        a=numbers("a"),
        delta=None if is_input else numbers("delta"),
        target=numbers("target"),
        kept=_kept(node, example) if node.layer.is_random else None,
    )


def cached(holder: Node | Layer, what: str) -> Array | None:
    """Return an array by its name, None if it is not computed."""
    try:
        values: Array = getattr(holder, what)
    except StateError:
        return None
    return values


def read_layer(layer: Layer, what: str) -> Array | None:
    """Return Θ, D or Δ of a layer; None if the layer has no Θ, or it is not computed."""
    if what != "weights":
        return cached(layer, what)
    try:
        return layer.parameters()
    except StateError:
        return None


def _kept(node: Node, example: Example) -> list[bool] | None:
    try:
        mask: Mask | None = node.mask
    except StateError:
        return None
    if mask is None:
        return None
    return [bool(each) for each in np.atleast_1d(mask.any(axis=0) if example == "mean" else mask[example])]

"""Forward propagation and backpropagation as lists of calls, planned once per batch size.

To run a pass is to execute its calls in order; the computations are defined by layers, activations and costs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.programs import Call, is_straight_line, unrolled
from minigraph.engine.layout import NO_ARRAY, BatchArrays, Layout
from minigraph.functions.activations import Activation
from minigraph.graph.buffers import Buffers
from minigraph.graph.node import Layer, Node

_BLOCK = 32_768
"""Entries of δ multiplied by g′ at a time, few enough to stay in the CPU cache."""


def forward_pass(layout: Layout, arrays: BatchArrays) -> list[Call]:
    """Return the calls that compute z and a of all nodes, parents before children."""
    calls: list[Call] = []
    for node in layout.computed:
        layer, at = node.layer, arrays.of[node]
        calls += unrolled(layer.forward, at)  # z^(l+1) = Θ^(l) a^(l)
        calls += unrolled(layer.activation.value, at.z, at.a, at.scratch)  # a^(l+1) = g(z^(l+1))
    return calls


def backward_pass(
    layout: Layout, arrays: BatchArrays, cost_delta: Callable[[int, Buffers, Array], None], spare: Array
) -> list[Call]:
    """Return the calls that compute δ of all nodes, children before parents, and Δ of all layers.

    Args:
        layout: the graph.
        arrays: the arrays of its nodes.
        cost_delta: writes ∂cost/∂z of the output with the given index into an array.
        spare: memory for Δ of a node that shares its layer with others.
    """
    calls: list[Call] = []
    outputs = {node: index for index, node in enumerate(layout.outputs)}
    gradients = layout.gradients or {}
    reached: set[Node] = set()
    accumulated: set[Layer] = set()
    for node in reversed(layout.computed):
        layer, at = node.layer, arrays.of[node]
        # δ^(l) = (Θ^(l)ᵀ δ^(l+1))_{j≥1} ⊙ g′(z^(l)): all children have contributed to the first factor
        if node in reached:
            calls += _through_activation(layer.activation, at)
        # δ^(L) = a^(L) − y, or in general ∂cost/∂z of the output
        if node in outputs:
            own = arrays.own_delta(node) if node in reached else at.delta
            calls.append((cost_delta, (outputs[node], at, own)))
            if node in reached:
                calls.append((np.add, (at.delta, own, at.delta)))
        # Θ^(l)ᵀ δ^(l+1) goes to the parents: the first child writes, the others add; inputs have no error
        for index, parent in enumerate(node.parents):
            if parent in layout.inputs:
                at.errors += (NO_ARRAY,)
                continue
            error = arrays.error(parent, is_first=parent not in reached)
            at.errors += (error,)
            calls += unrolled(layer.error, at, index, error[1:])
            if parent in reached:
                delta = arrays.of[parent].delta
                calls.append((np.add, (delta, error[1:], delta)))
            reached.add(parent)
        # Δ^(l) = Σ_i δ^(l+1) a^(l)ᵀ, summed over the nodes that share the layer
        if layer in gradients:
            total = gradients[layer]
            part = spare[: total.size].reshape(total.shape) if layer in accumulated else total
            calls += unrolled(layer.accumulate, at, part)
            if layer in accumulated:
                calls.append((np.add, (total, part, total)))
            accumulated.add(layer)
    return calls


def _through_activation(activation: Activation, at: Buffers) -> list[Call]:
    """Return the calls that turn ∂cost/∂a in `at.delta` into δ = ∂cost/∂z, in blocks where g is elementwise."""
    vjp = activation.vjp
    if not (activation.elementwise and is_straight_line(vjp)):
        return unrolled(vjp, at.z, at.a, at.delta, at.scratch)
    calls: list[Call] = []
    rows = max(1, _BLOCK // at.z.shape[1])
    for first in range(0, len(at.z), rows):
        part = slice(first, first + rows)
        delta = at.delta[part]
        calls += unrolled(vjp, at.z[part], at.a[part], delta, at.scratch[: len(delta)])
    return calls

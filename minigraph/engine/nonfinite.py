"""Locate the first node with a non-finite value, for error messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigraph.base.arrays import Array, is_finite
from minigraph.engine.workspace import Workspace, quiet


def locate_in_forward(workspace: Workspace) -> str | None:
    """Return a message naming the first node in topological order whose z or a is not finite, or None."""
    layout = workspace.layout
    for node in layout.nodes:
        at = workspace.buffers(node)
        if node not in layout.inputs and not is_finite(at.z):
            return f"node {node.name!r}: z is not finite in the forward pass"
        if not is_finite(at.a):
            return f"node {node.name!r}: a is not finite in the forward pass"
    return None


def locate_in_backward(workspace: Workspace) -> str:
    """Return a message naming the first node in backward order whose δ is not finite."""
    for node in reversed(workspace.layout.computed):
        if not is_finite(workspace.buffers(node).delta):
            return f"node {node.name!r}: delta is not finite in the backward pass"
    return "the gradient is not finite in the backward pass"


def locate_in_cost(workspace: Workspace, targets: Sequence[Array]) -> str:
    """Return a message naming the output and the example whose cost is not finite."""
    layout = workspace.layout
    for node, cost, target in zip(layout.outputs, layout.costs, targets, strict=True):
        at = workspace.buffers(node)
        with quiet():
            values = cost.value_at(node.layer.activation, at.z, at.a, target)
        if (bad := np.flatnonzero(~np.isfinite(values))).size:
            i = int(bad[0])
            a = np.array2string(at.a[:, i], threshold=6, edgeitems=2, separator=", ")
            what = f"cost(i) of example {i} is {values[i]} in the forward pass"
            return f"node {node.name!r}: {what}, by {cost!r} of a = {a}"
    return "J is not finite in the forward pass: the sum over the examples or the regularization term overflows"

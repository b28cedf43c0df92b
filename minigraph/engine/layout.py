"""Memory layout: all buffers of a batch are rows of a single matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array, Float
from minigraph.functions.activations import Identity
from minigraph.functions.costs import Cost
from minigraph.graph.buffers import Buffers
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Layer, Node

NO_ARRAY: Array = np.empty((0, 0))
"""Placeholder for Θ of layers without Θ, and for errors of inputs."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Index of the first row of each array of a node in the matrix."""

    output: int
    z: int
    delta: int
    mask: int
    own_delta: int
    """For ∂cost/∂z of an output that also has children."""


@dataclass(frozen=True, eq=False)
class Layout:
    """The sorted graph of a network, and the matrix rows of its arrays."""

    nodes: Sequence[Node]
    """In topological order."""
    outputs: Sequence[Node]
    costs: Sequence[Cost]
    """One for each output."""
    thetas: Mapping[Layer, Array]
    gradients: Mapping[Layer, Array] | None
    """Destination of Δ; None for a layout for forward passes only."""
    dtype: np.dtype[Float]
    inputs: frozenset[Node]
    """The input nodes, whose arrays are not part of the matrix."""
    computed: Sequence[Node]
    """All nodes but the inputs, in topological order."""
    rows: Mapping[Node, Rows]
    """Rows of the computed nodes."""
    spare_error: int
    """First row for an error that is added to that of another child."""
    first_checked: int
    """First row that has to be checked for non-finite numbers."""
    height: int
    """The number of rows."""
    spare_gradient: int
    """Size of the largest Δ that is added to that of another node of the same layer."""


def lay_out(
    nodes: Sequence[Node],
    outputs: Sequence[Node],
    costs: Sequence[Cost],
    thetas: Mapping[Layer, Array],
    gradients: Mapping[Layer, Array] | None,
    dtype: np.dtype[Float],
) -> Layout:
    """Assign rows of the matrix to all nodes.

    The first rows need no check for non-finite numbers: scratch, errors that are added to others, and each a
    that is finite if its z is.
    """
    inputs = frozenset(node for node in nodes if isinstance(node.layer, InputLayer))
    computed = [node for node in nodes if node not in inputs]
    calls = Counter(node.layer for node in computed)
    children = Counter(parent for node in nodes for parent in node.parents)
    spare_error = max((node.size for node in computed), default=0)
    height = spare_error
    if gradients is not None:
        height += 1 + max((node.size for node, count in children.items() if count > 1), default=-1)

    def take(count: int) -> int:
        nonlocal height
        height += count
        return height - count

    unchecked = {node: take(1 + node.size) for node in computed if _needs_no_check(node)}
    first_checked = height
    rows = {}
    for node in computed:
        output = unchecked[node] if node in unchecked else take(1 + node.size)
        rows[node] = Rows(
            output=output,
            z=output + 1 if shares_memory(node) else take(node.size),
            delta=take(1 + node.size) + 1 if gradients is not None else 0,
            mask=take(node.size) if node.layer.is_random else 0,
            own_delta=take(node.size) if gradients is not None and node in outputs and node.children else 0,
        )
    shared = [theta.size for layer, theta in thetas.items() if calls[layer] > 1] if gradients is not None else []
    return Layout(
        nodes, outputs, costs, thetas, gradients, dtype, inputs, computed, rows,
        spare_error, first_checked, height, max(shared, default=0),
    )  # fmt: skip


def _needs_no_check(node: Node) -> bool:
    return node.layer.activation.bounded and not shares_memory(node)


def shares_memory(node: Node) -> bool:
    """Return whether z and a of a node are the same array because its activation is the identity."""
    return type(node.layer.activation) is Identity


class BatchArrays:
    """The arrays of all nodes for m examples: views of the matrix, and of the array (m, 1 + s) of each input."""

    def __init__(self, layout: Layout, matrix: Array, inputs: Mapping[Node, Array], m: int) -> None:
        self._layout = layout
        self._rows = layout.rows
        self._matrix = matrix[: layout.height * m].reshape(layout.height, m)
        self.checked: Array = self._matrix[layout.first_checked :].reshape(-1)
        """All numbers that could become infinite or NaN, as one vector."""
        self.of: dict[Node, Buffers] = {}
        for node in layout.nodes:
            self.of[node] = self._computed(node) if node in self._rows else self._input(inputs[node][:m])

    def error(self, parent: Node, is_first: bool) -> Array:
        """Return the array to which a child writes its error for `parent`, (1 + s, m): δ itself for the first child."""
        row = self._rows[parent].delta - 1 if is_first else self._layout.spare_error
        return self._matrix[row : row + 1 + parent.size]

    def own_delta(self, node: Node) -> Array:
        """Return the array for ∂cost/∂z of an output with children, (s, m)."""
        row = self._rows[node].own_delta
        return self._matrix[row : row + node.size]

    def _input(self, values: Array) -> Buffers:
        at = Buffers()
        at.generator, at.inputs, at.errors = None, (), ()
        at.output = values.T  # batches have one row per example, and inputs keep that order
        at.a = at.output[1:]
        return at

    def _computed(self, node: Node) -> Buffers:
        at, size, rows, matrix = Buffers(), node.size, self._rows[node], self._matrix
        at.generator, at.errors = None, ()
        at.inputs = tuple(self.of[parent].output for parent in node.parents)
        at.output = matrix[rows.output : rows.output + 1 + size]
        at.a = at.output[1:]
        at.z = at.a if shares_memory(node) else matrix[rows.z : rows.z + size]
        at.delta = matrix[rows.delta : rows.delta + size]
        at.mask = matrix[rows.mask : rows.mask + size]
        at.scratch = matrix[:size]
        at.theta = self._layout.thetas.get(node.layer, NO_ARRAY)
        at.weights = at.theta[:, 1:]
        return at

"""Forward propagation and backpropagation over the buffers of one batch.

All buffers of a batch are rows of one matrix: a row per unit, a column per example. A larger batch
takes a larger matrix, a smaller one the beginning of it, so that a pass allocates nothing.

Passes run inside `quiet()`: an overflow on the way to a finite result is no news, and results that are not
finite are found by looking at them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array, Float
from minigraph.engine import direct
from minigraph.engine.direct import Call
from minigraph.functions.activations import Activation, Identity, Relu, Sigmoid, Tanh
from minigraph.functions.costs import Cost
from minigraph.graph.buffers import Buffers
from minigraph.graph.layer import Layer
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Node


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where a node's buffers lie in the matrix."""

    output: int
    z: int
    delta: int
    mask: int
    own: int


_BOUNDED = (Sigmoid, Tanh, Relu)
"""Activations whose |a| is at most |z| or 1."""
_NO_THETA: Array = np.empty((0, 0))


def quiet() -> np.errstate:
    """Return the context in which passes run, without numpy's floating-point warnings."""
    return np.errstate(all="ignore")


class Workspace:
    """The buffers of a network for one batch size at a time, and the two passes over them."""

    def __init__(
        self,
        nodes: Sequence[Node],
        outputs: Sequence[Node],
        costs: Sequence[Cost],
        thetas: Mapping[Layer, Array],
        gradients: Mapping[Layer, Array] | None,
        dtype: np.dtype[Float],
    ) -> None:
        """Lay out the rows; `gradients` None makes a workspace that can only go forward."""
        self._nodes = nodes
        self._inputs = [node for node in nodes if isinstance(node.layer, InputLayer)]
        self._outputs = {node: index for index, node in enumerate(outputs)}
        self._costs = costs
        self._thetas = thetas
        self._gradients = gradients
        self._dtype = dtype
        self._matrix = np.zeros(0, dtype)
        self._loaded: dict[Node, Array] = {}
        self._passes: dict[int, _Passes] = {}
        self._targets: Sequence[Array] = ()
        self._example_weights: Array | None = None
        self._rows, self._height = self._lay_out()
        self._shared = self._shared_gradient()
        self.m: int = 0

    def resize(self, m: int) -> None:
        """Make room for a batch of m examples; what the buffers held is lost."""
        if m == self.m:
            return
        if self._height * m > self._matrix.size:
            self._passes.clear()
            self._matrix = np.zeros(self._height * m, self._dtype)
            self._loaded = {node: np.ones((m, 1 + node.size), self._dtype) for node in self._inputs}
        if m not in self._passes:
            while len(self._passes) > 1:
                del self._passes[next(iter(self._passes))]
            self._passes[m] = _Passes(self, m)
        self._current = self._passes[m]
        for at in self._current.buffers.values():
            at.output[0] = 1  # the bias units, which another batch size may have overwritten
        self.m = m

    def buffers(self, node: Node) -> Buffers:
        """Return the buffers of a node for the current batch."""
        return self._current.buffers[node]

    def input_rows(self, node: Node) -> Array:
        """Return the array (m, 1 + s) that holds the batch of an input node, a row per example, ones first.

        Batches come as rows, so an input keeps them so, and only its view is transposed.
        """
        return self._loaded[node][: self.m]

    def load(self, batch: Sequence[Array]) -> None:
        """Copy a batch, one array (m, s) per input node, into the buffers."""
        self.resize(len(batch[0]))
        for node, values in zip(self._inputs, batch, strict=True):
            np.copyto(self.input_rows(node)[:, 1:], values)

    def forward(self, generator: np.random.Generator | None = None) -> None:
        """Compute z and a of every node in topological order; with a generator, dropout is on."""
        for at in self._current.random:
            at.generator = generator
        for function, arguments in self._current.forward:
            function(*arguments)

    def backward(self, targets: Sequence[Array], example_weights: Array | None = None) -> None:
        """Compute δ of every node in reverse topological order, and Δ of every layer.

        Args:
            targets: (s, m) for each output.
            example_weights: (m,), factors of each example's cost.
        """
        self._targets = targets
        # In the dtype of the rest: numpy would convert them through buffers at every output.
        self._example_weights = None if example_weights is None else example_weights.astype(self._dtype, copy=False)
        for function, arguments in self._current.backward:
            function(*arguments)

    def squares(self) -> float:
        """Return Σ (z² + δ²), and Σ a² where a can exceed |z| + 1: not finite if a number of the batch is not."""
        return float(self._current.values.dot(self._current.values))

    def cost_values(self, targets: Sequence[Array]) -> Array:
        """Return cost(i) of every example of the batch, summed over the outputs, in float64."""
        total = np.zeros(self.m)
        for (node, index), cost in zip(self._outputs.items(), self._costs, strict=True):
            at = self.buffers(node)
            total += cost.value_at(node.layer.activation, at.z, at.a, targets[index])
        return total

    @property
    def nbytes(self) -> int:
        """Memory held by the buffers."""
        return self._matrix.nbytes + sum(values.nbytes for values in self._loaded.values())

    def _lay_out(self) -> tuple[dict[Node, _Rows], int]:
        """Give every node its rows; first come those at which `squares` need not look.

        They are scratch rows, rows for errors that are added to others, and each a that is finite if its z is.
        """
        rows: dict[Node, _Rows] = {}
        height = max((node.size for node in self._nodes if not isinstance(node.layer, InputLayer)), default=0)
        self._spare = height
        if self._gradients is not None:
            reached = Counter(parent for node in self._nodes for parent in node.parents)
            branching = [node.size for node, count in reached.items() if count > 1]
            height += 1 + max(branching, default=-1)

        def take(count: int) -> int:
            nonlocal height
            height += count
            return height - count

        bounded = {node: take(1 + node.size) for node in self._nodes if type(node.layer.activation) in _BOUNDED}
        self._first = height
        for node in self._nodes:
            if isinstance(node.layer, InputLayer):
                continue
            size = node.size
            output = bounded[node] if node in bounded else take(1 + size)
            z = output + 1 if isinstance(node.layer.activation, Identity) else take(size)
            backward = self._gradients is not None
            rows[node] = _Rows(
                output=output,
                z=z,
                delta=take(1 + size) + 1 if backward else 0,
                mask=take(size) if node.layer.is_random else 0,
                own=take(size) if backward and node in self._outputs and node.children else 0,
            )
        return rows, height

    def _begin_error(self, cost: Cost, activation: Activation, at: Buffers, output: int, own: Array) -> None:
        """Write what the cost of an output makes of δ into `own`."""
        cost.delta(activation, at.z, at.a, self._targets[output], own, at.scratch)
        if self._example_weights is not None:
            np.multiply(own, self._example_weights, out=own)

    def _shared_gradient(self) -> Array:
        """Return spare memory for Δ of layers that several nodes share."""
        seen: set[Layer] = set()
        size = 0
        for node in self._nodes:
            if node.layer in seen and node.layer in self._thetas and self._gradients is not None:
                size = max(size, self._thetas[node.layer].size)
            seen.add(node.layer)
        return np.empty(size, self._dtype)


class _Passes:
    """Both passes for m examples: what they call, with every array they touch."""

    def __init__(self, workspace: Workspace, m: int) -> None:
        self._workspace = workspace
        rows = workspace._height
        self._matrix = workspace._matrix[: rows * m].reshape(rows, m)
        self.values = self._matrix[workspace._first :].reshape(-1)
        self.buffers: dict[Node, Buffers] = {}
        self.random: list[Buffers] = []
        self.forward: list[Call] = []
        for node in workspace._nodes:
            at = self.buffers[node] = self._buffers(node, m)
            if node.layer.is_random:
                self.random.append(at)
            if not isinstance(node.layer, InputLayer):
                self.forward += direct.forward(node.layer, at)  # z = Θ a
                self.forward += direct.value(node.layer.activation, at.z, at.a, at.scratch)  # a = g(z)
        self.backward = [] if workspace._gradients is None else self._plan_backward(workspace._gradients)

    def _buffers(self, node: Node, m: int) -> Buffers:
        at, size = Buffers(), node.size
        matrix, workspace = self._matrix, self._workspace
        at.generator = None
        at.inputs = tuple(self.buffers[parent].output for parent in node.parents)
        if isinstance(node.layer, InputLayer):
            at.output = workspace._loaded[node][:m].T
            at.a = at.output[1:]
            return at
        rows = workspace._rows[node]
        at.output = matrix[rows.output : rows.output + 1 + size]
        at.a = at.output[1:]
        at.z = matrix[rows.z : rows.z + size]
        at.delta = matrix[rows.delta : rows.delta + size]
        at.mask = matrix[rows.mask : rows.mask + size]
        at.scratch = matrix[:size]
        at.theta = workspace._thetas.get(node.layer, _NO_THETA)
        at.weights = at.theta[:, 1:]
        return at

    def _plan_backward(self, gradients: Mapping[Layer, Array]) -> list[Call]:
        """Plan the reverse walk: the first error that reaches a parent is written, later ones are added."""
        workspace = self._workspace
        reached: set[Node] = set()
        accumulated: set[Layer] = set()
        calls: list[Call] = []
        for node in reversed(workspace._nodes):
            if isinstance(node.layer, InputLayer):
                continue
            at, layer = self.buffers[node], node.layer
            if node in reached:  # δ = (Θᵀ δ of the children) ⊙ g′(z)
                calls += direct.vjp(layer.activation, at.z, at.a, at.delta, at.scratch)
            if node in workspace._outputs:
                calls += self._plan_output(node, node in reached)
            at.errors = ()
            for index, parent in enumerate(node.parents):
                if isinstance(parent.layer, InputLayer):
                    at.errors += (_NO_THETA,)
                    continue
                row = workspace._spare if parent in reached else workspace._rows[parent].delta - 1
                at.errors += (self._matrix[row : row + 1 + parent.size],)
                error, delta = at.errors[index][1:], self.buffers[parent].delta
                calls += direct.error(layer, at, index, error)
                if parent in reached:
                    calls.append((np.add, (delta, error, delta)))
                reached.add(parent)
            if layer in gradients:
                total = gradients[layer]
                spare = workspace._shared[: total.size].reshape(total.shape) if layer in accumulated else total
                calls += direct.accumulate(layer, at, spare)
                if layer in accumulated:
                    calls.append((np.add, (total, spare, total)))
                accumulated.add(layer)
        return calls

    def _plan_output(self, node: Node, has_children: bool) -> list[Call]:
        """Plan δ of the cost: into `at.delta`, or through a spare array if children send errors too."""
        at, output = self.buffers[node], self._workspace._outputs[node]
        cost, activation = self._workspace._costs[output], node.layer.activation
        if not has_children:
            return [(self._workspace._begin_error, (cost, activation, at, output, at.delta))]
        row = self._workspace._rows[node].own
        own = self._matrix[row : row + node.size]
        return [
            (self._workspace._begin_error, (cost, activation, at, output, own)),
            (np.add, (at.delta, own, at.delta)),
        ]

"""The memory of a batch, and the two passes over it.

Only a larger batch reallocates the matrix; a smaller one uses its beginning, so that passes allocate nothing.

Passes run inside `quiet()`: intermediate overflow with a finite result deserves no warning, and non-finite
results are checked for explicitly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.programs import Call
from minigraph.engine.layout import BatchArrays, Layout
from minigraph.engine.passes import backward_pass, forward_pass
from minigraph.graph.buffers import Buffers
from minigraph.graph.node import Node

_RULES = ("forward", "error", "accumulate", "value", "vjp")
"""The methods of layers and activations that are called by passes."""


def quiet() -> np.errstate:
    """Return the context of passes, which silences numpy's floating-point warnings."""
    return np.errstate(all="ignore")


@dataclass(frozen=True)
class _Plan:
    """Both passes for a fixed batch size, with all arrays that they use."""

    arrays: BatchArrays
    random: list[Buffers]
    """Buffers of the nodes whose layers draw random numbers."""
    forward: list[Call]
    backward: list[Call]


@dataclass(frozen=True)
class _Memory:
    """Memory for batches up to some size."""

    matrix: Array
    input_rows: dict[Node, Array]
    """(m, 1 + s) for each input: one row per example, as in the batch."""


class Workspace:
    """The buffers of a network for one batch size at a time, and the two passes over them."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.m: int = 0
        self._inputs = [node for node in layout.nodes if node in layout.inputs]
        self._memory = _Memory(np.zeros(0, layout.dtype), {})
        self._spare_gradient = np.empty(layout.spare_gradient, layout.dtype)
        self._plans: dict[int, _Plan] = {}
        kinds = (type(rule) for node in layout.computed for rule in (node.layer, node.layer.activation))
        self._kinds = list(dict.fromkeys(kinds))
        self._rules: list[object] = []
        self._targets: Sequence[Array] = ()
        self._example_weights: Array | None = None

    def resize(self, m: int) -> None:
        """Prepare the buffers for m examples; their contents are lost if m changes."""
        rules = [getattr(kind, name, None) for kind in self._kinds for name in _RULES]
        if rules != self._rules:  # a class was modified since the passes were planned
            self.m = 0
            self._plans.clear()
            self._rules = rules
        elif m == self.m:
            return
        self.m = 0  # if anything below raises, the next call starts over
        layout = self.layout
        if layout.height * m > self._memory.matrix.size:
            self._plans.clear()
            self._memory = _Memory(
                np.zeros(layout.height * m, layout.dtype),
                {node: np.ones((m, 1 + node.size), layout.dtype) for node in self._inputs},
            )
        if m not in self._plans:
            while len(self._plans) > 1:
                del self._plans[next(iter(self._plans))]
            self._plans[m] = self._planned(m)
        self._plan = self._plans[m]
        for at in self._plan.arrays.of.values():
            at.output[0] = 1  # bias units, which a pass with another batch size may have overwritten
        self.m = m

    def buffers(self, node: Node) -> Buffers:
        """Return the buffers of a node for the current batch."""
        return self._plan.arrays.of[node]

    def input_rows(self, node: Node) -> Array:
        """Return the batch of an input node as an array (m, 1 + s), one row per example, ones in column 0."""
        return self._memory.input_rows[node][: self.m]

    def load(self, batch: Sequence[Array]) -> None:
        """Copy a batch, one array (m, s) per input node, into the buffers."""
        self.resize(len(batch[0]))
        for node, values in zip(self._inputs, batch, strict=True):
            np.copyto(self.input_rows(node)[:, 1:], values)

    def forward(self, generator: np.random.Generator | None = None) -> None:
        """Compute z and a of all nodes in topological order; with a generator, dropout is on."""
        for at in self._plan.random:
            at.generator = generator
        for function, arguments in self._plan.forward:
            function(*arguments)

    def backward(self, targets: Sequence[Array], example_weights: Array | None = None) -> None:
        """Compute δ of all nodes in reverse topological order, and Δ of all layers.

        Args:
            targets: (s, m) for each output.
            example_weights: (m,), factors of the cost of each example.
        """
        self._targets = targets
        self._example_weights = example_weights
        if example_weights is not None:  # converted once, rather than by numpy at every output
            self._example_weights = example_weights.astype(self.layout.dtype, copy=False)
        for function, arguments in self._plan.backward:
            function(*arguments)

    def squares(self) -> float:
        """Return Σ (z² + δ²), plus Σ a² where a can overflow before z: not finite if any of them is not."""
        return float(self._plan.arrays.checked.dot(self._plan.arrays.checked))

    def cost_values(self, targets: Sequence[Array]) -> Array:
        """Return cost(i) of each example of the batch, summed over the outputs, in float64."""
        total = np.zeros(self.m)
        for node, cost, target in zip(self.layout.outputs, self.layout.costs, targets, strict=True):
            at = self.buffers(node)
            total += cost.value_at(node.layer.activation, at.z, at.a, target)
        return total

    @property
    def nbytes(self) -> int:
        """Size of the buffers in bytes."""
        return self._memory.matrix.nbytes + sum(values.nbytes for values in self._memory.input_rows.values())

    def _planned(self, m: int) -> _Plan:
        layout = self.layout
        arrays = BatchArrays(layout, self._memory.matrix, self._memory.input_rows, m)
        return _Plan(
            arrays,
            random=[arrays.of[node] for node in layout.computed if node.layer.is_random],
            forward=forward_pass(layout, arrays),
            backward=[]
            if layout.gradients is None
            else backward_pass(layout, arrays, self._cost_delta, self._spare_gradient),
        )

    def _cost_delta(self, output: int, at: Buffers, out: Array) -> None:
        """Write ∂cost/∂z of an output, times the example weights, into `out`."""
        activation = self.layout.outputs[output].layer.activation
        self.layout.costs[output].delta(activation, at.z, at.a, self._targets[output], out, at.scratch)
        if self._example_weights is not None:
            np.multiply(out, self._example_weights, out=out)

"""The computing half of a network: its buffers, its parameters, and which of their values are current."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, finite, is_finite, numeric
from minigraph.engine.parameters import Parameters
from minigraph.engine.workspace import Workspace, quiet
from minigraph.errors import NonFiniteError, ShapeError, StateError
from minigraph.functions.costs import Cost
from minigraph.graph.layer import Layer
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Cached, Node

_LARGEST_SPARE = 2**25
"""Bytes of buffers that an evaluation keeps for the next one."""


@dataclass(frozen=True)
class Question:
    """What the last backward pass was asked with: targets (s, m) for each output, λ, weights of the examples."""

    targets: tuple[Array, ...]
    l2: float
    weights: Array | None


class Engine:
    """Runs the passes on checked arrays and answers what nodes and layers ask for.

    A value is current from the pass that computed it until the next forward pass or change of Θ.
    Batches come as one array (m, s) per input, targets as one array (s, m) per output.
    """

    def __init__(
        self, nodes: Sequence[Node], outputs: Sequence[Node], costs: Sequence[Cost], parameters: Parameters
    ) -> None:
        self.parameters = parameters
        self._graph = (nodes, outputs, costs)
        self.nodes = nodes
        self._outputs = outputs
        self._inputs = [node for node in nodes if isinstance(node.layer, InputLayer)]
        self.workspace: Workspace = self.new_workspace(backward=True)
        self._spare: list[Workspace] = []
        self._forward_is_current = False
        self._backward_is_current = False
        self._question = Question((), 0.0, None)
        for node in nodes:
            node._caches = self
            node.layer._owner = self

    def new_workspace(self, backward: bool) -> Workspace:
        """Return buffers of their own for this graph and these parameters."""
        gradients = self.parameters.gradient if backward else None
        return Workspace(*self._graph, self.parameters.theta, gradients, self.parameters.vector.dtype)

    def forward(self, arrays: Sequence[Array], generator: np.random.Generator | None) -> list[Array]:
        """Fill z and a of every node; return copies of the outputs, (m, s) each."""
        self.forget()
        results = self._run(self.workspace, arrays, generator)
        self.parameters.remember()
        self._forward_is_current = True
        return results

    def backward(self, targets: Sequence[Array], l2: float, weights: Array | None) -> None:
        """Fill δ of every node, Δ and D of every layer."""
        self._backward_is_current = False
        with quiet():
            self.workspace.backward(targets, weights)
            self.parameters.keep_accumulators()
            total = _total_weight(self.workspace, weights)
            self.parameters.finish_gradient(1 / total, l2 / total)
        if not is_finite(self.parameters.gradient_vector):
            raise NonFiniteError(self.blame_backward(self.workspace))
        kept = None if weights is None else weights.copy()
        self._question = Question(tuple(target.copy() for target in targets), l2, kept)
        self._backward_is_current = True

    def cost(self, targets: Sequence[Array], l2: float, weights: Array | None) -> float:
        """Return J of the batch of the last forward pass."""
        return self._cost_of(self.workspace, targets, l2, weights)

    def evaluate(self, arrays: Sequence[Array], batch_size: int) -> list[Array]:
        """Return the outputs, (m, s) each, without touching what nodes show."""
        m = len(arrays[0])
        results = [np.empty((m, node.size), self.parameters.vector.dtype) for node in self._outputs]
        workspace = self._borrow()
        for start in range(0, m, batch_size):
            part = slice(start, start + batch_size)
            outputs = self._run(workspace, [array[part] for array in arrays], None)
            for result, values in zip(results, outputs, strict=True):
                result[part] = values
        self._give_back(workspace)
        return results

    def evaluate_cost(
        self, arrays: Sequence[Array], targets: Sequence[Array], l2: float, weights: Array | None
    ) -> float:
        """Return J of a batch without touching what nodes show."""
        workspace = self._borrow()
        self._run(workspace, arrays, None)
        J = self._cost_of(workspace, targets, l2, weights)
        self._give_back(workspace)
        return J

    def assign(self, vector: ArrayLike) -> None:
        """Check and set all parameters."""
        target = self.parameters.vector
        values = numeric(vector, "vector")
        if values.shape != target.shape:
            raise ShapeError(f"vector: received shape {values.shape}, expected {target.shape}")
        target[:] = finite(values, "vector", target.dtype)
        self.parameters.cut_links()
        self.forget()

    def initialize(self, generator: np.random.Generator) -> None:
        """Draw all parameters anew."""
        self.parameters.initialize(generator)
        self.forget()

    def forget(self) -> None:
        """Declare every cached value stale."""
        self._forward_is_current = self._backward_is_current = False

    def forget_backward(self) -> None:
        """Declare δ, Δ and D stale."""
        self._backward_is_current = False

    def current_batch(self) -> int:
        """Return m of the last forward pass, or raise StateError if its values are stale."""
        self._require_forward("backward")
        return self.workspace.m

    def cached(self, node: Node, what: Cached) -> Array:
        """Return a view (m, s) of a node's value, or raise StateError if it is not current."""
        if isinstance(node.layer, InputLayer) and what in ("z", "delta"):
            why = "a^(1) = x is given" if what == "z" else "the input is without error"
            raise StateError(f"input node {node.name!r} has no {what}: {why}")
        if what in ("delta", "target"):
            self._require_backward(f"{what} of node {node.name!r}")
        else:
            self._require_forward(f"{what} of node {node.name!r}")
        if what == "target":
            if node not in self._outputs:
                raise StateError(f"node {node.name!r} has no target: it is not an output")
            target: Array = self._question.targets[self._outputs.index(node)].T
            return target
        at = self.workspace.buffers(node)
        if what == "mask" and (not node.layer.is_random or at.generator is None):
            return np.empty((0, node.size), self.parameters.vector.dtype)
        values: Array = getattr(at, what).T
        return values

    def question(self) -> Question:
        """Return what the current δ answer, or raise StateError if they are not current."""
        self._require_backward("delta")
        return self._question

    def cost_at(self, node: Node) -> Cost | None:
        """Return the cost of an output node, None for any other node."""
        _, outputs, costs = self._graph
        return costs[outputs.index(node)] if node in outputs else None

    def number_of(self, layer: Layer) -> int:
        """Return l of Θ^(l), the 1-based position of the layer in `net.layers`."""
        return self.parameters.layers.index(layer) + 1

    def lend_theta(self, layer: Layer) -> Array:
        """Return Θ of a layer as a live view that may be written to."""
        return self.parameters.lend(layer)

    def read_theta(self, layer: Layer) -> Array:
        """Return Θ of a layer as a read-only view."""
        return _read_only(self.parameters.theta[layer])

    def assign_theta(self, layer: Layer, theta: ArrayLike) -> None:
        """Check and set Θ of one layer."""
        target = self.parameters.theta[layer]
        values = numeric(theta, "theta")
        if values.shape != target.shape:
            raise ShapeError(f"theta: received shape {values.shape}, expected {target.shape} for {layer!r}")
        target[...] = finite(values, "theta", target.dtype)
        self.parameters.cut_links()
        self.forget()

    def read_gradient(self, layer: Layer) -> Array:
        """Return D of a layer as a read-only view."""
        self._require_backward(f"gradient of {layer!r}")
        return _read_only(self.parameters.gradient[layer])

    def read_accumulator(self, layer: Layer) -> Array:
        """Return Δ of a layer as a read-only view."""
        self._require_backward(f"accumulator of {layer!r}")
        return _read_only(self.parameters.accumulator[layer])

    def blame_forward(self, workspace: Workspace) -> str:
        """Say in which node, first in topological order, a forward pass left the finite numbers."""
        return self._lost_at(workspace) or "the cost is not finite in the forward pass"

    def _lost_at(self, workspace: Workspace) -> str | None:
        for node in self.nodes:
            at = workspace.buffers(node)
            for what in ("a",) if isinstance(node.layer, InputLayer) else ("z", "a"):
                if not is_finite(getattr(at, what)):
                    return f"node {node.name!r}: {what} is not finite in the forward pass"
        return None

    def blame_backward(self, workspace: Workspace) -> str:
        """Say in which node, first on the way back, a backward pass left the finite numbers."""
        for node in reversed(self.nodes):
            if not isinstance(node.layer, InputLayer) and not is_finite(workspace.buffers(node).delta):
                return f"node {node.name!r}: delta is not finite in the backward pass"
        return "the gradient is not finite in the backward pass"

    def _blame_cost(self, workspace: Workspace, targets: Sequence[Array]) -> str:
        """Say at which output, and for which example, the cost is not finite."""
        for node, cost, target in zip(*self._graph[1:], targets, strict=True):
            at = workspace.buffers(node)
            with quiet():
                values = cost.value_at(node.layer.activation, at.z, at.a, target)
            if (bad := np.flatnonzero(~np.isfinite(values))).size:
                i = int(bad[0])
                a = np.array2string(at.a[:, i], threshold=6, edgeitems=2, separator=", ")
                what = f"cost(i) of example {i} is {values[i]} in the forward pass"
                return f"node {node.name!r}: {what}, by {cost!r} of a = {a}"
        return "J is not finite in the forward pass: the sum over the examples or the regularization term overflows"

    def _run(self, workspace: Workspace, arrays: Sequence[Array], generator: np.random.Generator | None) -> list[Array]:
        self.parameters.cut_links()
        workspace.load(arrays)
        with quiet():
            workspace.forward(generator)
            are_finite = np.isfinite(workspace.squares())
        # Squares may overflow where numbers do not, and an infinite z may give a finite a.
        if not are_finite and (lost := self._lost_at(workspace)) is not None:
            raise NonFiniteError(lost)
        return [workspace.buffers(node).a.T.copy(order="C") for node in self._outputs]

    def _cost_of(self, workspace: Workspace, targets: Sequence[Array], l2: float, weights: Array | None) -> float:
        with quiet():
            values = workspace.cost_values(targets)
            total = _total_weight(workspace, weights)
            J = float(values.sum() if weights is None else values @ weights) / total
            if l2:
                J += l2 / (2 * total) * self.parameters.penalty()
        if not np.isfinite(J):
            raise NonFiniteError(self._blame_cost(workspace, targets))
        return J

    def _borrow(self) -> Workspace:
        """Take buffers for an evaluation; several threads may evaluate at once, each with its own."""
        try:
            return self._spare.pop()
        except IndexError:
            return self.new_workspace(backward=False)

    def _give_back(self, workspace: Workspace) -> None:
        if workspace.nbytes <= _LARGEST_SPARE and len(self._spare) < 4:
            self._spare.append(workspace)

    def _require_forward(self, what: str) -> None:
        if self._forward_is_current and self.parameters.were_edited():
            self.forget()
        if not self._forward_is_current:
            raise StateError(f"{what}: not computed, or parameters changed since; call forward(X) first")

    def _require_backward(self, what: str) -> None:
        self._require_forward(what)
        if not self._backward_is_current:
            raise StateError(
                f"{what}: not computed since the last forward pass or change of l2; call backward(Y) first"
            )

    def __reduce__(self) -> NoReturn:
        raise StateError("nodes and layers share memory with their network; copy or pickle the whole network instead")


def _total_weight(workspace: Workspace, weights: Array | None) -> float:
    """Return what takes the place of m: the number of examples, or the sum of their weights."""
    return float(workspace.m if weights is None else weights.sum())


def _read_only(view: Array) -> Array:
    result = view.view()
    result.flags.writeable = False
    return result

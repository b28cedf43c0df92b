"""The computing half of a network: its passes, and the validity of the cached values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, finite, is_finite, numeric
from minigraph.engine.layout import lay_out
from minigraph.engine.nonfinite import locate_in_backward, locate_in_cost, locate_in_forward
from minigraph.engine.objective import Objective
from minigraph.engine.parameters import Parameters
from minigraph.engine.workspace import Workspace, quiet
from minigraph.errors import NonFiniteError, ShapeError, StateError
from minigraph.functions.costs import Cost
from minigraph.graph.node import Cached, Layer, Matrix, Node

_LARGEST_SPARE = 2**25
"""Maximum size in bytes of buffers kept from one evaluation to the next."""


class Engine:
    """Runs the passes on checked arrays and provides the values of nodes and layers.

    A value is current from the pass that computed it until the next forward pass or change of Θ.
    A batch is one array (m, s) per input, targets are one array (s, m) per output.
    """

    def __init__(
        self, nodes: Sequence[Node], outputs: Sequence[Node], costs: Sequence[Cost], parameters: Parameters
    ) -> None:
        self.nodes = nodes
        self.outputs = outputs
        self.costs = costs
        self.parameters = parameters
        self.workspace: Workspace = self.new_workspace(backward=True)
        self._spare: list[Workspace] = []
        self._forward_is_current = False
        self._objective: Objective | None = None
        """Objective of the last backward pass; None while δ, Δ and D are stale."""

    def new_workspace(self, backward: bool) -> Workspace:
        """Return separate buffers for this graph and these parameters; without `backward`, for forward passes only."""
        parameters = self.parameters
        gradients = parameters.gradient if backward else None
        return Workspace(
            lay_out(self.nodes, self.outputs, self.costs, parameters.theta, gradients, parameters.vector.dtype)
        )

    # Passes

    def forward(self, arrays: Sequence[Array], generator: np.random.Generator | None) -> list[Array]:
        """Compute z and a of all nodes; return copies of the outputs, (m, s) each."""
        self.forget()
        results = self._run(self.workspace, arrays, generator)
        self.parameters.snapshot()
        self._forward_is_current = True
        return results

    def backward(self, objective: Objective) -> None:
        """Compute δ of all nodes, and Δ and D of all layers."""
        self.forget_backward()
        with quiet():
            self.workspace.backward(objective.targets, objective.weights)
            self.parameters.keep_accumulators()
            self.parameters.finish_gradient(1 / objective.m, objective.l2 / objective.m)
        if not is_finite(self.parameters.gradient_vector):
            raise NonFiniteError(locate_in_backward(self.workspace))
        self._objective = objective.copy()

    def cost(self, objective: Objective) -> float:
        """Return J for the batch of the last forward pass."""
        return self._cost_of(self.workspace, objective)

    def evaluate(self, arrays: Sequence[Array], batch_size: int) -> list[Array]:
        """Return the outputs, (m, s) each, without changing the caches."""
        m = len(arrays[0])
        results = [np.empty((m, node.size), self.parameters.vector.dtype) for node in self.outputs]
        workspace = self._borrow()
        for start in range(0, m, batch_size):
            part = slice(start, start + batch_size)
            outputs = self._run(workspace, [array[part] for array in arrays], None)
            for result, values in zip(results, outputs, strict=True):
                result[part] = values
        self._give_back(workspace)
        return results

    def evaluate_cost(self, arrays: Sequence[Array], objective: Objective) -> float:
        """Return J of a batch without changing the caches."""
        workspace = self._borrow()
        self._run(workspace, arrays, None)
        J = self._cost_of(workspace, objective)
        self._give_back(workspace)
        return J

    # Parameters: values of the old ones become stale, even if a change fails midway

    def assign(self, vector: ArrayLike) -> None:
        """Check and set all parameters."""
        self._replace(self.parameters.vector, vector, "vector", "")

    def assign_theta(self, layer: Layer, theta: ArrayLike) -> None:
        """Check and set Θ of one layer."""
        self._replace(self.parameters.theta[layer], theta, "theta", f" for {layer!r}")

    def initialize(self, generator: np.random.Generator) -> None:
        """Reinitialize all parameters."""
        self.parameters.initialize(generator, before=self.forget)

    def _replace(self, target: Array, values: ArrayLike, argument: str, purpose: str) -> None:
        array = numeric(values, argument)
        if array.shape != target.shape:
            raise ShapeError(f"{argument}: received shape {array.shape}, expected {target.shape}{purpose}")
        array = finite(array, argument, target.dtype)
        self.forget()
        target[...] = array
        self.parameters.apply_link_mask()

    # Validity of cached values

    def forget(self) -> None:
        """Mark all cached values as stale."""
        self._forward_is_current = False
        self._objective = None

    def forget_backward(self) -> None:
        """Mark δ, Δ and D as stale."""
        self._objective = None

    def current_batch(self) -> int:
        """Return m of the last forward pass, or raise StateError if its values are stale."""
        self._require_forward("backward")
        return self.workspace.m

    def current_objective(self) -> Objective:
        """Return the objective of which δ and D are derivatives, or raise StateError if they are not current."""
        return self._require_backward("delta")

    def value_of(self, node: Node, what: Cached) -> Array:
        """Return a node's value (m, s), read-only, or raise StateError if it is not current."""
        name = f"{what} of node {node.name!r}"
        is_input = node in self.workspace.layout.inputs
        if is_input and what in ("z", "delta"):
            why = "a^(1) = x is given" if what == "z" else "inputs have no error"
            raise StateError(f"input node {node.name!r} has no {what}: {why}")
        if what == "target":
            objective = self._require_backward(name)
            if node not in self.outputs:
                raise StateError(f"node {node.name!r} has no target: it is not an output")
            return _read_only(objective.targets[self.outputs.index(node)].T)
        if what == "delta":
            self._require_backward(name)
        else:
            self._require_forward(name)
        at = self.workspace.buffers(node)
        if what == "mask" and (not node.layer.is_random or at.generator is None):
            return np.empty((0, node.size), self.parameters.vector.dtype)
        return _read_only(getattr(at, what).T)

    def matrix_of(self, layer: Layer, what: Matrix) -> Array:
        """Return Θ, D or Δ of a layer, read-only, or raise StateError if it is not current."""
        if what != "theta":
            self._require_backward(f"{what} of {layer!r}")
        views: dict[Layer, Array] = getattr(self.parameters, what)
        return _read_only(views[layer])

    def cost_at(self, node: Node) -> Cost | None:
        """Return the cost of an output node, None for any other node."""
        return self.costs[self.outputs.index(node)] if node in self.outputs else None

    def number_of(self, layer: Layer) -> int:
        """Return l of Θ^(l), the 1-based position of the layer in `net.layers`."""
        return self.parameters.layers.index(layer) + 1

    def _require_forward(self, what: str) -> None:
        if self._forward_is_current and self.parameters.is_modified():
            self.forget()
        if not self._forward_is_current:
            raise StateError(f"{what}: not computed, or parameters changed since; call forward(X) first")

    def _require_backward(self, what: str) -> Objective:
        self._require_forward(what)
        if self._objective is None:
            raise StateError(
                f"{what}: not computed since the last forward pass or change of l2; call backward(Y) first"
            )
        return self._objective

    # Running a pass

    def _run(self, workspace: Workspace, arrays: Sequence[Array], generator: np.random.Generator | None) -> list[Array]:
        self.parameters.apply_link_mask()
        workspace.load(arrays)
        with quiet():
            workspace.forward(generator)
            are_finite = np.isfinite(workspace.squares())
        # Squares may overflow although the numbers are finite, and a may be finite although z is not.
        if not are_finite and (place := locate_in_forward(workspace)) is not None:
            raise NonFiniteError(place)
        return [workspace.buffers(node).a.T.copy(order="C") for node in self.outputs]

    def _cost_of(self, workspace: Workspace, objective: Objective) -> float:
        with quiet():
            values = workspace.cost_values(objective.targets)
            weights, m = objective.weights, objective.m
            J = float(values.sum() if weights is None else values @ weights) / m
            if objective.l2:
                J += objective.l2 / (2 * m) * self.parameters.penalty()
        if not np.isfinite(J):
            raise NonFiniteError(locate_in_cost(workspace, objective.targets))
        return J

    def _borrow(self) -> Workspace:
        """Acquire buffers for an evaluation; threads that evaluate concurrently use separate ones."""
        try:
            return self._spare.pop()
        except IndexError:
            return self.new_workspace(backward=False)

    def _give_back(self, workspace: Workspace) -> None:
        if workspace.nbytes <= _LARGEST_SPARE and len(self._spare) < 4:
            self._spare.append(workspace)

    def __reduce__(self) -> NoReturn:
        raise StateError("nodes and layers share memory with their network; copy or pickle the whole network instead")


def _read_only(view: Array) -> Array:
    result = view.view()
    result.flags.writeable = False
    return result

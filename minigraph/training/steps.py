"""The steps of mini-batch gradient descent: the part of training that has to be fast."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array, is_finite
from minigraph.engine.nonfinite import locate_in_backward, locate_in_forward
from minigraph.engine.workspace import quiet
from minigraph.errors import NonFiniteError
from minigraph.inputs.datasets import Dataset, Indices
from minigraph.network.network import AnyNetwork
from minigraph.training.interrupt import DeferredInterrupt
from minigraph.training.optimizers import Updates
from minigraph.training.staging import Batch, Staging


@dataclass(frozen=True)
class Clip:
    """Bounds on the gradient: on its Euclidean norm, and on each entry; None for no bound."""

    norm: float | None = None
    value: float | None = None


class Steps:
    """Mini-batch steps on one network: stage some batches, run them, ask for what they cost.

    Args:
        net: the network.
        dataset: the examples.
        batch_size: m of a step, at most the number of examples.
        updates: the optimizer at work on the network's parameters.
        clip: bounds on the gradient.
        total_weight: M, the size of the whole training set, or the sum of its weights: the m of λ/m.
        mean_weight: of the weights of the training set, 1 without.
    """

    def __init__(
        self,
        net: AnyNetwork,
        dataset: Dataset,
        batch_size: int,
        updates: Updates,
        clip: Clip,
        total_weight: float,
        mean_weight: float,
    ) -> None:
        self._net = net
        self.batch_size = batch_size
        self._dataset = dataset
        self._updates = updates
        self._clip = clip
        self._decay = np.array(net.l2 / total_weight, net.dtype)
        self._engine = net.engine
        self._workspace = net.engine.new_workspace(backward=True)
        self._staging = Staging(net, dataset, self._workspace, batch_size, mean_weight)
        self._batches: list[Batch] = []
        self._costed = self._done = 0
        self._costs: list[tuple[float, float]] = []
        # With finite Σδ² and inputs below this, no Δ = Σ_i δ xᵀ can overflow.
        self._limit = float(np.finfo(net.dtype).max) ** 0.4

    @property
    def batches_at_once(self) -> int:
        """How many mini-batches are staged together."""
        return self._staging.batches_at_once

    def stage(self, rows: Indices) -> int:
        """Gather whole mini-batches, or one smaller one; return how many."""
        self._batches = self._staging.gather(rows)
        self._distrusts_gradient = any(column.largest > self._limit for column in self._dataset.inputs)
        return len(self._batches)

    def run(
        self,
        first: int,
        count: int,
        t: int,
        interrupt: DeferredInterrupt,
        after_step: Callable[[], bool] | None = None,
    ) -> int:
        """Take the steps of the staged mini-batches first, …, count − 1, and return the next one's number.

        Args:
            first: which mini-batch to begin with, from 0.
            count: how many there are.
            t: how many steps were taken before.
            interrupt: when it is pending, the run ends after the present step.
            after_step: called after each; True ends the run.

        Raises:
            NonFiniteError: a step would have gone wrong; it was not taken.
        """
        forward, backward, squares = self._workspace.forward, self._workspace.backward, self._workspace.squares
        generator, isfinite = self._net.generator, math.isfinite
        parameters, update = self._engine.parameters, self._updates.step
        gradient, decay, clip = parameters.gradient_vector, self._decay, self._clip
        clipping = clip.norm is not None or clip.value is not None
        load = self._staging.load if self._staging.loads_late else None
        self._costed = self._done = first
        with quiet():
            for number in range(first, count):
                batch = self._batches[number]
                for buffer, staged in batch.loads:
                    buffer[...] = staged
                if load is not None:
                    load(batch.part)
                forward(generator)
                backward(batch.targets, batch.weights)
                if decay:
                    parameters.add_decay(decay)
                if not isfinite(squares()) or (self._distrusts_gradient and not is_finite(gradient)):
                    raise NonFiniteError(self._blame())
                if clipping:
                    self._cut(gradient)
                t += 1
                update(t)
                for kept, buffer in batch.keeps:
                    kept[...] = buffer
                self._done = number + 1
                if (after_step is not None and after_step()) or interrupt.pending:
                    break
            self._compute_costs()
        return self._done

    @property
    def done(self) -> int:
        """How many of the staged mini-batches are done."""
        return self._done

    def costs(self) -> list[tuple[float, float]]:
        """Return Σ w_i cost(i) and Σ w_i of each mini-batch since the last call, from before its step."""
        if self._costed < self._done:
            with quiet():
                self._compute_costs()
        costs, self._costs = self._costs, []
        return costs

    def _compute_costs(self) -> None:
        self._costs += zip(*self._staging.costs(self._costed, self._done), strict=True)
        self._costed = self._done

    def _cut(self, gradient: Array) -> None:
        if self._clip.norm is not None:
            norm = math.sqrt(gradient.dot(gradient))
            if norm > self._clip.norm:
                np.multiply(gradient, self._clip.norm / (norm + 1e-6), out=gradient)
        if self._clip.value is not None:
            np.clip(gradient, -self._clip.value, self._clip.value, out=gradient)

    def _blame(self) -> str:
        """Say in which node and phase the numbers became infinite, or nearly so."""
        engine, workspace = self._engine, self._workspace
        for node in self._net.nodes:
            if not is_finite(workspace.buffers(node).a) or (node.parents and not is_finite(workspace.buffers(node).z)):
                return locate_in_forward(workspace) or "the cost is not finite in the forward pass"
        if all(is_finite(workspace.buffers(node).delta) for node in self._net.nodes if node.parents) and is_finite(
            engine.parameters.gradient_vector
        ):
            return "the sum of the squares of z, a and δ is not finite in the backward pass"
        return locate_in_backward(workspace)

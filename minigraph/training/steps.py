"""The steps of mini-batch gradient descent: the performance-critical part of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array, is_finite
from minigraph.base.sources import Indices
from minigraph.engine.nonfinite import locate_in_backward, locate_in_forward
from minigraph.engine.workspace import quiet
from minigraph.errors import NonFiniteError
from minigraph.graph.layers import Dense
from minigraph.network.network import AnyNetwork
from minigraph.training.dataset import Examples
from minigraph.training.interrupt import DeferredInterrupt
from minigraph.training.optimizers import Optimizer, Updates
from minigraph.training.staging import Batch, staging_for

_LOOK_AT_ALL = -1.0
"""A trusted rate below all learning rates."""


@dataclass(frozen=True)
class Clip:
    """Bounds on the gradient: on its Euclidean norm, and on each entry; None for no bound."""

    norm: float | None = None
    value: float | None = None

    def apply(self, gradient: Array) -> None:
        """Clip the norm of the gradient, then its entries."""
        if self.norm is not None:
            norm = math.sqrt(gradient.dot(gradient))
            if not math.isfinite(norm):  # squares may overflow although the numbers are finite
                largest = float(np.abs(gradient).max())
                norm = largest * float(np.linalg.norm(gradient / largest))
            if norm > self.norm:
                np.multiply(gradient, self.norm / (norm + 1e-6), out=gradient)
        if self.value is not None:
            np.clip(gradient, -self.value, self.value, out=gradient)


class Steps:
    """Mini-batch steps on one network.

    A step that would make Θ infinite or NaN is not taken. Checking Θ in every step would be too slow, so most
    steps are covered by a proof: if Σ (z² + δ²), the inputs and Θ are small, so is the gradient, and hence, by
    the optimizer's `step_bound`, the total change in a pass.

    Args:
        net: the network.
        examples: the training set.
        optimizer: the optimizer.
        batch_size: m of a step; None, or more than the number of examples, means all examples.
        clip: bounds on the gradient.
        taken: number of steps taken before.
    """

    def __init__(
        self,
        net: AnyNetwork,
        examples: Examples,
        optimizer: Optimizer,
        *,
        batch_size: int | None,
        clip: Clip = Clip(),
        taken: int = 0,
    ) -> None:
        self.net = net
        self.examples = examples
        self.clip = clip
        self.batch_size: int = min(batch_size or examples.m, examples.m)
        self.per_pass: int = math.ceil(examples.m / self.batch_size)
        """Mini-batches per pass over the training set."""
        self.taken: int = taken
        """Steps taken in all passes."""
        self.total_weight: float = examples.total_weight
        parameters = net.engine.parameters
        self.updates: Updates = Updates(optimizer, parameters.vector, parameters.gradient_vector)
        self._workspace = net.engine.new_workspace(backward=True)
        self._staging = staging_for(net, examples, self._workspace, self.batch_size)
        self._batches: list[Batch] = []
        self._first = self._costed = self._began = 0
        self._costs: list[tuple[float, float]] = []
        self._is_provable = all(type(layer) is Dense for layer in net.layers)
        self._generator, self._norm = net.generator, math.inf
        self._decay, self._largest_decay = np.zeros((), net.dtype), 0.0
        self._adjust: Callable[[], None] | None = None
        self._limit = float(np.finfo(net.dtype).max) ** 0.4

    @property
    def regularization(self) -> float:
        """(λ/2M) Σ Θ_ij², j >= 1, with M the size of the training set or the sum of its weights."""
        l2 = self.net.l2
        return l2 / (2 * self.total_weight) * self.net.engine.parameters.penalty() if l2 else 0.0

    def run_pass(
        self,
        order: Indices,
        position: int,
        interrupt: DeferredInterrupt,
        after_step: Callable[[], bool] | None = None,
    ) -> Iterator[int]:
        """Take the steps of a pass over the examples, and periodically yield the number of steps since the last yield.

        Args:
            order: order of the examples.
            position: number of completed mini-batches of this pass.
            interrupt: if pending, the pass ends after the current step.
            after_step: called after each step; True ends the pass.

        Raises:
            NonFiniteError: a step would have produced infinity or NaN; it was not taken.
        """
        size, at_once, whole = self.batch_size, self._staging.batches_at_once, len(order) // self.batch_size
        self.net.engine.forget()
        self.refresh()
        is_ended = False
        while position < self.per_pass and not (is_ended or interrupt.pending):
            # The grouping of staged mini-batches must not depend on where the pass was interrupted.
            first = position // at_once * at_once if position < whole else whole
            stop = min(first + at_once, whole) if position < whole else whole + 1
            if self.per_pass > 1 or not self._batches:  # the only mini-batch stays staged
                self._batches = self._staging.stage(order[first * size : stop * size])
            before = self.taken
            is_ended = self._run(position - first, stop - first, interrupt, after_step)
            position += self.taken - before
            yield self.taken - before

    def costs(self) -> list[tuple[float, float]]:
        """Return Σ w_i cost(i) and Σ w_i of each mini-batch since the last call, before its step."""
        done = self._first + self.taken - self._began
        if self._costed < done:
            with quiet():
                self._costs += self._staging.costs(self._costed, done)
            self._costed = done
        costs, self._costs = self._costs, []
        return costs

    def _run(self, first: int, stop: int, interrupt: DeferredInterrupt, after_step: Callable[[], bool] | None) -> bool:
        """Take the steps of the staged mini-batches first, …, stop − 1; return whether the pass was ended."""
        forward, backward, squares = self._workspace.forward, self._workspace.backward, self._workspace.squares
        update, limit = self.updates.step, self._limit
        gather = self._staging.gather_inputs if self._staging.gathers_by_step else None
        t = self._began = self.taken
        self._first = self._costed = first
        with quiet():
            generator, adjust, trusted_rate = self._generator, self._adjust, self._trusted_rate()
            for number in range(first, stop):
                batch = self._batches[number]
                for buffer, staged in batch.copies_before:
                    buffer[...] = staged
                if gather is not None:
                    gather(batch.part)
                forward(generator)
                backward(batch.targets, batch.weights)
                if not squares() < limit:
                    trusted_rate = self._look_at_all()
                if adjust is not None:
                    adjust()
                t += 1
                if (entry := update(t, trusted_rate)) is not None:
                    raise NonFiniteError(self._locate_update(batch, entry))
                for kept, buffer in batch.copies_after:
                    kept[...] = buffer
                self.taken = t
                if (after_step is not None and after_step()) or interrupt.pending:
                    return True
                if after_step is not None:
                    generator, adjust, trusted_rate = self._generator, self._adjust, self._trusted_rate()
        return False

    def _adjust_gradient(self) -> None:
        """Add the derivative of the regularization term, and clip."""
        parameters = self.net.engine.parameters
        if self._decay:
            parameters.add_decay(self._decay)
        self.clip.apply(parameters.gradient_vector)

    def refresh(self) -> None:
        """Update what callbacks may have changed: Θ, whose norm the proof starts from, λ, and the generator."""
        parameters = self.net.engine.parameters
        parameters.apply_link_mask()
        with quiet():
            self._norm = math.sqrt(parameters.vector.dot(parameters.vector))
            self._decay = np.array(self.net.l2 / self.total_weight, self.net.dtype)
        self._largest_decay = max(self._largest_decay, float(self._decay))
        self._adjust = self._adjust_gradient if self._decay or self.clip != Clip() else None
        self._generator = self.net.generator

    def _trusted_rate(self) -> float:
        """Return the learning rate up to which the steps of a pass keep Θ finite if Σ (z² + δ²) is within limits."""
        if not (self._is_provable and self.updates.is_bounded):
            return _LOOK_AT_ALL
        info = np.finfo(self.net.dtype)
        size, largest_theta = math.sqrt(self._limit), float(info.max) ** 0.7
        largest_input = max(1.0, *(column.largest for column in self.examples.dataset.inputs))
        # Sums of m products over all the nodes that share a layer, by Cauchy and Schwarz.
        activations = size + math.sqrt(self.batch_size * len(self.net.nodes)) * largest_input
        gradient = size * activations + self._largest_decay * largest_theta
        change = self.per_pass * self.updates.optimizer.step_bound(largest_theta, gradient, float(info.tiny))
        return (largest_theta - self._norm) / change if change < math.inf else _LOOK_AT_ALL

    def _look_at_all(self) -> float:
        """Raise if z, a or δ is not finite; otherwise trust no step of this chunk."""
        if not math.isfinite(self._workspace.squares()):
            raise NonFiniteError(self._locate_pass())
        return _LOOK_AT_ALL

    def _locate_pass(self) -> str:
        """Return a message naming the node and the pass in which the numbers overflowed, or nearly so."""
        engine, workspace = self.net.engine, self._workspace
        for node in self.net.nodes:
            if not is_finite(workspace.buffers(node).a) or (node.parents and not is_finite(workspace.buffers(node).z)):
                return locate_in_forward(workspace) or "the cost is not finite in the forward pass"
        if all(is_finite(workspace.buffers(node).delta) for node in self.net.nodes if node.parents) and is_finite(
            engine.parameters.gradient_vector
        ):
            return "the sum of the squares of z, a and δ is not finite in the backward pass"
        return locate_in_backward(workspace)

    def _locate_update(self, batch: Batch, entry: int) -> str:
        """Return a message naming the non-finite value of a step: in the gradient, or else this entry of Θ."""
        parameters = self.net.engine.parameters
        self._workspace.backward(batch.targets, batch.weights)  # the update has overwritten the gradient
        parameters.add_decay(self._decay)
        if not is_finite(parameters.gradient_vector):
            return locate_in_backward(self._workspace)
        ends = np.cumsum([theta.size for theta in parameters.theta.values()])
        layer = parameters.layers[int(np.searchsorted(ends, entry, side="right"))]
        node = next(node for node in self.net.nodes if node.layer is layer)
        return f"node {node.name!r}: Θ is not finite after the update"

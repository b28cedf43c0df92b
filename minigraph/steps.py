"""The steps of mini-batch gradient descent: the part of training that has to be fast.

Several small mini-batches are gathered at once, and their costs computed at once, so that a step by itself
is the two passes and the update, without a new array.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigraph.arrays import Array, is_finite
from minigraph.datasets import Dataset, Indices
from minigraph.errors import NonFiniteError
from minigraph.interrupt import DeferredInterrupt
from minigraph.network import AnyNetwork
from minigraph.optimizers import Updates
from minigraph.workspace import quiet

_STAGED_BYTES = 2**18
_MOST_SLOTS = 64


@dataclass(frozen=True)
class Clip:
    """Bounds on the gradient: on its Euclidean norm, and on each entry; None for no bound."""

    norm: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class _Slot:
    """The views that one of the staged mini-batches needs."""

    loads: tuple[tuple[Array, Array], ...]
    """(input buffer, staged rows); nothing if the rows were gathered into the buffer itself."""
    targets: tuple[Array, ...]
    weights: Array
    """What multiplies cost(i): 1/m, shape (), or with weights of the examples w_i/m, shape (m,)."""
    keeps: tuple[tuple[Array, Array], ...]
    """(where z and a of an output are kept for the cost, the buffer)."""


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
        self._dataset = dataset
        self._updates = updates
        self._clip = clip
        self._mean_weight = mean_weight
        self._decay = net.l2 / total_weight
        self._engine = net.engine
        self._workspace = net.engine.new_workspace(backward=True)
        self._workspace.resize(batch_size)
        width = sum(1 + column.size for column in dataset.inputs) + sum(3 * column.size for column in dataset.targets)
        fitting = _STAGED_BYTES // (batch_size * width * net.dtype.itemsize)
        self.batches_at_once: int = max(1, min(fitting, _MOST_SLOTS))
        self.batch_size = batch_size
        self._allocate(self.batches_at_once * batch_size)
        # With finite Σδ² and inputs below this, no Δ = Σ_i δ xᵀ can overflow.
        self._limit = float(np.finfo(net.dtype).max) ** 0.4
        self._plans: dict[int, list[_Slot]] = {}
        self._slots: list[_Slot] = []
        self._costed = self._done = 0

    def stage(self, rows: Indices) -> int:
        """Gather whole mini-batches, or one smaller one; return how many."""
        size = min(self.batch_size, len(rows))
        self._workspace.resize(size)
        if size not in self._plans:
            self._plans[size] = [self._plan(size, slot) for slot in range(max(1, self._capacity // size))]
        self._slots = self._plans[size]
        self._size = size
        n = len(rows)
        for column, staged in zip(self._dataset.inputs, self._inputs, strict=True):
            column.gather(rows, staged[:n])
        for column, staged in zip(self._dataset.targets, self._targets, strict=True):
            column.gather(rows, staged[:, :n].T)
        self._distrusts_gradient = any(column.largest > self._limit for column in self._dataset.inputs)
        if self._dataset.weights is not None:
            np.divide(self._dataset.weights[rows], self._mean_weight, out=self._weights[:n], casting="same_kind")
            np.divide(self._weights[:n], size, out=self._scaled[:n])
        return n // size

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
        self._costed = self._done = first
        with quiet():
            for number in range(first, count):
                slot = self._slots[number]
                for buffer, staged in slot.loads:
                    buffer[...] = staged
                forward(generator)
                backward(slot.targets, slot.weights)
                if decay:
                    parameters.add_decay(decay)
                if not isfinite(squares()) or (self._distrusts_gradient and not is_finite(gradient)):
                    raise NonFiniteError(self._blame())
                if clipping:
                    self._cut(gradient)
                t += 1
                update(t)
                for kept, buffer in slot.keeps:
                    kept[...] = buffer
                self._done = number + 1
                if (after_step is not None and after_step()) or interrupt.pending:
                    break
        return self._done

    @property
    def done(self) -> int:
        """How many of the staged mini-batches are done."""
        return self._done

    def costs(self) -> tuple[float, float]:
        """Return Σ w_i cost(i) and Σ w_i of the mini-batches since the last call, from before their steps.

        Raises:
            NonFiniteError: the sum is not finite.
        """
        part = slice(self._costed * self._size, self._done * self._size)
        self._costed = self._done
        if part.start == part.stop:
            return 0.0, 0.0
        with quiet():
            if self._kept:
                values = sum(
                    cost.value_at(node.layer.activation, z[:, part], a[:, part], y[:, part])
                    for node, cost, (z, a), y in zip(
                        self._net.outputs, self._net.costs, self._kept, self._targets, strict=True
                    )
                )
            else:
                values = self._workspace.cost_values([y[:, part] for y in self._targets])
            if self._dataset.weights is None:
                total, count = float(np.add.reduce(values, dtype=np.float64)), float(part.stop - part.start)
            else:
                weights = self._weights[part]
                total, count = float(values @ weights), float(weights.sum())
        return total, count

    def _allocate(self, capacity: int) -> None:
        """Make the memory in which mini-batches are staged; a single one goes into the input buffers."""
        dtype, dataset, net = self._net.dtype, self._dataset, self._net
        self._capacity = capacity
        self._kept: list[tuple[Array, Array]] = []
        if self.batches_at_once == 1:
            self._inputs = [self._workspace.input_rows(node)[:, 1:] for node in net.inputs]
        else:
            self._inputs = [np.empty((capacity, column.size), dtype) for column in dataset.inputs]
            for column in dataset.targets:
                z, a = np.empty((2, column.size, capacity), dtype)
                self._kept.append((z, a))
        self._targets = [np.empty((column.size, capacity), dtype) for column in dataset.targets]
        weighted = capacity if dataset.weights is not None else 0
        self._weights, self._scaled = np.empty((2, weighted), dtype)

    def _plan(self, size: int, slot: int) -> _Slot:
        part = slice(slot * size, (slot + 1) * size)
        loads, keeps = [], []
        if self._kept:
            for node, staged in zip(self._net.inputs, self._inputs, strict=True):
                loads.append((self._workspace.input_rows(node)[:, 1:], staged[part]))
            for node, (z, a) in zip(self._net.outputs, self._kept, strict=True):
                at = self._workspace.buffers(node)
                keeps += [(z[:, part], at.z), (a[:, part], at.a)]
        weights = np.array(1 / size, self._net.dtype) if self._dataset.weights is None else self._scaled[part]
        return _Slot(tuple(loads), tuple(y[:, part] for y in self._targets), weights, tuple(keeps))

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
                return engine.blame_forward(workspace)
        if all(is_finite(workspace.buffers(node).delta) for node in self._net.nodes if node.parents) and is_finite(
            engine.parameters.gradient_vector
        ):
            return "the sum of the squares of z, a and δ is not finite in the backward pass"
        return engine.blame_backward(workspace)

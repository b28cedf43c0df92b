"""Staging of mini-batches for the passes, several at a time if they are small, and their costs.

In a small network the time of a step is determined by the number of calls: gathering examples and computing
costs for many mini-batches at once leaves only the two passes and the update to the step itself. Wide inputs are
gathered step by step, since they would evict everything else from the CPU cache.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.sources import Indices, InMemoryColumn
from minigraph.engine.workspace import Workspace
from minigraph.network.network import AnyNetwork
from minigraph.training.dataset import Examples

_MAX_BYTES = 2**18
"""Memory limit in bytes for several staged mini-batches."""
_MAX_BATCHES = 64
_ENOUGH_BATCHES = 12
"""With fewer at a time, gathering inputs step by step is faster; with more, the time of costs is negligible."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The views of a staged mini-batch."""

    part: slice
    """The staged rows of the mini-batch."""
    copies_before: tuple[tuple[Array, Array], ...]
    """(input buffer, staged rows), to copy before the step; empty if rows are gathered directly into the buffer."""
    copies_after: tuple[tuple[Array, Array], ...]
    """(staged z and a of an output, their buffers), to copy after the step."""
    targets: tuple[Array, ...]
    """(s, m) for each output."""
    weights: Array
    """Factor of cost(i): 1/m, shape (), or with example weights w_i/m, shape (m,)."""


class Staging(ABC):
    """The memory in which mini-batches are staged.

    Args:
        net: the network.
        examples: the training set.
        workspace: workspace of the passes.
        batch_size: m of a mini-batch.
        batches_at_once: number of mini-batches staged together.
    """

    gathers_by_step: bool = False
    """Whether each step must call `gather_inputs`."""

    def __init__(
        self, net: AnyNetwork, examples: Examples, workspace: Workspace, batch_size: int, batches_at_once: int
    ) -> None:
        self._net = net
        self._columns = examples.dataset
        self._weights = examples.weights
        self._mean_weight = examples.total_weight / examples.m
        self._workspace = workspace
        self._batch_size = batch_size
        self.batches_at_once = batches_at_once
        self._capacity = batches_at_once * batch_size
        # The targets of each output, one mini-batch after the other, (batches, s, m).
        self._targets = [np.empty(self._capacity * column.size, net.dtype) for column in self._columns.targets]
        self._inputs: list[Array] = []
        """Staged inputs, (batches · m, s) each."""
        self._outputs: list[Array] = []
        """z, a and y of each output, (3, s, batches · m), until their costs are computed."""
        weighted = 0 if self._weights is None else self._capacity
        self._relative, self._scaled = np.empty((2, weighted), net.dtype)
        self._batches: dict[int, list[Batch]] = {}
        self._blocks: list[Array] = []
        self._rows: Indices = np.empty(0, np.intp)
        self._size = 0
        workspace.resize(batch_size)

    def stage(self, rows: Indices) -> list[Batch]:
        """Gather the examples with these indices: complete mini-batches, or a single smaller one."""
        n = len(rows)
        self._rows, self._size = rows, min(self._batch_size, n)
        self._workspace.resize(self._size)
        count = self.batches_at_once if self._size == self._batch_size else 1
        self._blocks = [self._cut(flat, count) for flat in self._targets]
        if self._size not in self._batches:
            self._batches[self._size] = [self._batch(number) for number in range(count)]
        self._gather(rows)
        if self._weights is not None:
            np.divide(self._weights[rows], self._mean_weight, out=self._relative[:n], casting="same_kind")
            np.divide(self._relative[:n], self._size, out=self._scaled[:n])
        return self._batches[self._size][: n // self._size]

    def gather_inputs(self, part: slice) -> None:
        """Gather the inputs of these staged rows into the input buffers."""
        for column, node in zip(self._columns.inputs, self._net.inputs, strict=True):
            column.gather(self._rows[part], self._workspace.input_rows(node)[:, 1:])

    def costs(self, first: int, stop: int) -> list[tuple[float, float]]:
        """Return Σ w_i cost(i) and Σ w_i of the mini-batches first, …, stop − 1, each before its step."""
        if first == stop:
            return []
        part = slice(first * self._size, stop * self._size)
        values = self._cost_values(part).reshape(stop - first, self._size)
        if self._weights is None:
            return [(total, float(self._size)) for total in np.add.reduce(values, axis=1).tolist()]
        weights = self._relative[part].reshape(values.shape)
        totals, sums = np.add.reduce(values * weights, axis=1), np.add.reduce(weights, axis=1)
        return list(zip(totals.tolist(), sums.tolist(), strict=True))

    @property
    def nbytes(self) -> int:
        """Size of the staged mini-batches in bytes."""
        return sum(array.nbytes for array in (*self._targets, *self._inputs, *self._outputs))

    def _cut(self, flat: Array, count: int) -> Array:
        width = len(flat) // self._capacity
        return flat[: count * width * self._size].reshape(count, width, self._size)

    def _batch(self, number: int) -> Batch:
        part = slice(number * self._size, (number + 1) * self._size)
        weights = np.array(1 / self._size, self._net.dtype) if self._weights is None else self._scaled[part]
        targets = tuple(block[number] for block in self._blocks)
        return Batch(part, self._copies_before(part), self._copies_after(part), targets, weights)

    def _copies_before(self, part: slice) -> tuple[tuple[Array, Array], ...]:
        return ()

    def _copies_after(self, part: slice) -> tuple[tuple[Array, Array], ...]:
        return ()

    @abstractmethod
    def _gather(self, rows: Indices) -> None:
        """Gather targets, and inputs unless each step gathers its own."""

    @abstractmethod
    def _cost_values(self, part: slice) -> Array:
        """Return cost(i) of these staged rows."""


class SingleStaging(Staging):
    """Stages a single mini-batch at a time, gathered directly into the buffers, from which its cost is computed."""

    def _gather(self, rows: Indices) -> None:
        self.gather_inputs(slice(None))
        for column, block in zip(self._columns.targets, self._blocks, strict=True):
            column.gather(rows, block[0].T)

    def _cost_values(self, part: slice) -> Array:
        return self._workspace.cost_values([block[0] for block in self._blocks])


class ChunkStaging(Staging):
    """Stages a chunk of mini-batches, and keeps z, a and y of the outputs until their costs are computed together.

    Args:
        net: the network.
        examples: the training set.
        workspace: workspace of the passes.
        batch_size: m of a mini-batch.
        batches_at_once: number of mini-batches staged together, at least 2.
        gathers_by_step: gather inputs, which must be in memory, in each step.
    """

    def __init__(
        self,
        net: AnyNetwork,
        examples: Examples,
        workspace: Workspace,
        batch_size: int,
        batches_at_once: int,
        gathers_by_step: bool,
    ) -> None:
        super().__init__(net, examples, workspace, batch_size, batches_at_once)
        self.gathers_by_step: bool = gathers_by_step
        inputs = [] if gathers_by_step else self._columns.inputs
        self._inputs = [np.empty((self._capacity, column.size), net.dtype) for column in inputs]
        self._outputs = [np.empty((3, column.size, self._capacity), net.dtype) for column in self._columns.targets]
        # Until z is computed, its memory is used to gather the targets row by row.
        self._target_rows = [z.reshape(self._capacity, len(z)) for z, _, _ in self._outputs]

    def _copies_before(self, part: slice) -> tuple[tuple[Array, Array], ...]:
        if self.gathers_by_step:
            return ()
        buffers = [self._workspace.input_rows(node)[:, 1:] for node in self._net.inputs]
        return tuple((buffer, staged[part]) for buffer, staged in zip(buffers, self._inputs, strict=True))

    def _copies_after(self, part: slice) -> tuple[tuple[Array, Array], ...]:
        copies: list[tuple[Array, Array]] = []
        for node, (z, a, _) in zip(self._net.outputs, self._outputs, strict=True):
            at = self._workspace.buffers(node)
            copies += [(z[:, part], at.z), (a[:, part], at.a)]
        return tuple(copies)

    def _gather(self, rows: Indices) -> None:
        n, size = len(rows), self._size
        if not self.gathers_by_step:
            for column, staged in zip(self._columns.inputs, self._inputs, strict=True):
                column.gather(rows, staged[:n])
        parts = zip(self._columns.targets, self._blocks, self._target_rows, self._outputs, strict=True)
        for column, blocks, staged, (_, _, y) in parts:
            column.gather(rows, staged[:n])
            blocks[: n // size] = staged[:n].reshape(n // size, size, column.size).transpose(0, 2, 1)
            y[:, :n] = staged[:n].T

    def _cost_values(self, part: slice) -> Array:
        total: Array = sum(
            cost.value_at(node.layer.activation, z[:, part], a[:, part], y[:, part])
            for node, cost, (z, a, y) in zip(self._net.outputs, self._net.costs, self._outputs, strict=True)
        )  # type: ignore[assignment]
        return total


def staging_for(net: AnyNetwork, examples: Examples, workspace: Workspace, batch_size: int) -> Staging:
    """Return the fastest staging for these examples within the memory limit."""
    inputs, dataset = examples.dataset.inputs, examples.dataset

    def fitting(width: int) -> int:
        """Return the number of mini-batches to stage at once if an example has `width` numbers."""
        fitting = _MAX_BYTES // (batch_size * width * net.dtype.itemsize)
        return max(1, min(fitting, _MAX_BATCHES))

    outputs = 4 * sum(column.size for column in dataset.targets)
    at_once = fitting(sum(column.size for column in inputs) + outputs)
    by_step = at_once < _ENOUGH_BATCHES and all(isinstance(column, InMemoryColumn) for column in inputs)
    if by_step:
        at_once = min(fitting(outputs), _ENOUGH_BATCHES)
    if at_once == 1:
        return SingleStaging(net, examples, workspace, batch_size, 1)
    return ChunkStaging(net, examples, workspace, batch_size, at_once, by_step)

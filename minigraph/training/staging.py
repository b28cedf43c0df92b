"""Mini-batches gathered some at a time, and their costs computed some at a time.

For a small network the time of a step is the number of calls: gathering examples and computing costs for
many mini-batches at once leaves only the two passes and the update to the step itself. Wide inputs are gathered
step by step, since they would push everything else out of the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.engine.workspace import Workspace
from minigraph.inputs.datasets import Dataset, Held, Indices
from minigraph.network.network import AnyNetwork

_MOST_BYTES = 2**18
"""What the staged mini-batches may take, if they are more than one."""
_MOST_BATCHES = 64
_ENOUGH_BATCHES = 12
"""With fewer at a time, inputs had better be gathered step by step; with so many, costs take no time any more."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The views that a staged mini-batch needs."""

    loads: tuple[tuple[Array, Array], ...]
    """(input buffer, staged rows); nothing if the rows are gathered into the buffer itself."""
    part: slice
    """Which of the staged rows these are."""
    targets: tuple[Array, ...]
    """(s, m) for each output."""
    weights: Array
    """What multiplies cost(i): 1/m, shape (), or with weights of the examples w_i/m, shape (m,)."""
    keeps: tuple[tuple[Array, Array], ...]
    """(where z and a of an output are kept for the cost, the buffer)."""


class _Plan:
    """All mini-batches of one size; the targets of each output lie batch after batch, (batches, s, m)."""

    def __init__(self, staging: Staging, size: int, count: int) -> None:
        def cut(flat: Array) -> Array:
            width = len(flat) // staging.capacity
            return flat[: count * width * size].reshape(count, width, size)

        self.targets = [cut(flat) for flat in staging.targets]
        self.batches = [self._batch(staging, size, number) for number in range(count)]

    def _batch(self, staging: Staging, size: int, number: int) -> Batch:
        workspace, net = staging.workspace, staging.net
        part = slice(number * size, (number + 1) * size)
        loads, keeps = [], []
        for node, staged in zip(net.inputs, staging.inputs, strict=False):
            loads.append((workspace.input_rows(node)[:, 1:], staged[part]))
        for node, (z, a, _) in zip(net.outputs, staging.kept, strict=False):
            at = workspace.buffers(node)
            keeps += [(z[:, part], at.z), (a[:, part], at.a)]
        weights = np.array(1 / size, net.dtype) if staging.dataset.weights is None else staging.scaled[part]
        return Batch(tuple(loads), part, tuple(y[number] for y in self.targets), weights, tuple(keeps))


class Staging:
    """The memory in which mini-batches are staged.

    Args:
        net: the network.
        dataset: the examples.
        workspace: where the passes run.
        batch_size: m of a mini-batch.
        mean_weight: of the weights of the training set, by which they are divided; 1 without.
    """

    def __init__(
        self, net: AnyNetwork, dataset: Dataset, workspace: Workspace, batch_size: int, mean_weight: float
    ) -> None:
        self.net = net
        self.dataset = dataset
        self.workspace = workspace
        self.batch_size = batch_size
        self._mean_weight = mean_weight
        self.loads_late: bool = False
        """True if each step has to ask for its inputs by `load`."""
        wide, narrow = sum(c.size for c in dataset.inputs), 4 * sum(c.size for c in dataset.targets)
        self.batches_at_once: int = self._fitting(wide + narrow)
        if self.batches_at_once < _ENOUGH_BATCHES and all(isinstance(column, Held) for column in dataset.inputs):
            self.batches_at_once = min(self._fitting(narrow), _ENOUGH_BATCHES)
            self.loads_late = self.batches_at_once > 1
        capacity = self.batches_at_once * batch_size
        self.capacity: int = capacity
        self.inputs: list[Array] = []
        """Staged inputs (batches · m, s); nothing if they are gathered into the buffers themselves."""
        self.kept: list[tuple[Array, Array, Array]] = []
        """z, a and y of each output for the costs, (s, batches · m) each; nothing if there is one batch at a time."""
        workspace.resize(batch_size)
        if self.batches_at_once > 1:
            if not self.loads_late:
                self.inputs = [np.empty((capacity, column.size), net.dtype) for column in dataset.inputs]
            for column in dataset.targets:
                z, a, y = np.empty((3, column.size, capacity), net.dtype)
                self.kept.append((z, a, y))
        self.targets: list[Array] = [np.empty(capacity * column.size, net.dtype) for column in dataset.targets]
        pieces = capacity if self.kept else min(capacity, 1024)
        self._rows: list[Array] = [np.empty((pieces, column.size), net.dtype) for column in dataset.targets]
        weighted = capacity if dataset.weights is not None else 0
        self._weights: Array = np.empty(weighted, net.dtype)
        self.scaled: Array = np.empty(weighted, net.dtype)
        self._plans: dict[int, _Plan] = {}

    def gather(self, rows: Indices) -> list[Batch]:
        """Bring the examples with these indices here: whole mini-batches, or one smaller one."""
        n = len(rows)
        size = min(self.batch_size, n)
        self.workspace.resize(size)
        if size not in self._plans:
            self._plans[size] = _Plan(self, size, self.batches_at_once if size == self.batch_size else 1)
        self._plan, self._size, self._gathered = self._plans[size], size, rows
        if self.inputs:
            for column, staged in zip(self.dataset.inputs, self.inputs, strict=True):
                column.gather(rows, staged[:n])
        elif not self.loads_late:
            self.load(slice(0, n))
        for column, blocks, piece in zip(self.dataset.targets, self._plan.targets, self._rows, strict=True):
            if n <= len(piece):
                column.gather(rows, piece[:n])
                blocks[: n // size] = piece[:n].reshape(n // size, size, column.size).transpose(0, 2, 1)
            else:
                for number in range(n // size):
                    column.gather(rows[number * size : (number + 1) * size], blocks[number].T)
        for (_, _, y), piece in zip(self.kept, self._rows, strict=False):
            y[:, :n] = piece[:n].T
        if self.dataset.weights is not None:
            np.divide(self.dataset.weights[rows], self._mean_weight, out=self._weights[:n], casting="same_kind")
            np.divide(self._weights[:n], size, out=self.scaled[:n])
        return self._plan.batches[: n // size]

    def load(self, part: slice) -> None:
        """Gather these of the present rows into the input buffers."""
        for column, node in zip(self.dataset.inputs, self.net.inputs, strict=True):
            column.gather(self._gathered[part], self.workspace.input_rows(node)[:, 1:])

    def _fitting(self, width: int) -> int:
        """Return how many mini-batches to stage at once if an example takes so many numbers."""
        fitting = _MOST_BYTES // (self.batch_size * width * self.net.dtype.itemsize)
        return max(1, min(fitting, _MOST_BATCHES))

    def costs(self, first: int, last: int) -> tuple[list[float], list[float]]:
        """Return Σ w_i cost(i) and Σ w_i of each of the mini-batches first, …, last − 1, from before their steps."""
        count = last - first
        if not count:
            return [], []
        part = slice(first * self._size, last * self._size)
        if self.kept:
            values: Array = sum(
                cost.value_at(node.layer.activation, z[:, part], a[:, part], y[:, part])
                for node, cost, (z, a, y) in zip(self.net.outputs, self.net.costs, self.kept, strict=True)
            )  # type: ignore[assignment]
        else:
            values = self.workspace.cost_values([y[0] for y in self._plan.targets])
        values = values.reshape(count, self._size)
        if self.dataset.weights is None:
            return np.add.reduce(values, axis=1).tolist(), [float(self._size)] * count
        weights = self._weights[part].reshape(count, self._size)
        return np.add.reduce(values * weights, axis=1).tolist(), np.add.reduce(weights, axis=1).tolist()

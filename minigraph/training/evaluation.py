"""The cost and the metrics of a whole data set, computed block by block with dropout off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minigraph.base.arrays import Array
from minigraph.engine.workspace import quiet
from minigraph.errors import NonFiniteError
from minigraph.inputs.datasets import Dataset, Indices
from minigraph.network.network import AnyNetwork
from minigraph.training.metrics import Metric

_BLOCK_BYTES = 2**22


class Evaluation:
    """Computes the mean cost and the metrics of some examples of a data set, as often as asked.

    Args:
        net: the network.
        dataset: the examples.
        rows: which of them, (m,).
        metrics: by name; they see targets and outputs of the first output node.
    """

    def __init__(self, net: AnyNetwork, dataset: Dataset, rows: Indices, metrics: Mapping[str, Metric]) -> None:
        self._net = net
        self._dataset = dataset
        self._rows = rows
        self._metrics = metrics
        self._workspace = net.engine.new_workspace(backward=False)
        width = sum(node.size for node in net.nodes) * net.dtype.itemsize
        self._block = max(1, min(len(rows), _BLOCK_BYTES // width))
        self._targets = [np.empty((column.size, self._block), net.dtype) for column in dataset.targets]

    def names(self, prefix: str, cost_name: str) -> list[str]:
        """Return what `measure` will call its numbers."""
        return [prefix + name for name in (cost_name, *self._metrics)]

    def measure(self, prefix: str, cost_name: str, penalty: float = 0.0) -> dict[str, float]:
        """Return the mean cost plus `penalty`, and the metrics, each name with the prefix.

        Raises:
            NonFiniteError: the cost is not finite.
        """
        first = self._net.outputs[0]
        outputs: list[Array] = []
        targets: list[Array] = []
        total = count = 0.0
        for start in range(0, len(self._rows), self._block):
            rows = self._rows[start : start + self._block]
            m = len(rows)
            self._workspace.resize(m)
            for node, column in zip(self._net.inputs, self._dataset.inputs, strict=True):
                column.gather(rows, self._workspace.input_rows(node)[:, 1:])
            for target, column in zip(self._targets, self._dataset.targets, strict=True):
                column.gather(rows, target[:, :m].T)
            with quiet():
                self._workspace.forward()
                costs = self._workspace.cost_values([target[:, :m] for target in self._targets])
            if self._dataset.weights is None:
                total, count = total + float(costs.sum()), count + m
            else:
                weights = self._dataset.weights[rows]
                total, count = total + float(costs @ weights), count + float(weights.sum())
            if self._metrics:
                outputs.append(self._workspace.buffers(first).a.T.copy())
                targets.append(self._targets[0][:, :m].T.copy())
        result = {prefix + cost_name: total / count + penalty}
        if not np.isfinite(result[prefix + cost_name]):
            raise NonFiniteError(
                f"{prefix + cost_name} is not finite in the forward pass over {len(self._rows)} examples"
            )
        if self._metrics:
            Y, A = np.concatenate(targets), np.concatenate(outputs)
            result.update({prefix + name: float(metric(Y, A)) for name, metric in self._metrics.items()})
        return result

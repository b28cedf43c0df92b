"""Cost and metrics of a whole data set, computed in blocks with dropout off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minigraph.base.arrays import Array
from minigraph.engine.workspace import quiet
from minigraph.errors import NonFiniteError
from minigraph.network.network import AnyNetwork
from minigraph.training.dataset import Examples
from minigraph.training.metrics import Metric

_BLOCK_BYTES = 2**22


class Evaluation:
    """Computes cost and metrics of given examples repeatedly.

    Args:
        net: the network.
        examples: the examples to evaluate.
        metrics: metrics by name, called with targets and outputs of the first output node.
        prefix: prefix of the names in the history.
        is_regularized: compute J, the mean cost plus the regularization term, instead of the mean cost.
    """

    def __init__(
        self,
        net: AnyNetwork,
        examples: Examples,
        metrics: Mapping[str, Metric],
        *,
        prefix: str = "",
        is_regularized: bool = False,
    ) -> None:
        self._net = net
        self._examples = examples
        self._metrics = metrics
        self._is_regularized = is_regularized
        self.names: list[str] = [prefix + name for name in ("J" if is_regularized else "cost", *metrics)]
        """Names of the numbers returned by `measure`."""
        self._workspace = net.engine.new_workspace(backward=False)
        width = sum(node.size for node in net.nodes) * net.dtype.itemsize
        self._block = max(1, min(examples.m, _BLOCK_BYTES // width))
        self._targets = [np.empty((column.size, self._block), net.dtype) for column in examples.dataset.targets]

    def measure(self, regularization: float) -> dict[str, float]:
        """Return cost and metrics by name.

        Args:
            regularization: the regularization term.

        Raises:
            NonFiniteError: the cost is not finite.
        """
        rows, weights = self._examples.rows, self._examples.weights
        collected: list[tuple[Array, Array]] = []
        total = count = 0.0
        for start in range(0, len(rows), self._block):
            part = rows[start : start + self._block]
            costs = self._costs(part)
            if weights is None:
                total, count = total + float(costs.sum()), count + len(part)
            else:
                total, count = total + float(costs @ weights[part]), count + float(weights[part].sum())
            if self._metrics:
                outputs = self._workspace.buffers(self._net.outputs[0]).a
                collected.append((self._targets[0][:, : len(part)].T.copy(), outputs.T.copy()))
        values = [total / count + (regularization if self._is_regularized else 0.0)]
        if not np.isfinite(values[0]):
            raise NonFiniteError(f"{self.names[0]} is not finite in the forward pass over {len(rows)} examples")
        if self._metrics:
            Y, A = (np.concatenate(arrays) for arrays in zip(*collected, strict=True))
            values += [float(metric(Y, A)) for metric in self._metrics.values()]
        return dict(zip(self.names, values, strict=True))

    def _costs(self, rows: np.ndarray) -> Array:
        """Return cost(i) of these examples."""
        m, dataset, workspace = len(rows), self._examples.dataset, self._workspace
        workspace.resize(m)
        for node, column in zip(self._net.inputs, dataset.inputs, strict=True):
            column.gather(rows, workspace.input_rows(node)[:, 1:])
        for target, column in zip(self._targets, dataset.targets, strict=True):
            column.gather(rows, target[:, :m].T)
        with quiet():
            workspace.forward()
            return workspace.cost_values([target[:, :m] for target in self._targets])

"""Incremental training: single passes over successive examples, keeping the optimizer state."""

from __future__ import annotations

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.sources import Source
from minigraph.network.network import Network
from minigraph.training.dataset import Dataset, Examples
from minigraph.training.interrupt import DeferredInterrupt
from minigraph.training.optimizers import Optimizer
from minigraph.training.steps import Steps


class IncrementalTraining:
    """An optimizer whose state is kept from one set of examples to the next.

    >>> import minigraph as mg
    >>> net, training = mg.mlp([2, 3, 1], seed=0), IncrementalTraining(mg.Adam(0.05))
    >>> X, Y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]])
    >>> costs = [training.run_pass(net, X, Y, batch_size=2) for _ in range(20)]
    >>> costs[-1] < costs[0]
    True
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.taken: int = 0
        """Steps taken in all passes."""
        self._state: dict[str, Array] | None = None

    def run_pass(
        self, net: Network[Array], X: Source, Y: Array, batch_size: int, weights: Array | None = None
    ) -> float:
        """Take a step for each mini-batch, in order, and return J averaged over the mini-batches.

        Args:
            net: the network to train.
            X: (m, s_1), or a source of rows.
            Y: (m, s_L).
            batch_size: examples per step; the last step may have fewer.
            weights: (m,), example weights > 0.
        """
        examples = Examples(Dataset(net, X, Y), np.arange(len(Y)), weights)
        steps = Steps(net, examples, self.optimizer, batch_size=batch_size, taken=self.taken)
        if self._state is not None:
            steps.updates.restore(self._state)
        regularization = steps.regularization
        cost = weight = 0.0
        with DeferredInterrupt() as interrupt:
            for _ in steps.run_pass(examples.rows, 0, interrupt):
                for of_batch, count in steps.costs():
                    cost, weight = cost + of_batch, weight + count
            self._state = {name: vector.copy() for name, vector in steps.updates.state.items()}
            self.taken = steps.taken
        return cost / weight + regularization

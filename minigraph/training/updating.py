"""Training that goes on with whatever examples come: one pass over each lot, the optimizer's state kept between."""

from __future__ import annotations

import numpy as np

from minigraph.base.arrays import Array
from minigraph.inputs.datasets import dataset
from minigraph.network.network import Network
from minigraph.training.interrupt import DeferredInterrupt
from minigraph.training.optimizers import Optimizer, Updates
from minigraph.training.steps import Clip, Steps


class Updating:
    """An optimizer with its state, from one lot of examples to the next.

    >>> import minigraph as mg
    >>> net, updating = mg.mlp([2, 3, 1], seed=0), Updating(mg.Adam(0.05))
    >>> X, Y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]])
    >>> costs = [updating.go_through(net, X, Y, batch_size=2) for _ in range(20)]
    >>> costs[-1] < costs[0]
    True
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.steps: int = 0
        """Steps taken in all lots."""
        self._state: dict[str, Array] | None = None

    def go_through(
        self, net: Network[Array], X: Array, Y: Array, batch_size: int, weights: Array | None = None
    ) -> float:
        """Take one step for each mini-batch, in order, and return what they cost on the way.

        Args:
            net: the network to train.
            X: (m, s_1).
            Y: (m, s_L).
            batch_size: examples in a step; the last may have fewer.
            weights: (m,), > 0, of the examples.
        """
        examples = dataset(net, X, Y)
        examples.weights = weights
        parameters = net.engine.parameters
        updates = Updates(self.optimizer, parameters.vector, parameters.gradient_vector)
        if self._state is not None:
            updates.restore(self._state)
        m = len(X)
        size, total = min(batch_size, m), float(m if weights is None else weights.sum())
        penalty = net.l2 / (2 * total) * parameters.penalty()
        steps = Steps(net, examples, size, updates, Clip(), total, total / m)
        cost = weight = 0.0
        net.engine.forget()
        chunk, whole = size * steps.batches_at_once, m // size * size
        starts = [*range(0, whole, chunk), *([whole] if whole < m else [])]
        with DeferredInterrupt() as interrupt:
            for start, stop in zip(starts, [*starts[1:], m], strict=True):
                if interrupt.pending:
                    break
                self.steps += steps.run(0, steps.stage(np.arange(start, stop)), self.steps, interrupt)
                for of_batch, count in steps.costs():
                    cost, weight = cost + of_batch, weight + count
            self._state = {name: vector.copy() for name, vector in updates.state.items()}
        return cost / weight + penalty

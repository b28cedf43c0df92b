"""Standardization: training on numbers of mean 0 and variance 1, then folded into Θ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.graph.node import Layer


@dataclass(frozen=True)
class Scaling:
    """x' = (x − mean)/scale, column by column.

    Attributes:
        mean: (s,).
        scale: (s,), > 0.
    """

    mean: Array
    scale: Array

    @classmethod
    def of(cls, X: Array) -> Scaling:
        """Return the scaling after which every column has mean 0 and variance 1; a constant one is only shifted.

        Args:
            X: (m, s).

        >>> Scaling.of(np.array([[1.0, 5.0], [3.0, 5.0]])).scale.tolist()
        [1.0, 1.0]
        """
        mean, deviation = X.mean(axis=0), X.std(axis=0)
        # What rounding leaves of a constant column is no scale.
        floor = 1e-12 * np.abs(X).max(axis=0)
        return cls(mean, np.where(deviation > floor, deviation, 1.0))

    def apply(self, X: Array) -> Array:
        """Return x' for (m, s) values x."""
        return np.asarray((X - self.mean) / self.scale, X.dtype)

    def put_into_inputs(self, layer: Layer) -> None:
        """Let a dense layer that was trained on x' take x: Θ x' = Θ_0 + Σ_j Θ_j (x_j − mean_j)/scale_j."""
        theta = layer.parameters().astype(np.float64)
        theta[:, 1:] /= self.scale
        theta[:, 0] -= theta[:, 1:] @ self.mean
        layer.theta = theta

    def put_into_outputs(self, layer: Layer) -> None:
        """Let a dense layer without activation that was trained to give x' give x = mean + scale x'."""
        theta = layer.parameters().astype(np.float64) * self.scale[:, None]
        theta[:, 0] += self.mean
        layer.theta = theta

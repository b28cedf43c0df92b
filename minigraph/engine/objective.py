"""The objective J(Θ) of a batch: targets, λ, and example weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minigraph.base.arrays import Array


@dataclass(frozen=True)
class Objective:
    """J(Θ) = (1/m) Σ_i w_i cost(i) + (λ/2m) Σ Θ_ij², j >= 1."""

    targets: Sequence[Array]
    """y, (s, m) for each output."""
    l2: float = 0.0
    """λ >= 0."""
    weights: Array | None = None
    """w, (m,), >= 0; None if all are 1."""

    @property
    def m(self) -> float:
        """The divisor of sums: the number of examples, or the sum of their weights."""
        return float(self.targets[0].shape[1] if self.weights is None else self.weights.sum())

    def copy(self) -> Objective:
        """Return a copy that owns its arrays."""
        weights = None if self.weights is None else self.weights.copy()
        return Objective([target.copy() for target in self.targets], self.l2, weights)

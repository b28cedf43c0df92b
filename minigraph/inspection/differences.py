"""Numerical differentiation along single parameters, refined where it disagrees with a given derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_ROUNDING = 16 * float(np.finfo(np.float64).eps)
"""Relative rounding error of J: a few units in the last place."""


@dataclass(frozen=True)
class Difference:
    """A numerical derivative and the error of D; `kink` is True if J is not differentiable there."""

    numeric: float
    error: float
    kink: bool = False


class Differences:
    """Numerical derivatives of J along single parameters, refined where they disagree with D."""

    def __init__(
        self, cost: Callable[[int, float], float], step: float, tolerance: float, scale: float, J: float
    ) -> None:
        self.cost = cost
        self.step = step
        self.tolerance = tolerance
        self.scale = scale
        self.J = J

    def compare(self, index: int, analytic: float) -> Difference:
        """Return the decisive difference quotient of a parameter."""
        best = self._central(index, analytic, self.step)
        if best.error <= self.tolerance:
            return best
        for step in (self.step / 10, self.step / 100):
            finer = self._central(index, analytic, step)
            best = min(best, finer, key=lambda result: result.error)
            if best.error <= self.tolerance:
                return best
        return self._one_sided(index, analytic, self.step / 10) or best

    def _central(self, index: int, analytic: float, step: float) -> Difference:
        """Return a central difference; except for the first, cheap one, extrapolated (Richardson) from two."""
        wide = (self.cost(index, step) - self.cost(index, -step)) / (2 * step)
        error = abs(analytic - wide) / max(self.scale, abs(wide))
        if error <= self.tolerance:
            return Difference(wide, error)
        narrow = (self.cost(index, step / 2) - self.cost(index, -step / 2)) / step
        estimate = (4 * narrow - wide) / 3
        return Difference(estimate, self._error(analytic, estimate, step / 4))

    def _one_sided(self, index: int, analytic: float, step: float) -> Difference | None:
        """Return a result if J has a kink here, and D is between the two one-sided derivatives."""
        left, right = (
            (4 * self.cost(index, side) - self.cost(index, 2 * side) - 3 * self.J) / (2 * side)
            for side in (-step, step)
        )
        slack = self.tolerance * self.scale + 4 * self._noise(step)
        low, high = min(left, right), max(left, right)
        if high - low <= 2 * slack or not low - slack <= analytic <= high + slack:
            return None
        return Difference((left + right) / 2, 0.0, kink=True)

    def _error(self, analytic: float, numeric: float, step: float) -> float:
        """Return the relative error beyond the rounding error of J for this step."""
        excess = max(0.0, abs(analytic - numeric) - self._noise(step))
        return excess / max(self.scale, abs(numeric))

    def _noise(self, step: float) -> float:
        return _ROUNDING * max(abs(self.J), 1e-300) / step

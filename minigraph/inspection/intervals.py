"""Interval arithmetic on printed numbers, each of which stands for all numbers that round to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np

Interval: TypeAlias = tuple[float, float]

EVERYTHING: Interval = (-math.inf, math.inf)


@dataclass(frozen=True)
class Reading:
    """How a printed number is read.

    Attributes:
        digits: number of printed significant digits; None means full precision.
        eps: relative rounding error of the arithmetic that computed the numbers.
        rounded: whether a printed number stands for all numbers that round to it, or only for itself.
    """

    digits: int | None = None
    eps: float = 0.0
    rounded: bool = False

    def constant(self, value: float) -> Interval:
        """Return the interval of a constant of the formula."""
        if self.digits is None or not math.isfinite(value):
            return value, value
        printed = float(f"{value:.{self.digits}g}")
        half = 0.0
        if self.rounded and printed != value and printed != 0:
            half = 0.5 * 10.0 ** (math.floor(math.log10(abs(printed))) + 1 - self.digits)
        return printed - half, printed + half

    def measured(self, value: float) -> Interval:
        """Return the interval of a cached number, which includes the rounding error of its computation."""
        return self.widened(self.constant(value))

    def widened(self, interval: Interval, magnitude: float | None = None) -> Interval:
        """Return the interval widened by the rounding error of an operation."""
        low, high = interval
        if math.isnan(low) or math.isnan(high):
            return EVERYTHING if self.rounded else (math.nan, math.nan)
        error = self.eps * (max(abs(low), abs(high)) if magnitude is None else magnitude)
        return (low - error, high + error) if math.isfinite(error) else (low, high)

    def sum(self, parts: Sequence[Interval]) -> Interval:
        """Return the sum, with the worst-case rounding error over all orders of summation."""
        magnitude = sum(max(abs(low), abs(high)) for low, high in parts)
        return self.widened((sum(low for low, _ in parts), sum(high for _, high in parts)), len(parts) * magnitude)

    def product(self, parts: Sequence[Interval]) -> Interval:
        """Return the product; 0 log 0 is 0, as in the cross entropy."""
        return (0.0, 0.0) if (0.0, 0.0) in parts else self.widened(reduce(_multiplied, parts))

    def quotient(self, top: Interval, bottom: Interval) -> Interval:
        """Return the quotient; the whole line if the divisor can be 0."""
        if bottom[0] == 0 == bottom[1] or bottom[0] < 0 < bottom[1] or 0 in bottom:
            return EVERYTHING if self.rounded else (math.nan, math.nan)
        return self.widened(_multiplied(top, (1 / bottom[1], 1 / bottom[0])))

    def image(self, function: Callable[..., float], parts: Sequence[Interval]) -> Interval:
        """Return the image under a monotonic or smooth function."""
        lows, highs = [low for low, _ in parts], [high for _, high in parts]
        middles = [(low + high) / 2 for low, high in parts]
        with np.errstate(all="ignore"):
            values = [float(function(*arguments)) for arguments in (lows, middles, highs)]
        return self.widened((min(values), max(values)) if not any(map(math.isnan, values)) else (math.nan, math.nan))


def _multiplied(left: Interval, right: Interval) -> Interval:
    products = [0.0 if 0 in (a, b) else a * b for a in left for b in right]
    return min(products), max(products)

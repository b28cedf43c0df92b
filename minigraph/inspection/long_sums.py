"""Display of sums: a long sum is reduced to its largest terms and the sum of the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.inspection.expressions import PRODUCT, Expression, Number, Style
from minigraph.inspection.intervals import Interval, Reading
from minigraph.inspection.operations import Sum


@dataclass(frozen=True)
class Rest(Expression):
    """The omitted terms of a long sum: their number, sum, and sum of absolute values."""

    count: int
    number: float
    magnitude: float

    def strength(self, style: Style) -> int:
        return PRODUCT if style.digits is None else Number(self.number).strength(style)

    def within(self, strength: int, style: Style) -> str:
        return (
            self.write(style)
            if style.digits is None
            else Number(self.number).within(strength, style) + self._note(style)
        )

    def write(self, style: Style) -> str:
        if style.digits is None:
            return (r"\cdots" if style.latex else "…") + self._note(style)
        return Number(self.number).write(style) + self._note(style)

    def interval(self, reading: Reading) -> Interval:
        return reading.widened(reading.constant(self.number), self.count * self.magnitude)

    def _note(self, style: Style) -> str:
        note = f"({self.count} more term{'s' if self.count > 1 else ''})"
        return rf"\text{{ {note}}}" if style.latex else f" {note}"  # MathJax overflows at "\ " in long formulas


def total(terms: Sequence[Expression], max_terms: int) -> Expression:
    """Return the sum of the terms as `shown` selects them."""
    return total_of([term.value for term in terms], terms.__getitem__, max_terms, _unwritable(terms))


def total_of(
    values: ArrayLike, term: Callable[[int], Expression], max_terms: int, unwritable: bool = False
) -> Expression:
    """Return the sum of terms with these values; only the terms shown are created.

    Args:
        values: values of all terms.
        term: returns the term at an index.
        max_terms: as in `explain`.
        unwritable: whether a term of 0 has a factor that is not a finite number.
    """
    numbers = np.asarray(values, np.float64)
    kept = _kept(np.abs(numbers), max_terms, unwritable)
    left_out = np.delete(numbers, kept)
    rest = [Rest(left_out.size, math.fsum(left_out), float(np.abs(left_out).sum()))] if left_out.size else []
    parts = (*(term(index) for index in kept), *rest)
    return parts[0] if len(parts) == 1 else Sum(parts) if parts else Number(0.0)


def shown(terms: Sequence[Expression], max_terms: int) -> list[int]:
    """Return the indices of the terms that a sum shows, in order: the largest.

    Terms of 0 are omitted if there are at least two, or if one contains the logarithm of 0.
    """
    return _kept(np.abs([term.value for term in terms]), max_terms, _unwritable(terms))


def _kept(sizes: NDArray[np.float64], max_terms: int, unwritable: bool) -> list[int]:
    zeros = int((sizes == 0).sum())
    if len(sizes) <= max_terms and zeros < 2 and not (zeros and unwritable):
        return list(range(len(sizes)))
    largest = np.argsort(-sizes, kind="stable")[: min(max_terms, len(sizes) - zeros)]
    return sorted(largest.tolist())


def _unwritable(terms: Sequence[Expression]) -> bool:
    return any(not math.isfinite(factor.value) for term in terms if term.value == 0 for factor in term.factors)

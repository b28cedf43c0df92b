"""Sums as they are shown: a long one with its largest terms and the sum of the rest, zeros folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.inspection.expressions import PRODUCT, Expression, Number, Style
from minigraph.inspection.intervals import Interval, Reading
from minigraph.inspection.operations import Sum


@dataclass(frozen=True)
class Rest(Expression):
    """The terms that a long sum leaves out, by their number and their sum."""

    left_out: tuple[Expression, ...]

    def strength(self, style: Style) -> int:
        return PRODUCT if style.digits is None else Number(self.value).strength(style)

    def within(self, strength: int, style: Style) -> str:
        return f"{Number(self.value).within(strength, style)}{self._note(style)}" if style.digits else self.write(style)

    def write(self, style: Style) -> str:
        if style.digits is None:
            return (r"\cdots" if style.latex else "…") + self._note(style)
        return Number(self.value).write(style) + self._note(style)

    def interval(self, reading: Reading) -> Interval:
        exact = Reading()
        values = [term.value for term in self.left_out]
        low, high = reading.constant(exact.sum([(value, value) for value in values])[0])
        return reading.widened((low, high), len(values) * sum(map(abs, values)))

    def _note(self, style: Style) -> str:
        count = len(self.left_out)
        note = f"({count} more term{'s' if count > 1 else ''})"
        return rf"\text{{ {note}}}" if style.latex else f" {note}"  # MathJax overflows at "\ " in long formulas


def total(terms: Sequence[Expression], max_terms: int) -> Expression:
    """Return the sum of the terms: the largest of a long one in their order, and the rest by its sum.

    Terms of 0 go into the rest as soon as there are two of them, and a single one if it holds the logarithm of 0.
    """
    kept = shown(terms, max_terms)
    left_out = tuple(term for index, term in enumerate(terms) if index not in kept)
    parts = (*(terms[index] for index in kept), *([Rest(left_out)] if left_out else []))
    return parts[0] if len(parts) == 1 else Sum(parts) if parts else Number(0.0)


def shown(terms: Sequence[Expression], max_terms: int) -> list[int]:
    """Return the indices of the terms that a sum shows, in order."""
    sizes = [abs(term.value) for term in terms]
    zeros = [term for term, size in zip(terms, sizes, strict=True) if size == 0]
    can_be_written = all(np.isfinite(factor.value) for term in zeros for factor in term.factors)
    if len(terms) <= max_terms and len(zeros) < 2 and can_be_written:
        return list(range(len(terms)))
    largest = sorted((index for index, size in enumerate(sizes) if size > 0), key=lambda index: -sizes[index])
    return sorted(largest[:max_terms])

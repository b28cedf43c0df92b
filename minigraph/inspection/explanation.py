"""An explanation: derivations as data, rendered as text or LaTeX, with a check of each line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from minigraph.base.notation import Label, Symbol, latex_text
from minigraph.inspection.derivation_lines import Derivation, Line
from minigraph.inspection.expressions import BREAK, Number, Style, unbroken
from minigraph.inspection.intervals import Reading
from minigraph.inspection.wrapping import width, wrapped_latex, wrapped_text


@dataclass(frozen=True)
class LineCheck:
    """A printed line, the interval of values that its numbers allow, and the cached value, which must be in it."""

    text: str
    low: float
    high: float
    value: float

    @property
    def passed(self) -> bool:
        """True if the line gives the value, within the rounding of its printed digits, without division by 0."""
        return -math.inf < self.low <= self.value <= self.high < math.inf


@dataclass(frozen=True)
class ExplanationCheck:
    """The result of `Explanation.check`, line by line."""

    lines: tuple[LineCheck, ...]

    @property
    def passed(self) -> bool:
        """True if all lines give the cached value."""
        return all(line.passed for line in self.lines)

    def __str__(self) -> str:
        wrong = [line for line in self.lines if not line.passed]
        verdict = f"{len(self.lines)} lines give the value in the cache" if not wrong else f"{len(wrong)} lines do not:"
        details = (f"  {line.text} lies in [{line.low:.9g}, {line.high:.9g}], not {line.value:.9g}" for line in wrong)
        return "\n".join([verdict, *details])


@dataclass(frozen=True, repr=False)
class Explanation:
    """A formula with its numbers: `text` in Unicode, `latex` for papers and notebooks, `value` the result.

    Attributes:
        derivations: the derivation of the number, followed by those of numbers in it.
        terms: the terms of the sum, each a product of factors; for δ, before multiplication by g′.
        names: names of units, if any.
        notes: meanings of other symbols.
        dtype: dtype of the network, whose rounding is allowed for by `check`.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 1], seed=0)
    >>> a = net.forward([[3.0, 1.0]])
    >>> mg.explain(net.node(2).unit(1), "a").check().passed
    True
    """

    derivations: tuple[Derivation, ...]
    terms: tuple[tuple[float, ...], ...] = ()
    names: tuple[tuple[Symbol, str], ...] = ()
    notes: tuple[tuple[Symbol | Label, str], ...] = ()
    dtype: np.dtype[np.floating] = field(default=np.dtype(np.float64), repr=False)

    def __repr__(self) -> str:
        return f"<Explanation: {self.derivations[0].target.write(Style(latex=False))} = {self.value:.6g}>"

    @property
    def value(self) -> float:
        """The number in the cache."""
        return self.derivations[0].value

    @cached_property
    def text(self) -> str:
        """The derivations in Unicode."""
        lines = []
        for derivation in self.derivations:
            head = derivation.target.write(Style(latex=False))
            for index, line in enumerate(self._written(derivation, latex=False)):
                lines.append(wrapped_text(f"{head if index == 0 else ' ' * len(head)} = ", line))
        for pairs in filter(None, (self.notes, self.names)):
            explained = f",{BREAK} ".join(f"{symbol.text}: {meaning}" for symbol, meaning in pairs)
            lines.append(wrapped_text("with ", explained))
        return "\n".join(lines)

    @cached_property
    def latex(self) -> str:
        """The derivations in LaTeX, as an `aligned` environment."""
        rows = []
        heads = [f"{derivation.target.write(Style(latex=True))} &= " for derivation in self.derivations]
        margin = max(map(width, heads))
        for head, derivation in zip(heads, self.derivations, strict=True):
            for index, line in enumerate(self._written(derivation, latex=True)):
                rows += wrapped_latex(head if index == 0 else " &= ", line, margin)
        for pairs in filter(None, (self.notes, self.names)):
            explained = f",{BREAK} ".join(rf"{symbol.latex}\colon {latex_text(meaning)}" for symbol, meaning in pairs)
            rows += wrapped_latex("&", rf"\text{{with }} {explained}", margin)
        body = r" \\ ".join(rows)
        return rf"\begin{{aligned}} {body} \end{{aligned}}"

    def check(self) -> ExplanationCheck:
        """Evaluate each line from its printed numbers and compare it with the cached value.

        A printed number stands for the interval of numbers that round to it, which is propagated through the
        formula; lines in symbols are evaluated from the cached numbers in full precision.

        Returns:
            The comparison; `passed` if all lines hold; when printed, it lists the lines that do not.
        """
        eps = float(np.finfo(self.dtype).eps)
        return ExplanationCheck(tuple(
            _check(line, derivation.value, eps, float(np.finfo(self.dtype).tiny))
            for derivation in self.derivations for line in derivation.lines
        ))  # fmt: skip

    def _written(self, derivation: Derivation, latex: bool) -> Iterator[str]:
        """Yield the lines of a derivation, ending with the result, without duplicates."""
        before, result = None, Number(derivation.value).write(Style(latex, 6))
        for line in derivation.lines:
            text = line.latex if latex else line.text
            if text not in (before, result):
                yield text
            before = text
        if not any(line.is_result for line in derivation.lines):
            yield result

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def _check(line: Line, value: float, eps: float, tiny: float) -> LineCheck:
    low, high = line.formula.interval(Reading(line.digits, eps, rounded=True))
    slack = 4 * eps * abs(value) + 1e4 * tiny  # rounding of the cached number itself, and intermediate underflow
    return LineCheck(unbroken(line.text), low - slack, high + slack, value)

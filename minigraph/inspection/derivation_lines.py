"""A derivation as data: lines that all equal a number, in symbols, with numbers inserted, and evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from minigraph.base.notation import Symbol
from minigraph.inspection.expressions import Expression, Quantity, Style
from minigraph.inspection.intervals import Reading
from minigraph.inspection.long_sums import Rest
from minigraph.inspection.operations import Product, Sum

_DIGITS = (6, 9, 12, 15, 17)
_READABLE = 1e-4
"""A line is printed with more digits until its value is this close."""


@dataclass(frozen=True)
class Line:
    """A step of a derivation: a formula in symbols (`digits` None) or with numbers inserted.

    Attributes:
        condition: when the formula holds, as a relation between a symbol and 0, "z₁⁽²⁾ > 0".
    """

    formula: Expression
    digits: int | None = None
    condition: tuple[Symbol, str] | None = None

    @property
    def terms(self) -> tuple[Expression, ...]:
        """The terms of the sum in this line, each with its `factors` and its `value`."""
        return self.formula.terms

    @property
    def is_result(self) -> bool:
        """True for a line that states the condition of the result: "1 for z₁⁽²⁾ > 0"."""
        return self.condition is not None and isinstance(self.formula, Quantity) and self.formula.symbol is None

    @property
    def text(self) -> str:
        """The line in Unicode, with marks for possible line breaks."""
        text = self.formula.write(Style(latex=False, digits=self.digits))
        return text if self.condition is None else f"{text} for {self.condition[0].text} {self.condition[1]} 0"

    @property
    def latex(self) -> str:
        """The line in LaTeX, with marks for possible line breaks."""
        latex = self.formula.write(Style(latex=True, digits=self.digits))
        if self.condition is None:
            return latex
        relation = {"≤": r"\le"}.get(self.condition[1], self.condition[1])
        return rf"{latex} \quad \text{{for }} {self.condition[0].latex} {relation} 0"


@dataclass(frozen=True)
class Derivation:
    """The derivation of a number: `lines` that all equal the value of `target`."""

    target: Quantity
    lines: tuple[Line, ...]

    @property
    def value(self) -> float:
        """The cached number."""
        return self.target.number


def derive(
    target: Quantity,
    *formulas: Expression,
    condition: tuple[Symbol, str] | None = None,
    general: Expression | None = None,
) -> Derivation:
    """Derive a number: the first formula in symbols, then all of them in numbers.

    Args:
        target: the cached number with its symbol.
        formulas: formulas of the number; if the last one has brackets, a line with their values follows. All but
            the first contain intermediate results in double precision; they are omitted where the rounding of a
            single-precision network would be visible.
        condition: condition of the first formula.
        general: prefix of the first formula, such as g(z).
    """
    if not formulas:
        return Derivation(target, ())
    worked_out = _worked_out(formulas[-1])
    intermediate = formulas[1:] if worked_out is None else (*formulas[1:], worked_out)
    in_numbers = [formulas[0], *(formula for formula in intermediate if _is_exact(formula, target.number))]
    return Derivation(
        target,
        (
            *([] if general is None else [Line(general)]),
            Line(formulas[0], None, condition),
            *(Line(formula, _digits(formula, target.number)) for formula in in_numbers),
        ),
    )


def _worked_out(formula: Expression) -> Expression | None:
    """Evaluate the brackets of a product, or of each product in a sum."""
    if isinstance(formula, Product) and any(len(factor.terms) > 1 for factor in formula.parts):
        return formula.collapsed()
    if isinstance(formula, Sum) and any(len(factor.terms) > 1 for term in formula.parts for factor in term.factors):
        return Sum(tuple(part if isinstance(part, Rest) else Quantity(part.value) for part in formula.parts))
    return None


def is_readable(formula: Expression, value: float, digits: int = _DIGITS[-1]) -> bool:
    """Return whether the printed numbers give the value without knowledge of rounding errors."""
    printed = formula.interval(Reading(digits))[0]
    return value == 0 or abs(printed - value) <= _READABLE * abs(value)


def _is_exact(formula: Expression, value: float) -> bool:
    """Return whether formula and value differ only by the rounding of the printed digits."""
    low, high = formula.interval(Reading(_digits(formula, value), 1e-12, rounded=True))
    return low <= value <= high


def _digits(formula: Expression, value: float) -> int:
    return next((digits for digits in _DIGITS if is_readable(formula, value, digits)), _DIGITS[0])

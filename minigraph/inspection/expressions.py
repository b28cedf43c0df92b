"""Formulas as trees: written in symbols or with numbers, in Unicode or LaTeX, and evaluated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from minigraph.base.notation import Label, Symbol, latex_number, latex_text, number
from minigraph.inspection.intervals import Interval, Reading

BREAK, SOFT_BREAK = "\x1e", "\x1f"
"""Marks of possible line breaks in a written formula: between terms, and between factors of a long term."""

SUM, PRODUCT, POWER, ATOM = range(4)
"""Operator precedence of a written formula."""


@dataclass(frozen=True)
class Style:
    """How a formula is written: the markup, and the number of digits, or None for symbols."""

    latex: bool
    digits: int | None = None


class Expression(ABC):
    """A formula; `value` is its value in full precision."""

    binding: ClassVar[int] = ATOM

    @property
    def value(self) -> float:
        """The value of the formula."""
        return self.interval(Reading())[0]

    @property
    def factors(self) -> tuple[Expression, ...]:
        """The factors, if the formula is a product."""
        return (self,)

    @property
    def terms(self) -> tuple[Expression, ...]:
        """The terms, if the formula is a sum."""
        return (self,)

    def strength(self, style: Style) -> int:
        """Return the precedence of the written formula, which determines brackets."""
        return self.binding

    @abstractmethod
    def write(self, style: Style) -> str:
        """Return the formula as text or LaTeX."""

    @abstractmethod
    def interval(self, reading: Reading) -> Interval:
        """Return the interval of values that the written numbers allow under this reading."""

    def within(self, strength: int, style: Style) -> str:
        """Return the formula as a part of another, in brackets if its precedence requires them."""
        text = self.write(style)
        if self.strength(style) >= strength:
            return text
        return f"({text if len(self.terms) > 2 else unbroken(text)})"


@dataclass(frozen=True)
class Number(Expression):
    """A constant of the formula."""

    constant: float

    def strength(self, style: Style) -> int:
        return _strength(self.constant, style.digits or 6)

    def write(self, style: Style) -> str:
        return (latex_number if style.latex else number)(self.constant, style.digits or 6)

    def interval(self, reading: Reading) -> Interval:
        return reading.constant(self.constant)


@dataclass(frozen=True)
class Quantity(Expression):
    """A number of the network with its symbol; without a symbol, it is always written as a number."""

    number: float
    symbol: Symbol | Label | None = None
    formula: Expression | None = None
    """The formula of the number, if it is not cached: both have the same rounding error."""

    def strength(self, style: Style) -> int:
        if style.digits is not None or self.symbol is None:
            return _strength(self.number, style.digits or 6)
        if isinstance(self.symbol, Label):
            return PRODUCT
        return ATOM if self.symbol.layer is None else POWER

    def write(self, style: Style) -> str:
        if style.digits is not None or self.symbol is None:
            return Number(self.number).write(style)
        return self.symbol.latex if style.latex else self.symbol.text

    def interval(self, reading: Reading) -> Interval:
        low, high = reading.measured(self.number)
        if self.formula is None or not reading.rounded:
            return low, high
        least, most = self.formula.interval(Reading(None, reading.eps, rounded=True))
        return min(low, least), max(high, most)


@dataclass(frozen=True)
class Words(Expression):
    """Text in place of a formula: what computed the number."""

    words: str
    number: float

    def write(self, style: Style) -> str:
        return latex_text(self.words) if style.latex else self.words

    def interval(self, reading: Reading) -> Interval:
        return self.number, self.number


def unbroken(text: str) -> str:
    """Return a written formula without line break marks."""
    return text.replace(BREAK, "").replace(SOFT_BREAK, "")


def _strength(value: float, digits: int) -> int:
    """Return the precedence of a written number: negative numbers like sums, 3·10⁻⁹ like a product."""
    text = number(value, digits)
    return SUM if text.startswith("−") else PRODUCT if "·" in text else ATOM

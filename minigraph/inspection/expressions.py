"""Formulas as trees: written in symbols or with the numbers in them, in Unicode or in LaTeX, and evaluated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from minigraph.base.notation import Label, Symbol, latex_number, latex_text, number
from minigraph.inspection.intervals import Interval, Reading

BREAK, SOFT_BREAK = "\x1e", "\x1f"
"""Stand in a written formula where a long line may be broken: between terms, and between factors of a long term."""

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly a written formula holds together."""


@dataclass(frozen=True)
class Style:
    """How a formula is written: in which script, and with numbers of so many digits, or None for symbols."""

    latex: bool
    digits: int | None = None


class Expression(ABC):
    """A formula; `value` is that of the numbers in it, at full precision."""

    binding: ClassVar[int] = ATOM

    @property
    def value(self) -> float:
        """What the formula gives."""
        return self.interval(Reading())[0]

    @property
    def factors(self) -> tuple[Expression, ...]:
        """What is multiplied, if the formula is a product."""
        return (self,)

    @property
    def terms(self) -> tuple[Expression, ...]:
        """What is added up, if the formula is a sum."""
        return (self,)

    def strength(self, style: Style) -> int:
        """Return how tightly the written formula holds together, which decides about brackets."""
        return self.binding

    @abstractmethod
    def write(self, style: Style) -> str:
        """Return the formula as text or LaTeX."""

    @abstractmethod
    def interval(self, reading: Reading) -> Interval:
        """Return what the written numbers give when they are read in this way."""

    def within(self, strength: int, style: Style) -> str:
        """Return the formula as a part of another, in brackets where it would fall apart."""
        text = self.write(style)
        if self.strength(style) >= strength:
            return text
        return f"({text if len(self.terms) > 2 else unbroken(text)})"


@dataclass(frozen=True)
class Number(Expression):
    """A constant of the formula itself."""

    constant: float

    def strength(self, style: Style) -> int:
        return _strength(self.constant, style.digits or 6)

    def write(self, style: Style) -> str:
        return (latex_number if style.latex else number)(self.constant, style.digits or 6)

    def interval(self, reading: Reading) -> Interval:
        return reading.constant(self.constant)


@dataclass(frozen=True)
class Quantity(Expression):
    """A number that the network holds, with its symbol; one without is always written as a number."""

    number: float
    symbol: Symbol | Label | None = None
    formula: Expression | None = None
    """Where the number comes from, if it is in no cache: what that loses of its digits, it has lost too."""

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
    """What cannot be written as a formula: who computed the number."""

    words: str
    number: float

    def write(self, style: Style) -> str:
        return latex_text(self.words) if style.latex else self.words

    def interval(self, reading: Reading) -> Interval:
        return self.number, self.number


def unbroken(text: str) -> str:
    """Return a written formula without the marks where it may be broken."""
    return text.replace(BREAK, "").replace(SOFT_BREAK, "")


def _strength(value: float, digits: int) -> int:
    """Return how tightly a written number holds together: a negative one like a sum, 3·10⁻⁹ like a product."""
    text = number(value, digits)
    return SUM if text.startswith("−") else PRODUCT if "·" in text else ATOM

"""Formulas as trees: written in symbols or with the numbers in them, in Unicode or in LaTeX, and evaluated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minigraph.base.notation import Label, Symbol, latex_number, latex_text, number
from minigraph.inspection.intervals import Interval, Reading

BREAK, SOFT_BREAK = "\x1e", "\x1f"
"""Stand in a written formula where a long line may be broken: between terms, and between factors of a long term."""

_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_FUNCTIONS = {
    name: rf"\{command}"
    for name, command in (
        ("log", "log"), ("tanh", "tanh"), ("max", "max"), ("Φ", "Phi"), ("φ", "varphi"), ("σ", "sigma")
    )
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a formula is written: in which script, and with numbers of so many digits, or None for symbols."""

    latex: bool
    digits: int | None = None


class Expression(ABC):
    """A formula; `value` is that of the numbers in it, at full precision."""

    binding: ClassVar[int] = _ATOM

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
            return _PRODUCT
        return _ATOM if self.symbol.layer is None else _POWER

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
class Rest(Expression):
    """The terms that a long sum leaves out, by their number and their sum."""

    left_out: tuple[Expression, ...]

    def strength(self, style: Style) -> int:
        return _PRODUCT if style.digits is None else Number(self.value).strength(style)

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


@dataclass(frozen=True)
class Negative(Expression):
    """−x."""

    binding = _SUM
    part: Expression

    @property
    def factors(self) -> tuple[Expression, ...]:
        return (Number(-1.0), *self.part.factors)

    def strength(self, style: Style) -> int:
        folded = self._folded(style)
        return _SUM if folded is None else folded.strength(style)

    def write(self, style: Style) -> str:
        folded = self._folded(style)
        return self.sign(style) + self.part.within(_PRODUCT, style) if folded is None else folded.write(style)

    def interval(self, reading: Reading) -> Interval:
        low, high = self.part.interval(reading)
        return -high, -low

    def sign(self, style: Style) -> str:
        """Return the minus sign."""
        return "-" if style.latex else "−"

    def _folded(self, style: Style) -> Expression | None:
        """Return what is written without a sign of its own: −(−2) is 2, and −0 is 0."""
        in_numbers = style.digits is not None
        if isinstance(self.part, Number) or (in_numbers and isinstance(self.part, Quantity)):
            return Number(-self.part.value)
        return self.part if in_numbers and self.part.value == 0 else None


@dataclass(frozen=True)
class Sum(Expression):
    """x + y + …, with a minus sign before each `Negative`."""

    binding = _SUM
    parts: tuple[Expression, ...]

    @property
    def terms(self) -> tuple[Expression, ...]:
        return self.parts

    def write(self, style: Style) -> str:
        text = self.parts[0].within(_SUM, style)
        for part in self.parts[1:]:
            if isinstance(part, Negative):
                text += f"{BREAK} {part.sign(style)} {part.part.within(_PRODUCT, style)}"
            else:
                text += f"{BREAK} + {part.within(_PRODUCT, style)}"
        return text

    def interval(self, reading: Reading) -> Interval:
        return reading.sum([part.interval(reading) for part in self.parts])


@dataclass(frozen=True)
class Product(Expression):
    """x y z, or x·y·z in numbers."""

    binding = _PRODUCT
    parts: tuple[Expression, ...]

    @property
    def factors(self) -> tuple[Expression, ...]:
        return self.parts

    def write(self, style: Style) -> str:
        dot = " " if style.digits is None else r" \cdot " if style.latex else "·"
        texts = [part.within(_factor_strength(part), style) for part in self.parts]
        return texts[0] + "".join(f"{SOFT_BREAK if text[0] == '(' else ''}{dot}{text}" for text in texts[1:])

    def interval(self, reading: Reading) -> Interval:
        return reading.product([part.interval(reading) for part in self.parts])

    def collapsed(self) -> Product:
        """Return the same product with one number for each factor that is not a number yet."""
        return Product(tuple(part if isinstance(part, Number) else Quantity(part.value) for part in self.parts))


@dataclass(frozen=True)
class Quotient(Expression):
    """x / y."""

    binding = _PRODUCT
    top: Expression
    bottom: Expression

    def strength(self, style: Style) -> int:
        is_negative = isinstance(self.top, (Quantity, Negative)) and self.top.strength(style) == _SUM
        return _SUM if is_negative else _PRODUCT

    def write(self, style: Style) -> str:
        top = self.top.within(self.strength(style), style)
        return f"{top}/{self.bottom.within(_POWER, style)}"

    def interval(self, reading: Reading) -> Interval:
        return reading.quotient(self.top.interval(reading), self.bottom.interval(reading))


@dataclass(frozen=True)
class Square(Expression):
    """x²."""

    binding = _POWER
    base: Expression

    def write(self, style: Style) -> str:
        return self.base.within(_ATOM, style) + ("^2" if style.latex else "²")

    def interval(self, reading: Reading) -> Interval:
        part = self.base.interval(reading)
        return reading.product([part, part])


@dataclass(frozen=True)
class Exp(Expression):
    """e^x."""

    binding = _POWER
    exponent: Expression

    def write(self, style: Style) -> str:
        if style.latex:
            return f"e^{{{unbroken(self.exponent.write(style))}}}"
        return f"e^{self.exponent.within(_POWER, style)}"

    def interval(self, reading: Reading) -> Interval:
        return reading.image(np.exp, [self.exponent.interval(reading)])


@dataclass(frozen=True)
class Call(Expression):
    """A function by name, such as log x or max(x, 0)."""

    binding = _POWER
    name: str
    function: Callable[..., float]
    arguments: tuple[Expression, ...]

    def write(self, style: Style) -> str:
        name = _FUNCTIONS.get(self.name, latex_text(self.name)) if style.latex else self.name
        arguments = ", ".join(unbroken(argument.write(style)) for argument in self.arguments)
        if self.name in ("log", "tanh") and self.arguments[0].strength(style) >= _POWER:
            return f"{name} {arguments}"
        return f"{name}({arguments})"

    def interval(self, reading: Reading) -> Interval:
        return reading.image(self.function, [argument.interval(reading) for argument in self.arguments])


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


def _strength(value: float, digits: int) -> int:
    """Return how tightly a written number holds together: a negative one like a sum, 3·10⁻⁹ like a product."""
    text = number(value, digits)
    return _SUM if text.startswith("−") else _PRODUCT if "·" in text else _ATOM


def _factor_strength(part: Expression) -> int:
    """Return how tightly a factor must hold together: a quotient is put in brackets, as in (1/m) x."""
    is_label = isinstance(part, Quantity) and isinstance(part.symbol, Label) and "/" in part.symbol.text
    return _POWER if is_label or isinstance(part, Quotient) else _PRODUCT

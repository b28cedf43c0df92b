"""The operations of formulas: sums, products, quotients, powers, and named functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigraph.base.notation import Label, latex_text
from minigraph.inspection.expressions import (
    ATOM,
    BREAK,
    POWER,
    PRODUCT,
    SOFT_BREAK,
    SUM,
    Expression,
    Number,
    Quantity,
    Style,
    unbroken,
)
from minigraph.inspection.intervals import Interval, Reading

_FUNCTIONS = {
    name: rf"\{command}"
    for name, command in (
        ("log", "log"), ("tanh", "tanh"), ("max", "max"), ("Φ", "Phi"), ("φ", "varphi"), ("σ", "sigma")
    )
}  # fmt: skip


@dataclass(frozen=True)
class Negative(Expression):
    """−x."""

    binding = SUM
    part: Expression

    @property
    def factors(self) -> tuple[Expression, ...]:
        return (Number(-1.0), *self.part.factors)

    def strength(self, style: Style) -> int:
        folded = self._folded(style)
        return SUM if folded is None else folded.strength(style)

    def write(self, style: Style) -> str:
        folded = self._folded(style)
        return self.sign(style) + self.part.within(PRODUCT, style) if folded is None else folded.write(style)

    def interval(self, reading: Reading) -> Interval:
        low, high = self.part.interval(reading)
        return -high, -low

    def sign(self, style: Style) -> str:
        """Return the minus sign."""
        return "-" if style.latex else "−"

    def _folded(self, style: Style) -> Expression | None:
        """Return the expression to write if no sign is needed: −(−2) is 2, and −0 is 0."""
        in_numbers = style.digits is not None
        if isinstance(self.part, Number) or (in_numbers and isinstance(self.part, Quantity)):
            return Number(-self.part.value)
        return self.part if in_numbers and self.part.value == 0 else None


@dataclass(frozen=True)
class Sum(Expression):
    """x + y + …, with a minus sign before each `Negative`."""

    binding = SUM
    parts: tuple[Expression, ...]

    @property
    def terms(self) -> tuple[Expression, ...]:
        return self.parts

    def write(self, style: Style) -> str:
        text = self.parts[0].within(SUM, style)
        for part in self.parts[1:]:
            if isinstance(part, Negative):
                text += f"{BREAK} {part.sign(style)} {part.part.within(PRODUCT, style)}"
            else:
                text += f"{BREAK} + {part.within(PRODUCT, style)}"
        return text

    def interval(self, reading: Reading) -> Interval:
        return reading.sum([part.interval(reading) for part in self.parts])


@dataclass(frozen=True)
class Product(Expression):
    """x y z, or x·y·z in numbers."""

    binding = PRODUCT
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
        """Return the product with each factor replaced by its value."""
        return Product(tuple(part if isinstance(part, Number) else Quantity(part.value) for part in self.parts))


@dataclass(frozen=True)
class Quotient(Expression):
    """x / y."""

    binding = PRODUCT
    top: Expression
    bottom: Expression

    def strength(self, style: Style) -> int:
        is_negative = isinstance(self.top, (Quantity, Negative)) and self.top.strength(style) == SUM
        return SUM if is_negative else PRODUCT

    def write(self, style: Style) -> str:
        top = self.top.within(self.strength(style), style)
        return f"{top}/{self.bottom.within(POWER, style)}"

    def interval(self, reading: Reading) -> Interval:
        return reading.quotient(self.top.interval(reading), self.bottom.interval(reading))


@dataclass(frozen=True)
class Square(Expression):
    """x²."""

    binding = POWER
    base: Expression

    def write(self, style: Style) -> str:
        return self.base.within(ATOM, style) + ("^2" if style.latex else "²")

    def interval(self, reading: Reading) -> Interval:
        part = self.base.interval(reading)
        return reading.product([part, part])


@dataclass(frozen=True)
class Exp(Expression):
    """e^x."""

    binding = POWER
    exponent: Expression

    def write(self, style: Style) -> str:
        if style.latex:
            return f"e^{{{unbroken(self.exponent.write(style))}}}"
        return f"e^{self.exponent.within(POWER, style)}"

    def interval(self, reading: Reading) -> Interval:
        return reading.image(np.exp, [self.exponent.interval(reading)])


@dataclass(frozen=True)
class Call(Expression):
    """A named function, such as log x or max(x, 0)."""

    binding = POWER
    name: str
    function: Callable[..., float]
    arguments: tuple[Expression, ...]

    def write(self, style: Style) -> str:
        name = _FUNCTIONS.get(self.name, latex_text(self.name)) if style.latex else self.name
        arguments = ", ".join(unbroken(argument.write(style)) for argument in self.arguments)
        if self.name in ("log", "tanh") and self.arguments[0].strength(style) >= POWER:
            return f"{name} {arguments}"
        return f"{name}({arguments})"

    def interval(self, reading: Reading) -> Interval:
        return reading.image(self.function, [argument.interval(reading) for argument in self.arguments])


def _factor_strength(part: Expression) -> int:
    """Return the minimum precedence of a factor: a quotient is put in brackets, as in (1/m) x."""
    is_label = isinstance(part, Quantity) and isinstance(part.symbol, Label) and "/" in part.symbol.text
    return POWER if is_label or isinstance(part, Quotient) else PRODUCT

"""Activations as formulas: g(z) and g′(z) of a unit, and the Jacobian of activations that couple units."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.notation import Label, Symbol
from minigraph.functions.activations import (
    Activation,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from minigraph.inspection.expressions import Expression, Number, Quantity
from minigraph.inspection.long_sums import total
from minigraph.inspection.operations import Call, Exp, Negative, Product, Quotient, Square, Sum

_ONE = Number(1.0)
_LARGE = 50.0
"""For |z| at or above this, the largest z is factored out of e^z."""


@dataclass(frozen=True)
class Formula:
    """A formula, and the sign of z ("> 0" or "≤ 0") if the formula depends on it."""

    expression: Expression
    condition: tuple[Symbol, str] | None = None


def value_formula(activation: Activation, z: Quantity) -> Formula:
    """Return g(z) of a unit with an elementwise activation."""
    if type(activation) in _VALUES:
        return Formula(_VALUES[type(activation)](z))
    if isinstance(activation, LeakyRelu) and type(activation) is LeakyRelu:
        return Formula(Call("max", max, (z, Product((Number(activation.slope), z)))))
    if type(activation) is Elu:
        negative = Sum((Exp(z), Negative(_ONE)))
        return Formula(z if z.number > 0 else negative, _side(z))
    return Formula(Call(activation.name, _Value(activation), (z,)))


def slope_formula(activation: Activation, z: Quantity, a: Quantity, slope: float) -> Formula | None:
    """Return g′(z) of a unit: by its formula, or `slope` if g′ is constant or the activation is custom.

    None stands for the identity, whose g′ is 1.
    """
    kind = type(activation)
    if kind is Identity:
        return None
    if kind in _SLOPES:
        return Formula(_SLOPES[kind](z, a))
    if kind is Elu and z.number <= 0:
        return Formula(Exp(z), _side(z))
    assert z.symbol is not None
    named = Quantity(slope, Label(f"g′({z.symbol.text})", f"g'({z.symbol.latex})"))
    return Formula(named, _side(z) if kind in (Relu, LeakyRelu, Elu) else None)


def softmax_formulas(index: int, z: Sequence[Quantity], max_terms: int) -> tuple[Expression, ...]:
    """Return a of unit `index` (from 0) as e^z / Σ e^z: in full, with each e^z as a number, and with their sum."""
    largest = max(z, key=lambda each: each.number)
    is_large = max(abs(each.number) for each in z) > _LARGE
    powers = [Exp(Sum((each, Negative(largest))) if is_large else each) for each in z]
    numbers = [Quantity(power.value) for power in powers]
    return (
        Quotient(powers[index], total(powers, max_terms)),
        Quotient(numbers[index], total(numbers, max_terms)),
        Quotient(numbers[index], Quantity(math.fsum(number.number for number in numbers))),
    )


def softmax_jacobian(index: int, k: int, a: Sequence[Quantity]) -> tuple[Expression, ...]:
    """Return ∂a_k/∂z_index = a_k (1[k = index] − a_index) as factors, both counted from 0."""
    return (a[k], Sum((_ONE, Negative(a[k])))) if k == index else (Negative(a[index]), a[k])


def jacobian(activation: Activation, z: Array, a: Array) -> Array:
    """Return ∂a_k/∂z_j of one example at (j, k), computed by the activation's `vjp`."""
    size = len(z)
    errors = np.eye(size, dtype=z.dtype)
    with np.errstate(all="ignore"):
        columns = [np.repeat(values[:, None], size, axis=1) for values in (z, a)]
        activation.vjp(columns[0], columns[1], errors, np.empty_like(errors))
    return errors


def joins_units(activation: Activation, z: Array, a: Array) -> bool:
    """Return whether a of a unit depends on z of other units."""
    if type(activation) in (*_VALUES, LeakyRelu, Elu):
        return False
    derivatives = jacobian(activation, z, a)
    return type(activation) is Softmax or bool((derivatives != np.diag(np.diag(derivatives))).any())


@dataclass(frozen=True)
class _Value:
    """g of a custom activation, for a single number."""

    activation: Activation

    def __call__(self, z: float) -> float:
        a = np.empty((1, 1))
        self.activation.value(np.array([[z]]), a, np.empty((1, 1)))
        return float(a[0, 0])


def _side(z: Quantity) -> tuple[Symbol, str]:
    assert isinstance(z.symbol, Symbol)
    return z.symbol, ">" if z.number > 0 else "≤"


def _sigmoid(z: Expression) -> Expression:
    return Quotient(_ONE, Sum((_ONE, Exp(Negative(z)))))


def _softplus(z: Expression) -> Expression:
    if z.value > _LARGE:
        return Sum((z, _softplus(Negative(z))))
    return Call("log", np.log, (Sum((_ONE, Exp(z))),))


def _Φ(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _φ(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _σ(z: float) -> float:
    return float(1 / (1 + np.exp(-z)))


_VALUES: dict[type[Activation], Callable[[Expression], Expression]] = {
    Identity: lambda z: z,
    Sigmoid: _sigmoid,
    Tanh: lambda z: Call("tanh", math.tanh, (z,)),
    Relu: lambda z: Call("max", max, (z, Number(0.0))),
    Softplus: _softplus,
    Silu: lambda z: Quotient(z, Sum((_ONE, Exp(Negative(z))))),
    Gelu: lambda z: Product((z, Call("Φ", _Φ, (z,)))),
}

_SLOPES: dict[type[Activation], Callable[[Expression, Expression], Expression]] = {
    Sigmoid: lambda z, a: Product((a, Sum((_ONE, Negative(a))))),
    Tanh: lambda z, a: Sum((_ONE, Negative(Square(a)))),
    Softplus: lambda z, a: _sigmoid(z),
    Silu: lambda z, a: Sum((a, Product((Call("σ", _σ, (z,)), Sum((_ONE, Negative(a))))))),
    Gelu: lambda z, a: Sum((Call("Φ", _Φ, (z,)), Product((z, Call("φ", _φ, (z,)))))),
}

"""Costs as formulas: the terms of cost(i) of an output, and ∂cost/∂a."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.notation import Label
from minigraph.functions.activations import Activation
from minigraph.functions.costs import CategoricalCrossEntropy, Cost, CrossEntropy, SquaredError
from minigraph.inspection.derivation_lines import is_readable
from minigraph.inspection.expressions import Expression, Number, Quantity, Words
from minigraph.inspection.long_sums import total
from minigraph.inspection.operations import Call, Negative, Product, Quotient, Square, Sum

_ONE = Number(1.0)


@dataclass(frozen=True)
class Output:
    """An output node and an example: y, a and z of the units."""

    cost: Cost
    activation: Activation
    y: Sequence[Quantity]
    a: Sequence[Quantity]
    z: Sequence[Quantity]

    def column(self, quantities: Sequence[Quantity], dtype: np.dtype[np.floating]) -> np.ndarray:
        """Return the numbers in the layout of costs and activations, (units, 1)."""
        return np.array([[quantity.number] for quantity in quantities], dtype)


def value_formulas(output: Output, value: float, max_terms: int) -> tuple[Expression, ...]:
    """Return cost(i) at an output by its terms, and again with each logarithm as a number."""
    kind = type(output.cost)
    if kind is SquaredError:
        squares = [Square(_difference(a, y)) for a, y in zip(output.a, output.y, strict=True)]
        return (Product((Number(0.5), total(squares, max_terms))),)
    if kind not in (CrossEntropy, CategoricalCrossEntropy):
        return (Words(f"the value computed by {output.cost!r}", value),)
    from_a = _cross_entropy(output, max_terms, _logarithm_of)
    in_numbers = _cross_entropy(output, max_terms, _evaluated)
    if is_readable(from_a, value):
        return from_a, in_numbers
    return (_cross_entropy(output, max_terms, _logarithms_from_z(output)),)


def derivative_formula(output: Output, j: int) -> Expression:
    """Return ∂cost/∂a of unit j, counted from 0."""
    a, y, kind = output.a[j], output.y[j], type(output.cost)
    if kind is SquaredError:
        return _difference(a, y)
    if kind is CategoricalCrossEntropy:
        return Quotient(Negative(y), a)
    if kind is CrossEntropy:
        return Sum((Quotient(_difference(_ONE, y), _difference(_ONE, a)), Negative(Quotient(y, a))))
    dtype = np.dtype(np.float64)
    out = np.zeros((len(output.a), 1))
    output.cost.derivative(output.column(output.a, dtype), output.column(output.y, dtype), out)
    return Quantity(float(out[j, 0]), derivative_label(a))


def derivative_label(a: Quantity) -> Label:
    """Return the notation of ∂cost/∂a."""
    assert a.symbol is not None
    return Label(f"∂cost/∂{a.symbol.text}", rf"\partial\mathrm{{cost}}/\partial {a.symbol.latex}")


def _difference(left: Expression, right: Expression) -> Sum:
    return Sum((left, Negative(right)))


_Logarithm = Callable[[int, Expression], Expression]
"""Returns the formula for the logarithm of a of unit j, or of 1 − a, counted from 0."""


def _cross_entropy(output: Output, max_terms: int, logarithm: _Logarithm) -> Expression:
    terms: list[Expression] = []
    for j, (a, y) in enumerate(zip(output.a, output.y, strict=True)):
        terms.append(Product((y, logarithm(j, a))))
        if isinstance(output.cost, CrossEntropy):
            terms.append(Product((_difference(_ONE, y), logarithm(j, _difference(_ONE, a)))))
    return Negative(total(terms, max_terms))


def _logarithm_of(j: int, argument: Expression) -> Expression:
    return Call("log", np.log, (argument,))


def _evaluated(j: int, argument: Expression) -> Expression:
    return Quantity(_logarithm_of(j, argument).value)


def _logarithms_from_z(output: Output) -> _Logarithm:
    """Return logarithms computed by the activation from z, for a that rounds to 0 or 1."""
    dtype = np.dtype(np.float64)
    z, a = output.column(output.z, dtype), output.column(output.a, dtype)
    with np.errstate(all="ignore"):
        logs, complements = output.activation.log(z, a), output.activation.log_complement(z, a)

    def logarithm(j: int, argument: Expression) -> Expression:
        symbol = output.a[j].symbol
        assert symbol is not None
        if isinstance(argument, Sum):
            return Quantity(float(complements[j, 0]), Label(f"log(1 − {symbol.text})", rf"\log(1 - {symbol.latex})"))
        return Quantity(float(logs[j, 0]), Label(f"log {symbol.text}", rf"\log {symbol.latex}"))

    return logarithm

"""Derivation of δ of a unit: ∂cost/∂a, from the children and the cost, times g′(z)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigraph.base.notation import Label, Symbol
from minigraph.functions.activations import Softmax
from minigraph.functions.costs import SquaredError
from minigraph.graph.node import Unit
from minigraph.inspection.activation_formulas import jacobian, joins_units, slope_formula, softmax_jacobian
from minigraph.inspection.contributions import error_terms
from minigraph.inspection.cost_formulas import Output, derivative_formula, derivative_label
from minigraph.inspection.derivation_lines import Derivation, derive, is_readable
from minigraph.inspection.explanation import Explanation
from minigraph.inspection.expressions import Expression, Quantity, Words
from minigraph.inspection.long_sums import shown, total
from minigraph.inspection.operations import Negative, Product, Sum
from minigraph.inspection.quantities import Quantities, explanation, symbol


@dataclass(frozen=True)
class _Part:
    """A part of δ: its formula, the condition of the formula, and derivations of numbers in it."""

    formula: Expression
    terms: tuple[Expression, ...]
    condition: tuple[Symbol, str] | None = None
    within: tuple[Derivation, ...] = ()


def explain_error(unit: Unit, at: Quantities, max_terms: int) -> Explanation:
    """Explain δ of a unit."""
    delta, node = at.delta(unit), unit.node
    output, activation = at.output(node), node.layer.activation
    is_canonical = output is not None and output.cost.is_canonical_with(activation)
    parts = []
    if node.children or not is_canonical:
        parts.append(_through_activation(unit, None if is_canonical else output, at, max_terms))
    if output is not None and is_canonical:
        parts.append(_canonical(unit, output, at))
    formulas = [part.formula for part in parts]
    formula = formulas[0] if len(formulas) == 1 else Sum(tuple(formulas))
    if output is not None and _is_saturated(output) and not is_readable(formula, delta.number):
        formula, parts = Words("∂cost/∂z, computed from z: a rounds to 0 or 1", delta.number), []
    conditions = [part.condition for part in parts if part.condition]
    derivation = derive(delta, formula, condition=conditions[0] if conditions else None)
    children = [edge.target for edge in unit.outputs]
    sources = [children[index] for index in shown(error_terms(unit, at), max_terms) if index < len(children)]
    terms = [term for part in parts for term in part.terms]
    within = [each for part in parts for each in part.within]
    return explanation([derivation, *within], node, terms, [*sources, unit])


def _canonical(unit: Unit, output: Output, at: Quantities) -> _Part:
    """Return δ = a − y, times the weight of the example."""
    a, y = output.a[unit.index - 1], output.y[unit.index - 1]
    difference = Sum((a, Negative(y)))
    terms = tuple(Product((*at.weight(), part)) for part in (a, Negative(y)))
    return _Part(Product((*at.weight(), difference)) if at.weight() else difference, terms)


def _through_activation(unit: Unit, output: Output | None, at: Quantities, max_terms: int) -> _Part:
    """Return ∂cost/∂a propagated through g; pass `output` if the cost contributes."""
    node, activation = unit.node, unit.node.layer.activation

    def parts_of_error(other: Unit) -> list[Expression]:
        own = [] if output is None else [_times(at.weight(), derivative_formula(output, other.index - 1))]
        return [*error_terms(other, at), *own]

    z, a, j = node.z[at.example], node.a[at.example], unit.index - 1
    if joins_units(activation, z, a):
        return _through_jacobian(unit, parts_of_error, jacobian(activation, z, a), at, max_terms)
    terms = parts_of_error(unit)
    error = total(terms, max_terms)
    derivative = float(jacobian(activation, z[j : j + 1], a[j : j + 1])[0, 0])
    slope = slope_formula(activation, at.z(unit), at.a(unit), derivative)
    if slope is None:
        return _Part(error, tuple(terms))
    named = slope.expression
    if isinstance(named, Quantity):
        how = (
            Quantity(named.number) if slope.condition else Words(f"the value computed by {activation!r}", named.number)
        )
        within = (derive(named, how, condition=slope.condition),)
        return _Part(Product((*error.factors, named)), tuple(terms), within=within)
    return _Part(Product((*error.factors, *slope.expression.factors)), tuple(terms), slope.condition)


def _through_jacobian(
    unit: Unit,
    parts_of_error: Callable[[Unit], list[Expression]],
    derivatives: np.ndarray,
    at: Quantities,
    max_terms: int,
) -> _Part:
    """Return δ_j = Σ_k ∂cost/∂a_k · ∂a_k/∂z_j, and the derivation of each ∂cost/∂a_k shown."""
    node, j = unit.node, unit.index - 1
    row = at.row(node, "a")
    terms, errors = [], []
    for k, other in enumerate(node.units):
        formula = total(parts_of_error(other), max_terms)
        error = Quantity(formula.value, derivative_label(row[k]), formula)
        errors.append(derive(error, formula))
        if type(node.layer.activation) is Softmax:
            factors = softmax_jacobian(j, k, row)
        else:
            z, a = symbol("z", unit), symbol("a", other)
            label = Label(f"∂{a.text}/∂{z.text}", rf"\partial {a.latex}/\partial {z.latex}")
            factors = (Quantity(float(derivatives[j, k]), label),)
        terms.append(_signed(error, factors))
    within = tuple(errors[k] for k in shown(terms, max_terms))
    return _Part(total(terms, max_terms), tuple(terms), within=within)


def _signed(error: Quantity, factors: tuple[Expression, ...]) -> Expression:
    """Return error times the factors, with the minus sign of a factor in front."""
    plain = tuple(factor.part if isinstance(factor, Negative) else factor for factor in factors)
    product = Product((error, *plain))
    return product if plain == factors else Negative(product)


def _times(factors: list[Quantity], formula: Expression) -> Expression:
    return Product((*factors, *formula.factors)) if factors else formula


def _is_saturated(output: Output) -> bool:
    """Return whether a is so close to 0 or 1 that ∂cost/∂a of a logarithm is inaccurate."""
    if isinstance(output.cost, SquaredError):
        return False
    return any(min(abs(a.number), abs(1 - a.number)) < 1e-3 for a in output.a)

"""Derivation of J: cost(i) of each example, by output and term, and the regularization term."""

from __future__ import annotations

import numpy as np

from minigraph.base.notation import Label, Symbol
from minigraph.inspection.cost_formulas import value_formulas
from minigraph.inspection.derivation_lines import Derivation, derive
from minigraph.inspection.explanation import Explanation
from minigraph.inspection.expressions import Expression, Number, Quantity
from minigraph.inspection.long_sums import total, total_of
from minigraph.inspection.operations import Product, Quotient, Square, Sum
from minigraph.inspection.quantities import Quantities, check_example, explanation, total_weight, weight
from minigraph.network.network import AnyNetwork


def explain_cost(net: AnyNetwork, at: Quantities, max_terms: int) -> Explanation:
    """Explain J of the last backward pass, and cost(i) of one example."""
    by_output = _costs(net)
    costs = by_output.sum(axis=0)
    check_example(at.example, len(costs))
    terms: list[Expression] = []
    for i, cost in enumerate(costs):
        of_example = Quantity(float(cost), Symbol("cost", example=i + 1))
        terms.append(of_example if at.weights is None else Product((weight(at.weights, i), of_example)))
    m = total_weight(at.weights, len(costs))
    formula: Expression = Quotient(total(terms, max_terms), m)
    penalty = []
    if at.l2:
        squares = _penalty(net, max_terms)
        penalty.append(squares)
        formula = Sum((
            formula,
            Product((Quotient(Quantity(at.l2, Symbol("λ")), Product((Number(2.0), m))), squares.target)),
        ))  # fmt: skip
    parts = [derive(at.J, formula), *_of_example(net, by_output[:, at.example], at, max_terms), *penalty]
    return explanation(parts, net.nodes[-1], terms, notes=_notes(net))


def _costs(net: AnyNetwork) -> np.ndarray:
    """Return cost(i) for each output and example."""
    rows = []
    for node, cost in zip(net.outputs, net.costs, strict=True):
        z, a, y = (np.ascontiguousarray(values.T) for values in (node.z, node.a, node.target))
        with np.errstate(all="ignore"):
            rows.append(cost.value_at(node.layer.activation, z, a, y).astype(np.float64))
    return np.array(rows)


def _of_example(net: AnyNetwork, costs: np.ndarray, at: Quantities, max_terms: int) -> list[Derivation]:
    """Derive cost(i) of an example: by output if there are several, and each by its terms."""
    i, parts, targets = at.example + 1, [], []
    for node, value in zip(net.outputs, costs, strict=True):
        output = at.output(node)
        assert output is not None
        layer = node.position if len(costs) > 1 else None
        targets.append(Quantity(float(value), Symbol("cost", layer=layer, example=i)))
        parts.append(derive(targets[-1], *value_formulas(output, float(value), max_terms)))
    if len(costs) == 1:
        return parts
    return [derive(Quantity(float(costs.sum()), Symbol("cost", example=i)), Sum(tuple(targets))), *parts]


def _notes(net: AnyNetwork) -> list[tuple[Symbol | Label, str]]:
    """Return notes on the costs and on the numbering of examples."""
    where = "row i of X, counted from 1"
    if len(net.costs) == 1:
        return [(Label("cost(i)", r"\mathrm{cost}(i)"), f"{net.costs[0].name} of {where}")]
    outputs = zip(net.outputs, net.costs, strict=True)
    of_outputs = [(Symbol("cost", layer=node.position), f"{cost.name} at {node.name}") for node, cost in outputs]
    return [(Label("(i)", "(i)"), where), *of_outputs]


def _penalty(net: AnyNetwork, max_terms: int) -> Derivation:
    """Derive Σ Θ_ij² over all layers, the bias column excluded."""
    weights = [layer.parameters()[:, 1:].astype(np.float64) for layer in net.layers]
    ends = np.cumsum([matrix.size for matrix in weights])

    def square(index: int) -> Expression:
        layer = int(np.searchsorted(ends, index, side="right"))
        i, j = np.unravel_index(index - ends[layer] + weights[layer].size, weights[layer].shape)
        return Square(Quantity(float(weights[layer][i, j]), Symbol("Θ", (int(i) + 1, int(j) + 1), layer + 1)))

    squares = np.concatenate([np.zeros(0), *(matrix.ravel() ** 2 for matrix in weights)])
    formula = total_of(squares, square, max_terms)
    return derive(Quantity(formula.value, Label("ΣΘ²", r"\sum \Theta_{ij}^2")), formula)

"""The derivations that `explain` shows: of z, a and δ of a unit, of D of an edge, of J of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from minigraph.base.notation import (
    Explanation,
    Line,
    Symbol,
    Term,
    derive,
    factor,
    latex_factor,
    latex_number,
    latex_text,
    number,
    shown,
    stack,
    sum_of_products,
)
from minigraph.engine.engine import Engine
from minigraph.engine.workspace import quiet
from minigraph.errors import ArgumentError, StateError
from minigraph.functions.activations import Activation, Identity, Softmax
from minigraph.graph.layers import Dropout
from minigraph.graph.node import Edge, Node, Unit
from minigraph.network.network import AnyNetwork, Network

_FORMULAS = {
    "sigmoid": ("1/(1 + e^(−{0}))", r"\frac{{1}}{{1 + e^{{-{0}}}}}"),
    "tanh": ("tanh {0}", r"\tanh {0}"),
    "relu": ("max({0}, 0)", r"\max({0}, 0)"),
    "softplus": ("log(1 + e^{0})", r"\log(1 + e^{{{0}}})"),
    "silu": ("{0}/(1 + e^(−{0}))", r"\frac{{{0}}}{{1 + e^{{-{0}}}}}"),
    "gelu": ("{0} Φ({0})", r"{0}\,\Phi({0})"),
    "identity": ("{0}", "{0}"),
}
_DERIVATIVES = {
    "sigmoid": ("{a} (1 − {a})", r"{a} (1 - {a})"),
    "tanh": ("(1 − {a}²)", r"(1 - ({a})^2)"),
}


def explanation_of(target: Unit | Edge | AnyNetwork, what: str, example: int, max_terms: int) -> Explanation:
    """Explain a number of the target, one that it has; say what the units stand for."""
    if isinstance(target, Network):
        return _cost(target, example, max_terms)
    if isinstance(target, Edge):
        return _with_names(_gradient(target, max_terms), [target.source, target.target])
    if what == "a":
        return _with_names(_a(target, example), [target])
    if what == "z":
        sources = [edge.source for edge in target.inputs]
        return _with_names(_z(target, example, max_terms), [*shown(sources, max_terms), target])
    children = [edge.target for edge in target.outputs]
    return _with_names(_delta(target, example, max_terms), [*shown(children, max_terms), target])


def _with_names(explanation: Explanation, units: Sequence[Unit]) -> Explanation:
    """Add what the units stand for, where they have names."""
    named = [(_symbol("a", unit), unit.name) for unit in dict.fromkeys(units) if unit.name is not None]
    if not named:
        return explanation
    text = ", ".join(f"{symbol.text}: {name}" for symbol, name in named)
    latex = r",\ ".join(rf"{symbol.latex}\colon \text{{{latex_text(name)}}}" for symbol, name in named)
    return replace(
        explanation,
        text=f"{explanation.text}\nwith {text}",
        latex=stack(explanation.latex, rf"&\text{{with }} {latex}"),
    )


def _z(unit: Unit, example: int, max_terms: int) -> Explanation:
    value = _value(unit, "z", example)
    terms: list[Term] = [
        [*_weight(edge, example), (_symbol("a", edge.source), _value(edge.source, "a", example))]
        for edge in unit.inputs
    ]
    if not terms:
        return _computed_by_layer(_symbol("z", unit), unit.node, value)
    return derive(_symbol("z", unit), [*sum_of_products(terms, max_terms)], value, terms)


def _a(unit: Unit, example: int) -> Explanation:
    value, symbol = _value(unit, "a", example), _symbol("a", unit)
    if unit.is_bias:
        return derive(symbol, [], value)
    if not unit.node.parents:
        return derive(symbol, [Line(Symbol("x", (unit.index,)).text, Symbol("x", (unit.index,)).latex)], value)
    z, z_value = _symbol("z", unit), _value(unit, "z", example)
    name = unit.node.layer.activation.name
    general = Line(f"g({z.text})", f"g({z.latex})")
    if name == "softmax":
        return derive(symbol, [general, *_softmax(unit, example)], value)
    text, latex = _FORMULAS.get(name, (name + "({0})", rf"\text{{{{{name}}}}}({{0}})"))
    symbols = Line(text.format(z.text), latex.format(z.latex))
    numbers = Line(text.format(factor(z_value)), latex.format(latex_factor(z_value)))
    return derive(symbol, [general, symbols, numbers], value)


def _softmax(unit: Unit, example: int) -> list[Line]:
    z = _symbol("z", unit)
    values = unit.node.z[example]
    shares = np.exp(values - values.max())
    own, total = float(shares[unit.index - 1]), float(shares.sum())
    return [
        Line(f"e^{z.text} / Σⱼ e^zⱼ", rf"e^{{{z.latex}}} / \sum_j e^{{z_j}}"),
        Line(
            f"{number(own)}/{number(total)}, both divided by e^{factor(float(values.max()))}",
            rf"{latex_number(own)} / {latex_number(total)}",
        ),
    ]


def _delta(unit: Unit, example: int, max_terms: int) -> Explanation:
    value, symbol, node = _value(unit, "delta", example), _symbol("δ", unit), unit.node
    engine = _engine(node)
    terms: list[Term] = [
        [*_weight(edge, example), (_symbol("δ", edge.target), _value(edge.target, "delta", example))]
        for edge in unit.outputs
    ]
    activation = node.layer.activation
    if engine.cost_at(node) is not None and not node.children:
        return _output_delta(unit, engine, example, value)
    if not terms:
        return _computed_by_layer(symbol, node, value)
    symbols, numbers = sum_of_products(terms, max_terms)
    if isinstance(activation, Identity):
        lines = [symbols, numbers]
    elif isinstance(activation, Softmax):
        lines = [Line("through the Jacobian of softmax, aₖ (1[k=j] − aⱼ), of ∂cost/∂a:", r"\text{softmax}"), symbols]
    else:
        derivative = _derivative(unit, activation, example)
        lines = [
            Line(f"({symbols.text}) · {derivative[0].text}", rf"({symbols.latex}) \cdot {derivative[0].latex}"),
            Line(f"({numbers.text}) · {derivative[1].text}", rf"({numbers.latex}) \cdot {derivative[1].latex}"),
        ]
    if engine.cost_at(node) is not None:
        own = Line("+ the part of the cost at this output", r"+\ \partial \text{cost}/\partial z")
        lines = [Line(f"{line.text} {own.text}", f"{line.latex} {own.latex}") for line in lines]
    return derive(symbol, lines, value, terms)


def _output_delta(unit: Unit, engine: Engine, example: int, value: float) -> Explanation:
    node, cost = unit.node, engine.cost_at(unit.node)
    assert cost is not None
    activation = node.layer.activation
    a, y = _value(unit, "a", example), float(node.target[example, unit.index - 1])
    weights = engine.current_objective().weights
    weight = 1.0 if weights is None else float(weights[example])
    before, latex_before = ("", "") if weights is None else (f"{number(weight)} · ", latex_number(weight) + r" \cdot ")
    a_symbol, y_symbol = _symbol("a", unit), Symbol("y", (unit.index,))
    difference = Line(f"{a_symbol.text} − {y_symbol.text}", f"{a_symbol.latex} - {y_symbol.latex}")
    numbers = Line(f"{number(a)} − {factor(y)}", f"{latex_number(a)} - {latex_factor(y)}")
    if not cost.is_canonical_with(activation):
        through = Line(f"∂cost/∂{a_symbol.text} through {activation.name}", r"\partial\text{cost}/\partial a")
        return derive(_symbol("δ", unit), [through], value)
    if weights is not None:
        difference = Line(f"{before}({difference.text})", f"{latex_before}({difference.latex})")
        numbers = Line(f"{before}({numbers.text})", f"{latex_before}({numbers.latex})")
    return derive(
        _symbol("δ", unit), [difference, numbers], value, [[(a_symbol, weight * a)], [(y_symbol, -weight * y)]]
    )


def _gradient(edge: Edge, max_terms: int) -> Explanation:
    value, engine = edge.gradient, _engine(edge.target.node)
    layer, row, column = edge.target.node.layer, edge.target.index, edge.column
    assert column is not None
    k, objective = engine.number_of(layer), engine.current_objective()
    nodes = [node for node in engine.nodes if node.layer is layer]
    terms: list[Term] = []
    for node in nodes:
        a = Unit(node.parents[0], edge.source.index)
        for delta, activation in zip(Unit(node, row).delta, a.a, strict=True):
            terms.append([(_symbol("δ", Unit(node, row)), float(delta)), (_symbol("a", a), float(activation))])
    D, accumulator = Symbol("D", (row, column), k), Symbol("Δ", (row, column), k)
    total = float(layer.accumulator[row - 1, column])
    m = engine.current_batch() if objective.weights is None else float(objective.weights.sum())
    formula = Line(f"{accumulator.text}/m", f"{accumulator.latex} / m")
    numbers = Line(f"{number(total)}/{number(m)}", f"{latex_number(total)} / {latex_number(m)}")
    if objective.l2 and column:
        theta = Symbol("Θ", (row, column), k)
        formula = Line(f"{formula.text} + (λ/m) {theta.text}", rf"{formula.latex} + (\lambda/m)\, {theta.latex}")
        term = number(objective.l2), number(m), factor(edge.weight)
        numbers = Line(
            f"{numbers.text} + ({term[0]}/{term[1]})·{term[2]}",
            rf"{numbers.latex} + ({latex_number(objective.l2)}/{latex_number(m)}) \cdot {latex_factor(edge.weight)}",
        )
    sums = sum_of_products(terms, max_terms)
    whole = derive(D, [formula, numbers], value, terms)
    part = derive(accumulator, [Line(f"Σᵢ {_product(terms[0])}", r"\sum_i \delta a"), sums[1]], total)
    return Explanation(f"{whole.text}\n{part.text}", stack(whole.latex, part.latex), value, whole.terms)


def _cost(net: AnyNetwork, example: int, max_terms: int) -> Explanation:
    engine, objective = net.engine, net.engine.current_objective()
    with quiet():
        costs = engine.workspace.cost_values(objective.targets)
    _check_example(example, len(costs))
    weights = np.ones(len(costs)) if objective.weights is None else objective.weights
    m, penalty = float(weights.sum()), engine.parameters.penalty()
    terms: list[Term] = [
        [(Symbol(f"cost({i + 1})"), float(cost * w))] for i, (cost, w) in enumerate(zip(costs, weights, strict=True))
    ]
    symbols, numbers = sum_of_products(terms, max_terms)
    J = engine.cost(objective)
    lines = [
        Line(f"(1/m) ({symbols.text})", rf"\tfrac{{1}}{{m}} ({symbols.latex})"),
        Line(f"({numbers.text})/{number(m)}", rf"({numbers.latex}) / {latex_number(m)}"),
    ]
    if objective.l2:
        l2 = objective.l2
        lines = [
            Line(lines[0].text + " + (λ/2m) ΣΣΣ Θᵢⱼ²", lines[0].latex + r" + \tfrac{\lambda}{2m} \sum \Theta_{ij}^2"),
            Line(
                f"{lines[1].text} + {number(l2)}/(2·{number(m)}) · {number(penalty)}",
                rf"{lines[1].latex} + {latex_number(l2)}/(2 \cdot {latex_number(m)}) \cdot {latex_number(penalty)}",
            ),
        ]
    whole = derive(Symbol("J"), lines, J, terms)
    own = f"cost({example + 1}) = {number(float(costs[example]))}, by {', '.join(cost.name for cost in net.costs)}"
    return Explanation(f"{whole.text}\n{own}", whole.latex, J, whole.terms)


def _weight(edge: Edge, example: int) -> list[tuple[Symbol, float]]:
    """Return the factor on an edge: Θ_ij, dropout's mask, or nothing for a fixed weight of 1."""
    node = edge.target.node
    if edge.column is not None:
        k = _engine(node).number_of(node.layer)
        return [(Symbol("Θ", (edge.target.index, edge.column), k), edge.weight)]
    mask = node.mask
    if isinstance(node.layer, Dropout) and mask is not None:
        kept = bool(mask[example, edge.target.index - 1])
        return [(Symbol("mask", (edge.target.index,)), kept / (1 - node.layer.rate))]
    return []


def _derivative(unit: Unit, activation: Activation, example: int) -> tuple[Line, Line]:
    """Return g′(z) of one unit in symbols and as a number."""
    z = np.array([[_value(unit, "z", example)]])
    a, one, scratch = np.array([[_value(unit, "a", example)]]), np.ones((1, 1)), np.zeros((1, 1))
    with quiet():
        activation.vjp(z, a, one, scratch)
    slope = float(one[0, 0])
    text, latex = _DERIVATIVES.get(activation.name, ("g′({z})", "g'({z})"))
    symbols = {"text": {s: _symbol(s, unit).text for s in "az"}, "latex": {s: _symbol(s, unit).latex for s in "az"}}
    return (
        Line(text.format(**symbols["text"]), latex.format(**symbols["latex"])),
        Line(factor(slope), latex_factor(slope)),
    )


def _computed_by_layer(symbol: Symbol, node: Node, value: float) -> Explanation:
    return derive(symbol, [Line(f"what {node.layer!r} computes", r"\text{" + node.layer.kind + "}")], value)


def _product(term: Term) -> str:
    return " ".join(symbol.text for symbol, _ in term)


def _symbol(letter: str, unit: Unit) -> Symbol:
    return Symbol(letter, (unit.index,), unit.node.position)


def _value(unit: Unit, what: Literal["z", "a", "delta"], example: int) -> float:
    values = getattr(unit, what)
    _check_example(example, len(values))
    return float(values[example])


def _check_example(example: int, m: int) -> None:
    if isinstance(example, bool) or not isinstance(example, (int, np.integer)) or not 0 <= example < m:
        raise ArgumentError(f"example: received {example!r}, expected a row of X, from 0 to {m - 1}")


def _engine(node: Node) -> Engine:
    if not isinstance(node.owner, Network):
        raise StateError(f"node {node.name!r} belongs to no network yet; build mg.Network(inputs, outputs)")
    return node.owner.engine

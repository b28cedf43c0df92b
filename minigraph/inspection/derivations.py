"""The derivations shown by `explain`: z, a and δ of a unit, D of an edge, J of the network."""

from __future__ import annotations

from minigraph.base.notation import Label, Symbol
from minigraph.engine.engine import Engine
from minigraph.errors import StateError
from minigraph.functions.activations import Softmax
from minigraph.graph.node import Edge, Node, Unit
from minigraph.inspection.activation_formulas import joins_units, softmax_formulas, value_formula
from minigraph.inspection.contributions import agree, z_terms
from minigraph.inspection.cost_derivation import explain_cost
from minigraph.inspection.derivation_lines import derive
from minigraph.inspection.error_derivation import explain_error
from minigraph.inspection.explanation import Explanation
from minigraph.inspection.expressions import Expression, Quantity, Words
from minigraph.inspection.long_sums import shown, total
from minigraph.inspection.operations import Product, Quotient, Sum
from minigraph.inspection.quantities import Quantities, explanation, symbol, total_weight
from minigraph.network.network import AnyNetwork, Network


def explanation_of(target: Unit | Edge | AnyNetwork, what: str, example: int, max_terms: int) -> Explanation:
    """Explain a number of the target."""
    if isinstance(target, Network):
        return explain_cost(target, Quantities(target.engine, example), max_terms)
    node = target.node if isinstance(target, Unit) else target.target.node
    at = Quantities(_engine(node), example)
    if isinstance(target, Edge):
        return _gradient(target, at, max_terms)
    if what == "delta":
        return explain_error(target, at, max_terms)
    return _z(target, at, max_terms) if what == "z" else _a(target, at, max_terms)


def _z(unit: Unit, at: Quantities, max_terms: int) -> Explanation:
    z = at.z(unit)
    edges, terms = z_terms(unit, at)
    formula = total(terms, max_terms) if terms else Words(f"the value computed by {unit.node.layer!r}", z.number)
    kept = [edges[index].source for index in shown(terms, max_terms)]
    return explanation([derive(z, formula)], unit.node, terms, [*kept, unit])


def _a(unit: Unit, at: Quantities, max_terms: int) -> Explanation:
    a, node = at.a(unit), unit.node
    if unit.is_bias:
        return explanation([derive(a)], node)
    if not node.parents:
        return explanation([derive(a, at.x(unit))], node, units=[unit])
    z, activation = at.z(unit), node.layer.activation
    if type(activation) is Softmax:
        formulas = softmax_formulas(unit.index - 1, at.row(node, "z"), max_terms)
        return explanation([derive(a, *formulas)], node, units=[unit])
    if joins_units(activation, node.z[at.example], node.a[at.example]):
        return explanation([derive(a, Words(f"the value computed by {activation!r}", a.number))], node, units=[unit])
    formula = value_formula(activation, z)
    name = symbol("z", unit)
    general = None
    if formula.expression is not z:
        general = Quantity(a.number, Label(f"g({name.text})", f"g({name.latex})"))
    return explanation(
        [derive(a, formula.expression, condition=formula.condition, general=general)], node, units=[unit]
    )


def _gradient(edge: Edge, at: Quantities, max_terms: int) -> Explanation:
    value, node = edge.gradient, edge.target.node
    assert edge.column is not None
    theta, row = at.theta(edge), edge.target.index
    assert isinstance(theta.symbol, Symbol)
    number, indices = theta.symbol.layer, theta.symbol.indices
    D, accumulator = Symbol("D", indices, number), Symbol("Δ", indices, number)
    delta_sum = Quantity(float(node.layer.accumulator[row - 1, edge.column]), accumulator)
    m = total_weight(at.weights, len(node.delta))
    terms = _accumulated(edge, at)
    if not agree(terms, delta_sum.number, node):
        part = derive(delta_sum, Words(f"the value computed by {node.layer!r}", delta_sum.number))
    else:
        part = derive(delta_sum, total(terms, max_terms))
    mean: Expression = Quotient(delta_sum, m)
    if at.l2 and edge.column:
        mean = Sum((mean, Product((Quotient(Quantity(at.l2, Symbol("λ")), m), theta))))
    return explanation(
        [derive(Quantity(value, D), mean), part], node, terms, [edge.source, edge.target],
        notes=[(Label("[i]", "[i]"), "row i of X, counted from 1")],
    )  # fmt: skip


def _accumulated(edge: Edge, at: Quantities) -> list[Expression]:
    """Return δ a for each example and each node that shares the layer."""
    terms: list[Expression] = []
    for node in at.nodes_of(edge.target.node.layer):
        target, source = Unit(node, edge.target.index), Unit(node.parents[0], edge.source.index)
        for i, (delta, a) in enumerate(zip(target.delta, source.a, strict=True)):
            factors = Quantity(float(delta), symbol("δ", target, i)), Quantity(float(a), symbol("a", source, i))
            terms.append(Product(factors))
    return terms


def _engine(node: Node) -> Engine:
    if not isinstance(node.owner, Network):
        raise StateError(f"node {node.name!r} belongs to no network yet; build mg.Network(inputs, outputs)")
    return node.owner.engine

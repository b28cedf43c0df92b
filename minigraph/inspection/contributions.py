"""Contributions of a node's links to z of a unit and to ∂cost/∂a of its parents, term by term.

The layers of the package are sums over their links. A custom layer may be something else: its links are
used only if they reproduce the numbers that the layer computes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.notation import Label, Symbol, latex_text
from minigraph.graph.buffers import Buffers
from minigraph.graph.layers import Activate, Add, Concat, Dense, Dropout
from minigraph.graph.node import Edge, Node, Unit
from minigraph.inspection.expressions import Expression, Number, Quantity
from minigraph.inspection.operations import Negative, Product, Quotient, Sum
from minigraph.inspection.quantities import Quantities, symbol

_LINEAR = (Dense, Activate, Add, Concat, Dropout)


def z_terms(unit: Unit, at: Quantities) -> tuple[Sequence[Edge], Sequence[Expression]]:
    """Return the edges into a unit and their contributions to z; empty if z is not such a sum."""
    edges = unit.inputs
    terms = [_weighted(edge, at.a(edge.source), at) for edge in edges]
    if type(unit.node.layer) not in _LINEAR and not agree(terms, at.z(unit).number, unit.node):
        return (), ()
    return edges, terms


def error_terms(unit: Unit, at: Quantities) -> list[Expression]:
    """Return the contribution of each outgoing link of a unit to ∂cost/∂a."""
    edges, terms = unit.outputs, []
    for child in unit.node.children:
        mine = [_weighted(edge, at.delta(edge.target), at) for edge in edges if edge.target.node is child]
        if type(child.layer) not in _LINEAR:
            own = _error(unit, child, at.example)
            if not agree(mine, own, child):
                by = latex_text(f" by {child.name}")
                label = Label(f"∂cost/∂a by {child.name}", rf"\partial\mathrm{{cost}}/\partial a{by}")
                mine = [Quantity(own, label)]
        terms += mine
    return terms


def _weighted(edge: Edge, number: Quantity, at: Quantities) -> Expression:
    """Return a number that passes along an edge: multiplied by Θ_ij or the dropout factor, or unchanged."""
    node = edge.target.node
    if edge.column is not None:
        return Product((at.theta(edge), number))
    if not isinstance(node.layer, Dropout) or node.mask is None:
        return number
    kept = Quantity(float(node.mask[at.example, edge.target.index - 1]), symbol("mask", edge.target))
    rate = Quantity(node.layer.rate, Symbol("p", layer=node.position))
    return Product((Quotient(kept, Sum((Number(1.0), Negative(rate)))), number))


def agree(terms: Sequence[Expression], value: float, node: Node) -> bool:
    """Return whether the terms add up to the value, up to the rounding of the node's dtype."""
    values = [term.value for term in terms]
    rounding = (2 + len(values)) * float(np.finfo(node.a.dtype).eps) * (sum(map(abs, values)) + abs(value))
    return bool(values) and abs(sum(values) - value) <= rounding


def _error(unit: Unit, child: Node, example: int) -> float:
    """Return ∂cost/∂a that a child sends to a unit, as the child's layer computes it."""
    at = _buffers(child)
    total = 0.0
    for index, parent in enumerate(child.parents):
        if parent is unit.node:
            out = at.errors[index][1:]
            child.layer.error(at, index, out)
            total += float(out[unit.index - 1, example])
    return total


def _buffers(node: Node) -> Buffers:
    """Return copies of a node's arrays in the layout that its layer expects."""
    at, layer = Buffers(), node.layer
    at.inputs = tuple(_with_bias(parent.a.T) for parent in node.parents)
    at.errors = tuple(np.zeros_like(values) for values in at.inputs)
    at.theta = layer.parameters() if layer.theta_shape([parent.size for parent in node.parents]) else np.empty((0, 0))
    at.weights = at.theta[:, 1:]
    at.z, at.delta = (np.ascontiguousarray(values.T) for values in (node.z, node.delta))
    at.output = _with_bias(node.a.T)
    at.a = at.output[1:]
    at.scratch = np.empty_like(at.z)
    factors = node.view("mask")
    at.mask = np.ascontiguousarray(factors.T) if factors.size else np.ones_like(at.z)
    at.generator = np.random.default_rng(0) if factors.size else None
    return at


def _with_bias(values: Array) -> Array:
    return np.concatenate([np.ones((1, values.shape[1]), values.dtype), values])

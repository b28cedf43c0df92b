"""The numbers of a network for one example, each with its symbol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.notation import Label, Symbol
from minigraph.engine.engine import Engine
from minigraph.errors import ArgumentError
from minigraph.functions.costs import Cost
from minigraph.graph.node import Edge, Layer, Node, Unit
from minigraph.inspection.cost_formulas import Output
from minigraph.inspection.derivation_lines import Derivation
from minigraph.inspection.explanation import Explanation
from minigraph.inspection.expressions import Expression, Quantity


class Quantities:
    """Reads z, a, δ, Θ and y of one example from the caches.

    Attributes:
        example: row of X, starting at 0; formulas start at 1.
    """

    def __init__(self, engine: Engine, example: int) -> None:
        self.engine = engine
        self.example = example

    def z(self, unit: Unit) -> Quantity:
        """Return z of a unit."""
        return Quantity(self._number(unit, "z"), symbol("z", unit))

    def a(self, unit: Unit) -> Quantity:
        """Return a of a unit."""
        return Quantity(self._number(unit, "a"), symbol("a", unit))

    def delta(self, unit: Unit) -> Quantity:
        """Return δ of a unit."""
        return Quantity(self._number(unit, "delta"), symbol("δ", unit))

    def theta(self, edge: Edge) -> Quantity:
        """Return Θ_ij of a trainable edge."""
        assert edge.column is not None
        number = self.engine.number_of(edge.target.node.layer)
        return Quantity(edge.weight, Symbol("Θ", (edge.target.index, edge.column), number))

    def x(self, unit: Unit) -> Quantity:
        """Return x of an input unit."""
        inputs = sum(not node.parents for node in self.engine.nodes)
        return Quantity(self._number(unit, "a"), Symbol("x", (unit.index,), unit.node.position if inputs > 1 else None))

    def y(self, unit: Unit) -> Quantity:
        """Return the target of an output unit."""
        outputs = sum(self.cost_at(node) is not None for node in self.engine.nodes)
        layer = unit.node.position if outputs > 1 else None
        return Quantity(float(unit.node.target[self.example, unit.index - 1]), Symbol("y", (unit.index,), layer))

    def row(self, node: Node, what: Literal["z", "a"]) -> list[Quantity]:
        """Return z or a of all units of a node."""
        return [getattr(self, what)(unit) for unit in node.units]

    def output(self, node: Node) -> Output | None:
        """Return y, a and z of an output node with its cost; None for other nodes."""
        cost = self.cost_at(node)
        if cost is None:
            return None
        y = [self.y(unit) for unit in node.units]
        z = self.row(node, "z") if node.parents else []
        return Output(cost, node.layer.activation, y, self.row(node, "a"), z)

    def cost_at(self, node: Node) -> Cost | None:
        """Return the cost of an output node; None for other nodes."""
        return self.engine.cost_at(node)

    @property
    def J(self) -> Quantity:
        """Return J of the last forward pass, with the targets of the last backward pass."""
        return Quantity(self.engine.cost(self.engine.current_objective()), Symbol("J"))

    @property
    def weights(self) -> Array | None:
        """The example weights of the last backward pass."""
        return self.engine.current_objective().weights

    @property
    def l2(self) -> float:
        """λ of the last backward pass."""
        return self.engine.current_objective().l2

    def weight(self) -> list[Quantity]:
        """Return the weight of the example as a list of factors, empty without weights."""
        return [] if self.weights is None else [weight(self.weights, self.example)]

    def nodes_of(self, layer: Layer) -> list[Node]:
        """Return the nodes that share a layer."""
        return [node for node in self.engine.nodes if node.layer is layer]

    def _number(self, unit: Unit, what: Literal["z", "a", "delta"]) -> float:
        values = getattr(unit, what)
        check_example(self.example, len(values))
        return float(values[self.example])


def explanation(
    derivations: Sequence[Derivation],
    node: Node,
    terms: Sequence[Expression] = (),
    units: Sequence[Unit] = (),
    notes: Sequence[tuple[Symbol | Label, str]] = (),
) -> Explanation:
    """Return an explanation of a number of a node, with the names of the units in it."""
    named = [(symbol("a", unit), unit.name) for unit in dict.fromkeys(units) if unit.name is not None]
    products = tuple(tuple(factor.value for factor in term.factors) for term in terms)
    return Explanation(tuple(derivations), products, tuple(named), tuple(notes), node.a.dtype)


def symbol(letter: str, unit: Unit, example: int | None = None) -> Symbol:
    """Return the symbol of a number of a unit, optionally for an example, starting at 0."""
    return Symbol(letter, (unit.index,), unit.node.position, None if example is None else example + 1)


def weight(weights: Array | Sequence[float], example: int) -> Quantity:
    """Return the weight of an example."""
    return Quantity(float(weights[example]), Symbol("w", (example + 1,)))


def total_weight(weights: Array | None, m: int) -> Quantity:
    """Return the divisor of the sum over the examples: m, or the sum of their weights."""
    if weights is None:
        return Quantity(float(m), Symbol("m"))
    return Quantity(float(weights.sum()), Label("Σw", r"\sum_i w_i"))


def check_example(example: int, m: int) -> None:
    """Raise ArgumentError if X has no such row."""
    if isinstance(example, bool) or not isinstance(example, (int, np.integer)) or not 0 <= example < m:
        raise ArgumentError(f"example: received {example!r}, expected a row of X, from 0 to {m - 1}")

"""Costs: the value cost(i) of each example, and its derivative δ at the output.

Inside the graph, arrays have one row per unit and one column per example.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, TypeAlias, get_args

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.config import Configurable
from minigraph.base.inheritance import reset_derived
from minigraph.errors import ArgumentError, nearest
from minigraph.functions.activations import ACTIVATIONS, Activation, ActivationName

CostName: TypeAlias = Literal["cross_entropy", "categorical_cross_entropy", "squared_error"]


class Cost(Configurable, ABC):
    """The cost of one example, as a function of the output a and the target y.

    To define your own, subclass it and implement `value` and `derivative`; `a` and `y` have shape
    (units, examples). The regularization term is not included: it is part of the network.

    >>> import numpy as np, minigraph as mg
    >>> class AbsoluteError(mg.Cost):
    ...     name = "absolute_error"
    ...     def value(self, a, y):
    ...         return np.abs(a - y).sum(axis=0)
    ...     def derivative(self, a, y, out):
    ...         np.sign(a - y, out=out)
    >>> net = mg.mlp([2, 3, 1], cost=AbsoluteError(), output_activation="identity", seed=1)
    >>> mg.check_gradient(net, [[0.1, 0.2], [0.3, 0.4]], [[5.0], [-5.0]]).passed
    True
    """

    name: str = "custom"
    canonical: ActivationName | None = None
    """The activation for which δ = a − y."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Reset whatever was derived from a `value` or `derivative` that the subclass overrides."""
        super().__init_subclass__(**kwargs)
        reset_derived(cls, Cost, ("value", "derivative"), ("canonical", "value_at", "delta", "delta_through"))

    @abstractmethod
    def value(self, a: Array, y: Array) -> Array:
        """Return cost(i) of each example, shape (examples,)."""

    @abstractmethod
    def derivative(self, a: Array, y: Array, out: Array) -> None:
        """Write ∂cost/∂a into `out`."""

    def check(self, y: Array, argument: str) -> None:
        """Raise ArgumentError if a target is outside the domain; here, `y` has one row per example."""

    def is_canonical_with(self, activation: Activation) -> bool:
        """Return whether δ = a − y for this activation."""
        return self.canonical is not None and type(activation) is type(ACTIVATIONS[self.canonical])

    def value_at(self, activation: Activation, z: Array, a: Array, y: Array) -> Array:
        """Return cost(i) for a = g(z), computed from z where that is more accurate."""
        return self.value(a, y)

    def delta(self, activation: Activation, z: Array, a: Array, y: Array, out: Array, scratch: Array) -> None:
        """Write δ = ∂cost/∂z into `out`: a − y for the canonical activation, otherwise by `delta_through`."""
        if self.is_canonical_with(activation):
            np.subtract(a, y, out)
        else:
            self.delta_through(activation, z, a, y, out, scratch)

    def delta_through(self, activation: Activation, z: Array, a: Array, y: Array, out: Array, scratch: Array) -> None:
        """Write δ for a non-canonical activation: ∂cost/∂a propagated through g."""
        self.derivative(a, y, out)
        activation.vjp(z, a, out, scratch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class SquaredError(Cost):
    """cost(i) = ½ Σ_k (a_k − y_k)²; ∂cost/∂a = a − y."""

    name = "squared_error"
    canonical: ActivationName | None = "identity"

    def value(self, a: Array, y: Array) -> Array:
        difference = a - y
        squares: Array = 0.5 * np.einsum("ki,ki->i", difference, difference)
        return squares

    def derivative(self, a: Array, y: Array, out: Array) -> None:
        np.subtract(a, y, out=out)


class CategoricalCrossEntropy(Cost):
    """cost(i) = −Σ_k y_k log a_k, for targets that are a distribution over the classes.

    With softmax, δ = (Σ_k y_k) a − y, and the targets of an example sum to 1.
    """

    name = "categorical_cross_entropy"
    canonical: ActivationName | None = "softmax"

    def value(self, a: Array, y: Array) -> Array:
        return -_weighted(y, np.log(a))

    def derivative(self, a: Array, y: Array, out: Array) -> None:
        out[...] = 0
        np.divide(y, a, out=out, where=y != 0)
        np.negative(out, out=out)

    def check(self, y: Array, argument: str) -> None:
        _require_probabilities(y, argument, self.name)
        sums = y.sum(axis=1)
        tolerance = 1e-4 if y.dtype == np.float32 else 1e-6
        wrong = np.flatnonzero(np.abs(sums - 1) > tolerance)
        if wrong.size:
            row = int(wrong[0])
            raise ArgumentError(
                f"{argument}: received row {row} with sum {sums[row]:.6g}, expected rows that sum to 1"
                " for categorical_cross_entropy (mg.one_hot creates them from labels)"
            )

    def value_at(self, activation: Activation, z: Array, a: Array, y: Array) -> Array:
        return -_weighted(y, activation.log(z, a))

    def delta_through(self, activation: Activation, z: Array, a: Array, y: Array, out: Array, scratch: Array) -> None:
        np.negative(y, out=out)
        activation.log_vjp(z, a, out, scratch)


class CrossEntropy(Cost):
    """cost(i) = −Σ_k [y_k log a_k + (1 − y_k) log(1 − a_k)]: one-vs-all, one binary decision per unit.

    The lecture omits the minus sign of cost(i).
    """

    name = "cross_entropy"
    canonical: ActivationName | None = "sigmoid"

    def value(self, a: Array, y: Array) -> Array:
        return -_weighted(y, np.log(a)) - _weighted(1 - y, np.log1p(-a))

    def derivative(self, a: Array, y: Array, out: Array) -> None:
        complement = np.zeros_like(a)
        np.divide(1 - y, 1 - a, out=complement, where=y != 1)
        out[...] = 0
        np.divide(y, a, out=out, where=y != 0)
        np.subtract(complement, out, out=out)

    def check(self, y: Array, argument: str) -> None:
        _require_probabilities(y, argument, self.name)

    def value_at(self, activation: Activation, z: Array, a: Array, y: Array) -> Array:
        if self.is_canonical_with(activation):
            # softplus(z) − y z = log(1 + e^−|z|) + (1[z > 0] − y) z: accurate for all z
            terms = np.abs(z)
            np.negative(terms, out=terms)
            np.exp(terms, out=terms)
            np.log1p(terms, out=terms)
            terms += ((z > 0) - y) * z
            total: Array = np.add.reduce(terms, axis=0)
            return total
        return -_weighted(y, activation.log(z, a)) - _weighted(1 - y, activation.log_complement(z, a))

    def delta_through(self, activation: Activation, z: Array, a: Array, y: Array, out: Array, scratch: Array) -> None:
        no = y - 1
        activation.log_complement_vjp(z, a, no, scratch)
        np.negative(y, out=out)
        activation.log_vjp(z, a, out, scratch)
        out += no


def _weighted(weights: Array, logarithms: Array) -> Array:
    """Return Σ_k w_k log_k with 0 · log 0 = 0."""
    terms = np.zeros_like(logarithms)
    np.multiply(weights, logarithms, out=terms, where=weights != 0)
    total: Array = terms.sum(axis=0)
    return total


def _require_probabilities(y: Array, argument: str, cost: str) -> None:
    if y.min() < 0 or y.max() > 1:
        row, column = (int(index[0]) for index in np.nonzero((y < 0) | (y > 1)))
        raise ArgumentError(
            f"{argument}: received {y[row, column]:.6g} at row {row}, column {column}, expected targets"
            f" from 0 to 1 for {cost} (squared_error accepts any)"
        )


COSTS: dict[str, Cost] = {cost.name: cost for cost in (CrossEntropy(), CategoricalCrossEntropy(), SquaredError())}
assert set(COSTS) == set(get_args(CostName))


def as_cost(cost: CostName | Cost, argument: str = "cost") -> Cost:
    """Return the cost with that name, or the given object itself.

    Raises:
        ArgumentError: no cost has that name; the message gives the nearest one.

    >>> as_cost("squared_error")
    SquaredError()
    """
    if isinstance(cost, Cost):
        return cost
    if not isinstance(cost, str) or cost not in COSTS:
        raise ArgumentError(f"{argument}: received {cost!r}, expected a Cost or a name{nearest(cost, COSTS)}")
    return COSTS[cost]

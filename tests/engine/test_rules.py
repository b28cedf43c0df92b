"""Each rule is written once: what a class says is what both passes, `fit`, the gradient check and a caller run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import get_args

import numpy as np
import pytest

import minigraph as mg
from minigraph import ActivationName, Array
from minigraph.functions.activations import ACTIVATIONS
from minigraph.graph.buffers import Buffers

X = np.random.default_rng(0).normal(size=(6, 3))
Y = np.random.default_rng(1).uniform(0.2, 0.8, size=(6, 2))
Rule = Callable[..., None]


def network(activation: ActivationName | mg.Activation = "sigmoid") -> mg.Network[Array]:
    return mg.mlp([3, 5, 2], activation, seed=1)


def twice(rule: Rule, result: Callable[..., Array]) -> Rule:
    """Return a rule that gives the double of what `rule` gives."""

    def wrong(*arguments: object) -> None:
        rule(*arguments)
        result(*arguments)[...] *= 2

    return wrong


def trained(net: mg.Network[Array]) -> Array:
    mg.fit(net, X, Y, "gradient_descent", epochs=3, batch_size=2, shuffle=False, progress=False)
    return net.unroll()


WRONG: dict[str, tuple[type, str, Callable[..., Array]]] = {
    **{
        f"{kind.__name__}.vjp": (kind, "vjp", lambda self, z, a, error, scratch: error)
        for kind in map(type, ACTIVATIONS.values())
    },
    "Dense.error": (mg.Dense, "error", lambda self, at, parent, out: at.errors[parent]),
    "Dense.accumulate": (mg.Dense, "accumulate", lambda self, at, out: out),
    "CrossEntropy.delta": (mg.CrossEntropy, "delta", lambda self, g, z, a, y, out, scratch: out),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_derivative_is_noticed_everywhere(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, method, result = WRONG[name]
    activation: ActivationName = kind.name if issubclass(kind, mg.Activation) else "tanh"  # type: ignore[assignment]
    net = network(activation)
    assert mg.check_gradient(net, X, Y).passed
    net.forward(X)
    net.backward(Y)
    gradient, right = net.engine.parameters.gradient_vector.copy(), trained(network(activation))
    monkeypatch.setattr(kind, method, twice(getattr(kind, method), result))
    # The network has planned its passes already, and plans them anew.
    assert not mg.check_gradient(net, X, Y).passed
    net.forward(X)
    net.backward(Y)
    assert not np.allclose(net.engine.parameters.gradient_vector, gradient)
    assert not np.allclose(trained(network(activation)), right)
    monkeypatch.undo()
    assert mg.check_gradient(net, X, Y).passed


@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_a_wrong_value_is_noticed(activation: ActivationName, monkeypatch: pytest.MonkeyPatch) -> None:
    net, kind = network(activation), type(ACTIVATIONS[activation])
    right = net.predict(X)
    monkeypatch.setattr(kind, "value", twice(kind.value, lambda self, z, a, scratch: a))
    assert not np.allclose(net.predict(X), right)
    assert not np.allclose(net.forward(X), right)


class Steep(mg.Sigmoid):
    """σ(3z), by a value and a vjp of its own."""

    name = "steep"

    def value(self, z: Array, a: Array, scratch: Array) -> None:
        np.copyto(a, 1 / (1 + np.exp(-3 * z)))

    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        error *= 3 * a * (1 - a)


class Doubled(mg.Identity):
    """2z, derived from a class whose z and a are one array."""

    name = "doubled"

    def value(self, z: Array, a: Array, scratch: Array) -> None:
        np.multiply(z, 2, out=a)

    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        error *= 2


@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", [Steep(), Doubled()], ids=repr)
def test_a_subclass_is_honoured_in_hidden_units_and_at_outputs(activation: mg.Activation, cost: mg.CostName) -> None:
    output: mg.Activation = mg.Sigmoid() if cost == "cross_entropy" and isinstance(activation, Doubled) else activation
    net = mg.mlp([3, 5, 2], activation, output, cost, seed=1)
    assert mg.check_gradient(net, X, Y).passed
    net.forward(X)
    z, a = net.node(2).z, net.node(2).a
    expected = 2 * z if isinstance(activation, Doubled) else 1 / (1 + np.exp(-3 * z))
    np.testing.assert_allclose(a, expected, rtol=1e-14)


def test_the_cost_of_a_subclass_at_an_output_is_taken_from_its_own_value() -> None:
    """Sigmoid's logarithms of its own z would be wrong here."""
    net = mg.mlp([3, 2], output_activation=Steep(), seed=1)
    h = net.predict(X)
    J = -(Y * np.log(h) + (1 - Y) * np.log(1 - h)).sum() / len(X)
    assert net.cost(X, Y) == pytest.approx(J, rel=1e-12)


class Halved(mg.CrossEntropy):
    """Half of the cross entropy, by a value and a derivative of its own."""

    name = "halved"

    def value(self, a: Array, y: Array) -> Array:
        half: Array = super().value(a, y) / 2
        return half

    def derivative(self, a: Array, y: Array, out: Array) -> None:
        super().derivative(a, y, out)
        out /= 2


def test_a_derived_cost_is_honoured() -> None:
    net = mg.mlp([3, 5, 2], output_activation="sigmoid", cost=Halved(), seed=1)
    assert mg.check_gradient(net, X, Y).passed
    assert net.cost(X, Y) == pytest.approx(network().cost(X, Y) / 2, rel=1e-12)


class Negative(mg.Dense):
    """z = −Θ a, derived from Dense."""

    def forward(self, at: Buffers) -> None:
        super().forward(at)
        np.negative(at.z, at.z)

    def error(self, at: Buffers, parent: int, out: Array) -> None:
        super().error(at, parent, out)
        np.negative(out, out)

    def accumulate(self, at: Buffers, out: Array) -> None:
        super().accumulate(at, out)
        np.negative(out, out)


def test_a_derived_layer_is_honoured() -> None:
    x = mg.Input(3)
    net = mg.Network(x, mg.Dense(2)(Negative(4, "tanh", name="h")(x)), seed=1)
    assert mg.check_gradient(net, X, Y).passed
    net.forward(X)
    h = net.node("h")
    np.testing.assert_allclose(h.z, -(h.layer.theta[:, 1:] @ X.T + h.layer.theta[:, :1]).T, rtol=1e-13)


# Rules that only look like the built-in ones


class Wrapped(mg.Sigmoid):
    """Half of σ(z), by a method that `functools.wraps` dresses as Sigmoid's."""

    @functools.wraps(mg.Sigmoid.value)
    def value(self, z: Array, a: Array, scratch: Array) -> None:  # type: ignore[override]
        super().value(z, a, scratch)
        np.multiply(a, 0.5, a)

    @functools.wraps(mg.Sigmoid.vjp)
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:  # type: ignore[override]
        super().vjp(z, 2 * a, error, scratch)
        np.multiply(error, 0.5, error)


def test_a_wrapped_rule_is_called_and_not_what_it_wraps() -> None:
    net = mg.mlp([3, 5, 2], Wrapped(), seed=1)
    net.forward(X)
    np.testing.assert_allclose(net.node(2).a, 0.5 / (1 + np.exp(-net.node(2).z)), rtol=1e-14)
    assert mg.check_gradient(net, X, Y).passed


def test_what_passes_are_planned_with_cannot_be_changed() -> None:
    x = mg.Input(2)
    dense = mg.Dense(2, mg.LeakyRelu(0.1), links=[[1, 0], [1, 1]])
    net = mg.Network(x, dense(x), cost="squared_error")
    before = net.predict([[1.0, -1.0]])
    with pytest.raises(AttributeError):
        dense.activation.slope = 0.5  # type: ignore[attr-defined]
    with pytest.raises(mg.GraphError, match=r"activation: .* belongs to a network"):
        dense.activation = mg.Tanh()
    with pytest.raises(mg.GraphError, match=r"links: .* belongs to a network"):
        dense.links = None
    assert dense.links is not None
    with pytest.raises(ValueError, match="read-only"):
        dense.links[0, 1] = True
    with pytest.raises(mg.ArgumentError, match=r"value: cannot be set on Sigmoid\(\); derive a class"):
        mg.Sigmoid().value = dense.activation.value  # type: ignore[method-assign]
    assert np.array_equal(net.predict([[1.0, -1.0]]), before)


class Absolute(mg.Cost):
    """Σ |a − y|."""

    name = "absolute"

    def value(self, a: Array, y: Array) -> Array:
        total: Array = np.abs(a - y).sum(axis=0)
        return total

    def derivative(self, a: Array, y: Array, out: Array) -> None:
        np.sign(a - y, out=out)


class Mixed(Absolute, mg.SquaredError):
    """Takes the rules of one cost, and nothing that was derived from those of the other."""


class Own(mg.SquaredError):
    """A cost with a δ of its own, which holds for its own value only."""

    def value(self, a: Array, y: Array) -> Array:
        return 2 * super().value(a, y)

    def derivative(self, a: Array, y: Array, out: Array) -> None:
        np.multiply(a - y, 2, out=out)

    def delta(self, activation: mg.Activation, z: Array, a: Array, y: Array, out: Array, scratch: Array) -> None:
        np.multiply(a - y, 2, out=out)


class Tripled(Own):
    """Replaces the value that `Own.delta` belongs to."""

    def value(self, a: Array, y: Array) -> Array:
        return 1.5 * super().value(a, y)

    def derivative(self, a: Array, y: Array, out: Array) -> None:
        np.multiply(a - y, 3, out=out)


@pytest.mark.parametrize("cost", [Mixed(), Own(), Tripled()], ids=repr)
def test_a_class_inherits_no_shortcut_of_a_rule_that_it_does_not_use(cost: mg.Cost) -> None:
    net = mg.mlp([3, 5, 2], output_activation="identity", cost=cost, seed=1)
    assert mg.check_gradient(net, X, Y + 3).passed


class Branch(mg.Dense):
    """A dense layer that draws one edge only."""

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[tuple[int, int, int | None]]:
        yield 0, 1, 1


def test_edges_follow_a_subclass_in_both_directions() -> None:
    x = mg.Input(2)
    net = mg.Network(x, Branch(2, name="y")(x))
    into = net.node("y").unit(1).inputs + net.node("y").unit(2).inputs
    assert [unit.outputs for unit in x.units] == [into, ()]

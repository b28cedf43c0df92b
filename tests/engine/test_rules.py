"""Each rule is written once: what a class says is what both passes, `fit`, the gradient check and a caller run."""

from __future__ import annotations

from collections.abc import Callable
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

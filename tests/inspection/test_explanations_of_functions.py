"""Explanations of every activation and cost, of users' own, and where numbers lose their digits."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence

import mpmath
import numpy as np
import printed
import pytest

import minigraph as mg
from minigraph.functions.activations import ACTIVATIONS

X = [[0.5, -1.0], [2.0, 0.1], [1.0, 1.0]]
Y = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]


class Square(mg.Activation):
    name = "square"

    def value(self, z: mg.Array, a: mg.Array, scratch: mg.Array) -> None:
        np.multiply(z, z, out=a)

    def vjp(self, z: mg.Array, a: mg.Array, error: mg.Array, scratch: mg.Array) -> None:
        error *= 2 * z


class Share(mg.Activation):
    """a_k = z_k / Σ_j z_j, which joins the units as softmax does."""

    name = "share"

    def value(self, z: mg.Array, a: mg.Array, scratch: mg.Array) -> None:
        np.divide(z, z.sum(axis=0), out=a)

    def vjp(self, z: mg.Array, a: mg.Array, error: mg.Array, scratch: mg.Array) -> None:
        error[...] = (error - (error * a).sum(axis=0)) / z.sum(axis=0)


class WrongTanh(mg.Tanh):
    """The name and the value of tanh, another derivative."""

    def vjp(self, z: mg.Array, a: mg.Array, error: mg.Array, scratch: mg.Array) -> None:
        error *= 1 - a


class Multiply(mg.Layer):
    kind = "multiply"

    def output_size(self, sizes: Sequence[int]) -> int:
        return sizes[0]

    def forward(self, at: mg.Buffers) -> None:
        np.multiply(at.inputs[0][1:], at.inputs[1][1:], out=at.z)

    def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None:
        np.multiply(at.delta, at.inputs[1 - parent][1:], out=out)


class Scale(mg.Layer):
    """z_j = Θ_j0 + Θ_j1 a_j, with links that say so."""

    kind = "scale"

    def __init__(self) -> None:
        self.initializer = mg.Uniform(1.0)

    def output_size(self, sizes: Sequence[int]) -> int:
        return sizes[0]

    def theta_shape(self, sizes: Sequence[int]) -> tuple[int, int]:
        return sizes[0], 2

    def forward(self, at: mg.Buffers) -> None:
        at.z[...] = at.theta[:, 1:] * at.inputs[0][1:] + at.theta[:, :1]

    def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None:
        np.multiply(at.delta, at.theta[:, 1:], out=out)

    def accumulate(self, at: mg.Buffers, out: mg.Array) -> None:
        out[:, 0] = at.delta.sum(axis=1)
        out[:, 1] = (at.delta * at.inputs[0][1:]).sum(axis=1)

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        yield 0, 0, 0
        yield 0, j, 1


class Forgetful(Scale):
    """`Scale` that sends errors back and collects Δ without Θ and a: its links do not say what it does."""

    kind = "forgetful"

    def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None:
        np.copyto(out, at.delta)

    def accumulate(self, at: mg.Buffers, out: mg.Array) -> None:
        out[...] = 0.125


class AbsoluteError(mg.Cost):
    name = "absolute_error"

    def value(self, a: mg.Array, y: mg.Array) -> mg.Array:
        total: mg.Array = np.abs(a - y).sum(axis=0)
        return total

    def derivative(self, a: mg.Array, y: mg.Array, out: mg.Array) -> None:
        np.sign(a - y, out=out)


def explained(unit: mg.Unit, what: str, example: int = 0) -> mg.Explanation:
    """Explain a number whose printed lines all hold."""
    explanation = mg.explain(unit, what, example)  # type: ignore[call-overload]
    assert isinstance(explanation, mg.Explanation)
    check = explanation.check()
    assert check.passed, f"{check}\n{explanation}"
    assert str(check).endswith("lines give the value in the cache")
    return explanation


def rows(explanation: mg.Explanation) -> list[str]:
    return [row.partition("= ")[2] for row in printed.joined(explanation.text)]


def hidden_unit(activation: mg.ActivationName | mg.Activation, z: float) -> mg.Unit:
    """Return a hidden unit with this z and the δ behind it 2·(−0.5): δ = −g′(z)."""
    net = mg.mlp([1, 1, 1], activation=activation, cost="squared_error", output_activation="identity", seed=0)
    net.assign([z, 0.0, 0.0, 2.0])
    a = net.forward([[1.0]])
    net.backward(a + 0.5)
    return net.node(2).unit(1)


def test_every_activation_is_covered() -> None:
    assert {*FORMULAS, "softmax"} == set(ACTIVATIONS)


FORMULAS = {
    # g, g′ and both with numbers for z = −0.75, then for z = 0.5
    "sigmoid": ("1/(1 + e^(−z₁⁽²⁾))", "a₁⁽²⁾ (1 − a₁⁽²⁾)", "1/(1 + e^0.75)", "1/(1 + e^(−0.5))"),
    "tanh": ("tanh z₁⁽²⁾", "(1 − (a₁⁽²⁾)²)", "tanh(−0.75)", "tanh 0.5"),
    "relu": ("max(z₁⁽²⁾, 0)", "g′(z₁⁽²⁾)", "max(−0.75, 0)", "max(0.5, 0)"),
    "leaky_relu": ("max(z₁⁽²⁾, 0.01 z₁⁽²⁾)", "g′(z₁⁽²⁾)", "max(−0.75, 0.01·(−0.75))", "max(0.5, 0.01·0.5)"),
    "elu": ("e^z₁⁽²⁾ − 1 for z₁⁽²⁾ ≤ 0", "e^z₁⁽²⁾ for z₁⁽²⁾ ≤ 0", "e^(−0.75) − 1", "0.5"),
    "softplus": ("log(1 + e^z₁⁽²⁾)", "(1/(1 + e^(−z₁⁽²⁾)))", "log(1 + e^(−0.75))", "log(1 + e^0.5)"),
    "silu": ("z₁⁽²⁾/(1 + e^(−z₁⁽²⁾))", "(a₁⁽²⁾ + σ(z₁⁽²⁾) (1 − a₁⁽²⁾))", "−0.75/(1 + e^0.75)", "0.5/(1 + e^(−0.5))"),
    "gelu": ("z₁⁽²⁾ Φ(z₁⁽²⁾)", "(Φ(z₁⁽²⁾) + z₁⁽²⁾ φ(z₁⁽²⁾))", "(−0.75)·Φ(−0.75)", "0.5·Φ(0.5)"),
    "identity": ("z₁⁽²⁾", "", "−0.75", "0.5"),
}
TRUE = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "relu": lambda z: max(z, 0),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "identity": lambda z: z,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_of_activations(name: mg.ActivationName) -> None:
    formula, slope, below, above = FORMULAS[name]
    low, high = hidden_unit(name, -0.75), hidden_unit(name, 0.5)
    assert formula in rows(explained(low, "a"))
    assert below in rows(explained(low, "a"))
    assert above in rows(explained(high, "a"))
    assert f"Θ₁₁⁽²⁾ δ₁⁽³⁾ {slope}".strip() in rows(explained(low, "delta"))
    for unit, z in ((low, -0.75), (high, 0.5)):
        assert explained(unit, "a").value == pytest.approx(float(TRUE[name](z)), rel=1e-14)
        explanation = explained(unit, "delta")
        assert explanation.value == pytest.approx(-float(mpmath.diff(TRUE[name], z)), rel=1e-9)
        if name not in ("relu", "leaky_relu", "elu"):
            continue
        g = printed.results(explanation.text).get("g′(z₁⁽²⁾)")
        assert g is None if name == "elu" and z < 0 else g == float(mpmath.diff(TRUE[name], z).real)


@pytest.mark.parametrize(("name", "z", "text"), [
    ("relu", 1.0, "1 for z₁⁽²⁾ > 0"), ("relu", 0.0, "0 for z₁⁽²⁾ ≤ 0"), ("relu", -1.0, "0 for z₁⁽²⁾ ≤ 0"),
    ("leaky_relu", 1.0, "1 for z₁⁽²⁾ > 0"), ("leaky_relu", 0.0, "0.01 for z₁⁽²⁾ ≤ 0"), ("elu", 1.0, "1 for z₁⁽²⁾ > 0"),
])  # fmt: skip
def test_constant_slopes_say_for_which_z(name: mg.ActivationName, z: float, text: str) -> None:
    assert rows(explained(hidden_unit(name, z), "delta"))[-1] == text


def test_a_slope_of_a_leaky_relu_of_ones_own() -> None:
    unit = hidden_unit(mg.LeakyRelu(0.3), -2.0)
    assert rows(explained(unit, "a")) == ["g(z₁⁽²⁾)", "max(z₁⁽²⁾, 0.3 z₁⁽²⁾)", "max(−2, 0.3·(−2))", "−0.6"]
    assert rows(explained(unit, "delta"))[-1] == "0.3 for z₁⁽²⁾ ≤ 0"


def test_softmax_shows_each_power_and_their_sum() -> None:
    net = mg.mlp([1, 3], output_activation="softmax", cost="categorical_cross_entropy", seed=0)
    net.assign([0.5, 0, 1.2, 0, -0.3, 0])
    net.forward([[1.0]])
    assert rows(explained(net.node(2).unit(1), "a")) == [
        "e^z₁⁽²⁾/(e^z₁⁽²⁾ + e^z₂⁽²⁾ + e^z₃⁽²⁾)",
        "e^0.5/(e^0.5 + e^1.2 + e^(−0.3))",
        "1.64872/(1.64872 + 3.32012 + 0.740818)",
        "1.64872/5.70966",
        "0.28876",
    ]


def test_the_jacobian_of_a_hidden_softmax() -> None:
    net = mg.mlp([1, 2, 1], activation="softmax", output_activation="identity", cost="squared_error", seed=0)
    net.assign([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0])
    net.forward([[1.0]])  # a = (½, ½), output 2
    net.backward([1.0])  # δ = 1
    assert mg.explain(net.node(2).unit(1), "delta").text.splitlines() == [
        "δ₁⁽²⁾ = (∂cost/∂a₁⁽²⁾) a₁⁽²⁾ (1 − a₁⁽²⁾) − (∂cost/∂a₂⁽²⁾) a₁⁽²⁾ a₂⁽²⁾",
        "      = 1·0.5·(1 − 0.5) − 3·0.5·0.5",
        "      = 0.25 + (−0.75)",
        "      = −0.5",
        "∂cost/∂a₁⁽²⁾ = Θ₁₁⁽²⁾ δ₁⁽³⁾",
        "             = 1·1",
        "             = 1",
        "∂cost/∂a₂⁽²⁾ = Θ₁₂⁽²⁾ δ₁⁽³⁾",
        "             = 3·1",
        "             = 3",
    ]
    assert mg.explain(net.node(2).unit(1), "delta").terms == ((1.0, 0.5, 0.5), (-1.0, 3.0, 0.5, 0.5))


def test_a_hidden_delta_holds_the_slope_by_hand() -> None:
    unit = hidden_unit("sigmoid", 0.0)
    assert mg.explain(unit, "delta").text.splitlines() == [
        "δ₁⁽²⁾ = Θ₁₁⁽²⁾ δ₁⁽³⁾ a₁⁽²⁾ (1 − a₁⁽²⁾)",
        "      = 2·(−0.5)·0.5·(1 − 0.5)",
        "      = 2·(−0.5)·0.5·0.5",
        "      = −0.25",
    ]
    assert mg.explain(hidden_unit("identity", 0.0), "delta").text.splitlines() == [
        "δ₁⁽²⁾ = Θ₁₁⁽²⁾ δ₁⁽³⁾",
        "      = 2·(−0.5)",
        "      = −1",
    ]


@pytest.mark.parametrize(
    ("cost", "activation", "expected"),
    [
        ("cross_entropy", "tanh", "((1 − y₁)/(1 − a₁⁽²⁾) − y₁/a₁⁽²⁾) (1 − (a₁⁽²⁾)²)"),
        ("categorical_cross_entropy", "sigmoid", "(−y₁/a₁⁽²⁾) a₁⁽²⁾ (1 − a₁⁽²⁾)"),
        ("squared_error", "sigmoid", "(a₁⁽²⁾ − y₁) a₁⁽²⁾ (1 − a₁⁽²⁾)"),
        ("squared_error", "identity", "a₁⁽²⁾ − y₁"),
        ("cross_entropy", "sigmoid", "a₁⁽²⁾ − y₁"),
    ],
)
@pytest.mark.parametrize("weights", [None, [1.5, 2.0, 0.25]])
def test_delta_at_an_output(
    cost: mg.CostName, activation: mg.ActivationName, expected: str, weights: list[float] | None
) -> None:
    net = mg.mlp([2, 2], output_activation=activation, cost=cost, seed=0)
    net.assign([0.5, 0.1, 0.2, 0.5, 0.1, 0.1])
    net.forward(X)
    net.backward(Y, weights)
    for example in range(3):
        explanation = explained(net.node(2).unit(1), "delta", example)
        if weights is None:
            assert rows(explanation)[0] == expected
        else:
            assert rows(explanation)[0].startswith(f"w{'₁₂₃'[example]} ")
            assert f"{printed.number('−' * (weights[example] < 0) + str(weights[example])):g}·" in explanation.text


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5]])
def test_an_output_with_children_has_both_parts(weights: list[float] | None) -> None:
    x = mg.Input(2)
    h = mg.Dense(2, "sigmoid")(x)
    net = mg.Network(x, [h, mg.Dense(1)(h)], seed=0)
    net.forward(X)
    net.backward([np.array(Y), np.array([1.0, 0.0, 1.0])], weights)
    explanation = explained(net.node(2).unit(1), "delta", 1)
    weight = "w₂ " if weights else ""
    expected = f"Θ₁₁⁽²⁾ δ₁⁽³⁾ a₁⁽²⁾ (1 − a₁⁽²⁾) + {weight}(a₁⁽²⁾ − y₁⁽²⁾)"
    assert rows(explanation)[0] == expected


def test_cost_is_expanded_by_output_and_term() -> None:
    x = mg.Input(1)
    net = mg.Network(
        x, [mg.Dense(2, name="c")(x), mg.Dense(1, "identity", name="s")(x)], ["cross_entropy", "squared_error"], l2=3.0
    )
    net.assign([0.0, 0.0, 0.0, 0.0, 0.5, 2.0])
    net.forward([[1.0], [0.0]])
    net.backward([np.array([[1.0, 0.0], [0.25, 0.0]]), np.array([1.0, 0.0])])
    explanation = mg.explain(net, "cost", 1)
    assert explanation.check().passed
    assert explanation.text.splitlines() == [
        "J = (cost(1) + cost(2))/m + (λ/(2 m)) ΣΘ²",
        "  = (2.51129 + 1.51129)/2 + (3/(2·2))·4",
        "  = 5.01129",
        "cost(2) = cost⁽²⁾(2) + cost⁽³⁾(2)",
        "        = 1.38629 + 0.125",
        "        = 1.51129",
        "cost⁽²⁾(2) = −(y₁⁽²⁾ log a₁⁽²⁾ + (1 − y₁⁽²⁾) log(1 − a₁⁽²⁾) + y₂⁽²⁾ log a₂⁽²⁾",
        "                + (1 − y₂⁽²⁾) log(1 − a₂⁽²⁾))",
        "           = −(0.25·log 0.5 + (1 − 0.25)·log(1 − 0.5) + 0·log 0.5 + (1 − 0)·log(1 − 0.5))",
        "           = −(0.25·(−0.693147) + (1 − 0.25)·(−0.693147) + 0·(−0.693147) + (1 − 0)·(−0.693147))",
        "           = 1.38629",
        "cost⁽³⁾(2) = 0.5 (a₁⁽³⁾ − y₁⁽³⁾)²",
        "           = 0.5·(0.5 − 0)²",
        "           = 0.125",
        "ΣΘ² = (Θ₁₁⁽²⁾)² + … (2 more terms)",
        "    = 2² + 0 (2 more terms)",
        "    = 4",
        "with (i): row i of X, counted from 1, cost⁽²⁾: cross_entropy at c, cost⁽³⁾: squared_error at s",
    ]


def test_dropout_divides_by_the_share_that_stays() -> None:
    x = mg.Input(2)
    net = mg.Network(x, mg.Dense(2)(mg.Dropout(0.25)(mg.Dense(2, name="h")(x))), seed=4)
    net.forward(X, training=True)
    net.backward(Y)
    mask = net.node(3).mask
    assert mask is not None
    for example, unit in np.ndindex(mask.shape):
        on = int(mask[example, unit])
        z = explained(net.node(3).unit(unit + 1), "z", example)
        assert rows(z)[1].startswith(f"({on}/(1 − 0.25))·")
        assert f"({on}/(1 − 0.25))·" in explained(net.node("h").unit(unit + 1), "delta", example).text
    net.forward(X)
    assert rows(explained(net.node(3).unit(1), "z"))[0] == "a₁⁽²⁾"


def test_nodes_that_share_a_layer_and_examples_are_told_apart() -> None:
    x = mg.Input(1, name="x")
    shared = mg.Dense(1, "tanh")
    net = mg.Network(x, shared(shared(x)), cost="squared_error", seed=0)
    net.forward([[0.5], [1.0]])
    net.backward([[0.0], [1.0]], [1.0, 3.0])
    explanation = mg.explain(net.node(2).unit(1).inputs[1], "gradient")
    assert explanation.check().passed
    lines = explanation.text.splitlines()
    assert lines[0] == "D₁₁⁽¹⁾ = Δ₁₁⁽¹⁾/(Σw)"
    assert lines[3].partition("= ")[2] == (
        "δ₁⁽²⁾[1] a₁⁽¹⁾[1] + δ₁⁽²⁾[2] a₁⁽¹⁾[2] + δ₁⁽³⁾[1] a₁⁽²⁾[1] + δ₁⁽³⁾[2] a₁⁽²⁾[2]"
    )
    assert lines[-1] == "with [i]: row i of X, counted from 1"


def custom_network(weights: list[float] | None = None) -> mg.Network[mg.Array]:
    x = mg.Input(2)
    h = mg.Dense(3, Square(), name="h")(x)
    share = mg.Dense(3, Share(), name="share")(h)
    left, right = mg.Dense(3, WrongTanh(), name="wrong")(share), Scale()(share)
    net = mg.Network(x, Multiply()([Forgetful()(left), right]), AbsoluteError(), seed=1)
    net.forward(X)
    net.backward(np.eye(3), weights)
    return net


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5]])
def test_functions_and_layers_of_ones_own(weights: list[float] | None) -> None:
    net = custom_network(weights)
    symbols = printed.symbols_of(net, 1, weights)
    for node in net.nodes[1:]:
        for unit in node.units:
            for what in ("z", "a", "delta"):
                explanation = explained(unit, what, 1)
                known = {**printed.results(explanation.text), **symbols}
                for line in printed.lines(explanation.text):
                    if "by " not in line.formula and "/∂z" not in line.formula and "∂cost/∂a" not in line.formula:
                        given = printed.evaluate(line.formula, known, 1e-16)
                        assert given is not None
                        assert given.value == pytest.approx(line.result, abs=given.error + 1e-5 * abs(line.result))
            for edge in unit.inputs:
                if edge.is_trainable:
                    assert mg.explain(edge, "gradient").check().passed
    assert rows(explained(net.node("h").unit(1), "a", 1))[1] == "square(z₁⁽²⁾)"
    assert "g′(z₁⁽²⁾) = the value computed by Square()" in explained(net.node("h").unit(1), "delta").text
    assert rows(explained(net.node("share").unit(2), "a"))[0] == "the value computed by Share()"
    assert "∂a₁⁽³⁾/∂z₂⁽³⁾" in explained(net.node("share").unit(2), "delta").text
    assert "g′(z₁⁽⁴⁾)" in explained(net.node("wrong").unit(1), "delta").text  # not 1 − a², which it has only inherited
    assert "∂cost/∂a by forgetful" in explained(net.node("wrong").unit(1), "delta").text  # not Θ δ, as its links say
    scale = next(node for node in net.nodes if type(node.layer) is Scale)
    assert "Θ₁₁⁽" in explained(scale.unit(1), "z").text  # its links say what it does
    assert "δ₁⁽" in mg.explain(scale.unit(1).inputs[1], "gradient").text
    forgetful = next(node for node in net.nodes if type(node.layer) is Forgetful)
    assert "computed by Forgetful()" in mg.explain(forgetful.unit(1).inputs[1], "gradient").text
    assert "computed by Multiply()" in explained(net.nodes[-1].unit(1), "z").text
    assert "cost(1) = the value computed by AbsoluteError()" in mg.explain(net, "cost").text


@pytest.mark.parametrize(("z", "y"), [(40.0, 0.0), (-40.0, 1.0), (800.0, 0.0), (-800.0, 1.0), (15.0, 1.0), (15.0, 0.0)])
def test_saturated_outputs(z: float, y: float) -> None:
    net = mg.mlp([1, 1], seed=0)
    net.assign([z, 0.0])
    net.forward([[0.0]])
    net.backward([y])
    explanation = mg.explain(net, "cost")
    assert explanation.check().passed
    assert explanation.value == pytest.approx(float(mpmath.log1p(mpmath.exp(z)) - y * z), rel=1e-14)
    symbols = printed.results(explanation.text)
    for line in printed.lines(explanation.text):
        if not {"y", "m"} & set(line.formula):
            given = printed.evaluate(line.formula, symbols, 1e-16)
            assert given is not None
            assert given.value == pytest.approx(line.result, rel=1e-4)
    explained(net.node(2).unit(1), "delta")


def test_lines_show_as_many_digits_as_it_takes() -> None:
    unit = hidden_unit("sigmoid", 15.0)
    text = explained(unit, "delta").text.splitlines()[1]
    assert text == "      = 2·(−0.5)·0.999999694098·(1 − 0.999999694098)"


@pytest.mark.parametrize("cost", ["cross_entropy", "categorical_cross_entropy"])
def test_a_softmax_far_from_its_target(cost: mg.CostName) -> None:
    for size in (1.0, 100.0, 1000.0):
        net = mg.mlp([2, 3], output_activation="softmax", cost=cost, seed=0)
        net.assign([0, size, 0, 0, 0, size, 0, 1, 1])
        net.forward([[1, 1.1]])
        net.backward([[0, 0, 1.0]])
        assert mg.explain(net, "cost").check().passed
        for unit in net.node(2).units:
            explained(unit, "a")
            assert "nan" not in explained(unit, "delta").text


def test_explanations_can_be_pickled() -> None:
    net = custom_network()
    explanation = mg.explain(net.node("wrong").unit(1), "a")
    again = pickle.loads(pickle.dumps(explanation))
    assert (again.text, again.latex, again.value) == (explanation.text, explanation.latex, explanation.value)
    assert again.check().passed
    assert explanation._repr_latex_() == rf"$\displaystyle {explanation.latex}$"

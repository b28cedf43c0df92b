from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import minigraph as mg
from minigraph.base.notation import number

X = [[0.5, -1.0], [2.0, 0.1], [1.0, 1.0]]
Y = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def sum_of(explanation: mg.Explanation) -> float:
    return math.fsum(math.prod(term) for term in explanation.terms)


@pytest.fixture
def net() -> mg.Network[mg.Array]:
    """A skip connection, a shared layer, dropout in training, λ."""
    x = mg.Input(2, name="x")
    shared = mg.Dense(2, "tanh")
    h = mg.Dropout(0.4)(mg.Dense(2)(shared(x)))
    net = mg.Network(x, mg.Dense(2, name="y")(mg.Concat()([shared(h), mg.Add()([h, x])])), l2=0.5, seed=3)
    net.forward(X, training=True)
    net.backward(Y)
    return net


@pytest.mark.parametrize("example", [0, 1, 2])
def test_z_is_the_sum_of_its_terms(net: mg.Network[mg.Array], example: int) -> None:
    for node in net.nodes[1:]:
        for unit in node.units:
            explanation = mg.explain(unit, "z", example)
            assert explanation.value == unit.z[example]
            if node.layer.kind != "activate":
                assert sum_of(explanation) == pytest.approx(unit.z[example], rel=1e-12, abs=1e-15)
            assert explanation.text.endswith(f"= {number(unit.z[example])}")


@pytest.mark.parametrize("example", [0, 1, 2])
def test_delta_is_the_weighted_sum_of_the_errors_behind_it(net: mg.Network[mg.Array], example: int) -> None:
    for node in net.nodes[1:]:
        for unit in node.units:
            explanation = mg.explain(unit, "delta", example)
            a = unit.a[example]
            slope = {"sigmoid": a * (1 - a), "tanh": 1 - a * a, "identity": 1.0}[node.layer.activation.name]
            if node.name == "y":
                slope = 1.0  # a − y
            assert explanation.value == unit.delta[example]
            assert sum_of(explanation) * slope == pytest.approx(unit.delta[example], rel=1e-12, abs=1e-15)


def test_gradient_is_the_sum_over_examples_and_shared_nodes_and_the_regularization(
    net: mg.Network[mg.Array],
) -> None:
    for node in net.nodes:
        for unit in node.units:
            for edge in unit.inputs:
                if edge.is_trainable:
                    explanation = mg.explain(edge, "gradient", max_terms=20)
                    decay = 0.5 * edge.weight if edge.column else 0.0
                    assert explanation.value == edge.gradient
                    assert (sum_of(explanation) + decay) / 3 == pytest.approx(edge.gradient, rel=1e-12, abs=1e-15)
                    assert ("λ" in explanation.text) == bool(edge.column)


def test_cost_is_the_mean_of_the_examples_and_the_regularization(net: mg.Network[mg.Array]) -> None:
    explanation = mg.explain(net, "cost", 1)
    penalty = sum(float((layer.theta[:, 1:] ** 2).sum()) for layer in net.layers)
    assert explanation.value == pytest.approx(sum_of(explanation) / 3 + 0.5 / 6 * penalty, rel=1e-12)
    a = net.nodes[-1].a
    costs = -(np.array(Y) * np.log(a) + (1 - np.array(Y)) * np.log(1 - a)).sum(axis=1)
    np.testing.assert_allclose([term[0] for term in explanation.terms], costs, rtol=1e-12)
    assert f"cost(2) = {number(costs[1])}" in explanation.text


def test_the_text_by_hand() -> None:
    net = mg.mlp([2, 1], seed=0)
    net.assign([0.0, 1.0, -2.0])
    net.forward([[2.0, 1.0]])
    net.backward([1.0])
    unit = net.node(2).unit(1)
    assert mg.explain(unit, "a").text.splitlines() == [
        "a₁⁽²⁾ = g(z₁⁽²⁾)",
        "      = 1/(1 + e^(−z₁⁽²⁾))",
        "      = 1/(1 + e^(−0))",
        "      = 0.5",
    ]
    assert mg.explain(unit, "delta").text.splitlines() == [
        "δ₁⁽²⁾ = a₁⁽²⁾ − y₁",
        "      = 0.5 − 1",
        "      = −0.5",
    ]
    assert mg.explain(unit.inputs[1], "gradient").text.splitlines() == [
        "D₁₁⁽¹⁾ = Δ₁₁⁽¹⁾/m",
        "       = −1/1",
        "       = −1",
        "Δ₁₁⁽¹⁾ = Σᵢ δ₁⁽²⁾ a₁⁽¹⁾",
        "       = (−0.5)·2",
        "       = −1",
    ]
    assert mg.explain(unit, "delta").latex == (
        r"\begin{aligned} \delta_{1}^{(2)} &= a_{1}^{(2)} - y_{1} \\  &= 0.5 - 1 \\  &= -0.5 \end{aligned}"
    )
    assert mg.explain(net.node(1).unit(2), "a").text == "a₂⁽¹⁾ = x₂\n      = 1"
    assert mg.explain(net.node(1).unit(0), "a").text == "a₀⁽¹⁾ = 1"


def test_a_long_sum_says_what_it_leaves_out() -> None:
    net = mg.mlp([50, 1], seed=0)
    net.forward(np.ones((1, 50)))
    explanation = mg.explain(net.node(2).unit(1), "z", max_terms=5)
    assert "(46 more terms)" in explanation.text  # 50 weights and the bias, 5 shown
    assert "Θ₁,₅₀⁽¹⁾" in explanation.text
    assert len(explanation.terms) == 51
    assert explanation.latex.count("{") == explanation.latex.count("}")


@pytest.mark.parametrize("activation", ["softmax", "gelu", "leaky_relu", "elu", "relu", "softplus", "silu", "identity"])
def test_every_activation_has_words(activation: mg.ActivationName) -> None:
    net = mg.mlp([2, 2, 2], activation=activation, cost="squared_error", output_activation=activation, seed=1)
    net.forward(X)
    net.backward(Y, sample_weight=[1, 2, 3])
    for node in net.nodes[1:]:
        unit = node.unit(2)
        assert mg.explain(unit, "a").value == unit.a[0]
        assert mg.explain(unit, "delta", 2).value == unit.delta[2]


def test_errors_are_named(net: mg.Network[mg.Array]) -> None:
    unit = net.node("y").unit(1)
    with pytest.raises(mg.ArgumentError, match=r"what: received 'dleta'.*did you mean 'delta'"):
        mg.explain(unit, "dleta")  # type: ignore[call-overload]
    with pytest.raises(mg.ArgumentError, match="example: received 3, expected a row of X, from 0 to 2"):
        mg.explain(unit, "z", 3)
    with pytest.raises(mg.ArgumentError, match="target: received 'y'"):
        mg.explain("y", "z")  # type: ignore[call-overload]
    with pytest.raises(mg.StateError, match="fixed weight"):
        mg.explain(net.node("concat7").unit(1).inputs[0], "gradient")
    net.assign(net.unroll())
    with pytest.raises(mg.StateError, match="parameters changed"):
        mg.explain(unit, "z")


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
@settings(max_examples=100)
def test_numbers_read_back(value: float) -> None:
    text = number(value).replace("−", "-")
    mantissa, _, exponent = text.partition("·10")
    power = int(exponent.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)
    assert float(f"{mantissa}e{power}") == pytest.approx(value, rel=1e-5)

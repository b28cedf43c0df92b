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
    assert "cost(2) = −(y₁ log a₁⁽⁷⁾ + (1 − y₁) log(1 − a₁⁽⁷⁾)" not in explanation.text  # of y₁ = 0, folded
    lines = [line.strip() for line in explanation.text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith("cost(2) = "))
    assert lines[start + 3] == f"= {number(costs[1])}"
    assert lines[-1] == "with cost(i): cross_entropy of row i of X, counted from 1"


def test_the_text_by_hand() -> None:
    net = mg.mlp([2, 1], seed=0)
    net.assign([0.0, 1.0, -2.0])
    net.forward([[2.0, 1.0]])
    net.backward([1.0])
    unit = net.node(2).unit(1)
    assert mg.explain(unit, "a").text.splitlines() == [
        "a₁⁽²⁾ = g(z₁⁽²⁾)",
        "      = 1/(1 + e^(−z₁⁽²⁾))",
        "      = 1/(1 + e^0)",
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
        "Δ₁₁⁽¹⁾ = δ₁⁽²⁾[1] a₁⁽¹⁾[1]",
        "       = (−0.5)·2",
        "       = −1",
        "with [i]: row i of X, counted from 1",
    ]
    assert mg.explain(unit, "delta").latex == (
        r"\begin{aligned} \delta_{1}^{(2)} &= a_{1}^{(2)} - y_{1} \\  &= 0.5 - 1 \\  &= -0.5 \end{aligned}"
    )
    assert mg.explain(net.node(1).unit(2), "a").text == "a₂⁽¹⁾ = x₂\n      = 1"
    assert mg.explain(net.node(1).unit(0), "a").text == "a₀⁽¹⁾ = 1"


def weighted_sum(weights: list[float]) -> mg.Unit:
    """Return a unit whose z is the sum of the weights, the bias first."""
    net = mg.mlp([len(weights) - 1, 1], seed=0)
    net.assign(weights)
    net.forward(np.ones((1, len(weights) - 1)))
    return net.node(2).unit(1)


def test_a_long_sum_keeps_the_largest_terms_in_order_and_the_sum_of_the_others() -> None:
    unit = weighted_sum([0.5, -8.0, 0.25, 4.0, *[0.125] * 20, -2.0])
    explanation = mg.explain(unit, "z", max_terms=3)
    assert explanation.text.splitlines() == [
        "z₁⁽²⁾ = Θ₁₁⁽¹⁾ a₁⁽¹⁾ + Θ₁₃⁽¹⁾ a₃⁽¹⁾ + Θ₁,₂₄⁽¹⁾ a₂₄⁽¹⁾ + … (22 more terms)",
        "      = (−8)·1 + 4·1 + (−2)·1 + 3.25 (22 more terms)",
        "      = −2.75",
    ]
    assert len(explanation.terms) == 25
    assert math.fsum(math.prod(term) for term in explanation.terms) == -2.75
    shown = explanation.derivations[0].lines[1].terms
    assert [term.value for term in shown] == [-8.0, 4.0, -2.0, 3.25]
    assert [factor.value for factor in shown[0].factors] == [-8.0, 1.0]


@pytest.mark.parametrize(("count", "left_out"), [(4, None), (5, None), (6, "1 more term"), (7, "2 more terms")])
def test_how_many_terms_are_shown(count: int, left_out: str | None) -> None:
    text = mg.explain(weighted_sum([float(j) for j in range(1, count + 1)]), "z", max_terms=5).text
    assert text.count("Θ") == min(count, 5)
    assert text.count("·") == min(count, 5)
    assert ("more" in text) == (left_out is not None)
    assert left_out is None or text.count(f"({left_out})") == 2
    assert text.endswith(f"= {count * (count + 1) // 2}")


def test_several_terms_of_zero_are_folded_and_a_single_one_is_not() -> None:
    assert mg.explain(weighted_sum([1.0, 0.0, 2.0]), "z").text.splitlines()[1].strip() == "= 1·1 + 0·1 + 2·1"
    folded = mg.explain(weighted_sum([1.0, 0.0, 2.0, 0.0]), "z").text.splitlines()
    assert folded[0] == "z₁⁽²⁾ = Θ₁₀⁽¹⁾ a₀⁽¹⁾ + Θ₁₂⁽¹⁾ a₂⁽¹⁾ + … (2 more terms)"
    assert folded[1].strip() == "= 1·1 + 2·1 + 0 (2 more terms)"
    nothing = mg.explain(weighted_sum([0.0, 0.0]), "z")
    assert nothing.text.splitlines() == ["z₁⁽²⁾ = … (2 more terms)", "      = 0 (2 more terms)", "      = 0"]
    assert nothing.check().passed


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


def test_its_repr_is_one_short_line() -> None:
    net = mg.mlp([2, 1], seed=0)
    net.assign([0.5, 1.0, -2.0])
    net.forward([[3.0, 1.0]])
    assert repr(mg.explain(net.node(2).unit(1), "z")) == "<Explanation: z₁⁽²⁾ = 1.5>"

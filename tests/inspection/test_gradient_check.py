from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import minigraph as mg
from minigraph.functions.activations import ACTIVATIONS
from minigraph.inspection.differences import Differences
from minigraph.inspection.gradient_check import LayerCheck

X = np.random.default_rng(0).normal(size=(12, 3))
Y = np.eye(4)[np.arange(12) % 4]


class WrongTanh(mg.Tanh):
    """A derivative that a student might write: 1 − a in place of 1 − a²."""

    def vjp(self, z: mg.Array, a: mg.Array, error: mg.Array, scratch: mg.Array) -> None:
        error *= 1 - a


class NudgedTanh(mg.Tanh):
    """A derivative that is wrong in the seventh digit."""

    def vjp(self, z: mg.Array, a: mg.Array, error: mg.Array, scratch: mg.Array) -> None:
        error *= (1 - a * a) * (1 + 1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("l2", [0.0, 2.5])
def test_every_activation_passes(activation: mg.ActivationName, l2: float) -> None:
    net = mg.mlp([3, 5, 4], activation=activation, l2=l2, seed=2)
    check = mg.check_gradient(net, X, Y)
    assert check.passed
    assert check.max_error <= 1e-7
    assert len(check.indices) == check.total == 5 * 4 + 4 * 6


def test_a_wrong_derivative_fails_and_the_worst_parameter_is_named() -> None:
    net = mg.Network(x := mg.Input(3), mg.Dense(4)(mg.Dense(5, WrongTanh(), name="h")(x)), seed=2)
    check = mg.check_gradient(net, X, Y)
    assert not check.passed
    worst = int(check.errors.argmax())
    assert check.worst.error == check.max_error == check.errors[worst]
    assert (check.worst.layer, check.worst.name) == (1, "h")  # only Θ^(1) lies behind the wrong derivative
    assert (check.worst.row, check.worst.column) == (worst // 4 + 1, worst % 4)
    assert check.by_layer[1].max_error <= 1e-7 < check.by_layer[0].max_error
    with pytest.raises(mg.GradientCheckError, match=rf"Θ\^\(1\)_{check.worst.row},{check.worst.column} \('h'\)"):
        check.raise_if_failed()
    with pytest.raises(AssertionError):
        check.raise_if_failed()


def test_an_error_in_the_fifth_digit_is_found() -> None:
    assert not mg.check_gradient(mg.mlp([3, 5, 4], activation=NudgedTanh(), seed=2), X, Y).passed


def test_a_passed_check_does_not_raise() -> None:
    mg.check_gradient(mg.mlp([3, 4], seed=1), X, Y).raise_if_failed()


def test_the_lecture_s_lambda_theta_fails_and_lambda_over_m_passes() -> None:
    net = mg.mlp([3, 5, 4], l2=0.6, seed=3)
    _, gradient = net.cost_and_gradient(X, Y)
    printed = [layer.gradient.copy() for layer in net.layers]
    for layer, D in zip(net.layers, printed, strict=True):
        D[:, 1:] += (0.6 - 0.6 / len(X)) * layer.theta[:, 1:]
    assert mg.check_gradient(net, X, Y, gradient=gradient).passed
    check = mg.check_gradient(net, X, Y, gradient=mg.unroll(printed))
    assert not check.passed
    assert "0.55 Θ_ij in the weights" in check.hint  # λ − λ/m
    assert all(layer.bias_error is not None and layer.bias_error < 1e-7 for layer in check.by_layer)
    assert all(layer.weight_error is not None and layer.weight_error > 1e-3 for layer in check.by_layer)


def test_a_regularized_bias_shows_in_the_bias_column_alone() -> None:
    net = mg.mlp([3, 5, 4], l2=0.6, seed=3)
    net.cost_and_gradient(X, Y)
    wrong = [layer.gradient.copy() for layer in net.layers]
    for layer, D in zip(net.layers, wrong, strict=True):
        D[:, 0] += 0.05 * layer.theta[:, 0]
    check = mg.check_gradient(net, X, Y, gradient=mg.unroll(wrong))
    assert not check.passed
    assert check.worst.column == 0
    assert "0.05 Θ_ij in the bias column" in check.hint


def kink_at_zero() -> mg.Network[mg.Array]:
    """One relu unit whose z is exactly 0 for the example x = 1."""
    net = mg.mlp([1, 1, 1], activation="relu", cost="squared_error", seed=0)
    net.assign([1.0, -1.0, 0.0, 1.0])
    return net


def test_a_kink_is_explained_not_failed() -> None:
    # J = ½ (max(b + w, 0) − y)² at b + w = 0: derivative 0 on the left, −y on the right
    check = mg.check_gradient(kink_at_zero(), [[1.0]], [[2.0]])
    assert check.passed
    assert {(kink.layer, kink.column) for kink in check.kinks} == {(1, 0), (1, 1)}
    assert all(kink.numeric == pytest.approx(-1.0, abs=1e-3) for kink in check.kinks)  # the middle of 0 and −2
    assert "kink" in str(check)


def test_a_kink_does_not_excuse_a_derivative_outside_its_two_sides() -> None:
    for wrong in (0.1, -2.1):
        check = mg.check_gradient(kink_at_zero(), [[1.0]], [[2.0]], gradient=[wrong, 0.0, -2.0, 0.0])
        assert not check.passed
        assert check.worst.column == 0
    assert mg.check_gradient(kink_at_zero(), [[1.0]], [[2.0]], gradient=[-1.0, 0.0, -2.0, 0.0]).passed


@given(seed=st.integers(0, 10_000), distance=st.floats(1e-5, 9e-5))
@settings(max_examples=30, deadline=None)
def test_a_kink_within_the_step_is_no_failure(seed: int, distance: float) -> None:
    net = mg.mlp([1, 1, 1], activation="relu", cost="squared_error", seed=seed)
    net.assign([1.0, -1.0 + distance, 0.3, 0.8])
    assert mg.check_gradient(net, [[1.0]], [[2.0]]).passed


def test_nothing_in_the_network_changes() -> None:
    net = mg.mlp([3, 5, 4], dropout=0.5, seed=1)
    net.forward(X, training=True)
    net.backward(Y)
    before = net.unroll(), net.node(2).a, net.node(2).delta, net.layers[0].gradient.copy()
    assert mg.check_gradient(net, X, Y).passed  # dropout off
    after = net.unroll(), net.node(2).a, net.node(2).delta, net.layers[0].gradient
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)
    # the network's own generator has not moved either
    twin = mg.mlp([3, 5, 4], dropout=0.5, seed=1)
    twin.forward(X, training=True)
    np.testing.assert_array_equal(net.forward(X, training=True), twin.forward(X, training=True))


def test_a_float32_network_is_checked_in_float64() -> None:
    assert mg.check_gradient(mg.mlp([3, 5, 4], l2=0.1, dtype=np.float32, seed=1), X, Y).max_error <= 1e-7


def test_a_sample_is_reproducible_and_bounded() -> None:
    net = mg.mlp([3, 5, 4], seed=1)
    first, again, other = (mg.check_gradient(net, X, Y, sample=7, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.indices, again.indices)
    assert not np.array_equal(first.indices, other.indices)
    assert len(set(first.indices)) == 7
    everything = mg.check_gradient(net, X, Y, sample=10_000)
    assert len(everything.indices) == everything.total
    analytic = net.cost_and_gradient(X, Y)[1]
    np.testing.assert_array_equal(first.analytic, analytic[first.indices])


def test_absent_links_are_no_parameters() -> None:
    links = np.array([[True, False, True], [False, True, True]])
    net = mg.Network(x := mg.Input(3), mg.Dense(2, links=links)(x), seed=1)
    check = mg.check_gradient(net, X, Y[:, :2])
    assert check.indices.tolist() == [0, 1, 3, 4, 6, 7]
    assert check.passed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0.0}, "step: received 0.0, expected a positive"),
        ({"tolerance": float("nan")}, "tolerance: received nan"),
        ({"sample": 0}, "sample: received 0"),
        ({"gradient": [1.0]}, r"gradient: received shape \(1,\), expected \(16,\)"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(mg.MinigraphError, match=message):
        mg.check_gradient(mg.mlp([3, 4], seed=1), X, Y, **arguments)  # type: ignore[arg-type]


def with_changed_gradient(net: mg.AnyNetwork, change: Callable[[int, mg.Array], mg.Array | float]) -> mg.GradientCheck:
    """Check a gradient to which `change` of the number of the layer and Θ is added."""
    net.cost_and_gradient(X, Y)
    changed = [layer.gradient + change(number, layer.theta) for number, layer in enumerate(net.layers, start=1)]
    return mg.check_gradient(net, X, Y, gradient=mg.unroll(changed))


def only(part: str, theta: mg.Array) -> mg.Array:
    """Return Θ with 0 outside a part of its columns."""
    result: mg.Array = theta.copy()
    if part == "weights":
        result[:, 0] = 0
    if part == "bias":
        result[:, 1:] = 0
    return result


@pytest.mark.parametrize(
    ("part", "words"), [("weights", "in the weights"), ("bias", "in the bias column"), ("all", "in Θ")]
)
def test_the_hint_names_what_is_proportional_to_theta(part: str, words: str) -> None:
    net = mg.mlp([3, 5, 4], seed=3)
    check = with_changed_gradient(net, lambda _, theta: 0.25 * only(part, theta))
    assert check.hint == f"the difference is 0.25 Θ_ij {words}: look at the regularization term"


NOT_PROPORTIONAL: dict[str, Callable[[int, mg.Array], mg.Array]] = {
    "a constant": lambda layer, theta: 0.25 * np.ones_like(theta),
    "the size of Θ": lambda layer, theta: 0.25 * np.abs(theta),
    "nearly Θ": lambda layer, theta: 0.25 * theta + 0.002 * np.cos(np.arange(theta.size)).reshape(theta.shape),
    "another factor in each layer": lambda layer, theta: 0.25 * layer * theta,
    "another factor for the bias": lambda layer, theta: 0.25 * theta + 0.25 * only("bias", theta),
    "one parameter": lambda layer, theta: np.where(np.arange(theta.size).reshape(theta.shape) == 3, 0.1, 0.0),
}


@pytest.mark.parametrize("kind", NOT_PROPORTIONAL)
def test_no_hint_where_the_difference_is_something_else(kind: str) -> None:
    check = with_changed_gradient(mg.mlp([3, 5, 4], seed=3), NOT_PROPORTIONAL[kind])
    assert not check.passed
    assert check.hint == ""
    assert "regularization" not in str(check)


def test_a_passed_check_has_no_hint() -> None:
    assert mg.check_gradient(mg.mlp([3, 5, 4], l2=1.0, seed=3), X, Y).hint == ""


@pytest.mark.parametrize("part", ["weights", "bias"])
def test_the_largest_error_of_a_layer_is_that_of_its_weights_or_its_bias(part: str) -> None:
    check = with_changed_gradient(mg.mlp([3, 5, 4], seed=3), lambda _, theta: 0.01 * only(part, theta))
    for layer in check.by_layer:
        assert layer.bias_error is not None
        assert layer.weight_error is not None
        assert (layer.weight_error > layer.bias_error) == (part == "weights")
        assert layer.max_error == (layer.weight_error if part == "weights" else layer.bias_error)
    assert check.max_error == max(layer.max_error for layer in check.by_layer)


def test_the_errors_of_a_layer_of_which_one_kind_is_not_checked() -> None:
    assert LayerCheck(1, "h", 1, None, 0.5).max_error == 0.5
    assert LayerCheck(1, "h", 1, 0.25, None).max_error == 0.25
    assert LayerCheck(1, "h", 0, None, None).max_error == 0.0


def test_an_error_equal_to_the_tolerance_passes() -> None:
    net = mg.mlp([3, 5, 4], seed=3)
    check = with_changed_gradient(net, lambda _, theta: 0.01 * theta)
    gradient = check.analytic
    exact = mg.check_gradient(net, X, Y, gradient=gradient, tolerance=check.max_error)
    # refined differences may come nearer: the tolerance is that of the result itself
    same = replace(exact, tolerance=exact.max_error)
    assert same.passed
    same.raise_if_failed()
    assert str(same).startswith("gradient check passed")
    below = replace(exact, tolerance=float(np.nextafter(exact.max_error, 0)))
    assert not below.passed
    assert str(below).startswith("gradient check FAILED")


def test_a_difference_equal_to_the_tolerance_is_not_refined() -> None:
    # J = 2 θ: every difference quotient is 2; an analytic 1 is wrong by exactly half of it
    calls = 0

    def cost(index: int, change: float) -> float:
        nonlocal calls
        calls += 1
        return 2 * change

    result = Differences(cost, step=0.5, tolerance=0.5, scale=1.0, J=0.0).compare(0, 1.0)
    assert (result.numeric, result.error, result.kink, calls) == (2.0, 0.5, False, 2)
    refined = Differences(cost, step=0.5, tolerance=0.25, scale=1.0, J=0.0).compare(0, 1.0)
    assert not refined.kink
    assert refined.error == pytest.approx(0.5)
    assert calls > 4

"""Costs and δ at any |z|, against formulas evaluated by mpmath with up to 920 digits."""

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import get_args

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

import minigraph as mg
from minigraph import ActivationName, Array, CostName
from minigraph.functions.costs import COSTS, as_cost

# 1 − tanh 1000 has 868 zeros behind the point, 1 − σ(1000) and the like have 434.
DIGITS = {"tanh": 920, "sigmoid": 480, "softmax": 920}

VALUES: dict[str, Callable[[mpf], mpf]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: z if z > 0 else mpf(0),
    "leaky_relu": lambda z: z if z > 0 else mpf(0.01) * z,
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2,
}
SLOPES: dict[str, Callable[[mpf], mpf]] = {
    "identity": lambda z: mpf(1),
    "sigmoid": lambda z: 1 / ((1 + mp.exp(-z)) * (1 + mp.exp(z))),
    "tanh": lambda z: mp.sech(z) ** 2,
    "relu": lambda z: mpf(z > 0),
    "leaky_relu": lambda z: mpf(1) if z > 0 else mpf(0.01),
    "elu": lambda z: mpf(1) if z > 0 else mp.exp(z),
    "softplus": lambda z: 1 / (1 + mp.exp(-z)),
    "silu": lambda z: 1 / (1 + mp.exp(-z)) + z / ((1 + mp.exp(-z)) * (1 + mp.exp(z))),
    "gelu": lambda z: mp.erfc(-z / mp.sqrt(2)) / 2 + z * mp.npdf(z),
}


@cache
def exactly(activation: str, cost: str, z: tuple[float, ...], y: tuple[float, ...]) -> tuple[float, list[float]] | None:
    """Return cost(i) and δ of one example as exact arithmetic has them, None where the cost is not finite."""
    with mpmath.workdps(DIGITS.get(activation, 60)):
        zs, ys = [mpf(each) for each in z], [mpf(each) for each in y]
        if activation == "softmax":
            exponentials = [mp.exp(each) for each in zs]
            a = [each / sum(exponentials) for each in exponentials]
        else:
            a = [VALUES[activation](each) for each in zs]
        total, by_a = mpf(0), []
        for ak, yk in zip(a, ys, strict=True):
            if cost == "squared_error":
                total += (ak - yk) ** 2 / 2
                by_a.append(ak - yk)
                continue
            slope = mpf(0)
            logarithms = [(yk, ak, 1)] + ([(1 - yk, 1 - ak, -1)] if cost == "cross_entropy" else [])
            for weight, argument, sign in logarithms:
                if weight != 0:
                    if argument <= 0:
                        return None
                    total -= weight * mp.log(argument)
                    slope -= sign * weight / argument
            by_a.append(slope)
        if activation == "softmax":
            mean = sum(slope * ak for slope, ak in zip(by_a, a, strict=True))
            delta = [ak * (slope - mean) for slope, ak in zip(by_a, a, strict=True)]
        else:
            delta = [slope * SLOPES[activation](each) for slope, each in zip(by_a, zs, strict=True)]
        return float(total), [float(each) for each in delta]


def lone(activation: ActivationName, cost: CostName, dtype: type = np.float64) -> mg.Network[Array]:
    """Build a network whose output is g(x), so that X is z."""
    x = mg.Input(2)
    return mg.Network(x, mg.Activate(activation)(x), cost=cost, dtype=dtype)


def cases(activation: str, cost: str) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return pairs of z and y, from the middle to |z| = 1000; all pairs of z where units look at each other."""
    some = [-1000.0, -0.25, 0.5, 30.0, 1000.0]
    zs = list(product(some, repeat=2)) if activation == "softmax" else list(zip(some, some[2:] + some[:2], strict=True))
    ys = [(0.0, 1.0), (1.0, 0.0), (0.25, 0.75), (1 - 2**-10, 2**-10)]
    if cost != "categorical_cross_entropy":
        ys += [(0.0, 0.0), (1.0, 1.0)]
    return [(z, y) for z in zs for y in ys]


@pytest.mark.parametrize("cost", get_args(CostName))
@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_cost_and_delta_are_exact_up_to_a_thousand(activation: ActivationName, cost: CostName) -> None:
    net = lone(activation, cost)
    compared = 0
    for z, y in cases(activation, cost):
        exact = exactly(activation, cost, z, y)
        if exact is None:
            with pytest.raises(mg.NonFiniteError, match="node 'activate2'"):
                net.cost([z], [y])
            continue
        value, delta = exact
        case = f"z = {z}, y = {y}"
        assert net.cost([z], [y]) == pytest.approx(value, rel=1e-13, abs=1e-15), case
        net.forward([z])
        net.backward([y])
        assert net.nodes[-1].delta[0].tolist() == pytest.approx(delta, rel=1e-12, abs=2e-16), case
        compared += 1
    assert compared >= 5


@pytest.mark.parametrize("cost", get_args(CostName))
@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_float32_is_finite_where_the_cost_is(activation: ActivationName, cost: CostName) -> None:
    net = lone(activation, cost, np.float32)
    for z, y in cases(activation, cost):
        exact = exactly(activation, cost, z, y)
        if exact is None:
            continue
        value, delta = exact
        assert net.cost([z], [y]) == pytest.approx(value, rel=1e-6, abs=1e-6), (z, y)
        net.forward([z])
        net.backward([y])
        assert net.nodes[-1].delta[0].tolist() == pytest.approx(delta, rel=1e-4, abs=1e-6), (z, y)


@pytest.mark.parametrize(
    ("cost", "activation"),
    [("cross_entropy", "sigmoid"), ("categorical_cross_entropy", "softmax"), ("squared_error", "identity")],
)
def test_canonical_delta_is_a_minus_y_to_the_last_bit(cost: CostName, activation: ActivationName) -> None:
    net = lone(activation, cost)
    X, Y = np.random.default_rng(0).normal(size=(20, 2)) * 30, np.eye(2)[np.arange(20) % 2]
    a = net.forward(X)
    net.backward(Y)
    assert np.array_equal(net.nodes[-1].delta, a - Y)
    assert as_cost(cost).canonical == activation


@pytest.mark.parametrize("cost", get_args(CostName))
def test_value_and_derivative_alone(cost: CostName) -> None:
    """Custom costs may be built from these, which know nothing of z."""
    generator = np.random.default_rng(1)
    a, y = generator.uniform(0.1, 0.9, size=(2, 3, 4))
    a[0, 0], y[0, 0], y[1, 0] = 1e-300, 0, 1
    the_cost = COSTS[cost]
    formula = {
        "cross_entropy": -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=0),
        "categorical_cross_entropy": -(y * np.log(a)).sum(axis=0),
        "squared_error": ((a - y) ** 2).sum(axis=0) / 2,
    }[cost]
    np.testing.assert_allclose(the_cost.value(a, y), formula, rtol=1e-14)
    slope = np.empty_like(a)
    the_cost.derivative(a, y, slope)
    step = 1e-6 * a
    for k in range(3):
        above, below = a.copy(), a.copy()
        above[k] += step[k]
        below[k] -= step[k]
        numeric = (the_cost.value(above, y) - the_cost.value(below, y)) / (2 * step[k])
        usual = a[k] > 1e-100  # beside 1e-300 the step is nothing to the others' terms
        np.testing.assert_allclose(slope[k][usual], numeric[usual], rtol=1e-6)


def test_derivatives_where_a_target_is_0_or_1_by_hand() -> None:
    """0 · log 0 = 0, so a target of 0 makes 0 of its term, whatever a is; 0/0 would warn."""
    a, y = np.array([[0.0], [0.25], [0.75], [1.0]]), np.array([[0.0], [1.0], [0.0], [1.0]])
    for cost, slopes in {"categorical_cross_entropy": [0, -4, 0, -1], "cross_entropy": [1, -4, 4, -1]}.items():
        out = np.full_like(a, np.nan)
        COSTS[cost].derivative(a, y, out)
        assert out[:, 0].tolist() == slopes


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("float64", 1e-6)])
def test_rows_sum_to_1_as_far_as_their_type_can_tell(dtype: str, tolerance: float) -> None:
    net = mg.mlp([2, 2], output_activation="softmax", cost="categorical_cross_entropy", dtype=dtype)
    for excess in (-0.5 * tolerance, 0.5 * tolerance):
        net.cost([[0.0, 1.0]], [[0.25, 0.75 + excess]])
    for excess in (-2 * tolerance, 2 * tolerance):
        with pytest.raises(mg.ArgumentError, match="Y: received row 1 with sum"):
            net.cost([[0.0, 1.0]] * 2, [[0.25, 0.75], [0.25, 0.75 + excess]])


def test_a_subclass_with_a_value_of_its_own_inherits_nothing_that_was_derived_from_another() -> None:
    class Doubled(mg.CrossEntropy):
        def value(self, a: Array, y: Array) -> Array:
            double: Array = 2 * super().value(a, y)
            return double

        def derivative(self, a: Array, y: Array, out: Array) -> None:
            super().derivative(a, y, out)
            out *= 2

    z, y = np.array([[-1.0, 0.5]]), np.array([[1.0, 0.25]])
    a = 1 / (1 + np.exp(-z))
    sigmoid, doubled, out = mg.Sigmoid(), Doubled(), np.empty_like(z)
    assert doubled.canonical is None
    assert not doubled.is_canonical_with(sigmoid)
    expected = -2 * (y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=0)
    np.testing.assert_allclose(doubled.value_at(sigmoid, z, a, y), expected, rtol=1e-14)
    doubled.delta(sigmoid, z, a, y, out, np.empty_like(z))
    np.testing.assert_allclose(out, 2 * (a - y), rtol=1e-14)

    class Renamed(mg.CrossEntropy):
        name = "renamed"

    assert Renamed().is_canonical_with(sigmoid)


def test_a_class_must_have_a_value_and_a_derivative_and_takes_no_unknown_argument() -> None:
    for method in ("value", "derivative"):
        half = type("Half", (mg.Cost,), {method: getattr(mg.SquaredError, method)})
        with pytest.raises(TypeError, match="abstract"):
            half()
    with pytest.raises(TypeError, match="takes no keyword arguments"):
        type("Misspelt", (mg.SquaredError,), {}, cannonical="identity")


@pytest.mark.parametrize(
    ("cost", "Y", "message"),
    [
        ("cross_entropy", [[0.25, 1.5]], r"Y: received 1\.5 at row 0, column 1, expected targets from 0 to 1"),
        ("cross_entropy", [[0.0, 1.5]], r"Y: received 1\.5 at row 0, column 1, expected targets from 0 to 1"),
        ("cross_entropy", [[-0.25, 1.0]], r"Y: received -0\.25 at row 0, column 0"),
        ("categorical_cross_entropy", [[0.5, 0.25]], r"Y: received row 0 with sum 0\.75, expected rows that sum to 1"),
        ("categorical_cross_entropy", [[-1.0, 2.0]], r"Y: received -1 at row 0, column 0"),
    ],
)
def test_targets_outside_the_domain(cost: CostName, Y: list[list[float]], message: str) -> None:
    net = lone("softmax", cost)
    with pytest.raises(mg.ArgumentError, match=message):
        net.cost([[0.0, 1.0]], Y)


def test_squared_error_takes_any_target() -> None:
    assert lone("identity", "squared_error").cost([[0.0, 1.0]], [[-7.0, 9.0]]) == (49 + 64) / 2


def test_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(mg.ArgumentError, match=r"cost: received 'cross_entrpy'.* did you mean 'cross_entropy'"):
        as_cost("cross_entrpy")  # type: ignore[arg-type]
    assert as_cost("squared_error") is COSTS["squared_error"]
    assert repr(as_cost("cross_entropy")) == "CrossEntropy()"


def test_custom_cost() -> None:
    """Huber's cost, with the activation's vjp behind it, passes the gradient check."""

    class Huber(mg.Cost):
        name = "huber"

        def value(self, a: Array, y: Array) -> Array:
            size = np.abs(a - y)
            costs: Array = np.where(size < 1, size**2 / 2, size - 0.5).sum(axis=0)
            return costs

        def derivative(self, a: Array, y: Array, out: Array) -> None:
            np.clip(a - y, -1, 1, out=out)

    net = mg.mlp([2, 4, 2], output_activation="tanh", cost=Huber(), seed=3)
    X, Y = [[0.5, -1.0], [2.0, 0.1]], [[0.3, 5.0], [-4.0, 0.2]]
    assert mg.check_gradient(net, X, Y).passed
    a = net.forward(X)
    net.backward(Y)
    np.testing.assert_allclose(net.nodes[-1].delta, np.clip(a - Y, -1, 1) * (1 - a**2), rtol=1e-13)
    with pytest.raises(mg.ArgumentError, match=r"output_activation: received None, expected a name.*Huber"):
        mg.mlp([2, 2], cost=Huber())

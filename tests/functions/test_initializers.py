"""The first Θ: range, spread, reproducibility, and why zeros do not do."""

import math
import re

import numpy as np
import pytest

import minigraph as mg
from minigraph import Array, Constant, He, Initializer, Normal, Uniform, Zeros


def draw(initializer: Initializer, shape: tuple[int, int] = (300, 201), seed: int = 0) -> Array:
    return initializer.draw(shape, np.random.default_rng(seed))


def test_uniform_fills_its_range() -> None:
    theta = draw(Uniform(0.12))
    assert np.abs(theta).max() <= 0.12
    assert np.abs(theta).max() > 0.1199
    assert abs(theta.mean()) < 0.12 / 100
    assert theta.std() == pytest.approx(0.12 / math.sqrt(3), rel=0.01)


def test_uniform_takes_epsilon_from_the_sizes() -> None:
    epsilon = math.sqrt(6 / (300 + 200))
    theta = draw(Uniform())
    assert np.abs(theta).max() <= epsilon
    assert np.abs(theta).max() == pytest.approx(epsilon, rel=1e-3)
    small = np.concatenate([draw(Uniform(), (1, 3), seed) for seed in range(1000)])  # where each unit counts
    assert np.abs(small).max() <= math.sqrt(2)
    assert np.abs(small).max() == pytest.approx(math.sqrt(2), rel=5e-3)
    assert abs(small.mean()) < 4 * math.sqrt(2 / 3 / small.size)


def test_normal_has_its_scale() -> None:
    theta = draw(Normal(0.5))
    assert theta.std() == pytest.approx(0.5, rel=0.01)
    assert abs(theta.mean()) < 4 * 0.5 / math.sqrt(theta.size)


@pytest.mark.parametrize(("s_out", "s_in"), [(300, 200), (20_000, 2), (40_000, 1)])
def test_he_has_mean_0_and_variance_two_over_s_in_and_no_biases(s_out: int, s_in: int) -> None:
    theta = draw(He(), (s_out, 1 + s_in))
    assert not theta[:, 0].any()
    weights, spread = theta[:, 1:], math.sqrt(2 / s_in)
    assert weights.all()
    assert weights.std() == pytest.approx(spread, rel=0.015)  # four standard deviations of 40,000 draws
    assert abs(weights.mean()) < 4 * spread / math.sqrt(weights.size)


def test_constant_and_zeros() -> None:
    assert (draw(Constant(0.5)) == 0.5).all()
    assert not draw(Zeros()).any()


@pytest.mark.parametrize("initializer", [Uniform(), Normal(), He()], ids=repr)
def test_the_generator_decides(initializer: Initializer) -> None:
    assert np.array_equal(draw(initializer, seed=1), draw(initializer, seed=1))
    assert not np.array_equal(draw(initializer, seed=1), draw(initializer, seed=2))


@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan, "0.1", True])
def test_a_spread_is_a_positive_number(value: float) -> None:
    with pytest.raises(mg.ArgumentError, match=re.escape(f"epsilon: received {value!r}, expected a finite number > 0")):
        Uniform(value)
    with pytest.raises(mg.ArgumentError, match=re.escape(f"scale: received {value!r}, expected a finite number > 0")):
        Normal(value)


@pytest.mark.parametrize("value", [math.inf, math.nan, "0.1", None])
def test_a_constant_is_a_finite_number(value: float) -> None:
    with pytest.raises(mg.ArgumentError, match=re.escape(f"value: received {value!r}, expected a finite number")):
        Constant(value)


def test_repr_says_what_it_draws() -> None:
    assert [repr(each) for each in (Uniform(), Normal(0.5), He(), Zeros(), Constant(2))] == [
        "Uniform(epsilon=None)",
        "Normal(scale=0.5)",
        "He()",
        "Zeros()",
        "Constant(value=2.0)",
    ]
    assert repr(Normal()) == "Normal(scale=0.01)"


def test_a_class_must_have_a_rule() -> None:
    with pytest.raises(TypeError, match="abstract"):
        type("Nothing", (Initializer,), {})()


def test_custom_initializer() -> None:
    class Identity(Initializer):
        def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
            return np.eye(*shape, k=1)

    x = mg.Input(3)
    net = mg.Network(x, mg.Dense(3, "identity", initializer=Identity())(x), cost="squared_error")
    assert net.predict([[1, 2, 3]]).tolist() == [[1, 2, 3]]


class WrongShape(Initializer):
    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        return np.zeros((1, 1))


class NotANumber(Initializer):
    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        return np.full(shape, np.nan)


@pytest.mark.parametrize(
    ("initializer", "error", "message"),
    [
        (WrongShape(), mg.ShapeError, r"WrongShape\(\) of Dense.*: received shape \(1, 1\), expected \(2, 4\)"),
        (NotANumber(), mg.NonFiniteError, r"NotANumber\(\) of Dense.*: received nan at index \(0, 0\)"),
        (Constant(1e300), mg.NonFiniteError, r"Constant\(value=1e\+300\).* finite in float32"),
    ],
    ids=["shape", "nan", "overflow"],
)
def test_what_an_initializer_draws_is_checked(initializer: Initializer, error: type[Exception], message: str) -> None:
    x = mg.Input(3)
    y = mg.Dense(2, initializer=initializer)(x)
    with pytest.raises(error, match=message):
        mg.Network(x, y, dtype=np.float32)
    y.layer.initializer = Zeros()
    net = mg.Network(x, y, dtype=np.float32)  # the nodes are as they were
    net.forward([[1, 2, 3]])
    y.layer.initializer = initializer
    with pytest.raises(error):
        net.initialize(5)
    assert not net.unroll().any()
    assert y.a.shape == (1, 2)


def descend(initializer: Initializer, activation: mg.ActivationName) -> mg.Network[Array]:
    """Take 60 steps of gradient descent on XOR."""
    net = mg.mlp([2, 3, 3, 1], activation=activation, initializer=initializer, l2=0.01, seed=4)
    X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    for _ in range(60):
        _, gradient = net.cost_and_gradient(X, Y, sample_weight=[1, 2, 3, 5])
        net.assign(net.unroll() - 0.5 * gradient)
    net.forward(X)
    net.backward(Y)
    return net


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize("initializer", [Zeros(), Constant(0.3)], ids=repr)
def test_equal_units_stay_equal_for_ever(initializer: Initializer, activation: mg.ActivationName) -> None:
    net = descend(initializer, activation)
    for node in net.nodes[1:-1]:
        assert (node.a == node.a[:, :1]).all()
        assert (node.delta == node.delta[:, :1]).all()
        assert (node.layer.theta == node.layer.theta[:1]).all()
    assert net.unroll().any()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus"])
def test_random_units_do_not(activation: mg.ActivationName) -> None:
    net = descend(Uniform(0.5), activation)
    for node in net.nodes[1:-1]:
        theta = node.layer.theta
        assert all(np.abs(theta[i] - theta[j]).max() > 0.05 for i in range(3) for j in range(i))

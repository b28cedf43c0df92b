"""Every layer × activation × cost against an independent automatic differentiation (HIPS autograd)."""

from typing import get_args

import numpy as np
import pytest

from minigraph import (
    Activate,
    ActivationName,
    Add,
    AnyNetwork,
    Array,
    Concat,
    CostName,
    Dense,
    Dropout,
    Input,
    Network,
    Normal,
)
from oracle import Oracle, assert_agrees, differences, relative_error

WIDE = Normal(0.6)
LAYERS = ("Dense", "Dense with links", "Dense shared", "Activate", "Add", "Concat", "Dropout")


def network(layer: str, activation: ActivationName, cost: CostName) -> Network[Array]:
    """Build a network whose last node is of `layer`, and whose values pass through `activation` before the cost."""
    x = Input(3, name="x")
    h = Dense(3, "tanh", initializer=WIDE)(x)
    if layer == "Dense":
        y = Dense(3, activation, initializer=WIDE)(h)
    elif layer == "Dense with links":
        links = [[True, False, True], [True, True, True], [False, False, True]]
        y = Dense(3, activation, initializer=WIDE, links=links)(h)
    elif layer == "Dense shared":
        shared = Dense(3, activation, initializer=WIDE)
        y = shared(shared(h))
    elif layer == "Activate":
        y = Activate(activation)(Dense(3, "identity", initializer=WIDE)(h))
    elif layer == "Add":
        g = Dense(3, activation, initializer=WIDE)(h)
        y = Add()([g, Dense(3, "identity", initializer=Normal(0.1))(x), g])
    elif layer == "Concat":
        g = Dense(2, activation, initializer=WIDE)(h)
        y = Concat()([g, Dense(2, activation, initializer=WIDE)(x)])
    else:
        y = Dropout(0.5)(Dense(3, activation, initializer=WIDE)(h))
    return Network(x, y, cost=cost, l2=0.7, seed=5)


def batch(net: AnyNetwork, cost: CostName, seed: int) -> tuple[Array, Array]:
    """Draw examples for which the cost is finite, with room to move Θ."""
    generator = np.random.default_rng(seed)
    lowest, highest = {
        "cross_entropy": (0.05, 0.95),
        "categorical_cross_entropy": (0.05, np.inf),
        "squared_error": (-np.inf, np.inf),
    }[cost]
    width = net.outputs[0].size
    for _ in range(200):
        net.initialize(int(generator.integers(2**32)))
        candidates = generator.normal(size=(400, 3))
        oracle = Oracle(net, {"x": candidates}, {})
        a = oracle.outputs()[0]
        inside = candidates[((a > lowest) & (a < highest)).all(axis=1)]
        if len(inside) >= 5:
            break
    else:
        raise AssertionError("no examples inside the domain of the cost")
    Y = generator.uniform(size=(5, width))
    if cost == "categorical_cross_entropy":
        Y /= Y.sum(axis=1, keepdims=True)
    elif cost == "cross_entropy":
        Y[0] = np.arange(width) % 2
    return inside[:5], Y


@pytest.mark.parametrize("cost", get_args(CostName))
@pytest.mark.parametrize("activation", get_args(ActivationName))
@pytest.mark.parametrize("layer", LAYERS)
def test_gradient_is_that_of_autograd(layer: str, activation: ActivationName, cost: CostName) -> None:
    net = network(layer, activation, cost)
    X, Y = batch(net, cost, seed=1)
    oracle = Oracle(net, {"x": X}, {net.outputs[0].name: Y})
    J, vector = net.cost_and_gradient(X, Y)
    assert J == pytest.approx(oracle.value(), rel=1e-13)
    assert net.cost(X, Y) == J
    assert_agrees(net, oracle)
    assert relative_error(vector, np.concatenate([each.ravel() for each in oracle.derivatives()[0]])) <= 1e-10


@pytest.mark.parametrize("cost", get_args(CostName))
@pytest.mark.parametrize("activation", get_args(ActivationName))
@pytest.mark.parametrize("layer", ["Dense", "Add"])
def test_gradient_is_that_of_differences(layer: str, activation: ActivationName, cost: CostName) -> None:
    net = network(layer, activation, cost)
    X, Y = batch(net, cost, seed=2)
    _, gradient = net.cost_and_gradient(X, Y)
    nearest_kink = min((np.abs(node.z).min() for node in net.nodes if node.layer.activation.kinked), default=1.0)
    slopes = differences(net, lambda: net.cost(X, Y), step=min(2e-4, nearest_kink / 100))
    assert relative_error(gradient, slopes) <= 1e-7


@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_training_pass_is_differentiated_with_its_mask(activation: ActivationName) -> None:
    x = Input(3, name="x")
    h = Dropout(0.4, name="drop")(Dense(6, activation, initializer=WIDE)(x))
    net = Network(x, Dense(2, initializer=WIDE)(h), l2=0.3, seed=2)
    generator = np.random.default_rng(3)
    X, Y = generator.normal(size=(4, 3)), generator.uniform(size=(4, 2))
    net.forward(X, training=True)
    net.backward(Y)
    mask = net.node("drop").mask
    assert mask is not None
    assert not mask.all()
    assert mask.any()
    oracle = Oracle(net, {"x": X}, {net.outputs[0].name: Y}, masks={"drop": mask * 1.0})
    assert_agrees(net, oracle)


@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_float32_follows_float64(activation: ActivationName) -> None:
    net = network("Dense", activation, "squared_error")
    X, Y = batch(net, "squared_error", seed=3)
    narrow = net.copy(np.float32)
    J, gradient = net.cost_and_gradient(X, Y)
    J32, gradient32 = narrow.cost_and_gradient(X, Y)
    assert gradient32.dtype == np.float32
    assert narrow.forward(X).dtype == np.float32
    assert pytest.approx(J, rel=1e-5) == J32
    assert relative_error(gradient32.astype(np.float64), gradient) < 1e-5

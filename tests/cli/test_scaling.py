"""Standardization that ends up in Θ."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli.scaling import Scaling

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal([5.0, -200.0, 0.1], [0.1, 30.0, 4.0], (50, 3))


def test_columns_have_mean_0_and_variance_1() -> None:
    scaled = Scaling.of(X).apply(X)
    assert np.allclose(scaled.mean(axis=0), 0)
    assert np.allclose(scaled.std(axis=0), 1)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_a_constant_column_is_only_shifted(value: float) -> None:
    column = np.full((7, 1), value)
    scaling = Scaling.of(column)
    assert scaling.scale.tolist() == [1.0]
    assert np.allclose(scaling.apply(column), 0)


def test_the_network_comes_to_take_and_give_numbers_as_they_are() -> None:
    net = mg.mlp([3, 4, 2], activation="tanh", cost="squared_error", seed=0)
    inputs, outputs = Scaling.of(X), Scaling(np.array([7.0, -3.0]), np.array([100.0, 0.01]))
    expected = 7.0, -3.0
    scaled = net.predict(inputs.apply(X))
    inputs.put_into_inputs(net.layers[0])
    outputs.put_into_outputs(net.layers[-1])
    assert np.allclose(net.predict(X), np.array(expected) + scaled * [100.0, 0.01], rtol=1e-9)

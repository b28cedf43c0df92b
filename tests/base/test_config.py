from typing import Any

import numpy as np
import pytest

import minigraph as mg
from minigraph.architecture.registry import BUILT_IN
from minigraph.base.config import Configurable


@pytest.mark.parametrize(
    ("made", "config"),
    [
        (mg.LeakyRelu(0.2), {"slope": 0.2}),
        (mg.Relu(), {}),
        (mg.Uniform(), {"epsilon": None}),
        (mg.Normal(0.5), {"scale": 0.5}),
        (mg.Constant(2.0), {"value": 2.0}),
        (mg.Dropout(0.25, name="d"), {"rate": 0.25, "name": "d"}),
        (mg.Add(), {"name": None}),
        (mg.SquaredError(), {}),
    ],
)
def test_settings_are_the_arguments_of_the_constructor(made: Configurable, config: dict[str, Any]) -> None:
    assert made.to_config() == config
    twin = type(made).from_config(config)
    assert type(twin) is type(made)
    assert twin.to_config() == config


def test_a_dense_layer_has_its_parts_as_settings() -> None:
    links = np.eye(2, 3) > 0
    layer = mg.Dense(2, "tanh", links=links, name="h")
    config = layer.to_config()
    assert sorted(config) == ["activation", "initializer", "links", "name", "units"]
    twin = mg.Dense.from_config(config)
    assert twin.links is not None
    np.testing.assert_array_equal(twin.links, links)
    assert (twin.units, twin.activation, twin.name) == (2, layer.activation, "h")


def test_every_class_that_a_file_may_name_is_configurable() -> None:
    assert all(issubclass(each, Configurable) for each in BUILT_IN.values())


class Hidden(mg.Activation):
    def __init__(self, secret: float) -> None:
        self._secret = secret

    def value(self, z: mg.Array, a: mg.Array, scratch: mg.Array) -> None: ...

    def vjp(self, z: mg.Array, a: mg.Array, error: mg.Array, scratch: mg.Array) -> None: ...


class Variadic(Hidden):
    def __init__(self, *powers: float) -> None:
        self.powers = powers


def test_settings_that_cannot_be_found_are_named() -> None:
    with pytest.raises(mg.ArgumentError, match=r"Hidden: its argument 'secret' .* expected self\.secret, or methods"):
        Hidden(1.0).to_config()
    with pytest.raises(mg.ArgumentError, match="Variadic: its argument 'powers'"):
        Variadic(1.0).to_config()

"""The shortcut `mlp`."""

import re
from typing import get_args

import numpy as np
import pytest

import minigraph as mg
from minigraph import CostName


def test_layers_of_the_lecture() -> None:
    net = mg.mlp([3, 6, 5, 5])
    assert [node.size for node in net.nodes] == [3, 6, 5, 5]
    assert [layer.activation.name for layer in net.layers] == ["sigmoid"] * 3
    assert net.unroll().size == 6 * 4 + 5 * 7 + 5 * 6
    assert net.costs[0].name == "cross_entropy"


def test_it_is_the_network_one_builds_by_hand() -> None:
    x = mg.Input(3)
    h = mg.Dropout(0.25)(mg.Dense(4, "relu", initializer=mg.He())(x))
    y = mg.Dense(2, "softmax", initializer=mg.He())(h)
    by_hand = mg.Network(x, y, "categorical_cross_entropy", 0.5, np.float32, 7)
    net = mg.mlp(
        [3, 4, 2],
        "relu",
        cost="categorical_cross_entropy",
        dropout=0.25,
        l2=0.5,
        dtype=np.float32,
        seed=7,
        initializer=mg.He(),
    )
    assert [repr(node) for node in net.nodes] == [repr(node) for node in by_hand.nodes]
    X = np.ones((4, 3))
    assert np.array_equal(net.forward(X, training=True), by_hand.forward(X, training=True))
    assert (net.l2, net.dtype) == (by_hand.l2, by_hand.dtype)


@pytest.mark.parametrize("cost", get_args(CostName))
def test_the_last_activation_is_what_the_cost_is_canonical_with(cost: CostName) -> None:
    canonical = {"cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax", "squared_error": "identity"}
    assert mg.mlp([2, 3], cost=cost).layers[-1].activation.name == canonical[cost]
    assert mg.mlp([2, 3], cost=cost, output_activation="softplus").layers[-1].activation.name == "softplus"


def test_dropout_stands_behind_hidden_layers_only() -> None:
    kinds = [node.layer.kind for node in mg.mlp([3, 4, 5, 2], dropout=0.5).nodes]
    assert kinds == ["input", "dense", "dropout", "dense", "dropout", "dense"]
    rates = [
        node.layer.rate for node in mg.mlp([3, 4, 5, 2], dropout=[0, 0.3]).nodes if isinstance(node.layer, mg.Dropout)
    ]
    assert rates == [0.3]
    assert len(mg.mlp([3, 4, 2], dropout=0).nodes) == 3
    assert len(mg.mlp([3, 4, 2], dropout=np.float32(0.5)).nodes) == 4  # type: ignore[arg-type]


BAD: list[tuple[dict[str, object], str]] = [
    ({"sizes": [3]}, "sizes: received [3], expected at least two numbers, the input's and the output's"),
    ({"sizes": 5}, "sizes: received 5, expected at least two"),
    ({"sizes": [3, 0, 1]}, "sizes[1]: received 0, expected an integer >= 1"),
    ({"sizes": [3, 2.5]}, "sizes[1]: received 2.5, expected an integer >= 1"),
    ({"sizes": "34"}, "sizes[0]: received '3', expected an integer >= 1"),
    (
        {"activation": "sigmod"},
        "activation: received 'sigmod', expected an Activation or a name; did you mean",
    ),
    ({"sizes": [3, 2], "activation": "sigmod"}, "activation: received 'sigmod'"),
    ({"output_activation": "sofmax"}, "output_activation: received 'sofmax', expected"),
    ({"cost": "entropy"}, "cost: received 'entropy'"),
    ({"dropout": [0.1]}, "dropout: received 1 rates, expected 2, one for each hidden layer"),
    ({"dropout": 1.0}, "rate: received 1.0, expected 0 <= rate < 1"),
    ({"dropout": "0.5"}, "dropout: received 3 rates, expected 2"),
    ({"l2": -1.0}, "l2: received -1.0"),
    ({"dtype": "float"}, ""),
    ({"seed": -3}, "seed: received -3"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[str(index) for index in range(len(BAD))])
def test_bad_arguments(arguments: dict[str, object], message: str) -> None:
    if not message:  # "float" is float64
        assert mg.mlp([3, 2], **arguments).dtype == np.float64  # type: ignore[arg-type]
        return
    with pytest.raises(mg.ArgumentError, match=re.escape(message)):
        mg.mlp(**{"sizes": [3, 4, 4, 2], **arguments})  # type: ignore[arg-type]

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_persistence import Huber, Scale, Square, Steps

import minigraph as mg
import minigraph.network
from graphs import random_network

Copier = Callable[[Any], Any]


def by_pickle(value: object) -> Any:
    return pickle.loads(pickle.dumps(value))


def by_old_pickle(value: object) -> Any:
    return pickle.loads(pickle.dumps(value, protocol=2))


def by_python_pickle(value: object) -> Any:
    """The pickler written in Python, which recursion stops much earlier."""
    buffer = io.BytesIO()
    pickle._Pickler(buffer).dump(value)
    return pickle._Unpickler(io.BytesIO(buffer.getvalue())).load()


ways = pytest.mark.parametrize("way", [by_pickle, by_old_pickle, by_python_pickle, copy.deepcopy])


@ways
@pytest.mark.parametrize("seed", range(10))
def test_a_network_comes_back_equal_and_independent(way: Copier, seed: int) -> None:
    net = random_network(seed)
    twin = way(net)
    assert twin.to_dict() == net.to_dict()
    assert twin.unroll().tobytes() == net.unroll().tobytes()
    assert twin.generator.bit_generator.state == net.generator.bit_generator.state
    assert twin.classes == net.classes
    vector = net.unroll()
    for node in twin.nodes:
        assert twin.node(node.name) is node
        assert all(parent in twin.nodes for parent in node.parents)
    for layer in twin.layers:
        assert np.shares_memory(layer.theta, twin.engine.parameters.vector)
        layer.theta[...] = 1
    assert net.unroll().tobytes() == vector.tobytes()


@ways
def test_training_goes_on_alike(way: Copier) -> None:
    X = np.random.default_rng(0).normal(size=(6, 3))
    net = mg.mlp([3, 8, 2], dropout=0.5, l2=0.1, seed=3)
    net.forward(X, training=True)
    twin = way(net)
    with pytest.raises(mg.StateError):
        _ = twin.node(2).a
    for each in (net, twin):
        each.forward(X, training=True)
        each.backward(np.eye(2)[[0, 1] * 3])
    np.testing.assert_array_equal(twin.node(2).delta, net.node(2).delta)
    np.testing.assert_array_equal(twin.layers[0].gradient, net.layers[0].gradient)


@ways
def test_nodes_units_and_layers_stay_those_of_their_network(way: Copier) -> None:
    net = mg.mlp([3, 4, 2], seed=1)
    for first in (0, 1):
        parts = [net, net.node(2), net.node(2).unit(3), net.node(2).unit(3).inputs[1], net.layers[1]]
        parts = parts[first:] + parts[:first]
        copies = way(parts)
        twin, node, unit, edge, layer = copies[-first:] + copies[:-first] if first else copies
        assert twin.node(2) is node
        assert unit.node is node
        assert edge.weight == net.node(2).unit(3).weights[0]
        assert twin.layers[1] is layer
        assert layer.theta.tolist() == net.layers[1].theta.tolist()


@ways
def test_a_node_alone_brings_its_network(way: Copier) -> None:
    net = mg.mlp([3, 4, 2], seed=1)
    node = way(net.node(2))
    assert node is not net.node(2)
    assert (node.name, node.position, node.children[0].size) == ("dense2", 2, 2)
    assert node.layer.theta.tolist() == net.layers[0].theta.tolist()


@ways
def test_a_node_without_a_network_brings_its_ancestors(way: Copier) -> None:
    x = mg.Input(2, name="x", unit_names=["a", "b"])
    shared = mg.Dense(2)
    y = mg.Add(name="y")([shared(shared(x)), x])
    twin = way(y)
    assert (twin.name, twin.size) == ("y", 2)
    middle, source = twin.parents
    assert source.unit_names == ("a", "b")
    assert middle.parents[0].parents[0] is source
    assert middle.layer is middle.parents[0].layer
    assert mg.Network(source, twin, "squared_error").predict([[0.0, 1.0]]).shape == (1, 2)
    with pytest.raises(mg.StateError):
        _ = y.a


@ways
def test_a_layer_alone_is_the_rule_without_parameters(way: Copier) -> None:
    net = mg.mlp([3, 4], "tanh", seed=1)
    layer = way(net.layers[0])
    assert layer.units == 4
    with pytest.raises(mg.StateError, match="no network"):
        _ = layer.theta


@pytest.mark.parametrize("way", [by_pickle, by_python_pickle, copy.deepcopy, mg.Network.copy])
def test_a_chain_of_10_000_nodes_needs_no_recursion(way: Copier) -> None:
    node = x = mg.Input(1)
    for _ in range(10_000):
        node = mg.Activate("tanh")(node)
    y = mg.Dense(1, name="y")(node)
    if way is not mg.Network.copy:
        assert way(y).name == "y"
    net = mg.Network(x, y)
    assert way(net).unroll().tolist() == net.unroll().tolist()


@ways
def test_own_classes_come_along(way: Copier) -> None:
    x = mg.Input(2)
    layer = Scale(2.0, Square())
    net = mg.Network(x, layer(mg.Dense(2, Square(), initializer=Steps((1.0, 2.0)))(x)), Huber(0.5))
    net.note = "kept"  # type: ignore[attr-defined]
    twin = way(net)
    assert twin.predict([[1.0, 2.0]]).tolist() == net.predict([[1.0, 2.0]]).tolist()
    assert twin.costs[0].bound == 0.5
    assert twin.note == "kept"


class Special(mg.Network):
    """A user's own kind of network."""


@ways
def test_a_derived_network_stays_one(way: Copier) -> None:
    x = mg.Input(2)
    net = Special(x, mg.Dense(1)(x))
    assert type(way(net)) is Special
    assert type(net.copy()) is Special


@ways
def test_parameters_that_are_not_finite_are_copied_too(way: Copier) -> None:
    net = mg.mlp([2, 1])
    net.layers[0].theta[0, 0] = np.nan
    assert way(net).unroll().tobytes() == net.unroll().tobytes()


def test_a_pickle_of_0_1_is_too_old() -> None:
    """It names `minigraph.network.Network`, a class that has moved."""
    old = b"cminigraph.network\nNetwork\n."
    with pytest.raises(mg.ModelFormatError, match=r"received a pickle of minigraph 0\.1, .*mg\.save"):
        pickle.loads(old)
    with pytest.raises(AttributeError):
        pickle.loads(b"cminigraph.network\nOther\n.")


def test_no_other_name_is_taken_for_a_pickle_of_0_1() -> None:
    for name in ("Networks", "Layer", "absent"):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
            getattr(minigraph.network, name)


def test_a_network_is_made_from_a_dict_by_the_class_or_by_any_network() -> None:
    net, other = mg.mlp([2, 3, 1], seed=1), mg.mlp([1, 1])
    for made in (mg.Network.from_dict(net.to_dict(), seed=1), other.from_dict(net.to_dict(), seed=1)):
        assert made.to_dict() == net.to_dict()
        assert [layer.theta.shape for layer in made.layers] == [(3, 3), (1, 4)]


def test_a_shallow_copy_is_independent_too() -> None:
    net = mg.mlp([2, 1])
    twin = copy.copy(net)
    twin.layers[0].theta[...] = 7
    assert 7 not in net.unroll()


def test_a_copy_in_another_dtype_has_its_own_parts() -> None:
    net = mg.mlp([2, 3, 1], seed=1)
    net.classes = ["no", "yes"]
    twin = net.copy("float32")
    assert twin.dtype == np.float32
    assert twin.classes == ("no", "yes")
    assert twin.layers[0] is not net.layers[0]
    assert twin.generator is not net.generator
    np.testing.assert_allclose(twin.unroll(), net.unroll(), rtol=1e-7)

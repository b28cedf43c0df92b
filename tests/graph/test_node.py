"""Nodes, units and edges: what they show, and that a value is never shown once it is stale."""

import copy
import re
from collections.abc import Callable

import numpy as np
import pytest

import minigraph as mg
from graphs import random_network
from minigraph import Array, Network

X = np.random.default_rng(0).normal(size=(4, 2))
Y = np.random.default_rng(1).uniform(size=(4, 1))


@pytest.fixture
def net() -> Network[Array]:
    x = mg.Input(2, name="x")
    h = mg.Dense(3, "tanh", name="h")(x)
    d = mg.Dropout(0.5, name="d")(h)
    return Network(x, mg.Dense(1, name="y")(d), l2=0.5, seed=1)


def passed(net: Network[Array]) -> Network[Array]:
    net.forward(X)
    net.backward(Y)
    return net


def is_current(net: Network[Array]) -> tuple[bool, bool]:
    """Tell whether z and a can be read, and whether δ, Δ and D can; each group at once or not at all."""
    hidden, layer = net.node("h"), net.layers[0]

    def readable(*reads: Callable[[], object]) -> bool:
        outcomes = set()
        for read in reads:
            try:
                read()
                outcomes.add(True)
            except mg.StateError:
                outcomes.add(False)
        (outcome,) = outcomes
        return outcome

    return (
        readable(lambda: hidden.z, lambda: hidden.a, lambda: hidden.unit(1).a, lambda: net.node("x").a),
        readable(
            lambda: hidden.delta,
            lambda: hidden.unit(1).delta,
            lambda: layer.gradient,
            lambda: layer.accumulator,
            lambda: hidden.unit(1).inputs[0].gradient,
            lambda: net.node("y").target,
        ),
    )


def edit_theta(net: Network[Array]) -> None:
    net.layers[0].theta[0, 0] += 1


def fit(net: Network[Array]) -> None:
    mg.fit(net, X, Y, epochs=1, batch_size=2, progress=False, seed=0)


def borrow_and_edit_later(net: Network[Array]) -> None:
    theta = net.layers[-1].theta
    passed(net)
    assert is_current(net) == (True, True)
    theta *= 1.5


CHANGES: dict[str, tuple[Callable[[Network[Array]], object], tuple[bool, bool]]] = {
    "nothing": (lambda net: None, (True, True)),
    "a new forward pass": (lambda net: net.forward(X), (True, False)),
    "a training pass": (lambda net: net.forward(X, training=True), (True, False)),
    "another batch size": (lambda net: net.forward(X[:2]), (True, False)),
    "assign": (lambda net: net.assign(net.unroll()), (False, False)),
    "initialize": (lambda net: net.initialize(3), (False, False)),
    "theta set": (lambda net: setattr(net.layers[0], "theta", np.zeros((3, 3))), (False, False)),
    "theta edited in place": (edit_theta, (False, False)),
    "theta borrowed before the pass": (borrow_and_edit_later, (False, False)),
    "theta only read": (lambda net: net.layers[0].theta.sum(), (True, True)),
    "another l2": (lambda net: setattr(net, "l2", 0.25), (True, False)),
    "predict": (lambda net: net.predict(-X), (True, True)),
    "cost": (lambda net: net.cost(-X, Y), (True, True)),
    "a second backward pass": (lambda net: net.backward(Y), (True, True)),
    "cost and gradient": (lambda net: net.cost_and_gradient(X, Y), (True, True)),
    "a copy changed": (lambda net: net.copy().assign(np.zeros(13)), (True, True)),
    "gradient check": (lambda net: mg.check_gradient(net, X, Y), (True, True)),
    "fit": (fit, (False, False)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_makes_values_stale(net: Network[Array], change: str) -> None:
    act, expected = CHANGES[change]
    passed(net)
    act(net)
    assert is_current(net) == expected


def test_an_edit_that_was_taken_back_is_none(net: Network[Array]) -> None:
    passed(net)
    theta = net.layers[0].theta
    before = theta[0, 0]
    theta[0, 0] = 5
    theta[0, 0] = before
    assert is_current(net) == (True, True)
    theta[0, 0] = 5
    assert is_current(net) == (False, False)
    theta[0, 0] = before
    assert is_current(net) == (False, False)  # it was told to be stale, and stays so until the next pass


MESSAGES: list[tuple[Callable[[Network[Array]], object], str]] = [
    (lambda net: net.node("h").z, "z of node 'h': not computed, or parameters changed since; call forward(X) first"),
    (lambda net: net.node("x").a, "a of node 'x': not computed"),
    (lambda net: net.node("d").mask, "mask of node 'd': not computed"),
    (lambda net: net.node("h").delta, "delta of node 'h': not computed, or parameters changed since; call forward(X)"),
    (lambda net: net.backward(Y), "backward: not computed, or parameters changed since; call forward(X) first"),
    (lambda net: net.node("x").z, "input node 'x' has no z: a^(1) = x is given"),
    (lambda net: net.node("x").delta, "input node 'x' has no delta: inputs have no error"),
    (lambda net: net.layers[0].gradient, "gradient of Dense(3, 'tanh', name='h'): not computed"),
]


@pytest.mark.parametrize(("read", "message"), MESSAGES, ids=[each[1] for each in MESSAGES])
def test_reading_before_a_pass(net: Network[Array], read: Callable[[Network[Array]], object], message: str) -> None:
    with pytest.raises(mg.StateError, match=re.escape(message)):
        read(net)


def test_reading_delta_between_forward_and_backward(net: Network[Array]) -> None:
    net.forward(X)
    reads: list[Callable[[], object]] = [
        lambda: net.node("h").delta,
        lambda: net.layers[0].accumulator,
        lambda: net.node("y").target,
    ]
    for read in reads:
        with pytest.raises(mg.StateError, match=r"not computed since the last forward pass.* call backward\(Y\) first"):
            read()
    net.backward(Y)
    with pytest.raises(mg.StateError, match="node 'h' has no target: it is not an output"):
        net.node("h").target  # noqa: B018
    assert np.array_equal(net.node("y").target, Y)


def test_a_node_without_network() -> None:
    x = mg.Input(2, name="x")
    h = mg.Dense(3)(x)
    for node in (x, h):
        for what in ("z", "a", "delta", "mask", "position"):
            with pytest.raises(mg.StateError, match=f"node {node.name!r} belongs to no network yet"):
                getattr(node, what)
    assert (x.name, h.name, x.children, h.parents) == ("x", "dense", (h,), (x,))
    assert repr(x) == "Node('x', 2 units)"
    assert repr(mg.Input(1)) == "Node('input', 1 unit)"


def test_what_was_handed_out_never_changes(net: Network[Array]) -> None:
    passed(net)
    nodes = net.nodes[1:]
    handed = [net.predict(X), net.forward(X), net.unroll(), net.cost_and_gradient(X, Y)[1]]
    handed += [array for node in nodes for array in (node.z, node.a, node.delta, node.unit(1).a, node.unit(1).delta)]
    handed += [net.node("x").a, net.node("y").target, net.node("h").unit(2).weights]
    kept = [array.copy() for array in handed]
    net.forward(-X, training=True)
    net.backward(1 - Y)
    net.predict(5 * X)
    net.assign(np.zeros(13))
    net.cost_and_gradient(3 * X, 1 - Y)
    fit(net)
    assert all(np.array_equal(array, copy) for array, copy in zip(handed, kept, strict=True))


def test_writing_to_what_was_handed_out_changes_nothing(net: Network[Array]) -> None:
    passed(net)
    before = net.node("h").a, net.node("h").delta, net.unroll(), net.node("h").unit(1).weights
    for array in (net.node("h").a, net.node("h").delta, net.unroll(), net.node("h").unit(1).weights):
        array[...] = 99
    net.cost_and_gradient(X, Y)[1][...] = 99
    after = net.node("h").a, net.node("h").delta, net.unroll(), net.node("h").unit(1).weights
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
    for array in (net.layers[0].gradient, net.layers[0].accumulator):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 99


def test_what_was_lent_is_not_changed(net: Network[Array]) -> None:
    x, y, vector, weights = X.copy(), Y.copy(), np.arange(13.0), np.ones(4)
    for array in (x, y, vector, weights):
        array.flags.writeable = False
    net.assign(vector)
    net.cost_and_gradient(x, y, weights)
    net.predict(x)
    y.flags.writeable = weights.flags.writeable = True
    y[...] = weights[...] = 0
    assert np.array_equal(net.node("y").target, Y)
    kept = net.engine.current_objective().weights
    assert kept is not None
    assert kept.tolist() == [1, 1, 1, 1]


def test_units(net: Network[Array]) -> None:
    passed(net)
    h = net.node("h")
    theta = net.layers[0].theta
    assert [unit.index for unit in h.units] == [1, 2, 3]
    for j, unit in enumerate(h.units, start=1):
        assert unit == h.unit(j)
        assert not unit.is_bias
        assert np.array_equal(unit.z, h.z[:, j - 1])
        assert np.array_equal(unit.a, h.a[:, j - 1])
        assert np.array_equal(unit.delta, h.delta[:, j - 1])
        assert unit.bias == theta[j - 1, 0]
        assert np.array_equal(unit.weights, theta[j - 1, 1:])
        np.testing.assert_allclose(unit.z, unit.bias + X @ unit.weights, rtol=1e-13)
    assert h.unit(np.int64(2)) == h.unit(2)  # type: ignore[arg-type]
    assert h.unit(1) != net.node("d").unit(1)
    assert len({h.unit(1), h.unit(1), h.unit(2)}) == 2
    assert repr(h.unit(2)) == "Unit('h', 2)"


def test_the_bias_unit(net: Network[Array]) -> None:
    passed(net)
    bias = net.node("x").unit(0)
    assert bias.is_bias
    assert bias.a.tolist() == [1, 1, 1, 1]
    assert bias.inputs == ()
    assert [edge.target.index for edge in bias.outputs] == [1, 2, 3]
    assert [edge.weight for edge in bias.outputs] == net.layers[0].theta[:, 0].tolist()
    for what in ("z", "delta"):
        with pytest.raises(mg.StateError, match=f"the bias unit of node 'x' has no {what}: its a is always 1"):
            getattr(bias, what)
    for what in ("bias", "weights"):
        with pytest.raises(mg.StateError, match="the bias unit of node 'x' has no incoming weights"):
            getattr(bias, what)
    assert len(net.node("d").unit(0).outputs) == 1
    assert net.node("h").unit(0).outputs == ()  # Dropout takes no bias


@pytest.mark.parametrize("j", [-1, 4, True, 1.0, "1", None])
def test_no_such_unit(net: Network[Array], j: int) -> None:
    message = f"j: received {j!r}, expected a unit of node 'h', from 1 to 3, or 0 for the bias"
    with pytest.raises(mg.ArgumentError, match=re.escape(message)):
        net.node("h").unit(j)


def test_edges_are_the_entries_of_theta(net: Network[Array]) -> None:
    passed(net)
    theta, gradient = net.layers[0].theta, net.layers[0].gradient
    for unit in net.node("h").units:
        assert [edge.source.index for edge in unit.inputs] == [0, 1, 2]
        for column, edge in enumerate(unit.inputs):
            assert edge.is_trainable
            assert (edge.target, edge.column) == (unit, column)
            assert edge.weight == theta[unit.index - 1, column]
            assert edge.gradient == gradient[unit.index - 1, column]
            assert edge in edge.source.outputs
    through_dropout = net.node("d").unit(2).inputs
    assert [edge.source for edge in through_dropout] == [net.node("h").unit(2)]
    assert through_dropout[0].weight == 1.0
    assert not through_dropout[0].is_trainable
    with pytest.raises(mg.StateError, match="has the fixed weight 1, which is not a parameter and has no gradient"):
        through_dropout[0].gradient  # noqa: B018
    with pytest.raises(mg.StateError, match=r"Dropout\(0.5\) has no parameters"):
        net.node("d").unit(1).bias  # noqa: B018
    assert len({*net.node("h").unit(1).inputs, *net.node("h").unit(1).inputs}) == 3


def test_z_is_the_sum_over_the_edges_of_any_layer() -> None:
    """Edges tell the truth also through Add with a node twice, Concat, Activate, links and shared layers."""
    x = mg.Input(2, name="x")
    shared = mg.Dense(2, "tanh", links=[[1, 0], [1, 1]])
    h = shared(x)
    twice = mg.Add()([h, shared(h), h])
    joined = mg.Concat()([mg.Activate("relu")(twice), x, x])
    net = Network(x, joined, cost="squared_error", seed=3)
    net.forward(X)
    edges_in = set()
    for node in net.nodes[1:]:
        for unit in node.units:
            assert len(set(unit.inputs)) == len({edge.source for edge in unit.inputs})
            np.testing.assert_allclose(unit.z, sum(e.weight * e.source.a for e in unit.inputs), rtol=1e-13)
            edges_in |= set(unit.inputs)
    edges_out = {edge for node in net.nodes for j in range(node.size + 1) for edge in node.unit(j).outputs}
    assert edges_in == edges_out
    assert len(h.unit(1).inputs) == 2
    assert [edge.target.node for edge in x.unit(1).outputs].count(joined) == 2


# Weights set by hand


def weights_of_one_unit(net: Network[Array]) -> list[float]:
    row: list[float] = net.layers[0].theta[1].tolist()
    return row


def test_a_unit_takes_a_bias_and_weights(net: Network[Array]) -> None:
    unit, others = passed(net).node("h").unit(2), net.layers[0].theta[[0, 2]]
    unit.bias = 0.5
    assert is_current(net) == (False, False)
    unit.weights = [3, -4]
    unit.inputs[2].weight = 7
    assert weights_of_one_unit(net) == [0.5, 3, 7]
    assert (unit.bias, unit.weights.tolist(), unit.inputs[2].weight) == (0.5, [3, 7], 7)
    assert np.array_equal(net.layers[0].theta[[0, 2]], others)


def test_every_unit_sets_its_own_row_and_every_edge_its_own_entry() -> None:
    net = mg.mlp([2, 5])
    units, entries = net.node(2).units, np.arange(15.0).reshape(5, 3)
    for unit, row in zip(units, entries, strict=True):
        unit.bias, unit.weights = row[0], row[1:]
    assert np.array_equal(net.layers[0].theta, entries)
    for unit, row in zip(units, -entries, strict=True):
        for edge, entry in zip(unit.inputs, row, strict=True):
            edge.weight = entry
    assert np.array_equal(net.layers[0].theta, -entries)
    assert [[edge.weight for edge in unit.inputs] for unit in units] == (-entries).tolist()
    assert [[unit.bias, *unit.weights] for unit in units] == (-entries).tolist()


def test_units_have_the_names_of_their_node() -> None:
    x = mg.Input(3, unit_names=iter(["a", "b", "c"]))
    assert x.unit_names == ("a", "b", "c")
    assert [x.unit(j).name for j in range(4)] == [None, "a", "b", "c"]
    unnamed = mg.Input(2)
    assert [unnamed.unit(j).name for j in range(3)] == [None, None, None]
    x.unit_names = None
    assert x.unit(1).name is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b", "a"], "unit_names: received 'a' twice, expected distinct names"),
        (["a", "b"], "unit_names: received 2 names, expected 3, one for each unit of node 'x'"),
        (list("abcd"), "unit_names: received 4 names, expected 3"),
        (["a", "", "c"], "unit_names: received '' for unit 2, expected a non-empty string"),
        (["a", "b", 3], "unit_names: received 3 for unit 3, expected a non-empty string"),
        ("abc", "unit_names: received 'abc', expected a sequence of 3 names"),
        (3, "unit_names: received 3, expected a sequence of 3 names"),
    ],
)
def test_unit_names_that_do_not_fit_change_nothing(names: list[str], message: str) -> None:
    x = mg.Input(3, "x", unit_names=["p", "q", "r"])
    with pytest.raises(mg.ArgumentError, match=re.escape(message)):
        x.unit_names = names
    assert x.unit_names == ("p", "q", "r")


def test_a_copied_node_stands_where_it_stood(net: Network[Array]) -> None:
    passed(net)
    for node in net.nodes:
        twin = copy.deepcopy(node)
        assert (twin.name, twin.size, twin.position) == (node.name, node.size, node.position)
        assert [parent.name for parent in twin.parents] == [parent.name for parent in node.parents]
    assert np.array_equal(copy.deepcopy(net.node("h")).layer.theta, net.layers[0].theta)
    x = mg.Input(2, "x", unit_names=["a", "b"])
    loose = copy.deepcopy(mg.Add(name="sum")([x, mg.Dense(2)(x)]))  # of no network: with all its ancestors
    assert (loose.name, loose.owner, [parent.name for parent in loose.parents]) == ("sum", None, ["x", "dense"])
    assert loose.parents[0].unit_names == ("a", "b")
    assert loose.parents[1].parents == (loose.parents[0],) != (x,)


REFUSED: dict[str, tuple[Callable[[Network[Array]], object], type[Exception], str]] = {
    "nan bias": (lambda net: setattr(net.node("h").unit(2), "bias", np.nan), mg.ArgumentError, "bias: received nan"),
    "text": (lambda net: setattr(net.node("h").unit(2), "bias", "0"), mg.ArgumentError, "bias: received '0'"),
    "too many": (
        lambda net: setattr(net.node("h").unit(2), "weights", [1, 2, 3]),
        mg.ShapeError,
        r"weights: received shape \(3,\), expected \(2,\)",
    ),
    "too few": (
        lambda net: setattr(net.node("h").unit(2), "weights", [1]),
        mg.ShapeError,
        r"weights: received shape \(1,\), expected \(2,\)",
    ),
    "one for all": (
        lambda net: setattr(net.node("h").unit(2), "weights", 1.0),
        mg.ShapeError,
        r"weights: received shape \(\), expected \(2,\)",
    ),
    "infinite": (
        lambda net: setattr(net.node("h").unit(2), "weights", [np.inf, 1]),
        mg.NonFiniteDataError,
        "received inf",
    ),
    "bias unit": (lambda net: setattr(net.node("h").unit(0), "bias", 1), mg.StateError, "no incoming weights"),
    "input": (lambda net: setattr(net.node("x").unit(1), "bias", 1), mg.StateError, "no parameters"),
    "fixed": (
        lambda net: setattr(net.node("d").unit(1).inputs[0], "weight", 2),
        mg.StateError,
        "fixed weight 1, which is not a parameter and cannot be set",
    ),
    "edge": (
        lambda net: setattr(net.node("h").unit(1).inputs[0], "weight", -np.inf),
        mg.ArgumentError,
        "weight: received -inf, expected a finite number",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_weight_that_cannot_be_set_changes_nothing(name: str, net: Network[Array]) -> None:
    call, error, message = REFUSED[name]
    before = passed(net).unroll()
    with pytest.raises(error, match=message):
        call(net)
    assert np.array_equal(net.unroll(), before)
    assert is_current(net) == (True, True)


def test_weights_of_absent_links_stay_0_also_when_set() -> None:
    x = mg.Input(2)
    net = Network(x, mg.Dense(1, links=[[True, False]])(x))
    net.node(2).unit(1).weights = [5, 6]
    assert net.layers[0].theta[0, 1:].tolist() == [5, 0]


@pytest.mark.parametrize("seed", range(20))
def test_edges_out_of_a_unit_are_those_into_the_others(seed: int) -> None:
    net = random_network(seed)
    into: dict[mg.Unit, list[mg.Edge]] = {}
    for node in net.nodes:
        for unit in node.units:
            for edge in unit.inputs:
                into.setdefault(edge.source, []).append(edge)
    for node in net.nodes:
        for j in range(node.size + 1):
            assert list(node.unit(j).outputs) == into.get(node.unit(j), [])

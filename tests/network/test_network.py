"""The network as a whole: seeds, copies, dtypes, batch sizes, several outputs, threads."""

import copy
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minigraph as mg
from minigraph import Array, Concat, Dense, Dropout, Input, Network

generator = np.random.default_rng(0)
X = generator.normal(size=(12, 3))
Y = np.eye(2)[generator.integers(2, size=12)]


def small(dtype: type = np.float64, seed: int = 0) -> Network[Array]:
    return mg.mlp([3, 5, 4, 2], "tanh", dropout=0.3, l2=0.1, dtype=dtype, seed=seed)


# Parameters


def test_unroll_is_theta_by_theta_row_by_row() -> None:
    net = small()
    thetas = [layer.theta for layer in net.layers]
    assert [theta.shape for theta in thetas] == [(5, 4), (4, 6), (2, 5)]
    assert np.array_equal(net.unroll(), np.concatenate([theta.ravel() for theta in thetas]))
    assert np.array_equal(net.unroll(), mg.unroll(thetas))
    assert all(np.shares_memory(theta, net.engine.parameters.vector) for theta in thetas)
    assert net.unroll().size == 5 * (3 + 1) + 4 * (5 + 1) + 2 * (4 + 1)


def test_assign_is_the_inverse_of_unroll() -> None:
    net, other = small(seed=1), small(seed=2)
    other.assign(net.unroll())
    assert np.array_equal(other.predict(X), net.predict(X))
    other.assign(list(range(54)))
    assert other.layers[1].theta[0].tolist() == [20, 21, 22, 23, 24, 25]


@pytest.mark.parametrize(
    ("vector", "error", "message"),
    [
        (np.zeros(53), mg.ShapeError, "vector: received shape (53,), expected (54,)"),
        (np.zeros((1, 54)), mg.ShapeError, "vector: received shape (1, 54), expected (54,)"),
        (np.r_[np.zeros(53), np.nan], mg.NonFiniteDataError, "vector: received nan at index 53"),
        (["a"] * 54, mg.ShapeError, "vector: received values of type <U1"),
        ([1, [2]], mg.ShapeError, "vector: received a ragged sequence"),
    ],
    ids=["short", "matrix", "nan", "strings", "ragged"],
)
def test_assign_refuses_and_changes_nothing(vector: Array, error: type[Exception], message: str) -> None:
    net = small()
    net.forward(X)
    before, a = net.unroll(), net.nodes[-1].a
    with pytest.raises(error, match=re.escape(message)):
        net.assign(vector)
    assert np.array_equal(net.unroll(), before)
    assert np.array_equal(net.nodes[-1].a, a)


def test_a_vector_too_large_for_float32_is_refused() -> None:
    net = small(np.float32)
    with pytest.raises(mg.NonFiniteDataError, match=r"received 1e\+300 at index 0, .* finite in float32"):
        net.assign(np.full(54, 1e300))
    wide = small()
    wide.assign(np.full(54, 1e300))
    with pytest.raises(mg.NonFiniteDataError, match="finite in float32"):
        wide.copy(np.float32)


# Seeds


def test_the_seed_decides() -> None:
    assert np.array_equal(small(seed=3).unroll(), small(seed=3).unroll())
    assert not np.array_equal(small(seed=3).unroll(), small(seed=4).unroll())
    net = small(seed=3)
    net.forward(X, training=True)
    net.assign(np.zeros(54))
    net.initialize(3)
    twin = small(seed=3)
    assert np.array_equal(net.unroll(), twin.unroll())
    assert np.array_equal(net.forward(X, training=True), twin.forward(X, training=True))
    assert small(seed=3).unroll().sum() != mg.mlp([3, 5, 4, 2], seed=None).unroll().sum()


def test_bad_seed_changes_nothing() -> None:
    net = small()
    before = net.unroll()
    for seed in (-1, 1.5, "a", True):
        with pytest.raises(mg.ArgumentError, match="seed: received"):
            net.initialize(seed)  # type: ignore[arg-type]
    assert np.array_equal(net.unroll(), before)


def test_the_global_generator_of_numpy_is_left_alone() -> None:
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1]  # type: ignore[index]  # noqa: NPY002
    small().forward(X, training=True)
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]  # noqa: NPY002


# Copies


@pytest.mark.parametrize(
    "copier", [lambda net: net.copy(), copy.copy, copy.deepcopy], ids=["method", "copy", "deepcopy"]
)
def test_a_copy_has_its_own_memory(copier: object) -> None:
    net = small(seed=5)
    net.forward(X, training=True)
    assert callable(copier)
    twin: Network[Array] = copier(net)
    assert np.array_equal(twin.forward(X, training=True), net.forward(X, training=True))  # the same mask comes next
    before = net.predict(X)
    twin.assign(np.zeros(54))
    assert np.array_equal(twin.predict(X), np.full((12, 2), 0.5))
    twin.layers[0].theta[...] = 1
    assert twin.unroll()[:20].tolist() == [1] * 20
    assert np.array_equal(net.predict(X), before)
    assert not set(twin.nodes) & set(net.nodes)
    assert not set(twin.layers) & set(net.layers)
    assert (twin.l2, twin.dtype, [repr(node) for node in twin.nodes]) == (0.1, net.dtype, [repr(n) for n in net.nodes])


def test_a_copy_of_one_output_gives_an_array_and_of_several_a_tuple() -> None:
    assert isinstance(small().copy().predict(X), np.ndarray)
    x = Input(3)
    listed = Network(x, [Dense(2)(x)])
    assert isinstance(listed.predict(X), tuple)
    assert isinstance(listed.copy().predict(X), tuple)


# Passes


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_everything_has_the_dtype(dtype: type) -> None:
    net = small(dtype)
    assert net.dtype == dtype
    a = net.forward(X, training=True)
    net.backward(Y, sample_weight=np.ones(12))
    arrays = [a, net.predict(X), net.unroll(), net.cost_and_gradient(X, Y)[1], net.layers[0].theta]
    arrays += [array for node in net.nodes[1:] for array in (node.z, node.a, node.delta)]
    arrays += [net.nodes[0].a, net.layers[0].gradient, net.layers[0].accumulator, net.nodes[2].unit(1).a]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert type(net.cost(X, Y)) is float


def test_predict_in_batches_of_any_size() -> None:
    net = small()
    whole = net.predict(X)
    for size in (1, 5, 12, 100, np.int64(7)):
        np.testing.assert_allclose(net.predict(X, batch_size=size), whole, rtol=1e-14)  # type: ignore[arg-type]
    for wrong in (0, -1, 2.5, True, "3"):
        with pytest.raises(mg.ArgumentError, match=f"batch_size: received {wrong!r}, expected an integer >= 1"):
            net.predict(X, batch_size=wrong)  # type: ignore[arg-type]


def test_smaller_batches_after_larger_ones_and_back() -> None:
    """Buffers are reused; nothing of a batch may shine through into another."""
    net = small()
    alone = {m: small().cost_and_gradient(X[:m], Y[:m]) for m in (1, 3, 7, 12)}
    for m in (7, 3, 12, 1, 7, 3, 3, 12, 1):
        net.predict(X[: 13 - m])
        J, gradient = net.cost_and_gradient(X[:m], Y[:m])
        assert J == alone[m][0]
        assert np.array_equal(gradient, alone[m][1])
        assert net.nodes[1].a.shape == (m, 5)


def test_predict_and_cost_leave_the_caches_alone() -> None:
    net = small()
    net.forward(X[:5], training=True)
    net.backward(Y[:5])
    before = [array for node in net.nodes[1:] for array in (node.z, node.a, node.delta)]
    mask = net.nodes[2].mask
    gradient = net.layers[0].gradient.copy()
    net.predict(-X)
    net.predict(-X, batch_size=5)
    net.cost(-X, Y)
    after = [array for node in net.nodes[1:] for array in (node.z, node.a, node.delta)]
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
    assert np.array_equal(np.asarray(mask), np.asarray(net.nodes[2].mask))
    assert np.array_equal(gradient, net.layers[0].gradient)


def test_backward_overwrites() -> None:
    net = small()
    net.forward(X, training=True)
    net.backward(Y)
    first = [array.copy() for layer in net.layers for array in (layer.gradient, layer.accumulator)]
    deltas = [node.delta for node in net.nodes[1:]]
    net.backward(1 - Y)
    assert not np.array_equal(net.layers[0].gradient, first[0])
    net.backward(Y)
    assert all(np.array_equal(node.delta, old) for node, old in zip(net.nodes[1:], deltas, strict=True))
    second = [array for layer in net.layers for array in (layer.gradient, layer.accumulator)]
    assert all(np.array_equal(old, new) for old, new in zip(first, second, strict=True))


def test_an_output_may_feed_other_nodes_and_have_a_cost_of_its_own() -> None:
    x = Input(3, name="x")
    h = Dense(2, "sigmoid", name="h")(x)
    y = Dense(2, "identity", name="y")(h)
    net = Network(x, [h, y], cost=["cross_entropy", "squared_error"])
    net.forward(X)
    net.backward([Y, Y])
    theta = net.layers[1].theta
    from_y = (y.a - Y) @ theta[:, 1:] * h.a * (1 - h.a)
    np.testing.assert_allclose(h.delta, (h.a - Y) + from_y, rtol=1e-12)
    own = -(Y * np.log(h.a) + (1 - Y) * np.log(1 - h.a)).sum() + ((y.a - Y) ** 2).sum() / 2
    assert net.cost(X, [Y, Y]) == pytest.approx(own / 12, rel=1e-13)


def test_regularization_leaves_the_bias_column_out() -> None:
    net = small()
    J = net.cost(X, Y)
    D = net.cost_and_gradient(X, Y)[1]
    net.l2 = 0
    weights = [layer.theta[:, 1:] for layer in net.layers]
    assert J - net.cost(X, Y) == pytest.approx(0.1 / (2 * 12) * sum((each**2).sum() for each in weights), rel=1e-10)
    difference = mg.reshape(D - net.cost_and_gradient(X, Y)[1], [layer.theta.shape for layer in net.layers])
    for part, layer in zip(difference, net.layers, strict=True):
        assert not part[:, 0].any()
        np.testing.assert_allclose(part[:, 1:], 0.1 / 12 * layer.theta[:, 1:], rtol=1e-10, atol=1e-16)


@pytest.mark.parametrize("l2", [-0.1, np.nan, np.inf, "1", None, True])
def test_bad_l2_changes_nothing(l2: float) -> None:
    net = small()
    net.cost_and_gradient(X, Y)
    with pytest.raises(mg.ArgumentError, match=re.escape(f"l2: received {l2!r}, expected a finite number >= 0")):
        net.l2 = l2
    assert net.l2 == 0.1
    assert net.layers[0].gradient.shape == (5, 4)


def test_predict_from_several_threads() -> None:
    x = Input(3)
    links = np.ones((64, 3), dtype=bool)
    links[::2, 0] = False
    h = Dropout(0.5)(Dense(64, "gelu", links=links)(x))
    net = Network(x, Dense(2, "softmax")(Concat()([h, x])), cost="categorical_cross_entropy")
    batches = [np.random.default_rng(seed).normal(size=(50 + seed, 3)) for seed in range(25)]
    expected = [net.predict(batch) for batch in batches]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(net.predict, batches * 2))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected * 2, strict=True))


# Numbers that leave the finite ones


def large(activation: mg.ActivationName = "identity") -> Network[Array]:
    x = Input(1, name="x")
    h = Dense(2, activation, name="h", initializer=mg.Constant(1e200))(x)
    return Network(x, Dense(1, "identity", name="y", initializer=mg.Constant(1e200))(h), cost="squared_error")


def test_forward_names_the_node_where_it_leaves_the_finite_numbers() -> None:
    net = large()
    for call in (net.forward, net.predict):
        with pytest.raises(mg.NonFiniteError, match="node 'y': z is not finite in the forward pass"):
            call([[1.0]])
    net = large("relu")
    net.layers[0].theta = np.array([[1e308, 1e308], [1, 1]])
    with pytest.raises(mg.NonFiniteError, match="node 'h': z is not finite in the forward pass"):
        net.forward([[1.0]])
    with pytest.raises(mg.StateError):
        net.node("h").z  # noqa: B018


def test_cost_names_the_output_and_the_example() -> None:
    net = large()
    net.assign([1, 1, 1, 1, 0, 1, 1])
    message = r"node 'y': cost\(i\) of example 1 is inf in the forward pass, by SquaredError\(\) of a = \[2.e\+199\]"
    with pytest.raises(mg.NonFiniteError, match=message):
        net.cost([[0.0], [1e199]], [0, 0])
    x = Input(1)
    two = Network(x, [Dense(1, name="fine")(x), mg.Activate("relu", name="off")(x)])
    message = r"node 'off': cost\(i\) of example 0 is nan in the forward pass, by CrossEntropy\(\) of a = \[3.\]"
    with pytest.raises(mg.NonFiniteError, match=message):
        two.cost([[3.0]], [[0.5], [0.5]])
    net.l2 = 1.0
    net.assign([0, 0, 0, 0, 0, 1e200, 0])
    with pytest.raises(mg.NonFiniteError, match=r"J is not finite .* the regularization term overflows"):
        net.cost([[0.0]], [0])


def test_backward_names_the_node_and_can_be_called_again() -> None:
    net = large()
    net.assign([1, 1, 1, 1, 0, 1e200, 1])
    net.forward([[1.0]])
    before = net.unroll()
    with pytest.raises(mg.NonFiniteError, match="node 'h': delta is not finite in the backward pass"):
        net.backward([1e120])
    with pytest.raises(mg.StateError):
        net.node("h").delta  # noqa: B018
    with pytest.raises(mg.StateError):
        net.layers[0].gradient  # noqa: B018
    assert net.node("h").a.tolist() == [[2.0, 2.0]]
    assert np.array_equal(net.unroll(), before)
    net.backward([2e200])  # y = a to the last bit
    assert net.node("h").delta.tolist() == [[0.0, 0.0]]


def test_overflow_on_the_way_to_a_finite_result_is_no_news() -> None:
    net = mg.mlp([1, 2, 1], initializer=mg.Constant(700.0))
    assert net.predict([[1e3]]).tolist() == [[1.0]]
    assert net.predict([[-1e3]]).tolist() == [[1.0]]
    assert net.cost([[1e3]], [0]) == pytest.approx(2100.0)


def test_repr() -> None:
    assert repr(small()) == "Network(6 nodes 3-5-5-4-4-2, 54 parameters)"
    assert repr(mg.mlp([1] * 9)) == "Network(9 nodes 1-1-1-1-1-1-…, 16 parameters)"


# Classes


def test_calling_a_network_predicts_and_leaves_the_caches_alone() -> None:
    net = small()
    net.forward(X[:3])
    assert np.array_equal(net(X), net.predict(X))
    assert len(net.node(2).a) == 3
    x = Input(3)
    several = Network(x, [Dense(1)(x), Dense(2)(x)])
    assert [a.shape for a in several(X)] == [(12, 1), (12, 2)]


def test_classes_are_indices_or_labels() -> None:
    net = small(seed=1)
    expected = net.predict(X).argmax(axis=1)
    assert len(set(expected)) == 2
    assert np.array_equal(net.predict_classes(X), expected)
    assert np.array_equal(net.predict_classes(X, batch_size=5), expected)
    net.classes = ["fish", "bird"]
    assert net.predict_classes(X).tolist() == [("fish", "bird")[k] for k in expected]
    net.classes = [1, "one"]
    assert net.predict_classes(X).tolist() == [(1, "one")[k] for k in expected]
    net.classes = [7, 9]
    assert net.predict_classes(X).dtype.kind == "i"


def test_one_unit_says_yes_from_one_half_on() -> None:
    net = mg.mlp([1, 1])
    net.assign([0, 1])
    assert net.predict_classes([[-1e-9], [0.0], [1.0]]).tolist() == [0, 1, 1]
    net.classes = [False, True]
    assert net.predict_classes([[-1e-9], [0.0], [1.0]]).tolist() == [False, True, True]


def test_several_outputs_have_no_one_class() -> None:
    x = Input(3)
    with pytest.raises(mg.ArgumentError, match="received a network with 2 outputs, expected one with classes"):
        Network(x, [Dense(1)(x), Dense(2)(x)]).predict_classes(X)


def test_labels_that_numpy_would_change_stay_as_they_are() -> None:
    net = mg.mlp([1, 1])
    for labels in ([2**63, -1], ["a", "a\0"]):
        net.classes = labels
        net.assign([0, 1])
        assert net.predict_classes([[-1.0], [1.0]]).tolist() == labels

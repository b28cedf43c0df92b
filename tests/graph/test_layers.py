"""Layers: what they compute, what they refuse, and layers of one's own."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest

import minigraph as mg
from minigraph import Activate, Add, Array, Concat, Dense, Dropout, Input, Layer, Network, Node
from minigraph.graph.buffers import Buffers
from minigraph.graph.node import Link


def network(x: Node | list[Node], y: Node, seed: int = 0) -> Network[Array]:
    return Network(x, y, cost="squared_error", seed=seed)


X = np.random.default_rng(0).normal(size=(5, 3))


def test_dense_is_theta_a_with_the_bias_in_column_0() -> None:
    x = Input(3)
    net = network(x, Dense(2, "identity")(x))
    theta = net.layers[0].theta
    np.testing.assert_allclose(net.forward(X), np.column_stack([np.ones(5), X]) @ theta.T, rtol=1e-14)


def test_activate_add_and_concat() -> None:
    x = Input(3)
    squashed = Activate("tanh")(x)
    y = Concat()([Add()([x, squashed, x]), squashed])
    net = network(x, y)
    np.testing.assert_allclose(net.forward(X), np.hstack([2 * X + np.tanh(X), np.tanh(X)]), rtol=1e-15)
    assert net.layers == ()
    assert net.unroll().shape == (0,)
    net.backward(np.zeros((5, 6)))
    net.assign([])


def test_one_parent_is_enough_for_add_and_concat() -> None:
    x = Input(3)
    assert np.array_equal(network(x, Concat()(Add()(x))).forward(X), X)


def test_shared_layer_sums_its_accumulators() -> None:
    x, shared = Input(3), Dense(3, "tanh")
    first = shared(x)
    second = shared(first)
    net = network(x, second)
    assert net.layers == (shared,)
    net.forward(X)
    net.backward(np.zeros((5, 3)))
    ones = np.ones((5, 1))
    by_hand = first.delta.T @ np.hstack([ones, X]) + second.delta.T @ np.hstack([ones, first.a])
    np.testing.assert_allclose(shared.accumulator, by_hand, rtol=1e-13)
    np.testing.assert_allclose(shared.gradient, by_hand / 5, rtol=1e-13)


def test_absent_links_stay_zero_whatever_happens() -> None:
    links = np.array([[True, False, True], [False, False, True]])
    x = Input(3)
    layer = Dense(2, "sigmoid", links=links)
    net = Network(x, layer(x), l2=1.0)
    Y = np.full((5, 2), 0.5)
    absent = ~links

    def weights() -> Array:
        return layer.parameters()[:, 1:]

    assert weights()[links].all()
    net.assign(-np.ones(8))
    assert weights()[absent].tolist() == [0, 0, 0]
    assert not np.signbit(weights()[absent]).any()
    layer.theta = np.ones((2, 4))
    assert not weights()[absent].any()
    layer.theta[:, 1:] = 7.0
    a = net.predict(X)
    assert not weights()[absent].any()
    assert np.array_equal(net.forward(X), a)
    net.backward(Y)
    assert not layer.gradient[:, 1:][absent].any()
    assert not layer.accumulator[:, 1:][absent].any()
    assert layer.gradient[:, 1:][links].all()
    net.initialize(3)
    assert not weights()[absent].any()
    assert [edge.source.index for edge in net.node(2).unit(2).inputs] == [0, 3]


@pytest.mark.parametrize("links", [[[1, 0], [1, 1]], np.array([[True, False], [True, True]])])
def test_links_are_true_and_false_or_one_and_zero(links: Sequence[Sequence[int]]) -> None:
    layer = Dense(2, links=links)
    assert layer.links is not None
    assert layer.links.tolist() == [[True, False], [True, True]]


# Dropout


def dropped(rate: float, units: int = 1000, seed: int = 0, dtype: type = np.float64) -> Network[Array]:
    x = Input(units)
    return Network(x, Dropout(rate, name="drop")(x), cost="squared_error", seed=seed, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_dropout_scales_what_stays_and_keeps_the_expectation(dtype: type) -> None:
    net = dropped(0.2, dtype=dtype)
    ones = np.ones((100, 1000))
    a = net.forward(ones, training=True)
    mask = net.node("drop").mask
    assert mask is not None
    assert mask.dtype == np.bool_
    assert np.array_equal(a, np.where(mask, dtype(1 / 0.8), dtype(0)))
    assert mask.mean() == pytest.approx(0.8, abs=4 * np.sqrt(0.16 / 1e5))  # four standard deviations
    assert a.mean() == pytest.approx(1.0, abs=0.01)
    assert mask.any(axis=0).all()
    assert (mask[0] != mask[1]).any()


def test_dropout_draws_a_fresh_mask_on_each_training_pass_and_none_otherwise() -> None:
    net = dropped(0.5)
    X = np.ones((2, 1000))
    first = net.forward(X, training=True)
    assert not np.array_equal(first, net.forward(X, training=True))
    assert np.array_equal(net.forward(X), X)
    assert net.node("drop").mask is None
    assert np.array_equal(net.predict(X), X)
    assert net.cost(X, X) == 0
    assert net.node("input1").mask is None


def test_masks_follow_the_seed() -> None:
    X = np.ones((2, 1000))
    one, two, other = dropped(0.5, seed=7), dropped(0.5, seed=7), dropped(0.5, seed=8)
    passes = [[net.forward(X, training=True) for _ in range(2)] for net in (one, two, other)]
    assert np.array_equal(passes[0], passes[1])
    assert not np.array_equal(passes[0], passes[2])
    one.initialize(7)
    assert np.array_equal(one.forward(X, training=True), passes[0][0])
    one.predict(X)
    one.cost(X, X)
    assert np.array_equal(one.forward(X, training=True), passes[0][1])  # evaluations draw nothing


def test_errors_pass_through_the_mask_of_the_pass() -> None:
    net = dropped(0.5)
    a = net.forward(np.ones((2, 1000)), training=True)
    net.backward(np.zeros((2, 1000)))
    assert np.array_equal(net.node("drop").delta, a)  # the output is the dropout node itself
    x = Input(4)
    h = Activate("identity")(x)
    net = network(x, Dropout(0.5)(h), seed=3)
    a = net.forward(np.ones((2, 4)), training=True)
    net.backward(np.zeros((2, 4)))
    mask = net.nodes[-1].mask
    assert mask is not None
    assert np.array_equal(h.delta, a * np.where(mask, 2, 0))


def test_rate_0_drops_nothing() -> None:
    net = dropped(0.0)
    X = np.ones((2, 1000))
    assert np.array_equal(net.forward(X, training=True), X)
    assert np.all(net.node("drop").mask)


@pytest.mark.parametrize("rate", [1, 1.0, -0.1, np.nan, np.inf, "0.5", None, True])
def test_rate_outside_its_range(rate: float) -> None:
    message = f"rate: received {rate!r}, expected 0 <= rate < 1, the probability that a unit drops out"
    with pytest.raises(mg.ArgumentError, match=re.escape(message)):
        Dropout(rate)


# Bad arguments

BAD_ARGUMENTS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: Input(0), mg.ArgumentError, "units: received 0, expected an integer >= 1"),
    (lambda: Input(2.5), mg.ArgumentError, "units: received 2.5"),  # type: ignore[arg-type]
    (lambda: Input(2, name=""), mg.ArgumentError, "name: received '', expected a non-empty string or None"),
    (lambda: Input(2, name=3), mg.ArgumentError, "name: received 3"),  # type: ignore[arg-type]
    (lambda: Dense(-1), mg.ArgumentError, "units: received -1"),
    (lambda: Dense(2, "sigmod"), mg.ArgumentError, "did you mean 'sigmoid'"),  # type: ignore[arg-type]
    (lambda: Dense(2, initializer=0.1), mg.ArgumentError, "initializer: received 0.1"),  # type: ignore[arg-type]
    (lambda: Dense(2, links=[[1, 0]]), mg.ShapeError, "links: received shape (1, 2), expected (2, s_in)"),
    (lambda: Dense(1, links=[1, 0]), mg.ShapeError, "links: received shape (2,), expected (1, s_in)"),
    (lambda: Dense(2, links=[[1], [1, 0]]), mg.ShapeError, "links: received a ragged sequence"),
    (lambda: Dense(1, links=[[0.5]]), mg.ArgumentError, "links: received values of type float64, expected True"),
    (lambda: Dense(1, links=[["yes"]]), mg.ShapeError, "links: received values of type"),
    (lambda: Dense(1, links=[[1, 0]])(Input(3)), mg.ShapeError, "links: received shape (1, 2), expected (1, 3)"),
    (lambda: Activate("tahn"), mg.ArgumentError, "did you mean 'tanh'"),  # type: ignore[arg-type]
    (lambda: Dense(2)([Input(2), Input(2)]), mg.ShapeError, "parents: received 2 nodes, expected one for Dense"),
    (lambda: Activate("tanh")([Input(2), Input(2)]), mg.ShapeError, "received 2 nodes, expected one for Activate"),
    (lambda: Dropout(0.5)([Input(2), Input(2)]), mg.ShapeError, "received 2 nodes, expected one for Dropout"),
    (lambda: Add()([Input(2), Input(3)]), mg.ShapeError, "parents: received nodes of [2, 3] units, expected equal"),
    (lambda: Add()([]), mg.GraphError, "parents: received none, expected at least one node"),
    (lambda: Dense(2)(np.zeros((3, 2))), mg.GraphError, "pass arrays to net.forward(X)"),  # type: ignore[arg-type]
    (lambda: Dense(2)(None), mg.GraphError, "parents: received None"),  # type: ignore[arg-type]
    (lambda: Concat()([Input(2), 3]), mg.GraphError, "parents: received 3"),  # type: ignore[list-item]
    (lambda: Input(2).layer(Input(2)), mg.GraphError, "an input node has no parents"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD_ARGUMENTS, ids=[each[2] for each in BAD_ARGUMENTS])
def test_bad_argument(call: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_a_shared_layer_wants_parents_of_one_size() -> None:
    layer = Dense(2, name="h")
    layer(Input(3))
    with pytest.raises(mg.ShapeError, match=re.escape("received nodes of [4] units, expected [3]")):
        layer(Input(4))
    assert layer(Input(3)).name == "h_2"  # the call that failed did not count


def test_a_network_cannot_be_grown() -> None:
    x, layer = Input(2), Dense(2)
    y = layer(x)
    network(x, y)
    places: list[Callable[[], Node]] = [lambda: Dense(1)(y), lambda: Add()([Input(2), x]), lambda: layer(Input(2))]
    for place in places:
        with pytest.raises(mg.GraphError, match="already belongs to a network; place new layers before building it"):
            place()
    assert x.children == (y,)
    assert y.children == ()


def test_what_a_layer_without_theta_or_network_answers() -> None:
    x = Input(2)
    dense, add = Dense(2), Add()
    node = add([dense(x), x])
    for what in ("theta", "gradient", "accumulator"):
        with pytest.raises(mg.StateError, match=f"belongs to no network yet, so it has no {what}"):
            getattr(dense, what)
        with pytest.raises(mg.StateError, match=f"has no parameters, so it has no {what}"):
            getattr(add, what)
    net = network(x, node)
    for layer in (x.layer, add):
        with pytest.raises(mg.StateError, match=r"has no parameters, so it has no theta"):
            layer.theta  # noqa: B018
        with pytest.raises(mg.StateError, match=r"has no parameters, so it has no theta"):
            layer.theta = np.zeros((2, 3))
    assert net.forward([[1, 2]]).shape == (1, 2)


def test_theta_is_live_and_checked() -> None:
    net = mg.mlp([2, 3, 1])
    layer = net.layers[0]
    before = net.unroll()
    for theta, error, message in (
        (np.zeros((3, 2)), mg.ShapeError, r"theta: received shape \(3, 2\), expected \(3, 3\) for Dense\(3"),
        (np.zeros((1, 3)), mg.ShapeError, r"theta: received shape \(1, 3\), expected \(3, 3\)"),
        (np.zeros((4, 3)), mg.ShapeError, r"theta: received shape \(4, 3\), expected \(3, 3\)"),
        (0.0, mg.ShapeError, r"theta: received shape \(\), expected \(3, 3\)"),
        (np.full((3, 3), np.nan), mg.NonFiniteDataError, r"theta: received nan at index \(0, 0\)"),
        ([["a"] * 3] * 3, mg.ShapeError, "theta: received values of type"),
    ):
        with pytest.raises(error, match=message):
            layer.theta = theta
        assert np.array_equal(net.unroll(), before)
    for vector in (np.zeros(12), np.zeros(14), np.zeros(1), 0.0, np.zeros((1, 13))):
        with pytest.raises(mg.ShapeError, match=r"vector: received shape .*, expected \(13,\)"):
            net.assign(vector)
        assert np.array_equal(net.unroll(), before)
    layer.theta = np.arange(9).reshape(3, 3)
    layer.theta[0] += 0.5
    layer.theta *= 2
    assert net.unroll()[:9].tolist() == [1, 3, 5, 6, 8, 10, 12, 14, 16]
    with pytest.raises(ValueError, match="read-only"):
        layer.parameters()[0] = 0


# Layers of one's own


class Scale(Layer):
    """One factor for each unit, on top of a bias, by the documented hooks; it uses the scratch array throughout."""

    kind = "scale"
    activation = mg.Tanh()

    def output_size(self, sizes: Sequence[int]) -> int:
        return sizes[0]

    def theta_shape(self, sizes: Sequence[int]) -> tuple[int, int]:
        return sizes[0], 2

    def forward(self, at: Buffers) -> None:
        np.multiply(at.inputs[0][1:], at.theta[:, 1:], out=at.scratch)
        np.add(at.scratch, at.theta[:, :1], out=at.z)

    def error(self, at: Buffers, parent: int, out: Array) -> None:
        np.multiply(at.delta, at.weights, out=at.scratch)
        np.copyto(out, 0.0)
        np.add(out, at.scratch, out=out)

    def accumulate(self, at: Buffers, out: Array) -> None:
        np.multiply(at.delta, at.inputs[0][1:], out=at.scratch)
        out[:, 0] = at.delta.sum(axis=1)
        out[:, 1] = at.scratch.sum(axis=1)


@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_custom_layer_with_parameters(l2: float) -> None:
    x = Input(3)
    h = Dense(4)(x)
    scale = Scale()
    y = Concat()([scale(h), scale(Add()([h, h])), Scale()(h)])
    net = Network(x, y, cost="squared_error", l2=l2, seed=2)
    check = mg.check_gradient(net, X, np.zeros((5, 12)))
    assert check.passed, str(check)
    assert [layer.kind for layer in net.layers] == ["dense", "scale", "scale"]
    twin = net.copy()
    assert np.array_equal(twin.predict(X), net.predict(X))


def test_a_class_must_have_a_size_a_forward_and_an_error() -> None:
    methods = {name: getattr(Add, name) for name in ("output_size", "forward", "error")}
    for missing in methods:
        rest = {name: method for name, method in methods.items() if name != missing}
        with pytest.raises(TypeError, match=f"abstract method '?{missing}"):
            type("Partial", (Layer,), rest)()


def test_repr_says_the_settings_and_the_name_if_there_is_one() -> None:
    layers = [Add(), Add(name="s"), Concat(), Dense(2), Dense(2, "tanh", name="h"), Activate("relu"), Dropout(0.5)]
    assert [repr(layer) for layer in layers] == [
        "Add()",
        "Add(name='s')",
        "Concat()",
        "Dense(2, 'sigmoid')",
        "Dense(2, 'tanh', name='h')",
        "Activate('relu')",
        "Dropout(0.5)",
    ]


@pytest.mark.parametrize(
    ("layer", "j", "sizes", "links"),
    [
        (Dense(2), 1, (2,), [(0, 0, 0), (0, 1, 1), (0, 2, 2)]),
        (Dense(2, links=[[1, 1], [0, 1]]), 2, (2,), [(0, 0, 0), (0, 2, 2)]),
        (Activate("tanh"), 2, (2,), [(0, 2, None)]),
        (Dropout(0.5), 1, (2,), [(0, 1, None)]),
        (Add(), 2, (2, 2, 2), [(0, 2, None), (1, 2, None), (2, 2, None)]),
        (Concat(), 2, (2, 1, 3), [(0, 2, None)]),
        (Concat(), 3, (2, 1, 3), [(1, 1, None)]),
        (Concat(), 6, (2, 1, 3), [(2, 3, None)]),
    ],
)
def test_links_by_hand(layer: Layer, j: int, sizes: tuple[int, ...], links: list[Link]) -> None:
    """(which parent, which of its units with 0 for the bias, column of Θ or None)."""
    assert list(layer.links_into(j, sizes)) == links
    for parent, unit, column in links:
        assert (j, column) in list(layer.links_from([parent], unit, sizes))


class Noise(Layer):
    """A random layer: adds noise in training and keeps it in the mask."""

    kind = "noise"
    is_random = True

    def output_size(self, sizes: Sequence[int]) -> int:
        return sizes[0]

    def forward(self, at: Buffers) -> None:
        np.copyto(at.z, at.inputs[0][1:])
        if at.generator is not None:
            at.mask[...] = at.generator.normal(size=at.mask.shape)
            np.add(at.z, at.mask, out=at.z)

    def error(self, at: Buffers, parent: int, out: Array) -> None:
        np.copyto(out, at.delta)


def test_custom_random_layer() -> None:
    x = Input(3)
    net = network(x, Noise()(x))
    assert np.array_equal(net.forward(X), X)
    assert not np.array_equal(net.forward(X, training=True), X)
    assert np.array_equal(net.predict(X), X)


def test_custom_layer_of_two_parents_that_may_be_the_same() -> None:
    class Multiply(Layer):
        kind = "multiply"

        def output_size(self, sizes: Sequence[int]) -> int:
            return sizes[0]

        def forward(self, at: Buffers) -> None:
            np.multiply(at.inputs[0][1:], at.inputs[1][1:], out=at.z)

        def error(self, at: Buffers, parent: int, out: Array) -> None:
            np.multiply(at.delta, at.inputs[1 - parent][1:], out=out)

    x = Input(3)
    h = Dense(2, "tanh")(x)
    net = network(x, Multiply()([h, h]))
    assert np.array_equal(net.forward(X), h.a**2)
    check = mg.check_gradient(net, X, np.ones((5, 2)))
    assert check.passed, str(check)

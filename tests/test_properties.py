"""What holds for every graph: random ones, drawn and shrunk by hypothesis, against autograd and differences."""

from typing import Literal

import numpy as np
from hypothesis import Phase, assume, given, settings, strategies as st

import minigraph as mg
from minigraph import ActivationName, AnyNetwork, Array, CostName, Dense, Node
from oracle import Oracle, assert_agrees, differences, relative_error

WIDE = mg.Normal(0.7)
HIDDEN: list[ActivationName] = [
    "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu", "identity", "softmax"
]  # fmt: skip
HEADS: list[tuple[CostName, ActivationName]] = [
    ("cross_entropy", "sigmoid"),
    ("cross_entropy", "softmax"),
    ("categorical_cross_entropy", "softmax"),
    ("categorical_cross_entropy", "sigmoid"),
    ("categorical_cross_entropy", "softplus"),
    ("squared_error", "identity"),
    ("squared_error", "tanh"),
    ("squared_error", "softmax"),
]
Step = Literal["dense", "links", "shared", "activate", "add", "add twice", "concat", "dropout"]
STEPS: list[Step] = ["dense", "links", "shared", "activate", "add", "add twice", "concat", "dropout"]


@st.composite
def networks(draw: st.DrawFn) -> AnyNetwork:
    """Draw a graph: inputs, steps that read any earlier nodes, and a head with a cost on every loose end."""
    inputs = [mg.Input(draw(st.integers(1, 3)), name=f"x{i}") for i in range(draw(st.integers(1, 3)))]
    nodes: list[Node] = list(inputs)
    for _ in range(draw(st.integers(1, 7))):
        nodes.append(draw_node(draw, nodes))
    outputs: list[Node] = []
    costs: list[CostName] = []
    for node in [node for node in nodes if not node.children]:
        cost, activation = draw(st.sampled_from(HEADS))
        outputs.append(Dense(draw(st.integers(2, 3)), activation, initializer=WIDE)(node))
        costs.append(cost)
    inner = [node for node in nodes if node.children and node not in inputs]
    also_inner: bool = draw(st.booleans())
    if inner and also_inner:
        outputs.append(draw(st.sampled_from(inner)))
        costs.append("squared_error")
    l2 = draw(st.sampled_from([0.0, 0.4, 3.0]))
    return mg.Network(inputs, outputs, cost=costs, l2=l2, seed=draw(st.integers(0, 1000)))


def draw_node(draw: st.DrawFn, nodes: list[Node]) -> Node:
    """Draw one step that reads earlier nodes."""
    parent = draw(st.sampled_from(nodes))
    step = draw(st.sampled_from(STEPS))
    activation = draw(st.sampled_from(HIDDEN))
    alike = [node for node in nodes if node.size == parent.size]
    units = draw(st.integers(1, 3))
    if step == "links":
        size = units * parent.size
        links = np.reshape(draw(st.lists(st.booleans(), min_size=size, max_size=size)), (units, parent.size))
        return Dense(units, activation, initializer=WIDE, links=links)(parent)
    if step == "shared":
        reusable = [n.layer for n in nodes if isinstance(n.layer, Dense) and n.parents[0].size == parent.size]
        if reusable:
            return draw(st.sampled_from(reusable))(parent)
    if step == "activate":
        return mg.Activate(activation)(parent)
    if step == "add":
        return mg.Add()([parent, *draw(st.lists(st.sampled_from(alike), max_size=2))])
    if step == "add twice":
        return mg.Add()([parent, parent])
    if step == "concat":
        return mg.Concat()([parent, *draw(st.lists(st.sampled_from(nodes), max_size=2))])
    if step == "dropout":
        return mg.Dropout(draw(st.sampled_from([0.0, 0.3])))(parent)
    return Dense(units, activation, initializer=WIDE)(parent)


@st.composite
def batches(draw: st.DrawFn, net: AnyNetwork) -> Oracle:
    """Draw X, targets inside the costs' domains, and perhaps weights of the examples."""
    m = draw(st.integers(1, 4))
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    X: dict[str, Array] = {node.name: generator.normal(size=(m, node.size)) for node in net.inputs}
    Y: dict[str, Array] = {}
    for node, cost in zip(net.outputs, net.costs, strict=True):
        y = generator.uniform(size=(m, node.size))
        if draw(st.booleans()):
            y = np.eye(node.size)[y.argmax(axis=1)]
        Y[node.name] = y / y.sum(axis=1, keepdims=True) if cost.name == "categorical_cross_entropy" else y
    weights = generator.uniform(0.0, 2.0, size=m) if draw(st.booleans()) else None
    return Oracle(net, X, Y, weights=weights)


@settings(max_examples=320, phases=[Phase.generate])  # shrinking would take minutes
@given(st.data())
def test_random_graph(data: st.DataObject) -> None:
    net = data.draw(networks())
    oracle = data.draw(batches(net))
    X, Y, weights = oracle.X, oracle.Y, oracle.weights
    assume(can_tell(oracle))

    J, gradient = net.cost_and_gradient(X, Y, weights)
    assert relative_error(np.array(J), np.array(oracle.value())) <= 1e-11
    assert net.cost(X, Y, weights) == J
    assert_agrees(net, oracle)

    nearest_kink = min((np.abs(n.z).min() for n in net.nodes if n.layer.activation.kinked), default=1.0)
    if nearest_kink > 1e-3:
        chosen = data.draw(st.lists(st.integers(0, gradient.size - 1), min_size=1, max_size=5, unique=True))
        free = [index for index in chosen if gradient[index] != 0]  # absent links are no parameters
        if free:
            step = min(2e-4, nearest_kink / 50)
            slopes = differences(net, lambda: net.cost(X, Y, weights), free, step)
            assert np.abs(gradient[free] - slopes).max() <= 1e-7 * max(np.abs(gradient).max(), abs(J))

    run(net, oracle, training=True)
    oracle.masks = {node.name: 1.0 * kept for node in net.nodes if (kept := node.mask) is not None}
    if oracle.masks:
        assert_agrees(net, oracle)
    before = [layer.gradient.copy() for layer in net.layers]
    net.backward(Y, weights)
    assert all(np.array_equal(layer.gradient, old) for layer, old in zip(net.layers, before, strict=True))


def can_tell(oracle: Oracle) -> bool:
    """Tell whether log a and log (1 − a), which the oracle takes as they stand, have their digits."""
    outputs = zip(oracle.net.costs, oracle.outputs(), strict=True)
    return all(a.min() > 1e-4 and a.max() < 1 - 1e-4 for cost, a in outputs if cost.name == "cross_entropy")


def run(net: AnyNetwork, oracle: Oracle, training: bool = False) -> None:
    net.forward(oracle.X, training=training)
    net.backward(oracle.Y, oracle.weights)


@settings(max_examples=60)
@given(st.data())
def test_examples_are_independent(data: st.DataObject) -> None:
    """Each row of z, a and δ depends on its own example only, and Δ is their sum."""
    net = data.draw(networks())
    oracle = data.draw(batches(net))
    run(net, oracle)
    whole = {node.name: (node.a, node.delta) for node in net.nodes if node.parents}
    accumulators = [layer.accumulator.copy() for layer in net.layers]
    total = [np.zeros_like(accumulator) for accumulator in accumulators]
    m = len(next(iter(oracle.X.values())))
    for i in range(m):
        weights = None if oracle.weights is None else oracle.weights[i : i + 1]
        net.forward({name: x[i : i + 1] for name, x in oracle.X.items()})
        net.backward({name: y[i : i + 1] for name, y in oracle.Y.items()}, weights)
        for name, (a, delta) in whole.items():
            np.testing.assert_allclose(net.node(name).a[0], a[i], rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(net.node(name).delta[0], delta[i], rtol=1e-10, atol=1e-13)
        for layer, part in zip(net.layers, total, strict=True):
            part += layer.accumulator
    for accumulator, part in zip(accumulators, total, strict=True):
        np.testing.assert_allclose(part, accumulator, rtol=1e-10, atol=1e-12)


@settings(max_examples=60)
@given(st.data())
def test_copy_computes_the_same(data: st.DataObject) -> None:
    net = data.draw(networks())
    oracle = data.draw(batches(net))
    J, gradient = net.cost_and_gradient(oracle.X, oracle.Y, oracle.weights)
    twin = net.copy()
    twin_J, twin_gradient = twin.cost_and_gradient(oracle.X, oracle.Y, oracle.weights)
    assert twin_J == J
    assert np.array_equal(twin_gradient, gradient)
    assert [node.name for node in twin.nodes] == [node.name for node in net.nodes]
    twin.assign(np.zeros(gradient.size))
    assert net.cost(oracle.X, oracle.Y, oracle.weights) == J


@settings(max_examples=60)
@given(st.data())
def test_permuting_the_examples_permutes_the_outputs(data: st.DataObject) -> None:
    net = data.draw(networks())
    oracle = data.draw(batches(net))
    m = len(next(iter(oracle.X.values())))
    order = data.draw(st.permutations(range(m)))
    a: tuple[Array, ...] = tuple(net.predict(oracle.X))
    shuffled = net.predict({name: x[list(order)] for name, x in oracle.X.items()})
    for straight, mixed in zip(a, shuffled, strict=True):
        np.testing.assert_allclose(straight[list(order)], mixed, rtol=1e-12, atol=1e-14)

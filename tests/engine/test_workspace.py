"""The two passes over the buffers of a batch: no allocation, any depth, fan-out without mixing."""

import gc
import tracemalloc
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest

import minigraph as mg
from minigraph import ActivationName, Add, AnyNetwork, Array, Concat, CostName, Dense, Dropout, Input, Layer, Network
from minigraph.engine.workspace import quiet
from minigraph.graph.buffers import Buffers

CANONICAL: dict[CostName, ActivationName] = {
    "cross_entropy": "sigmoid",
    "categorical_cross_entropy": "softmax",
    "squared_error": "identity",
}


def everything(activation: ActivationName, cost: CostName, dtype: type) -> Network[Array]:
    """Build a network with every layer, wide enough that one array outweighs all of Python's small change."""
    x = Input(40)
    shared = Dense(40, activation)
    h = Dropout(0.3)(shared(shared(x)))
    h = Add()([h, mg.Activate(activation)(h), h])
    links = np.random.default_rng(0).random((30, 80)) < 0.5
    y = Dense(20, CANONICAL[cost])(Dense(30, activation, links=links)(Concat()([h, x])))
    return Network(x, y, cost=cost, l2=0.1, dtype=dtype)


@pytest.mark.parametrize(
    ("activation", "cost"),
    [
        *((activation, "squared_error") for activation in get_args(ActivationName)),
        ("tanh", "cross_entropy"),
        ("tanh", "categorical_cross_entropy"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_passes_allocate_no_arrays(activation: ActivationName, cost: CostName, dtype: type) -> None:
    """The smallest array of a pass, rows of m numbers apart, has 20 × 500 of them."""
    m = 500
    net = everything(activation, cost, dtype)
    X: Array = np.random.default_rng(0).normal(size=(m, 40)).astype(dtype)
    targets: list[Array] = [np.eye(20, dtype=dtype)[np.arange(m) % 20].T]
    weights = np.ones(m)
    net.forward(X)
    workspace, parameters = net.engine.workspace, net.engine.parameters

    def step() -> None:
        workspace.load([X])
        with quiet():
            workspace.forward(net.generator)
            workspace.backward(targets, weights)
            parameters.finish_gradient(1 / m, 0.1 / m)

    step()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    smallest = 20 * m * np.dtype(dtype).itemsize
    # gelu asks for Φ in blocks of 4,096 numbers, however large the layer; a few of numpy's buffers serve conversions.
    allowed = 25 * 4096 * 8 if activation == "gelu" else smallest
    assert after - before < 10_000
    assert peak - before < allowed


def test_gelu_needs_no_more_for_more() -> None:
    def peak(m: int) -> int:
        net = mg.mlp([10, 100, 1], "gelu")
        X, targets = np.ones((m, 10)), [np.zeros((1, m))]
        net.forward(X)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            with quiet():
                net.engine.workspace.forward()
                net.engine.workspace.backward(targets)
            return tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()

    assert peak(2000) < 1.2 * peak(1000)


# Depth


@pytest.fixture(scope="module")
def chain() -> Network[Array]:
    """Build ten thousand dense nodes, which halve and add so that the numbers stay in sight."""
    x = node = Input(1, name="x")
    for _ in range(10_000):
        node = Dense(1, "identity", initializer=mg.Constant(0.5))(node)
    return Network(x, node, cost="squared_error")


def test_a_chain_of_ten_thousand_nodes(chain: Network[Array]) -> None:
    """z = 0.5 + 0.5 a has the fixed point 1, and δ halves on its way back."""
    assert len(chain.nodes) == 10_001
    assert chain.forward([[3.0], [1.0]]).tolist() == [[1.0], [1.0]]
    assert chain.node(2).a.tolist() == [[2.0], [1.0]]
    chain.backward([[0.0], [1.0]])
    assert chain.node(10_001).delta.tolist() == [[1.0], [0.0]]
    assert chain.node(9_001).delta.tolist() == [[2.0**-1000], [0.0]]
    assert chain.node(2).delta.tolist() == [[0.0], [0.0]]
    assert chain.layers[-2].gradient.tolist() == [[0.25, 0.25]]
    assert chain.predict([[3.0]]).tolist() == [[1.0]]


def test_a_long_chain_can_be_copied_and_listed(chain: Network[Array]) -> None:
    twin = chain.copy()
    assert np.array_equal(twin.unroll(), chain.unroll())
    assert chain.summary().count("\n") == 10_004


def calls_of_a_step(length: int) -> int:
    """Count the Python calls that build a chain and take it through both passes."""
    import sys

    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        x = node = Input(1)
        for _ in range(length):
            node = Dense(1, "identity")(node)
        net = Network(x, node, cost="squared_error")
        net.forward([[1.0]])
        net.backward([[1.0]])
    finally:
        sys.setprofile(None)
    return calls


def test_work_grows_with_the_length_and_not_with_its_square() -> None:
    assert calls_of_a_step(800) < 2.2 * calls_of_a_step(400)


# Fan-out


class Scratching(Layer):
    """Passes its parent on, and writes over the scratch array wherever it may."""

    kind = "scratching"

    def output_size(self, sizes: Sequence[int]) -> int:
        return sizes[0]

    def forward(self, at: Buffers) -> None:
        at.scratch[...] = np.nan
        np.copyto(at.z, at.inputs[0][1:])
        at.scratch[...] = np.nan

    def error(self, at: Buffers, parent: int, out: Array) -> None:
        out[...] = np.inf
        at.scratch[...] = np.nan
        np.copyto(out, at.delta)
        at.scratch[...] = np.nan


def test_a_layer_may_use_the_scratch_array_while_errors_are_added() -> None:
    x = Input(2)
    h = Dense(3, "tanh")(x)
    y = Add()([Scratching()(h), Scratching()(h), h])
    net = Network(x, y, cost="squared_error")
    a = net.forward([[0.1, 0.2], [0.3, 0.4]])
    net.backward(np.zeros((2, 3)))
    np.testing.assert_allclose(h.delta, 3 * a * (1 - h.a**2), rtol=1e-14)


def star(children: int) -> AnyNetwork:
    x = Input(2)
    h = Dense(2, "tanh", name="h")(x)
    return Network(x, [Dense(2, name=f"y{i}")(h) for i in range(children)])


def test_errors_of_all_children_are_summed() -> None:
    net = star(7)
    X, Y = np.ones((3, 2)), [np.full((3, 2), 0.1 * i) for i in range(7)]
    net.forward(X)
    net.backward(Y)
    h = net.node("h")
    total = sum(child.delta @ child.layer.theta[:, 1:] for child in h.children)
    np.testing.assert_allclose(h.delta, total * (1 - h.a**2), rtol=1e-13)


def test_layers_without_theta_see_an_empty_one() -> None:
    net = everything("tanh", "squared_error", np.float64)
    net.forward(np.ones((2, 40)))
    for node in net.nodes[1:]:
        at = net.engine.workspace.buffers(node)
        assert (at.theta.size > 0) == isinstance(node.layer, Dense)
        assert at.weights.shape[0] == at.theta.shape[0]


def test_buffers_hold_three_arrays_per_node_and_little_more() -> None:
    """z, a and δ, besides the input, one scratch array, a row of ones and a spare one for each node."""
    m = 64
    net = mg.mlp([100, 200, 300, 10], "tanh", output_activation="softmax", cost="categorical_cross_entropy")
    net.forward(np.ones((m, 100)))
    three = 8 * m * 3 * (200 + 300 + 10)
    assert net.engine.workspace.nbytes <= three + 8 * m * (101 + 300 + 2 * 3)


def test_memory_for_a_second_gradient_is_taken_for_shared_layers_alone() -> None:
    x = Input(4)
    alone = Network(x, Dense(3)(Dense(5)(x)))
    assert alone.engine.workspace.layout.spare_gradient == 0
    x, small, large = Input(4), Dense(4), Dense(4)
    both = Dense(50)(large(small(small(large(x)))))
    assert Network(x, both).engine.workspace.layout.spare_gradient == 4 * 5

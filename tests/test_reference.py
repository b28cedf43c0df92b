from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import minigraph as mg
from minigraph import reference


@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5),
    m=st.integers(1, 6),
    l2=st.floats(0, 10),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_the_lecture_s_loop_and_the_graph_agree(sizes: list[int], m: int, l2: float, seed: int) -> None:
    net = mg.mlp(sizes, l2=l2, seed=seed)
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(m, sizes[0]))
    Y = generator.integers(0, 2, size=(m, sizes[-1])).astype(float)
    J, gradient = net.cost_and_gradient(X, Y)
    loop = reference.backpropagation([layer.theta for layer in net.layers], X, Y, l2)
    assert loop.cost == pytest.approx(J, rel=1e-12)
    np.testing.assert_allclose(mg.unroll(loop.gradients), gradient, rtol=1e-12, atol=1e-12)
    for layer, accumulator in zip(net.layers, loop.accumulators, strict=True):
        np.testing.assert_allclose(layer.accumulator, accumulator, rtol=1e-12, atol=1e-12)
    for node, delta in zip(net.nodes[1:], loop.deltas, strict=True):
        np.testing.assert_allclose(node.delta[-1], delta, rtol=1e-12, atol=1e-12)


def test_forward_of_one_example_by_hand() -> None:
    # z = 0.5 + 2·1 − 1·3 = −0.5
    activations = reference.forward([np.array([[0.5, 2.0, -1.0]])], np.array([1.0, 3.0]))
    np.testing.assert_array_equal(activations[0], [1.0, 1.0, 3.0])
    np.testing.assert_allclose(activations[1], [1 / (1 + np.exp(0.5))], rtol=1e-15)


def test_the_numerical_gradient_of_the_cost() -> None:
    net = mg.mlp([2, 3, 2], l2=0.5, seed=4)
    X, Y = [[0.1, -0.4], [1.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]]
    _, gradient = net.cost_and_gradient(X, Y)

    def cost(theta: mg.Array) -> float:
        matrices = mg.reshape(theta, [(3, 3), (2, 4)])
        return reference.backpropagation(matrices, X, Y, 0.5).cost

    np.testing.assert_allclose(reference.numerical_gradient(cost, net.unroll()), gradient, atol=1e-8)

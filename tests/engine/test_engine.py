"""What the engine keeps between calls: spare buffers, the last question, and who owns what."""

import copy
import gc
import pickle
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

import minigraph as mg
from minigraph import Array, Network


@pytest.fixture
def net() -> Network[Array]:
    return mg.mlp([3, 4, 2], l2=0.5, seed=1)


X = np.random.default_rng(0).normal(size=(6, 3))
Y = np.random.default_rng(1).uniform(size=(6, 2))


def memory_of(call: Callable[[], object]) -> tuple[int, int]:
    """Return the bytes that a call leaves behind, and the most that it takes on the way."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        call()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before, peak - before


def test_evaluations_share_one_spare_workspace(net: Network[Array]) -> None:
    m = 2000
    many, targets = np.ones((m, 3)), np.ones((m, 2))
    buffers = 8 * m * 2 * (4 + 2)  # z and a of the hidden units and the outputs
    left, _ = memory_of(lambda: net.predict(many))
    assert left > buffers
    for again in (lambda: net.predict(many), lambda: net.predict(many[:7]), lambda: net.cost(many, targets)):
        left, peak = memory_of(again)
        assert left < 10_000
        assert peak < buffers


def test_a_large_evaluation_leaves_no_memory_behind(net: Network[Array]) -> None:
    X = np.zeros((400_000, 3))
    left, peak = memory_of(lambda: net.predict(X))
    assert left < 100_000
    assert peak > 2**25
    left, _ = memory_of(lambda: net.predict(X, batch_size=1000))
    assert 50_000 < left < 1_000_000


def test_an_evaluation_that_fails_leaves_the_next_one_sound(net: Network[Array]) -> None:
    expected = net.predict(X)
    vector = net.unroll()
    net.assign(np.full(vector.size, 1e308))
    with pytest.raises(mg.NonFiniteError):
        net.predict(np.full((6, 3), -1e308))
    net.assign(vector)
    assert np.array_equal(net.predict(X), expected)


def test_the_question_is_what_backward_was_asked(net: Network[Array]) -> None:
    with pytest.raises(mg.StateError, match="delta: not computed"):
        net.engine.current_objective()
    net.forward(X)
    net.backward(Y, sample_weight=[1, 2, 3, 4, 5, 6])
    question = net.engine.current_objective()
    assert np.array_equal(question.targets[0], Y.T)
    assert question.l2 == 0.5
    assert question.weights is not None
    assert question.weights.tolist() == [1, 2, 3, 4, 5, 6]


def test_an_infinite_z_is_told_also_where_its_a_is_finite() -> None:
    """σ(∞) = 1, and the output looks as if nothing had happened."""
    net = mg.mlp([1, 2, 1])
    net.assign([1e308, 1e308, 1, 1, 1, 1, 1])
    for call in (net.forward, net.predict):
        with pytest.raises(mg.NonFiniteError, match="node 'dense2': z is not finite in the forward pass"):
            call([[10.0]])
    assert net.predict([[-1.0]]).shape == (1, 1)


def test_numbers_whose_squares_overflow_are_numbers() -> None:
    net = mg.mlp([1, 2, 1], "identity", cost="squared_error")
    net.assign([0, 1e200, 0, 1e200, 1, 1e-200, 1e-200])
    assert net.forward([[1.0]]).tolist() == [[3.0]]
    net.backward([[3.0]])
    assert net.node(2).a.tolist() == [[1e200, 1e200]]


COPIERS: dict[str, Callable[[Network[Array]], Network[Array]]] = {
    "copy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
}


@pytest.mark.parametrize("how", COPIERS)
def test_memory_is_never_taken_apart(net: Network[Array], how: str) -> None:
    """Views that came apart from their vector would let assign fall on deaf ears."""
    twin = COPIERS[how](net)
    twin.assign(np.zeros(26))
    assert (twin.predict(X) == 0.5).all()
    assert not twin.layers[0].theta.any()
    assert all(np.shares_memory(layer.theta, twin.engine.parameters.vector) for layer in twin.layers)
    assert not np.shares_memory(twin.engine.parameters.vector, net.engine.parameters.vector)


def test_a_second_batch_size_needs_no_new_memory(net: Network[Array]) -> None:
    net.forward(X)
    last, workspace = net.nodes[-1], net.engine.workspace
    first, size = workspace.buffers(last).a, workspace.nbytes
    for m in (2, 6, 3, 1, 6):
        net.forward(X[:m])
        assert workspace.nbytes == size
    assert np.shares_memory(workspace.buffers(last).a, first)
    net.forward(np.zeros((7, 3)))
    assert workspace.nbytes > size


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.0, 0.5]])
def test_the_error_of_an_output_with_children_is_its_own_and_theirs(weights: list[float] | None) -> None:
    """δ of h is that of its cost plus Θᵀδ of y, each through tanh′, and with the weights of the examples."""
    x = mg.Input(2)
    h = mg.Dense(3, "tanh", name="h")(x)
    y = mg.Dense(1, "tanh", name="y")(h)
    net = mg.Network(x, [h, y], cost="squared_error", seed=1)
    random = np.random.default_rng(0)
    X, of_h, of_y = random.normal(size=(4, 2)), random.normal(size=(4, 3)), random.normal(size=(4, 1))
    net.forward(X)
    net.backward([of_h, of_y], sample_weight=weights)
    factors = np.ones((4, 1)) if weights is None else np.array(weights)[:, None]
    delta_y = factors * (y.a - of_y) * (1 - y.a**2)
    delta_h = (factors * (h.a - of_h) + delta_y @ y.layer.theta[:, 1:]) * (1 - h.a**2)
    np.testing.assert_allclose(y.delta, delta_y, rtol=1e-13)
    np.testing.assert_allclose(h.delta, delta_h, rtol=1e-13)
    ones = np.ones((4, 1))
    np.testing.assert_allclose(h.layer.accumulator, delta_h.T @ np.hstack([ones, X]), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(y.layer.accumulator, delta_y.T @ np.hstack([ones, h.a]), rtol=1e-13, atol=1e-15)

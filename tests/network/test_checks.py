"""Bad X and Y: each gets an error with argument, received and expected, and leaves everything as it was."""

import re
from collections.abc import Callable

import numpy as np
import pytest

import minigraph as mg
from minigraph import AnyNetwork, Array
from minigraph.network.checks import Data

X = np.random.default_rng(0).normal(size=(4, 3))
Y = np.eye(2)[[0, 1, 1, 0]]


def net_with(cost: mg.CostName = "cross_entropy", units: int = 2) -> mg.Network[Array]:
    return mg.mlp([3, 4, units], cost=cost, l2=0.1, seed=1)


def two_by_two() -> AnyNetwork:
    """Build a network with two inputs and two outputs."""
    left, right = mg.Input(3, name="left"), mg.Input(1, name="right")
    h = mg.Concat()([left, right])
    outputs = [mg.Dense(2, "softmax", name="kind")(h), mg.Dense(1, "identity", name="size")(h)]
    return mg.Network([left, right], outputs, cost=["categorical_cross_entropy", "squared_error"])


def state(net: AnyNetwork) -> list[Array]:
    """Return all that a network holds: parameters, caches, gradients, and the state of its generator."""
    arrays = [net.unroll()]
    for node in net.nodes:
        arrays.append(node.a)
        if node.parents:
            arrays += [node.z, node.delta]
    arrays += [array for layer in net.layers for array in (layer.gradient.copy(), layer.accumulator.copy())]
    return [*arrays, np.frombuffer(repr(net.generator.bit_generator.state).encode(), np.uint8).astype(np.float64)]


def assert_refused(
    net: AnyNetwork, good: tuple[Data, Data], call: Callable[[], object], error: type[Exception], message: str
) -> None:
    """Assert that `call` fails as told, and that values which were current still are, unchanged."""
    net.forward(good[0])
    net.backward(good[1])
    before = state(net)
    with pytest.raises(error, match=re.escape(message)) as caught:
        call()
    assert isinstance(caught.value, mg.MinigraphError)
    assert isinstance(caught.value, ValueError)
    assert all(np.array_equal(old, new) for old, new in zip(before, state(net), strict=True))


NAN = X.copy()
NAN[2, 1] = np.nan
INF = X.copy()
INF[3, 0] = -np.inf

BAD_X: dict[str, tuple[Data, type[Exception], str]] = {
    "width": (X[:, :2], mg.ShapeError, "X: received shape (4, 2), expected (m, 3)"),
    "one example": (X[0], mg.ShapeError, "X: received shape (3,), expected (m, 3); one example is X[None, :]"),
    "no example": (X[:0], mg.ShapeError, "X: received shape (0, 3), expected at least one example (row)"),
    "no list": ([], mg.ShapeError, "X: received shape (0,), expected (m, 3)"),
    "nan": (NAN, mg.NonFiniteDataError, "X: received nan at index (2, 1), expected numbers that are finite"),
    "infinity": (INF, mg.NonFiniteDataError, "X: received -inf at index (3, 0), expected numbers that are finite"),
    "ragged": ([[1, 2, 3], [4, 5]], mg.ShapeError, "X: received a ragged sequence, expected rows of equal length"),
    "ragged, one deeper": ([[[1, 2, 3], [4, 5]]], mg.ShapeError, "X: received a ragged sequence, expected rows"),
    "strings": ([["1", "2", "3"]], mg.ShapeError, "X: received values of type <U1, expected real numbers"),
    "strings among numbers": ([[1, 2, "3"]], mg.ShapeError, "X: received values of type"),  # type: ignore[dict-item]
    "a string": ("123", mg.ShapeError, "X: received values of type <U3, expected real numbers"),
    "objects": (np.array([["1", 2, 3]], dtype=object), mg.ShapeError, "X: received Python objects such as '1'"),
    "complex": ([[1j, 2, 3]], mg.ShapeError, "X: received values of type complex128, expected real numbers"),
    "none": (None, mg.ShapeError, "X: received shape (), expected (m, 3)"),  # type: ignore[dict-item]
    "cube": (np.zeros((2, 2, 3)), mg.ShapeError, "X: received shape (2, 2, 3), expected (m, 3)"),
    "unknown name": ({"inptu1": X}, mg.ArgumentError, "X: received an array for 'inptu1'; did you mean 'input1'?"),
    "no name": ({}, mg.ArgumentError, "X: received nothing for 'input1', expected input1"),
}


@pytest.mark.parametrize("case", BAD_X)
@pytest.mark.parametrize("method", ["forward", "predict", "cost", "cost_and_gradient"])
def test_bad_X(case: str, method: str) -> None:
    net = net_with()
    bad, error, message = BAD_X[case]
    arguments = (bad,) if method in ("forward", "predict") else (bad, Y)
    assert_refused(net, (X, Y), lambda: getattr(net, method)(*arguments), error, message)


BAD_Y: dict[str, tuple[Data, type[Exception], str]] = {
    "rows": (Y[:3], mg.ShapeError, "Y: received 3 rows, expected 4, one per example"),
    "width": (Y[:, :1], mg.ShapeError, "Y: received shape (4, 1), expected (m, 2)"),
    "labels": ([0, 1, 1, 0], mg.ShapeError, "expected (4, 2); mg.one_hot(labels) converts labels to targets"),
    "transposed": (Y.T, mg.ShapeError, "Y: received shape (2, 4), expected (m, 2)"),
    "no rows": (Y[:0], mg.ShapeError, "Y: received shape (0, 2), expected at least one example"),
    "nan": (Y * np.nan, mg.NonFiniteDataError, "Y: received nan at index (0, 0), expected numbers that are finite"),
    "infinity": (Y + np.inf, mg.NonFiniteDataError, "Y: received inf at index (0, 0)"),
    "above 1": (Y * 2, mg.ArgumentError, "Y: received 2 at row 0, column 0, expected targets from 0 to 1"),
    "below 0": (Y - 1, mg.ArgumentError, "Y: received -1 at row 0, column 1, expected targets from 0 to 1"),
    "ragged": ([[1, 0], [1], [0, 1], [1, 0]], mg.ShapeError, "Y: received a ragged sequence"),
    "strings": ([["a", "b"]] * 4, mg.ShapeError, "(text classes become numbers with mg.one_hot)"),
    "unknown name": ({"dense4": Y}, mg.ArgumentError, "Y: received an array for 'dense4'; did you mean 'dense3'?"),
}
BAD_WEIGHTS: dict[str, tuple[object, type[Exception], str]] = {
    "number": ([1, 1, 1], mg.ShapeError, "sample_weight: received shape (3,), expected (4,)"),
    "column": (np.ones((4, 1)), mg.ShapeError, "sample_weight: received shape (4, 1), expected (4,)"),
    "negative": ([1, 1, -2, 1], mg.ArgumentError, "sample_weight: received -2.0 at index 2, expected weights >= 0"),
    "zeros": ([0, 0, 0, 0], mg.ArgumentError, "sample_weight: received only zeros, expected at least one positive"),
    "nan": ([1, np.nan, 1, 1], mg.NonFiniteDataError, "sample_weight: received nan at index 1"),
    "strings": (["a"] * 4, mg.ShapeError, "sample_weight: received values of type"),
}


@pytest.mark.parametrize("case", BAD_Y)
@pytest.mark.parametrize("method", ["backward", "cost", "cost_and_gradient"])
def test_bad_Y(case: str, method: str) -> None:
    net = net_with()
    bad, error, message = BAD_Y[case]
    arguments = (bad,) if method == "backward" else (X, bad)
    assert_refused(net, (X, Y), lambda: getattr(net, method)(*arguments), error, message)


@pytest.mark.parametrize("case", BAD_WEIGHTS)
@pytest.mark.parametrize("method", ["backward", "cost", "cost_and_gradient"])
def test_bad_weights(case: str, method: str) -> None:
    net = net_with()
    bad, error, message = BAD_WEIGHTS[case]
    arguments = (Y, bad) if method == "backward" else (X, Y, bad)
    assert_refused(net, (X, Y), lambda: getattr(net, method)(*arguments), error, message)


def test_rows_that_do_not_sum_to_one() -> None:
    net = net_with("categorical_cross_entropy")
    bad = Y.copy()
    bad[2] = [0.5, 0.4]
    message = "Y: received row 2 with sum 0.9, expected rows that sum to 1 for categorical_cross_entropy"
    assert_refused(net, (X, Y), lambda: net.backward(bad), mg.ArgumentError, message)


LEFT, RIGHT, KIND, SIZE = X, X[:, :1], Y, Y[:, 0] * 9

BAD_SEVERAL: dict[str, tuple[Data, Data, type[Exception], str]] = {
    "one array for X": (LEFT, [KIND, SIZE], mg.ShapeError, "X: received ndarray, expected a sequence of 2 arrays"),
    "three for X": ([LEFT] * 3, [KIND, SIZE], mg.ShapeError, "one for each of the inputs: left, right"),
    "width of the second": ([LEFT, LEFT], [KIND, SIZE], mg.ShapeError, "X[1]: received shape (4, 3), expected (m, 1)"),
    "width by name": ({"left": RIGHT, "right": RIGHT}, [KIND, SIZE], mg.ShapeError, "X['left']: received shape (4, 1)"),
    "rows disagree": ([LEFT, RIGHT[:2]], [KIND, SIZE], mg.ShapeError, "X: received 2 examples for input 'right',"),
    "missing": ({"left": LEFT}, [KIND, SIZE], mg.ArgumentError, "X: received nothing for 'right', expected left"),
    "misspelt": ({"left": LEFT, "rihgt": RIGHT}, [KIND, SIZE], mg.ArgumentError, "did you mean 'right'?"),
    "one array for Y": ([LEFT, RIGHT], KIND, mg.ShapeError, "one for each of the outputs: kind, size"),
    "second Y": ([LEFT, RIGHT], [KIND, KIND], mg.ShapeError, "Y[1]: received shape (4, 2), expected (m, 1)"),
    "domain by name": ([LEFT, RIGHT], {"kind": 1 - 2 * KIND, "size": SIZE}, mg.ArgumentError, "Y['kind']: received -1"),
}


@pytest.mark.parametrize("case", BAD_SEVERAL)
def test_bad_data_for_several_inputs_and_outputs(case: str) -> None:
    net = two_by_two()
    bad_X, bad_Y, error, message = BAD_SEVERAL[case]
    good: tuple[Data, Data] = [LEFT, RIGHT], [KIND, SIZE]
    assert_refused(net, good, lambda: net.cost_and_gradient(bad_X, bad_Y), error, message)


# What is taken


def test_numbers_in_any_form_are_the_same_numbers() -> None:
    net, narrow = net_with(), net_with().copy(np.float32)
    whole = np.arange(12).reshape(4, 3)
    expected = net.predict(whole.astype(np.float64))
    forms: list[Data] = [
        whole,
        whole.tolist(),
        [tuple(row) for row in whole.tolist()],
        [whole],
        {"input1": whole},
        np.asfortranarray(whole),
        whole.astype(np.float32)[::-1][::-1],
        whole.astype(np.uint8),
        whole.astype(object),
    ]
    for form in forms:
        assert np.array_equal(net.predict(form), expected)
        assert narrow.predict(form).dtype == np.float32
    assert np.array_equal(net.predict([[True, False, True]]), net.predict([[1, 0, 1]]))


def test_targets_of_one_unit_may_be_a_vector() -> None:
    net = net_with(units=1)
    assert net.cost(X, [0, 1, 1, 0]) == net.cost(X, [[0], [1], [1], [0]]) == net.cost(X, np.array([0, 1, 1, 0]) > 0)


def test_several_inputs_and_outputs_by_order_and_by_name() -> None:
    net = two_by_two()
    J = net.cost([LEFT, RIGHT], [KIND, SIZE])
    assert net.cost({"right": RIGHT, "left": LEFT}, {"size": SIZE[:, None], "kind": KIND}) == J
    assert net.cost((LEFT, RIGHT), (KIND, SIZE.tolist())) == J
    kind, size = net.predict([LEFT, RIGHT])
    assert (kind.shape, size.shape) == ((4, 2), (4, 1))
    log_kind = np.log(kind)[KIND == 1]
    assert pytest.approx((-log_kind + (size[:, 0] - SIZE) ** 2 / 2).mean(), rel=1e-13) == J


def test_weights_take_the_place_of_m() -> None:
    """A weight of 2 is an example that stands there twice, and one of 0 is none."""
    net = net_with()
    repeated = [0, 0, 2, 3]
    J, gradient = net.cost_and_gradient(X, Y, sample_weight=[2, 0, 1, 1])
    J_twice, gradient_twice = net.cost_and_gradient(X[repeated], Y[repeated])
    assert pytest.approx(J_twice, rel=1e-14) == J
    np.testing.assert_allclose(gradient, gradient_twice, rtol=1e-12)
    assert net.cost(X, Y, [3, 3, 3, 3]) < net.cost(X, Y)  # the regularization term is divided by Σ w too
    net.l2 = 0
    assert net.cost(X, Y, [3, 3, 3, 3]) == pytest.approx(net.cost(X, Y), rel=1e-14)

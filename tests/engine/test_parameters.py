"""Θ and D as views of two vectors, the regularization term, and what was lent."""

import numpy as np
import pytest

import minigraph as mg
from minigraph import Dense, Layer
from minigraph.engine.parameters import Parameters

FLOAT64 = np.dtype(np.float64)


def parameters(*shapes: tuple[int, int], dtype: type = np.float64) -> Parameters:
    generator = np.random.default_rng(0)
    layers: dict[Layer, tuple[int, int]] = {Dense(rows): (rows, columns) for rows, columns in shapes}
    result = Parameters(layers, np.dtype(dtype))
    result.vector[:] = generator.normal(size=result.vector.size)
    return result


def test_theta_and_gradient_are_views_in_order() -> None:
    both = parameters((2, 3), (4, 3))
    for vector, views in ((both.vector, both.theta), (both.gradient_vector, both.gradient)):
        vector[:] = np.arange(18)
        first, second = (views[layer] for layer in both.layers)
        assert first.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert second[0].tolist() == [6, 7, 8]
        second[3, 2] = -1
        assert vector[-1] == -1
        assert first.flags.c_contiguous
        assert second.flags.c_contiguous


def test_no_layers_at_all() -> None:
    none = parameters()
    none.finish_gradient(0.5, 0.5)
    assert none.vector.shape == (0,)
    assert none.penalty() == 0


@pytest.mark.parametrize("shape", [(2, 3), (300, 400), (3, 30_001), (20_000, 2), (5, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_gradient_is_delta_over_m_plus_decay_of_the_weights(shape: tuple[int, int], dtype: type) -> None:
    """Also for shapes that are cut into blocks."""
    both = parameters(shape, (2, 3), dtype=dtype)
    both.gradient_vector[:] = np.random.default_rng(1).normal(size=both.vector.size)
    expected = []
    for layer in both.layers:
        D = both.gradient[layer].astype(np.float64) / 8
        D[:, 1:] += 0.25 * both.theta[layer][:, 1:]
        expected.append(D)
    both.finish_gradient(1 / 8, 0.25)
    np.testing.assert_allclose(both.gradient_vector, mg.unroll(expected), rtol=1e-5 if dtype is np.float32 else 1e-14)


def test_penalty_is_the_sum_of_squares_without_the_bias_column() -> None:
    both = parameters((2, 3), (4, 3))
    total = sum(float((both.theta[layer][:, 1:] ** 2).sum()) for layer in both.layers)
    assert both.penalty() == pytest.approx(total, rel=1e-15)


def test_penalty_of_many_small_float32_weights_is_summed_in_float64() -> None:
    both = parameters((2000, 1001), dtype=np.float32)
    both.vector[:] = np.float32(0.1)
    assert both.penalty() == pytest.approx(2e6 * float(np.float32(0.1)) ** 2, rel=1e-12)


def test_edits_of_what_was_lent_are_noticed() -> None:
    both = parameters((2, 3), (4, 3))
    first, second = both.layers
    both.theta[first][0, 0] += 1
    assert not both.is_modified()  # nobody was lent anything
    lent = both.borrow(first)
    assert not both.is_modified()
    lent[1, 2] += 1
    assert both.is_modified()
    both.snapshot()
    assert not both.is_modified()
    lent[1, 2] += 1
    both.borrow(first)
    both.borrow(second)
    assert both.is_modified()
    lent[0, 0] = np.nan
    both.snapshot()
    assert both.is_modified()  # what is not a number is never taken for current

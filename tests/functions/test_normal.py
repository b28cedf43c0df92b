"""Φ and the derivative of z Φ(z), against scipy and mpmath."""

import mpmath
import numpy as np
import pytest
import scipy.special

from minigraph import Array
from minigraph.functions.normal import normal_cdf


def cdf(z: Array) -> Array:
    out = np.empty_like(z)
    normal_cdf(z, out)
    return out


def test_agrees_with_scipy_everywhere() -> None:
    z = np.concatenate([np.linspace(-40, 10, 20_001), [-1000, -37.6, 0, 1000], np.logspace(-300, 2, 500)])
    found, expected = cdf(z), scipy.special.ndtr(z)
    usual = expected > 1e-300  # below, numbers are denormal
    bound = 4e-16 * np.maximum(z**2, 4)  # for both
    assert (np.abs(found - expected) <= bound * expected)[usual].all()
    assert np.abs(found - expected).max() < 4e-16


@pytest.mark.parametrize("z", [-37.0, -10.0, -5.66, -5.65, -1.0, -0.663, -0.662, 0.5, 3.0, 6.0])
def test_agrees_with_thirty_digits(z: float) -> None:
    with mpmath.workdps(30):
        exact = float(mpmath.ncdf(mpmath.mpf(z)))
    assert cdf(np.array([z]))[0] == pytest.approx(exact, rel=2e-16 * max(z * z, 4))


def test_any_number_of_entries_in_either_type() -> None:
    z = np.random.default_rng(0).normal(size=(3, 3001)).astype(np.float32)
    np.testing.assert_allclose(cdf(z), scipy.special.ndtr(z.astype(np.float64)), rtol=1e-6)
    assert cdf(np.zeros((0, 3))).shape == (0, 3)


def test_may_write_over_its_argument() -> None:
    z = np.linspace(-3, 3, 10_000)
    expected = cdf(z)
    normal_cdf(z, z)
    assert np.array_equal(z, expected)

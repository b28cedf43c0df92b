"""Φ against scipy and mpmath."""

import mpmath
import numpy as np
import pytest
import scipy.special

from minigraph.functions.special import normal_cdf


def test_agrees_with_scipy_everywhere() -> None:
    z = np.concatenate([np.linspace(-40, 10, 20_001), [-1000, -37.6, 0, 1000], np.logspace(-300, 2, 500)])
    found, expected = normal_cdf(z), scipy.special.ndtr(z)
    usual = expected > 1e-300  # below, numbers are denormal
    bound = 4e-16 * np.maximum(z**2, 4)  # for both
    assert (np.abs(found - expected) <= bound * expected)[usual].all()
    assert np.abs(found - expected).max() < 4e-16


@pytest.mark.parametrize("z", [-37.0, -10.0, -5.66, -5.65, -1.0, -0.663, -0.662, 0.5, 3.0, 6.0])
def test_agrees_with_thirty_digits(z: float) -> None:
    with mpmath.workdps(30):
        exact = float(mpmath.ncdf(mpmath.mpf(z)))
    assert normal_cdf(np.array([z]))[0] == pytest.approx(exact, rel=2e-16 * max(z * z, 4))


def test_writes_into_out_in_blocks_of_any_number() -> None:
    z = np.random.default_rng(0).normal(size=(3, 3001)).astype(np.float32)
    out = np.empty_like(z)
    assert normal_cdf(z, out=out) is out
    np.testing.assert_allclose(out, scipy.special.ndtr(z.astype(np.float64)), rtol=1e-6)
    assert normal_cdf(np.zeros((0, 3))).shape == (0, 3)

"""The normal distribution function Φ, which numpy does not have."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from minigraph.base.arrays import Array

# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969): numerators and
# denominators, highest power first, for |x| <= 0.46875, 0.46875 < |x| <= 4 and |x| > 4.
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346047e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip

_BLOCK = 4096


def normal_cdf(z: Array, out: Array | None = None) -> Array:
    """Return Φ(z) = erfc(−z/√2)/2 for every entry.

    The relative error is a few units in the last place, times z² for z < −1: e^(−z²/2) multiplies that of z/√2.

    Args:
        z: any shape, C order.
        out: where to write the result; None makes a new array.

    >>> normal_cdf(np.array([-40.0, 0.0, 1.0, 40.0]))
    array([0.        , 0.5       , 0.84134475, 1.        ])
    """
    result = np.empty_like(z) if out is None else out
    for source, target in blocks(z, result):
        target[:] = 0.5 * _erfc(source.astype(np.float64) / -math.sqrt(2))
    return result


def add_normal_cdf(z: Array, total: Array) -> None:
    """Add Φ(z) to `total`."""
    total += normal_cdf(z)


def blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Yield arrays of one size, in C order, in flat pieces: what is computed of a piece needs little memory."""
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, _BLOCK):
        yield tuple(each[start : start + _BLOCK] for each in flat)


def _erfc(x: Array) -> Array:
    size = np.abs(x)
    result = np.empty_like(x)
    near, far = size <= 0.46875, size > 4
    middle = ~(near | far)
    result[near] = 1 - x[near] * _ratio(_NEAR, x[near] ** 2)
    y = size[middle]
    result[middle] = _exp_minus_square(y) * _ratio(_MIDDLE, y)
    y = size[far]
    with np.errstate(over="ignore", under="ignore"):
        square = 1 / (y * y)
        tail = (1 / math.sqrt(math.pi) - square * _ratio(_FAR, square)) / y
        result[far] = _exp_minus_square(y) * tail
    reflected = ~near & (x < 0)
    result[reflected] = 2 - result[reflected]
    return result


def _exp_minus_square(y: Array) -> Array:
    """Return e^(−y²), with y² split so that its rounding error is not multiplied by y²."""
    y = np.minimum(y, 40.0)  # e^(−1600) is 0 already
    rounded = np.trunc(y * 16) / 16
    rest = (y - rounded) * (y + rounded)
    return np.exp(-rounded * rounded) * np.exp(-rest)


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    numerator, denominator = (np.polyval(coefficients, x) for coefficients in polynomials)
    return numerator / denominator

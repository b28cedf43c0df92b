"""The standard normal distribution function Φ, which numpy lacks, and the derivative of z Φ(z)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array

_BLOCK = 4096
"""Entries converted to Python floats at a time, so that large arrays take no extra memory."""


def normal_cdf(z: Array, out: Array) -> None:
    """Write Φ(z) = erfc(−z/√2)/2 into `out`.

    The relative error is a few units in the last place, times z² for z < −1: e^(−z²/2) multiplies that of z/√2.

    Args:
        z: array of any shape, in C order.
        out: array like z.

    >>> z = np.array([-40.0, 0.0, 1.0, 40.0])
    >>> normal_cdf(z, z)
    >>> z
    array([0.        , 0.5       , 0.84134475, 1.        ])
    """
    for some_z, some_out in _blocks(z, out):
        some_out[:] = _cdf(some_z.astype(np.float64))


def gelu_derivative(z: Array, out: Array) -> None:
    """Write d(z Φ(z))/dz = Φ(z) + z φ(z) with φ(z) = e^(−z²/2)/√(2π) into `out`, an array like z in C order."""
    for some_z, some_out in _blocks(z, out):
        x = some_z.astype(np.float64)
        some_out[:] = _cdf(x) + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def _cdf(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * np.fromiter(map(math.erfc, (z / -math.sqrt(2)).tolist()), np.float64, z.size)


def _blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, _BLOCK):
        yield tuple(each[start : start + _BLOCK] for each in flat)

"""Operators that act on each number by itself, and which activation a chain of them is.

Exporters write the same activation in many ways: SiLU as z · sigmoid(z), GELU by erf in three orders,
softplus with a threshold. All are found by what they compute at `POINTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from minigraph.functions.activations import ACTIVATIONS, Activation, LeakyRelu, Softmax

Values: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[..., Values]
Attributes: TypeAlias = Mapping[str, object]

POINTS = np.array([-30, -8, -3, -1, -0.5, -0.1, -1e-3, 0, 1e-3, 0.1, 0.5, 1, 2, 5, 15, 30], np.float64)
_TOLERANCE = 1e-6
"""Constants in such a chain have the digits of float32."""

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _gelu(attributes: Attributes) -> Function:
    if attributes.get("approximate") == b"tanh":
        return lambda z: 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
    return lambda z: 0.5 * z * (1 + _erf(z / math.sqrt(2)))


def number(attributes: Attributes, name: str, default: float) -> float:
    """Return an attribute that is a number."""
    value = attributes.get(name, default)
    return float(value) if isinstance(value, (int, float)) else default


def _leaky_relu(attributes: Attributes) -> Function:
    alpha = number(attributes, "alpha", 0.01)
    return lambda z: np.where(z < 0, alpha * z, z)


def _elu(attributes: Attributes) -> Function:
    alpha = number(attributes, "alpha", 1.0)
    return lambda z: np.where(z < 0, alpha * np.expm1(np.minimum(z, 0)), z)


def _total(*values: Values) -> Values:
    total: Values = np.sum(np.broadcast_arrays(*values), axis=0)
    return total


def _fixed(function: Function) -> Callable[[Attributes], Function]:
    return lambda attributes: function


OPERATORS: dict[str, Callable[[Attributes], Function]] = {
    "Abs": _fixed(np.abs),
    "Add": _fixed(np.add),
    "Div": _fixed(np.divide),
    "Elu": _elu,
    "Erf": _fixed(_erf),
    "Exp": _fixed(np.exp),
    "Gelu": _gelu,
    "Greater": _fixed(np.greater),
    "LeakyRelu": _leaky_relu,
    "Less": _fixed(np.less),
    "Log": _fixed(np.log),
    "Max": _fixed(lambda *values: np.max(np.broadcast_arrays(*values), axis=0)),
    "Min": _fixed(lambda *values: np.min(np.broadcast_arrays(*values), axis=0)),
    "Mul": _fixed(np.multiply),
    "Neg": _fixed(np.negative),
    "Relu": _fixed(lambda z: np.maximum(z, 0)),
    "Sigmoid": _fixed(lambda z: 1 / (1 + np.exp(-z))),
    "Softplus": _fixed(lambda z: np.logaddexp(z, 0)),
    "Sub": _fixed(np.subtract),
    "Sum": _fixed(_total),
    "Tanh": _fixed(np.tanh),
    "Where": _fixed(np.where),
}


def identify(values: NDArray[np.generic]) -> Activation | None:
    """Return the activation that has these values at `POINTS`; None if there is none.

    >>> identify(POINTS / (1 + np.exp(-POINTS)))
    Silu()
    >>> identify(np.cos(POINTS)) is None
    True
    """
    candidates = [each for each in ACTIVATIONS.values() if not isinstance(each, (Softmax, LeakyRelu))]
    slope = -float(values[POINTS == -1][0])
    if 0 < slope < 1:
        candidates.append(LeakyRelu(slope))
    for candidate in candidates:
        z, a = POINTS[None].copy(), np.empty((1, POINTS.size))
        candidate.value(z, a, np.empty_like(a))
        with np.errstate(invalid="ignore"):
            if np.abs(a[0] - values.astype(np.float64)).max() <= _TOLERANCE:
                return candidate
    return None

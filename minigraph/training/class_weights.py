"""Example weights, from weights of the examples, of their classes, or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, finite, numeric, real
from minigraph.errors import ArgumentError, ShapeError
from minigraph.network.checks import check_weights
from minigraph.training.dataset import Dataset

ClassWeight: TypeAlias = Literal["balanced"] | Mapping[int, float] | ArrayLike

_ROWS = 1024
"""Targets read at a time."""


def combined_weights(
    dataset: Dataset, sample_weight: ArrayLike | None, class_weight: ClassWeight | None
) -> Array | None:
    """Return the weight of each example, or None if all are equal.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: the weights do not match the examples or the classes.
    """
    weights = check_weights(sample_weight, dataset.m)
    if class_weight is None:
        return weights
    if len(dataset.targets) != 1:
        raise ArgumentError(
            f"class_weight: expected a network with one output, received one with {len(dataset.targets)}"
        )
    shares = _class_shares(dataset)
    by_example: Array = shares @ _by_class(class_weight, shares)
    if weights is None:
        return check_weights(by_example, dataset.m, "class_weight")
    with np.errstate(over="ignore"):
        return check_weights(weights * by_example, dataset.m, "sample_weight times class_weight")


def _class_shares(dataset: Dataset) -> Array:
    """Return the class membership of each example, (m, K): Y itself, or [1 − y, y] for one output unit."""
    (column,) = dataset.targets
    Y = np.empty((dataset.m, column.size), column.dtype)
    for start in range(0, dataset.m, _ROWS):
        part = Y[start : start + _ROWS]
        column.gather(np.arange(start, start + len(part)), part)
    return np.hstack([1 - Y, Y]) if column.size == 1 else Y


def _by_class(class_weight: ClassWeight, shares: Array) -> Array:
    m, classes = shares.shape
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ArgumentError(f"class_weight: received {class_weight!r}, expected 'balanced' or weights")
        counts = shares.sum(axis=0)
        balanced: Array = np.divide(m, classes * counts, out=np.zeros(classes), where=counts > 0)
        return balanced
    if isinstance(class_weight, Mapping):
        unknown = [key for key in class_weight if key not in range(classes)]
        if unknown:
            raise ArgumentError(f"class_weight: received class {unknown[0]!r}, expected 0 to {classes - 1}")
        return np.array([_weight(class_weight.get(k, 1.0), k) for k in range(classes)])
    by_class = numeric(class_weight, "class_weight")
    if by_class.shape != (classes,):
        raise ShapeError(f"class_weight: received shape {by_class.shape}, expected ({classes},)")
    by_class = finite(by_class, "class_weight", np.dtype(np.float64))
    return np.array([_weight(weight, k) for k, weight in enumerate(by_class.tolist())])


def _weight(weight: float, k: int) -> float:
    return real(weight, f"class_weight[{k}]", "a finite number >= 0", least=0)

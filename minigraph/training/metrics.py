"""Metrics: functions of targets and outputs, monitored besides J."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from minigraph.base.arrays import Array, integer
from minigraph.errors import ArgumentError, nearest

MetricName: TypeAlias = Literal["accuracy", "mean_squared_error"]
Metric: TypeAlias = Callable[[Array, Array], float]
"""Called with targets and outputs, (m, s_L) each, of the first output; returns a number."""


def accuracy(Y: Array, A: Array) -> float:
    """Return the fraction of correctly classified examples.

    The class is the unit with the largest value; for a single output unit, values >= 0.5 are class 1.

    Args:
        Y: targets, (m, s_L).
        A: outputs, (m, s_L).

    >>> accuracy(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.2, 0.7], [0.1, 0.3]]))
    0.5
    """
    if A.shape[1] == 1:
        return float(np.mean((A >= 0.5) == (Y >= 0.5)))
    return float(np.mean(A.argmax(axis=1) == Y.argmax(axis=1)))


def mean_squared_error(Y: Array, A: Array) -> float:
    """Return (1/(m s_L)) Σ (a − y)².

    Args:
        Y: targets, (m, s_L).
        A: outputs, (m, s_L).

    >>> mean_squared_error(np.array([[0.0], [1.0]]), np.array([[0.0], [3.0]]))
    2.0
    """
    difference = (A - Y).ravel()
    return float(np.mean(np.square(difference, dtype=np.float64)))


@dataclass(frozen=True)
class TopK:
    """The fraction of examples whose class is among the k units with the largest values.

    Args:
        k: number of units, at least 1.

    Raises:
        ArgumentError: k is not an integer >= 1.

    >>> TopK(2)(np.array([[0.0, 0.0, 1.0]]), np.array([[0.1, 0.5, 0.4]]))
    1.0
    """

    k: int

    def __post_init__(self) -> None:
        integer(self.k, "k")

    @property
    def name(self) -> str:
        """Name in the history."""
        return f"top_{self.k}"

    def __call__(self, Y: Array, A: Array) -> float:
        """Return the fraction for targets and outputs, (m, s_L) each."""
        right = np.take_along_axis(A, Y.argmax(axis=1)[:, None], axis=1)
        return float(np.mean((right < A).sum(axis=1) < self.k))


METRICS: dict[str, Metric] = {"accuracy": accuracy, "mean_squared_error": mean_squared_error}
assert set(METRICS) == set(get_args(MetricName))


def as_metrics(metrics: Sequence[MetricName | Metric]) -> dict[str, Metric]:
    """Return the metrics by their names in the history.

    Raises:
        ArgumentError: a name is unknown, a metric is not callable, or two have the same name.

    >>> list(as_metrics(["accuracy", TopK(3)]))
    ['accuracy', 'top_3']
    """
    if isinstance(metrics, str):
        raise ArgumentError(f"metrics: received {metrics!r}, expected a sequence such as [{metrics!r}]")
    result: dict[str, Metric] = {}
    for metric in metrics:
        if callable(metric):
            name, function = str(getattr(metric, "name", getattr(metric, "__name__", type(metric).__name__))), metric
        elif metric in METRICS:
            name, function = metric, METRICS[metric]
        else:
            raise ArgumentError(
                f"metrics: received {metric!r}, expected a function or a name{nearest(metric, METRICS)}"
            )
        if name in result:
            raise ArgumentError(f"metrics: received two named {name!r}, expected distinct names")
        result[name] = function
    return result

"""Schedules: the learning rate as a function of the number of steps taken so far.

Any such callable is a schedule; a number is a constant schedule. A step is a mini-batch: an epoch of
m examples has ⌈m / batch_size⌉ steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from minigraph.base.arrays import integer, real

_LARGEST_RATE = 1e9
"""Far beyond useful rates; `fit` detects rates that are too large for the actual gradient."""


class Schedule(Protocol):
    """The learning rate as a function of the step.

    >>> import minigraph as mg
    >>> optimizer = mg.GradientDescent(lambda step: 0.1 / (1 + step))
    """

    def __call__(self, step: int, /) -> float:
        """Return the learning rate of a step; the first step is 0."""


@dataclass(frozen=True)
class StepDecay:
    """Multiply the learning rate by `factor` every `every` steps.

    >>> [StepDecay(1.0, factor=0.5, every=2)(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    start: float
    factor: float
    every: int

    def __post_init__(self) -> None:
        checked_rate(self.start, "start")
        _require_factor(self.factor)
        integer(self.every, "every")

    def __call__(self, step: int, /) -> float:
        return float(self.start * self.factor ** (step // self.every))


@dataclass(frozen=True)
class ExponentialDecay:
    """Multiply the learning rate by `factor` after every step.

    >>> [ExponentialDecay(1.0, factor=0.5)(step) for step in range(3)]
    [1.0, 0.5, 0.25]
    """

    start: float
    factor: float

    def __post_init__(self) -> None:
        checked_rate(self.start, "start")
        _require_factor(self.factor)

    def __call__(self, step: int, /) -> float:
        return float(self.start * self.factor**step)


@dataclass(frozen=True)
class CosineDecay:
    """Go from `start` to `end` in `steps` steps along half a cosine, then stay there (Loshchilov and Hutter, 2017).

    >>> [round(CosineDecay(1.0, steps=2)(step), 6) for step in range(4)]
    [1.0, 0.5, 0.0, 0.0]
    """

    start: float
    steps: int
    end: float = 0.0

    def __post_init__(self) -> None:
        checked_rate(self.start, "start")
        checked_rate(self.end, "end")
        integer(self.steps, "steps")

    def __call__(self, step: int, /) -> float:
        share = min(step / self.steps, 1.0)
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * share)) / 2


@dataclass(frozen=True)
class WarmUp:
    """Increase the rate linearly over `steps` steps to the initial rate of `then`, and follow `then` from there.

    Step t < steps has the fraction (t + 1)/(steps + 1) of it; `then` counts steps from the end of the warm-up.

    >>> [WarmUp(3, then=ExponentialDecay(1.0, 0.5))(step) for step in range(6)]
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """

    steps: int
    then: float | Schedule

    def __post_init__(self) -> None:
        integer(self.steps, "steps")
        if not callable(self.then):
            checked_rate(self.then, "then")

    def __call__(self, step: int, /) -> float:
        if step < self.steps:
            return self._then(0) * (step + 1) / (self.steps + 1)
        return self._then(step - self.steps)

    def _then(self, step: int) -> float:
        return self.then(step) if callable(self.then) else float(self.then)


def checked_rate(rate: float, argument: str = "learning_rate") -> float:
    """Return a learning rate as a float if it is valid.

    Raises:
        ArgumentError: the rate is not a number from 0 to 10⁹.

    >>> checked_rate(1)
    1.0
    """
    within = f"a number from 0 to {_LARGEST_RATE:g}, or a schedule that returns one"
    return real(rate, argument, within, least=0, most=_LARGEST_RATE)


def _require_factor(factor: float) -> None:
    real(factor, "factor", "0 < factor <= 1", above=0, most=1)

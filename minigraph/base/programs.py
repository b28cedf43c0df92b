"""Rules as straight-line programs: sequences of numpy calls that do not depend on the numbers.

For a small network a Python call per rule costs as much as the arithmetic. So each rule is written once, as a
generator that yields its calls; the passes unroll all rules of a network into one flat list per batch size, and
whoever calls the rule itself gets the same calls, made one by one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

Call: TypeAlias = tuple[Callable[..., object], tuple[object, ...]]
"""A function and its arguments."""
Program: TypeAlias = Iterator[tuple[Any, ...]]
"""The calls of a rule in order, (function, *arguments) each."""


def straight_line(
    program: Callable[Concatenate[T, P], Program],
) -> Callable[Concatenate[T, P], None]:
    """Turn a method that yields calls, as (function, *arguments), into one that makes them.

    >>> import numpy as np
    >>> class Square:
    ...     @straight_line
    ...     def value(self, z, a):
    ...         yield np.multiply, z, z, a
    >>> z, a = np.array([3.0]), np.zeros(1)
    >>> Square().value(z, a)
    >>> a
    array([9.])
    >>> [function.__name__ for function, arguments in unrolled(Square().value, z, a)]
    ['multiply']
    """

    @functools.wraps(program)
    def run(self: T, *args: P.args, **kwargs: P.kwargs) -> None:
        for function, *arguments in program(self, *args, **kwargs):
            function(*arguments)

    run.program = program  # type: ignore[attr-defined]
    return cast("Callable[Concatenate[T, P], None]", run)


def is_straight_line(rule: Callable[..., None]) -> bool:
    """Return whether the bound method `rule` was made by `straight_line`."""
    return hasattr(rule, "program")


def unrolled(rule: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> list[Call]:
    """Return the calls that `rule(*args)` makes: those of its program, or the call of any other method itself."""
    if not is_straight_line(rule):
        return [(rule, args)]
    calls = rule.program(rule.__self__, *args)  # type: ignore[attr-defined]
    return [(function, tuple(arguments)) for function, *arguments in calls]

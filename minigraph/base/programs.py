"""Rules as straight-line programs: sequences of numpy calls that do not depend on the numbers.

In a small network one Python call per rule costs as much as the arithmetic. Each rule is therefore written once,
as a generator that yields its calls: the passes unroll the rules of a network into a flat list per batch size,
and calling the rule itself executes the same calls one by one.
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
    """Turn a method that yields calls, as (function, *arguments), into a method that executes them.

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

    # Wrappers made by functools.wraps copy these attributes; only `run` itself has itself as its runner.
    run.program, run.runner = program, run  # type: ignore[attr-defined]
    return cast("Callable[Concatenate[T, P], None]", run)


def is_straight_line(rule: Callable[..., None]) -> bool:
    """Return whether the bound method `rule` was made by `straight_line`."""
    function = getattr(rule, "__func__", None)
    return function is not None and getattr(function, "runner", None) is function


def unrolled(rule: Callable[..., None], *args: object) -> list[Call]:
    """Return the calls made by `rule(*args)`: those of its program, or for any other method the call itself."""
    if not is_straight_line(rule):
        return [(rule, args)]
    calls = rule.program(rule.__self__, *args)  # type: ignore[attr-defined]
    return [(function, tuple(arguments)) for function, *arguments in calls]

"""Validation of command-line options: invalid values end with exit code 2."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TypedDict, Unpack

from minigraph.base.arrays import integer, real
from minigraph.errors import ArgumentError


class UsageError(ArgumentError):
    """Arguments that are inconsistent with each other, or with the files they name."""


class Bounds(TypedDict, total=False):
    """Bounds of a number, as `real` takes them."""

    above: float
    least: float
    most: float
    below: float


def at_least(least: int) -> Callable[[str], int]:
    """Return a converter to integers of at least `least`.

    >>> at_least(1)("3")
    3
    """

    def convert(text: str) -> int:
        try:
            return integer(int(text), "", least)
        except ValueError:
            raise ArgumentTypeError(f"received {_shortened(text)}, expected an integer >= {least}") from None

    return convert


def number(expected: str, **bounds: Unpack[Bounds]) -> Callable[[str], float]:
    """Return a converter to finite numbers within bounds, which `expected` names.

    >>> number("a number > 0", above=0)("0.5")
    0.5
    """

    def convert(text: str) -> float:
        try:
            return real(float(text), "", expected, **bounds)
        except ValueError:
            raise ArgumentTypeError(f"received {_shortened(text)}, expected {expected}") from None

    return convert


def delimiter(text: str) -> str:
    r"""Return what separates cells; "\t" and "tab" stand for a tab.

    >>> delimiter("tab")
    '\t'
    """
    character = "\t" if text in (r"\t", "tab") else text
    if len(character) != 1 or character in '"\r\n\0':
        raise ArgumentTypeError(f"received {_shortened(text)}, expected a single character such as ';', or 'tab'")
    return character


def file(text: str) -> str:
    """Return the path of a file.

    >>> file("iris.csv")
    'iris.csv'
    """
    if not text or "\0" in text:
        raise ArgumentTypeError(f"received {_shortened(text)}, expected the path of a file")
    return text


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")

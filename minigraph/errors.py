"""The errors of the package: each is a `MinigraphError` and the built-in that fits."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MinigraphError(Exception):
    """Base class of every error that minigraph raises on purpose.

    >>> import minigraph as mg
    >>> issubclass(mg.ShapeError, (mg.MinigraphError,)) and issubclass(mg.ShapeError, ValueError)
    True
    """


class ArgumentError(MinigraphError, ValueError):
    """An argument has a value outside what is allowed: an unknown name, a rate of 1.5, a target of 7."""


class UnknownNameError(ArgumentError, KeyError):
    """A mapping has nothing under this name."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would show the repr of its message


class ShapeError(MinigraphError, ValueError):
    """An array has the wrong number of axes, rows or columns, or is not numeric."""


class GraphError(MinigraphError, ValueError):
    """Nodes do not form a network: a cycle, an unused input, two nodes of one name."""


class StateError(MinigraphError, RuntimeError):
    """A value is read that has not been computed, or that no longer belongs to the current state."""


class NonFiniteError(MinigraphError, FloatingPointError):
    """A computation gave an infinity or NaN; the message names the node and the phase."""


class NonFiniteDataError(NonFiniteError, ArgumentError):
    """An array that was passed in holds an infinity or NaN; the message names the place."""


class ModelFormatError(MinigraphError, ValueError):
    """A file does not hold a model that this version can read."""


class DataFormatError(MinigraphError, ValueError):
    """A data file is not in the format that its reader expects."""


class GradientCheckError(MinigraphError, AssertionError):
    """Backpropagation and numerical differentiation disagree."""


class RenderError(MinigraphError, RuntimeError):
    """A drawing could not be turned into a picture; the message names engine, format and remedy."""


class MissingExtraError(MinigraphError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


def nearest(value: object, choices: Iterable[str]) -> str:
    """Say which of `choices` is closest to `value`, as the tail of an error message.

    >>> from minigraph.errors import nearest
    >>> nearest("sigmod", ["tanh", "sigmoid"])
    "; did you mean 'sigmoid'? Choices: sigmoid, tanh"
    """
    names = sorted(choices)
    close = difflib.get_close_matches(str(value), names, n=1)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return f"; {guess}Choices: {', '.join(names)}"

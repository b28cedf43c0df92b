"""Exceptions: each is a `MinigraphError` and the built-in exception that fits."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MinigraphError(Exception):
    """Base class of all exceptions that minigraph raises deliberately.

    >>> import minigraph as mg
    >>> issubclass(mg.ShapeError, (mg.MinigraphError,)) and issubclass(mg.ShapeError, ValueError)
    True
    """


class ArgumentError(MinigraphError, ValueError):
    """An argument is out of range: an unknown name, a rate of 1.5, a target of 7."""


class UnknownNameError(ArgumentError, KeyError):
    """A mapping has no entry with this name."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would show the repr of its message


class ShapeError(MinigraphError, ValueError):
    """An array has the wrong number of axes, rows or columns, or is not numeric."""


class GraphError(MinigraphError, ValueError):
    """Nodes do not form a network: a cycle, an unused input, two nodes with the same name."""


class StateError(MinigraphError, RuntimeError):
    """A value was read that has not been computed, or that is stale."""


class NonFiniteError(MinigraphError, FloatingPointError):
    """A computation produced infinity or NaN; the message names the node and the phase."""


class NonFiniteDataError(NonFiniteError, ArgumentError):
    """An array argument contains infinity or NaN; the message gives the position."""


class ModelFormatError(MinigraphError, ValueError):
    """A file does not contain a model that this version can read."""


class DataFormatError(MinigraphError, ValueError):
    """A data file is not in the expected format."""


class GradientCheckError(MinigraphError, AssertionError):
    """Backpropagation and numerical differentiation disagree."""


class RenderError(MinigraphError, RuntimeError):
    """A drawing could not be rendered; the message names engine, format and remedy."""


class MissingExtraError(MinigraphError, ImportError):
    """An optional dependency is not installed; the message names the extra that provides it."""


def nearest(value: object, choices: Iterable[str]) -> str:
    """Return the end of an error message that names the choice closest to `value`.

    >>> from minigraph.errors import nearest
    >>> nearest("sigmod", ["tanh", "sigmoid"])
    "; did you mean 'sigmoid'? Choices: sigmoid, tanh"
    """
    names = sorted(choices)
    close = difflib.get_close_matches(str(value), names, n=1)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return f"; {guess}Choices: {', '.join(names)}"

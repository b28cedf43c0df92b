"""Styles of edges: sign as colour and dashes, magnitude as width; the same everywhere in a drawing."""

from __future__ import annotations

import math

import numpy as np

from minigraph.base.arrays import Array, Mask
from minigraph.diagram.canvas.themes import Theme, faded

THINNEST, THICKEST = 0.5, 4.0
_LEVELS = 32
_ZERO = _LEVELS + 1
"""The level of an exact 0, which has no sign."""


class SignedStyle:
    """Edges by sign and magnitude: positive solid, negative of another colour and dashed."""

    def __init__(self, theme: Theme, largest: float, is_crowded: bool = False) -> None:
        """Take the value at which edges are thickest; among many edges the weak ones are paler."""
        self._theme = theme
        self._largest = largest or 1.0
        self._palest = 0.12 if is_crowded else 0.3

    def one(self, value: float) -> str:
        """Return DOT attributes for one value."""
        neither = np.zeros(1, np.bool_)
        return self.many(np.array([value]), neither, neither)[0]

    def many(self, values: Array, dropped: Mask, dimmed: Mask) -> list[str]:
        """Return DOT attributes for each value; few of them differ."""
        share = np.minimum(np.abs(values) / self._largest, 1)
        levels = np.where(values == 0, _ZERO, np.rint(_LEVELS * share)).astype(np.intp)
        codes = 8 * levels + 4 * (values < 0) + 2 * dropped + dimmed
        known = {code: self._attributes(code) for code in np.unique(codes).tolist()}
        return [known[code] for code in codes.tolist()]

    def _attributes(self, code: int) -> str:
        theme, share = self._theme, (code // 8) / _LEVELS
        negative, dropped, dimmed = bool(code & 4), bool(code & 2), bool(code & 1)
        if code // 8 == _ZERO:
            return plain(theme, dropped, dimmed)
        colour = theme.negative if negative else theme.positive
        width = THINNEST + (THICKEST - THINNEST) * share
        style = "dotted" if dropped else "dashed" if negative else "solid"
        if dimmed or dropped:
            colour, width = theme.faint, min(width, 0.8)
        else:
            colour = faded(colour, self._palest + (1 - self._palest) * share)
        return f'color="{colour}" penwidth={width:.2f} style={style}'


class ErrorStyle:
    """Edges by relative error: thin within the tolerance, wide and in the warning colour beyond it."""

    def __init__(self, theme: Theme, tolerance: float) -> None:
        self._theme = theme
        self._tolerance = tolerance

    def one(self, error: float, dimmed: bool = False) -> str:
        """Return DOT attributes for a relative error; NaN was not checked."""
        theme = self._theme
        if math.isnan(error) or dimmed:
            return f'color="{theme.faint}" penwidth=0.5 style=dotted'
        if error > self._tolerance:
            share = min(1.0, math.log10(error / self._tolerance) / 5) if self._tolerance else 1.0
            return f'color="{theme.warning}" penwidth={2.5 + 1.5 * share:.2f} style=solid'
        return f'color="{theme.muted}" penwidth=0.8 style=solid'

    def many(self, errors: Array, dropped: Mask, dimmed: Mask) -> list[str]:
        """Return DOT attributes for each relative error."""
        return [self.one(*each) for each in zip(errors.tolist(), dimmed.tolist(), strict=True)]


def plain(theme: Theme, dropped: bool = False, dimmed: bool = False) -> str:
    """Return DOT attributes of an edge with a fixed weight, or without a value."""
    colour = theme.faint if dropped or dimmed else theme.muted
    return f'color="{colour}" penwidth=0.8 style={"dotted" if dropped else "solid"}'


def bundled(theme: Theme) -> str:
    """Return DOT attributes of a bundle of edges that are not drawn one by one."""
    return f'color="{theme.faint}" penwidth=0.7 style=solid'

"""The colours of drawings, all in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ThemeName: TypeAlias = Literal["light", "dark", "print", "auto"]


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. Positive and negative differ for colour-blind eyes too; negative is dashed besides."""

    background: str
    ink: str
    """Text and outlines."""
    muted: str
    """Captions, legend, edges of fixed weight."""
    faint: str
    """Bundles of edges, dimmed edges."""
    panel: str
    """Boxes behind things."""
    positive: str
    negative: str
    negative_text: str
    """The colour of `negative`, dark enough for text; `positive` is."""
    warning: str
    """What a reader should look at first."""

    @property
    def is_grey(self) -> bool:
        """Whether sign cannot be told by colour."""
        return self.positive[1:3] == self.positive[3:5] == self.positive[5:7]


THEMES: dict[str, Theme] = {
    "light": Theme("#ffffff", "#1d2733", "#5b6673", "#c9d0d8", "#eef2f6", "#0b6fb8", "#d9730d", "#a8520a", "#c0186c"),
    "dark": Theme("#12181f", "#e8edf2", "#a3afbb", "#3d4854", "#1e2731", "#58b0ee", "#f39a45", "#f39a45", "#f06aa8"),
    "print": Theme("#ffffff", "#000000", "#444444", "#bdbdbd", "#f0f0f0", "#111111", "#5e5e5e", "#5e5e5e", "#000000"),
}


def faded(colour: str, opacity: float) -> str:
    """Return a colour as #rrggbbaa.

    >>> faded("#0b6fb8", 0.5)
    '#0b6fb880'
    """
    return f"{colour}{round(255 * opacity):02x}"


def blend(first: str, second: str, share: float) -> str:
    """Return a colour between two colours #rrggbb.

    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = zip((first[1:3], first[3:5], first[5:7]), (second[1:3], second[3:5], second[5:7]), strict=True)
    return "#" + "".join(f"{round(int(a, 16) * (1 - share) + int(b, 16) * share + 1e-9):02x}" for a, b in pairs)


TINTS = 20
"""Steps of the fill of a unit, so that a dark theme can replace each of them."""


def tint(theme: Theme, share: float) -> str:
    """Return the fill of a unit, from -1 for the most negative activation to 1."""
    level = min(TINTS, round(TINTS * abs(share)))
    return blend(theme.background, theme.negative if share < 0 else theme.positive, 0.45 * level / TINTS)

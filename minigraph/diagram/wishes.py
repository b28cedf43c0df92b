"""The types of what can be asked of a drawing; apart from `options`, so that importing the package stays quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np

from minigraph.base.arrays import Array

Detail: TypeAlias = Literal["auto", "units", "layers"]
Direction: TypeAlias = Literal["LR", "RL", "TB", "BT"]
Shown: TypeAlias = Literal["weights", "z", "a", "delta", "gradient", "accumulator", "target", "links"]
Example: TypeAlias = int | Literal["mean"]
UnitChoice: TypeAlias = int | Sequence[int] | None
"""How many units of a node are shown, or which; None for all."""
MaxUnits: TypeAlias = UnitChoice | Mapping[str, UnitChoice]


class GradientReport(Protocol):
    """What `check_gradient` found, as far as a drawing needs it."""

    @property
    def indices(self) -> Sequence[int] | np.ndarray[tuple[int, ...], np.dtype[np.integer]]:
        """The checked entries of the unrolled parameters."""
        ...

    @property
    def errors(self) -> Array:
        """The relative error of each."""
        ...

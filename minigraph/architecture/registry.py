"""The classes that a description of a network may name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from minigraph.base.config import Configurable
from minigraph.errors import ArgumentError
from minigraph.functions.activations import ACTIVATIONS, Activation
from minigraph.functions.costs import COSTS, Cost
from minigraph.functions.initializers import Constant, He, Initializer, Normal, Uniform, Zeros
from minigraph.graph.layers import Activate, Add, Concat, Dense, Dropout
from minigraph.graph.node import Layer

Custom: TypeAlias = type[Layer] | type[Activation] | type[Cost] | type[Initializer]
"""A user's own class, as `load` and `from_dict` take it."""

_CLASSES: tuple[type[Configurable], ...] = (
    *(Dense, Activate, Add, Concat, Dropout),
    *(type(activation) for activation in ACTIVATIONS.values()),
    *(type(cost) for cost in COSTS.values()),
    *(Uniform, Normal, He, Constant, Zeros),
)
BUILT_IN = {cls.__name__: cls for cls in _CLASSES}


def registry(custom: Iterable[Custom] = ()) -> dict[str, type[Configurable]]:
    """Return the classes that a description may name.

    Raises:
        ArgumentError: not a class of a layer, activation, cost or initializer, or one of a name that is taken.
    """
    classes: dict[str, type[Configurable]] = dict(BUILT_IN)
    for index, cls in enumerate(custom):
        if not isinstance(cls, type) or not issubclass(cls, (Layer, Activation, Cost, Initializer)):
            raise ArgumentError(
                f"custom[{index}]: received {cls!r}, expected a class derived from Layer, Activation, Cost"
                " or Initializer"
            )
        if classes.setdefault(cls.__name__, cls) is not cls or cls.__name__ == "Input":
            raise ArgumentError(f"custom[{index}]: received another class named {cls.__name__!r}, expected a new name")
    return classes

"""Constructor arguments of an object, so that it can be saved and rebuilt."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from minigraph.errors import ArgumentError

if TYPE_CHECKING:
    from typing import Self

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Configurable:
    """Base class of layers, activations, costs and initializers, which are saved by their settings.

    A class that stores every constructor argument in an attribute of the same name needs nothing more;
    other classes override both methods. Settings are None, Booleans, numbers, strings, lists of these,
    activations, initializers and costs; the `links` of a layer are an array.

    >>> import minigraph as mg
    >>> mg.LeakyRelu(0.1).to_config()
    {'slope': 0.1}
    >>> mg.LeakyRelu.from_config({"slope": 0.1})
    LeakyRelu(slope=0.1)
    """

    def to_config(self) -> dict[str, object]:
        """Return the constructor arguments by name; by default, the attributes of the same names.

        Raises:
            ArgumentError: an attribute is missing, or the constructor takes `*args` or `**kwargs`.
        """
        config = {}
        constructor: Callable[..., Configurable] = type(self)
        for name, is_variadic in _arguments(constructor):
            if is_variadic or not hasattr(self, name):
                raise ArgumentError(
                    f"{type(self).__name__}: its argument {name!r} is in no attribute of that name, so it cannot be"
                    f" written down; expected self.{name}, or methods to_config and from_config"
                )
            config[name] = getattr(self, name)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """Create an object from the result of `to_config`."""
        return cls(**config)


@functools.cache
def _arguments(constructor: Callable[..., object]) -> list[tuple[str, bool]]:
    """Return the name of each argument, and whether it is *args or **kwargs."""
    return [(name, each.kind in _VARIADIC) for name, each in inspect.signature(constructor).parameters.items()]

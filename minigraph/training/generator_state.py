"""The state of a bit generator, checked: numpy takes positions as they are, and would read beyond its arrays."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping

import numpy as np

from minigraph.base.strict_json import checked_integer, checked_object
from minigraph.errors import ModelFormatError

_NAMES = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
_MOST = {"has_uint32": 1, "uinteger": 2**32 - 1, "pos": 624, "buffer_pos": 4}
"""The largest integers of a state; those without a bound of their own have 128 bits."""


def check_generator_state(state: Mapping[str, object], where: str) -> None:
    """Compare a state with those that numpy's bit generator of this name has.

    Raises:
        ModelFormatError: it is none, or that of another package's bit generator.

    >>> import numpy as np
    >>> check_generator_state(np.random.default_rng(0).bit_generator.state, "generator_state")
    """
    name = state.get("bit_generator")
    if not isinstance(name, str) or name not in _NAMES:
        received = reprlib.repr(name)
        raise ModelFormatError(f"{where}: received bit generator {received}, expected one of {', '.join(_NAMES)}")
    _compare(state, getattr(np.random, name)(0).state, where)


def _compare(value: object, pattern: object, where: str) -> None:
    if isinstance(pattern, dict):
        values = checked_object(value, where, tuple(pattern))
        for key, each in pattern.items():
            _compare(values[key], each, f"{where}.{key}")
    elif isinstance(pattern, np.ndarray):
        if not isinstance(value, np.ndarray) or (value.dtype, value.shape) != (pattern.dtype, pattern.shape):
            received = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else reprlib.repr(value)
            raise ModelFormatError(f"{where}: received {received}, expected {pattern.size} entries of {pattern.dtype}")
    elif isinstance(pattern, int):
        checked_integer(value, where, 0, _MOST.get(where.rpartition(".")[2], 2**128 - 1))

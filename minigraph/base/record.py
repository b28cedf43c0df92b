"""Conversion of plain values with arrays to JSON plus named arrays, and back; and type checks of such values.

What JSON cannot represent is written as an object with a single key that starts with `$`: arrays and lists of
floats by the name of the stored array, integers beyond 64 bits by their digits.
"""

from __future__ import annotations

import reprlib
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

from minigraph.base.strict_json import INTEGERS, Json, checked_string, is_unicode, scalar
from minigraph.base.tensor_file import Tensor
from minigraph.errors import ArgumentError, ModelFormatError

MAX_FLOATS = 1_500_000
"""Limit for all lists together: in memory, a list of floats is four times as large as in the file."""
_MAX_DIGITS = 100


def split(value: object, name: str, arrays: dict[str, Tensor]) -> Json:
    """Return a value as JSON, and add its arrays to `arrays` as `name` plus a unique number.

    Raises:
        ArgumentError: the value contains anything but dicts with string keys, sequences, arrays, None, strings,
            numbers and Booleans.

    >>> arrays = {}
    >>> split({"epoch": 3, "cost": [0.5, 0.25]}, "values", arrays), arrays
    ({'cost': {'$floats': 'values.0'}, 'epoch': 3}, {'values.0': array([0.5 , 0.25])})
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return {"$array": _keep(value, name, arrays)}
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(each, float) for each in value):
            return {"$floats": _keep(np.array(value, np.float64), name, arrays)}
        return [split(each, name, arrays) for each in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and is_unicode(key) and not key.startswith("$") for key in value):
            raise ArgumentError(f"{name}: received keys {list(value)!r}, expected strings that do not start with $")
        return {key: split(value[key], name, arrays) for key in sorted(value)}
    if isinstance(value, int) and value not in INTEGERS and abs(value) < 10**_MAX_DIGITS:
        return {"$integer": str(value)}
    return scalar(value, name, "an array, a list or a dict of these")


class Joiner:
    """Reassembles values taken apart by `split`.

    >>> Joiner({"values.0": np.array([0.5, 0.25])}).join({"cost": {"$floats": "values.0"}, "epoch": 3})
    {'cost': [0.5, 0.25], 'epoch': 3}
    """

    def __init__(self, arrays: Mapping[str, Tensor]) -> None:
        self._unused = dict(arrays)
        self._floats = 0

    def join(self, data: object) -> object:
        """Return the value that `split` turned into this JSON.

        Raises:
            ModelFormatError: `split` cannot have written the data.
        """
        if isinstance(data, list):
            return [self.join(each) for each in data]
        if isinstance(data, str):
            return checked_string(data, "value")
        if not isinstance(data, dict):
            return data
        if not any(key.startswith("$") for key in data):
            return {checked_string(key, "key"): self.join(value) for key, value in data.items()}
        kind, text = next(iter(data.items()))
        if len(data) != 1 or kind not in ("$array", "$floats", "$integer") or not isinstance(text, str):
            raise ModelFormatError(f"received {reprlib.repr(data)}, expected one key of $array, $floats and $integer")
        return _integer(text) if kind == "$integer" else self._array(text, kind == "$floats")

    def require_all_used(self) -> None:
        """Raise ModelFormatError if an array is unused."""
        for name in self._unused:
            raise ModelFormatError(f"{name}: nothing refers to it")

    def _array(self, name: str, is_list: bool) -> Tensor | list[float]:
        if name not in self._unused:
            raise ModelFormatError(f"{reprlib.repr(name)}: no such array, or it is used twice")
        array = self._unused.pop(name)
        if not is_list:
            return array
        self._floats += array.size
        if array.dtype != np.float64 or array.ndim != 1 or not 0 < array.size <= self._floats <= MAX_FLOATS:
            raise ModelFormatError(
                f"{name}: received {array.dtype} {array.shape}, expected a vector of float64, and at most {MAX_FLOATS}"
                " floats in all lists"
            )
        floats: list[float] = array.tolist()
        return floats


def conforms(value: object, hint: object) -> bool:
    """Return whether a value has the annotated type.

    >>> conforms({"cost": [0.5]}, dict[str, list[float]]), conforms(True, int), conforms(None, str | None)
    (True, False, True)
    """
    if hint in (Any, object):
        return True
    if isinstance(hint, type) or hint is None:
        return type(value) is (types.NoneType if hint is None else hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(conforms(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if origin is np.ndarray:
        return isinstance(value, np.ndarray)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return isinstance(value, tuple) and len(value) == len(arguments) and all(map(conforms, value, arguments))
    if origin in (list, tuple):
        return isinstance(value, origin) and all(conforms(each, arguments[0]) for each in value)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(conforms(each, arguments[1]) for each in value.values())
    raise TypeError(f"hint: received {hint}, which is not supported")


def _keep(array: Tensor, name: str, arrays: dict[str, Tensor]) -> str:
    key = f"{name}.{len(arrays)}"
    arrays[key] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
    return key


def _integer(digits: str) -> int:
    if not digits.removeprefix("-").isdecimal() or len(digits) > _MAX_DIGITS + 1 or int(digits) in INTEGERS:
        raise ModelFormatError(f"$integer: received {reprlib.repr(digits)}, expected an integer beyond 64 bits")
    return int(digits)

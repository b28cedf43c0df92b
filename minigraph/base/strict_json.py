"""JSON as this package's files hold it: written in one canonical way, and read without trusting the writer."""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections import Counter
from typing import NoReturn, TypeAlias

from minigraph.errors import ModelFormatError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_CONTAINERS = 100_000
"""Lists and objects in a text: Python's take some 50 times the memory of `{}`."""
MAX_COMMAS = 250_000
MAX_DEPTH = 32
INTEGERS = range(-(2**63), 2**64)
"""The whole numbers: of 64 bits, signed or not."""
_MAX_DIGITS = 20
"""What those have at most, far from where reading a number takes long."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]++")


def canonical(value: Json) -> str:
    """Write JSON so that equal data give equal text: keys sorted, no spaces, ASCII only.

    >>> canonical({"b": [1, 0.5, None], "a": "Θ"})
    '{"a":"\\\\u0398","b":[1,0.5,null]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def parse(text: str, what: str) -> Json:
    """Read JSON, refusing what other readers could understand differently or choke on.

    Args:
        text: the JSON.
        what: what to call it in an error.

    Raises:
        ModelFormatError: no JSON, too many or too deeply nested parts, a key given twice, NaN, infinity,
            a number beyond 64 bits, or text that is no Unicode.

    >>> parse('{"a": 1, "a": 2}', "header")
    Traceback (most recent call last):
    minigraph.errors.ModelFormatError: header: the key 'a' stands there twice
    """
    if text.count("{") + text.count("[") > MAX_CONTAINERS or text.count(",") > MAX_COMMAS:
        raise ModelFormatError(f"{what}: more than {MAX_CONTAINERS} lists and objects, or {MAX_COMMAS} commas")
    if _depth(text) > MAX_DEPTH:
        raise ModelFormatError(f"{what}: nested more than {MAX_DEPTH} deep")
    try:
        value: Json = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_integer, parse_float=_number
        )
    except ValueError as error:
        raise ModelFormatError(f"{what}: {error}") from None
    return value


def is_unicode(text: str) -> bool:
    """Tell whether `text` can be encoded: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(text: str) -> int:
    """Return how deeply lists and objects are nested: found out beforehand, since json reads recursively."""
    depth = deepest = 0
    for bracket in _NO_BRACKET.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {key!r} stands there twice")
    return result


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS or int(digits) not in INTEGERS:
        raise ValueError(f"a whole number of {len(digits)} digits, expected 64 bits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:40]} is too large")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def checked_object(value: object, where: str, keys: tuple[str, ...] | None = None) -> dict[str, object]:
    """Return `value` if it is an object, with exactly these keys if any are given."""
    if not isinstance(value, dict) or (keys is not None and set(value) != set(keys)):
        received = sorted(map(str, value)) if isinstance(value, dict) else value
        expected = f"the keys {', '.join(keys)}" if keys else "an object"
        raise ModelFormatError(f"{where}: received {reprlib.repr(received)}, expected {expected}")
    return value


def checked_list(value: object, where: str, most: int | None = None) -> list[object]:
    """Return `value` if it is a list of at most so many entries."""
    if not isinstance(value, list):
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a list")
    if most is not None and len(value) > most:
        raise ModelFormatError(f"{where}: received {len(value)}, expected at most {most}")
    return value


def checked_string(value: object, where: str) -> str:
    """Return `value` if it is a string that can be encoded."""
    if not isinstance(value, str) or not is_unicode(value):
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a string of valid Unicode")
    return value


def checked_integer(value: object, where: str, least: int, most: int | None = None) -> int:
    """Return `value` if it is an integer within the bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        within = f">= {least}" if most is None else f"from {least} to {most}"
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected an integer {within}")
    return value


def checked_number(value: object, where: str) -> float:
    """Return `value` as a float if it is a finite number >= 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a finite number >= 0")
    return float(value)

"""JSON as this package's files hold it: written in one canonical way, and read without trusting the writer."""

from __future__ import annotations

import json
import math
import re
import reprlib
from typing import TypeAlias

from minigraph.errors import ArgumentError, ModelFormatError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_CONTAINERS = 100_000
"""Lists and objects in a text: Python's take some 50 times the memory of `{}`."""
MAX_COMMAS = 250_000
MAX_DEPTH = 32
INTEGERS = range(-(2**63), 2**64)
"""The integers of 64 bits, signed or not."""
_MAX_DIGITS = 20
"""What those have at most, far from where reading a number takes long."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]++")


def canonical(value: Json, sort_keys: bool = True) -> str:
    """Write JSON so that equal data give equal text: keys sorted, no spaces, ASCII only.

    Raises:
        ValueError: NaN or infinity.

    >>> canonical({"b": [1, 0.5, None], "a": "Θ"})
    '{"a":"\\\\u0398","b":[1,0.5,null]}'
    """
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def parse(text: str, what: str) -> Json:
    """Read JSON that is written as `canonical` writes it, but for the order of keys.

    So nothing is accepted that other readers could understand differently: keys given twice, NaN, infinity and
    numbers that overflow are not written like that.

    Args:
        text: the JSON.
        what: what to call it in an error.

    Raises:
        ModelFormatError: not such JSON, too many or too deeply nested parts, or an integer beyond 64 bits.

    >>> parse('{"a":1,"a":2}', "header")
    Traceback (most recent call last):
    minigraph.errors.ModelFormatError: header: expected compact JSON in ASCII, with distinct keys and finite numbers
    """
    if text.count("{") + text.count("[") > MAX_CONTAINERS or text.count(",") > MAX_COMMAS:
        raise ModelFormatError(f"{what}: more than {MAX_CONTAINERS} lists and objects, or {MAX_COMMAS} commas")
    if _depth(text) > MAX_DEPTH:
        raise ModelFormatError(f"{what}: nested more than {MAX_DEPTH} deep")
    try:
        value: Json = json.loads(text, parse_int=_integer)
        is_canonical = canonical(value, sort_keys=False) == text
    except ValueError as error:
        raise ModelFormatError(f"{what}: {error}") from None
    if not is_canonical:
        raise ModelFormatError(f"{what}: expected compact JSON in ASCII, with distinct keys and finite numbers")
    return value


def scalar(value: object, where: str, others: str) -> Json:
    """Return None, a Boolean, a number or a string as JSON holds it.

    Args:
        value: to be written.
        where: what to call it in an error.
        others: what else could stand there, for the error.

    Raises:
        ArgumentError: it is something else, or beyond the limits of `parse`.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value in INTEGERS:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, str) and is_unicode(value):
        return str(value)
    raise ArgumentError(
        f"{where}: received {reprlib.repr(value)}, which cannot be saved; expected None, a boolean, a finite number"
        f" of 64 bits, a string of valid Unicode, {others}"
    )


def is_unicode(text: str) -> bool:
    """Return whether `text` can be encoded: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(text: str) -> int:
    """Return how deeply lists and objects are nested.

    It is found before parsing, since json recurses in C: where a program has raised Python's limit on recursion,
    deep nesting overflows the stack and ends the process.
    """
    depth = deepest = 0
    for bracket in _NO_BRACKET.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS or int(digits) not in INTEGERS:
        raise ValueError(f"an integer of {len(digits)} digits, expected 64 bits")
    return int(digits)


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


def checked_version(value: object, known: int, oldest: int = 1) -> None:
    """Refuse the version of a format that this minigraph does not read."""
    version = checked_integer(value, "version", oldest)
    if version > known:
        raise ModelFormatError(f"version: received {version}, expected {known} or less; written by a newer minigraph")


def checked_number(value: object, where: str) -> float:
    """Return `value` as a float if it is a finite number >= 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a finite number >= 0")
    return float(value)

"""JSON in the files of this package: written in canonical form, and read without trusting the writer."""

from __future__ import annotations

import json
import math
import re
import reprlib
from typing import TypeAlias

from minigraph.errors import ArgumentError, ModelFormatError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_CONTAINERS = 100_000
"""Lists and objects in a text: as Python objects they take some 50 times the memory of `{}`."""
MAX_COMMAS = 250_000
MAX_DEPTH = 32
INTEGERS = range(-(2**63), 2**64)
"""All signed and unsigned 64-bit integers."""
_MAX_DIGITS = 20
"""Maximum number of digits of such integers."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]++")


def canonical(value: Json, sort_keys: bool = True) -> str:
    """Serialize JSON such that equal data give equal text: sorted keys, no spaces, ASCII only.

    Raises:
        ValueError: NaN or infinity.

    >>> canonical({"b": [1, 0.5, None], "a": "Θ"})
    '{"a":"\\\\u0398","b":[1,0.5,null]}'
    """
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def parse(text: str, what: str) -> Json:
    """Parse JSON in the canonical form, except for the order of keys.

    This rejects everything that other parsers could read differently: duplicate keys, NaN, infinity and
    numbers that overflow.

    Args:
        text: the JSON.
        what: its name in error messages.

    Raises:
        ModelFormatError: the text is not such JSON, is too large or too deeply nested, or has an integer beyond
            64 bits.

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
    """Return None, a Boolean, a number or a string as a JSON value.

    Args:
        value: the value to write.
        where: its name in error messages.
        others: other permitted values, for the error message.

    Raises:
        ArgumentError: the value has another type, or exceeds the limits of `parse`.
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
        f"{where}: received {reprlib.repr(value)}, which cannot be saved; expected None, a boolean, a finite 64-bit"
        f" number, a string of valid Unicode, {others}"
    )


def is_unicode(text: str) -> bool:
    """Return whether `text` can be encoded; lone surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(text: str) -> int:
    """Return the nesting depth of lists and objects.

    It is computed before parsing, since json recurses in C: if a program has raised Python's recursion limit,
    deep nesting overflows the stack and kills the process.
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
    """Return `value` if it is an object, with exactly `keys` unless None."""
    if not isinstance(value, dict) or (keys is not None and set(value) != set(keys)):
        received = sorted(map(str, value)) if isinstance(value, dict) else value
        expected = f"the keys {', '.join(keys)}" if keys else "an object"
        raise ModelFormatError(f"{where}: received {reprlib.repr(received)}, expected {expected}")
    return value


def checked_list(value: object, where: str, most: int | None = None) -> list[object]:
    """Return `value` if it is a list of at most `most` entries."""
    if not isinstance(value, list):
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a list")
    if most is not None and len(value) > most:
        raise ModelFormatError(f"{where}: received {len(value)}, expected at most {most}")
    return value


def checked_string(value: object, where: str) -> str:
    """Return `value` if it is a string of valid Unicode."""
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
    """Raise ModelFormatError if this minigraph does not read this version of a format."""
    version = checked_integer(value, "version", oldest)
    if version > known:
        raise ModelFormatError(f"version: received {version}, expected {known} or less; written by a newer minigraph")


def checked_number(value: object, where: str) -> float:
    """Return `value` as a float if it is a finite number >= 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a finite number >= 0")
    return float(value)

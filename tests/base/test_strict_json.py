import json
import math
import sys

import pytest
from hypothesis import given, strategies as st

from minigraph.base.strict_json import MAX_DEPTH, Json, canonical, parse, scalar
from minigraph.errors import ArgumentError, ModelFormatError

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_what_is_written_is_read_and_written_alike(value: Json) -> None:
    text = canonical(value)
    assert text.isascii()
    assert canonical(parse(text, "text")) == text
    assert parse(text, "text") == value == json.loads(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[1,]", "Expecting value"),
        ("01", "Extra data"),
        ("NaN", "not JSON compliant"),
        ("[-Infinity]", "not JSON compliant"),
        ("1e999", "not JSON compliant"),
        ("1" * 5000, "an integer of 5000 digits"),
        (str(2**64), "an integer of 20 digits, expected 64 bits"),
        (str(-(2**63) - 1), "an integer of 20 digits, expected 64 bits"),
        ('{"a":1,"b":2,"a":1}', "distinct keys"),
        ('{"a":{"b":1,"b":1}}', "distinct keys"),
        ('{"a": 1}', "compact JSON"),
        (" 1", "compact JSON"),
        ("1E5", "compact JSON"),
        ("1.50", "compact JSON"),
        ("-0", "compact JSON"),
        ('"\\/"', "compact JSON"),
        ('"Θ"', "in ASCII"),
        ("[" * 50 + "]" * 50, "nested more than 32 deep"),
        ('{"a":' * 50, "nested more than 32 deep"),
        ("[" + "[]," * 100_000 + "[]]", "more than 100000 lists"),
        ("[" + "0," * 250_000 + "0,0]", "or 250000 commas"),
        ("\ufeff{}", "BOM"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelFormatError, match=f"^text: .*{message}"):
        parse(text, "text")


def test_brackets_in_strings_are_no_depth() -> None:
    value: Json = {"[" * 100: ']}\\"[{' * 100}
    assert parse(canonical(value), "text") == value


def test_keys_may_be_in_any_order() -> None:
    assert parse('{"b":1,"a":2}', "text") == {"a": 2, "b": 1}


def test_nesting_at_the_limit() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH, "text")
    with pytest.raises(ModelFormatError, match=f"more than {MAX_DEPTH} deep"):
        parse("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "text")


@pytest.mark.parametrize("value", [-(2**63), 2**64 - 1])
def test_the_largest_integers(value: int) -> None:
    assert parse(str(value), "text") == value == scalar(value, "value", "")


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, math.inf, math.nan, "\ud800", b"", {}, 1j])
def test_what_is_no_scalar(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"^x: received .*which cannot be saved; expected .*a string.* or this"):
        scalar(value, "x", "or this")


def test_depth_is_found_before_it_can_exhaust_the_stack() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        with pytest.raises(ModelFormatError, match=f"more than {MAX_DEPTH} deep"):
            parse("[" * 99_000 + "]" * 99_000, "text")
    finally:
        sys.setrecursionlimit(limit)

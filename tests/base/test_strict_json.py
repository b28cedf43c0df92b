import json
import sys

import pytest
from hypothesis import given, strategies as st

from minigraph.base.strict_json import MAX_DEPTH, Json, canonical, parse
from minigraph.errors import ModelFormatError

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
        ("NaN", "NaN is no JSON"),
        ("[-Infinity]", "-Infinity is no JSON"),
        ("1e999", "the number 1e999 is too large"),
        ("1" * 5000, "a whole number of 5000 digits"),
        (str(2**64), "a whole number of 20 digits, expected 64 bits"),
        ('{"a": 1, "b": 2, "a": 1}', "the key 'a' stands there twice"),
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
    assert parse(json.dumps(value), "text") == value


def test_depth_is_found_before_it_can_exhaust_the_stack() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        with pytest.raises(ModelFormatError, match=f"more than {MAX_DEPTH} deep"):
            parse("[" * 99_000 + "]" * 99_000, "text")
    finally:
        sys.setrecursionlimit(limit)

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from minigraph.base.record import Joiner, conforms, split
from minigraph.base.strict_json import canonical, parse
from minigraph.base.tensor_file import Tensor
from minigraph.errors import ArgumentError, ModelFormatError

text = st.text(st.characters(codec="utf-8"))
keys = text.filter(lambda key: not key.startswith("$"))
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**100) + 1, 10**100 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.floats(allow_nan=False))
    | text,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(keys, each, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_what_is_split_is_joined(value: object) -> None:
    arrays: dict[str, Tensor] = {}
    data = parse(canonical(split(value, "x", arrays)), "data")
    joiner = Joiner(arrays)
    joined = joiner.join(data)
    assert joined == value
    assert canonical(joined if not arrays else None) == canonical(value if not arrays else None)  # type: ignore[arg-type]
    joiner.require_all_used()


def test_arrays_keep_type_shape_and_bits_wherever_they_are() -> None:
    strided, nan = np.arange(6.0).reshape(2, 3).T, np.array([np.nan, -0.0], np.float32)
    arrays: dict[str, Tensor] = {}
    joined = Joiner(arrays | {}).join(None)
    assert joined is None
    data = split({"a": [strided, {"b": nan}], "c": np.array(3), "d": (np.float64(0.5), np.int8(1))}, "x", arrays)
    assert data == {"a": [{"$array": "x.0"}, {"b": {"$array": "x.1"}}], "c": {"$array": "x.2"}, "d": [0.5, 1]}
    result: Any = Joiner(arrays).join(data)
    for found, expected in ((result["a"][0], strided), (result["a"][1]["b"], nan), (result["c"], np.array(3))):
        assert (found.dtype, found.shape, found.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())
        assert found.flags.c_contiguous


@pytest.mark.parametrize(
    "array", [np.zeros(3, np.float32), np.zeros((1, 1)), np.zeros(0), np.zeros(3, int), np.array(1.0)]
)
def test_a_list_of_floats_is_a_vector_of_float64(array: Tensor) -> None:
    with pytest.raises(ModelFormatError, match=r"^x: received .*expected a vector of float64"):
        Joiner({"x": array}).join({"$floats": "x"})


def test_the_number_of_floats_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minigraph.base.record.MAX_FLOATS", 10)
    data = {"a": {"$floats": "x"}, "b": {"$floats": "y"}, "c": {"$array": "z"}}
    arrays = {"x": np.zeros(4), "y": np.zeros(6), "z": np.zeros(100)}
    Joiner(arrays).join(data)
    with pytest.raises(ModelFormatError, match="at most 10 floats in all lists"):
        Joiner(arrays | {"y": np.zeros(7)}).join(data)


@pytest.mark.parametrize("value", [{"$x": 1}, {1: 2}, [10**100], [[-(10**100)]], np.inf, [np.inf, 1], {1, 2}, "\ud800"])
def test_what_cannot_be_split(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"^name: received "):
        split(value, "name", {})


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (1, int, True),
        (True, int, False),
        (1.0, int, False),
        (1, float, False),
        (True, bool, True),
        (None, None, True),
        (0, None, False),
        (None, str | None, True),
        ("a", str | None, True),
        (1, str | None, False),
        ("a", Literal["a", "b"], True),
        ("c", Literal["a", "b"], False),
        ([1], list[int], True),
        ([1, "a"], list[int], False),
        ((1,), list[int], False),
        ((1, 2.0), tuple[int, float], True),
        ((1,), tuple[int, float], False),
        ((2.0, 1), tuple[int, float], False),
        ([1, 2.0], tuple[int, float], False),
        ((1, 2, 3), tuple[int, ...], True),
        ((1, "a"), tuple[int, ...], False),
        ({"a": [1]}, Mapping[str, list[int]], True),
        ({"a": [1]}, dict[str, list[int]], True),
        ({"a": 1}, Mapping[str, list[int]], False),
        ([], Mapping[str, list[int]], False),
        (np.zeros(2), NDArray[np.float64], True),
        ([0.0], NDArray[np.float64], False),
        (object(), Any, True),
        (3, object, True),
    ],
)
def test_whether_a_value_is_of_a_type(value: object, hint: object, expected: bool) -> None:
    assert conforms(value, hint) is expected


def test_a_type_that_is_not_known_is_an_error_not_an_answer() -> None:
    with pytest.raises(TypeError, match="which is not supported"):
        conforms([1], Sequence[int])

"""Checks on what users pass in, and the unrolling of matrices."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import cast

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst

import minigraph as mg
from minigraph import ArgumentError, NonFiniteDataError, ShapeError
from minigraph.base.arrays import finite, float_dtype, integer, is_finite, matrix, numeric, real

F64 = np.dtype(np.float64)


@pytest.mark.parametrize("dtype", ["float32", np.dtype(np.float32), "f4", np.single], ids=repr)
def test_float32_by_any_name(dtype: str) -> None:
    assert float_dtype(dtype) == np.float32


@pytest.mark.parametrize("dtype", ["float16", int, "flaot32", np.complex128, "O"])
def test_another_dtype(dtype: str) -> None:
    with pytest.raises(ArgumentError, match=r"dtype: received .*, expected float32 or float64"):
        float_dtype(dtype)


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2), (3, 4)),
        np.array([[1, 2], [3, 4]], dtype=np.uint8),
        np.array([[1, 2], [3, 4]], dtype=np.float16),
        np.array([[1, 2], [3, 4]], order="F"),
        np.array([[1, Fraction(2)], [Decimal(3), np.float32(4)]], dtype=object),
    ],
)
def test_real_numbers_of_any_kind(values: list[list[float]]) -> None:
    array = matrix(values, 2, "X", F64)
    assert array.dtype == F64
    assert array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1, 2], [3]], "X: received a ragged sequence, expected rows of equal length"),
        ([np.zeros(2), np.zeros(3)], "X: received a ragged sequence"),
        ([["1", "2"]], "X: received values of type <U1, expected real numbers"),
        ([[1, "2"]], "X: received values of type"),
        (np.array([["1", "2"]], dtype=object), "X: received Python objects such as '1', expected real numbers"),
        (np.array([[1, b"2"]], dtype=object), "X: received Python objects such as b'2'"),
        ([[1 + 2j, 0]], "X: received values of type complex128, expected real numbers"),
        (np.array([[1, "2020"]], dtype="datetime64[D]"), "X: received values of type datetime64"),
        ({1.0, 2.0}, "X: received Python objects such as {1.0, 2.0}, expected real numbers"),
        ([[10**400, 0]], "X: received Python objects such as 1000"),
        (np.array([[1, 2], [3]], dtype=object), "X: received Python objects such as [1, 2]"),
    ],
)
def test_not_numeric(values: object, message: str) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        matrix(values, 2, "X", F64)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "columns", "message"),
    [
        ((3, 2), 4, "X: received shape (3, 2), expected (m, 4)"),
        ((4,), 4, "X: received shape (4,), expected (m, 4); one example is X[None, :]"),
        ((5,), 1, "X: received shape (5,), expected (m, 1); one feature is X[:, None]"),
        ((), 2, "X: received shape (), expected (m, 2)"),
        ((2, 2, 2), 2, "X: received shape (2, 2, 2), expected (m, 2)"),
        ((0, 2), 2, "X: received shape (0, 2), expected at least one example (row)"),
    ],
)
def test_another_shape(shape: tuple[int, ...], columns: int, message: str) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        matrix(np.zeros(shape), columns, "X", F64)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_named(bad: float) -> None:
    X = np.zeros((3, 2))
    X[1, 1] = X[2, 0] = bad
    with pytest.raises(NonFiniteDataError, match=re.escape(f"X: received {bad} at index (1, 1), expected")):
        matrix(X, 2, "X", F64)
    with pytest.raises(NonFiniteDataError, match=re.escape(f"v: received {bad} at index 1,")):
        finite(X[1], "v", F64)


def test_a_missing_value_is_not_a_number() -> None:
    with pytest.raises(NonFiniteDataError, match=r"X: received None at index \(0, 0\)|X: received nan at"):
        matrix(np.array([[None, 1.0]], dtype=object), 2, "X", F64)


def test_what_overflows_float32_is_named_as_it_was_given() -> None:
    with pytest.raises(NonFiniteDataError, match=re.escape("X: received 1e+300 at index (0, 1), expected numbers")):
        matrix([[0.0, 1e300]], 2, "X", np.dtype(np.float32))


def test_large_numbers_whose_squares_overflow_are_finite() -> None:
    assert is_finite(np.full(10, 1e200))
    assert is_finite(np.full(10, 1e30, dtype=np.float32))
    assert not is_finite(np.array([1e200, np.nan]))
    assert not is_finite(np.array([[1.0, -np.inf]]))
    assert is_finite(np.zeros((0, 3)))
    assert is_finite(np.arange(12.0).reshape(3, 4)[::2, ::3])


def test_numeric_lends_and_does_not_change() -> None:
    X = np.arange(4.0).reshape(2, 2)
    X.flags.writeable = False
    assert np.shares_memory(numeric(X, "X"), X)
    assert np.shares_memory(matrix(X, 2, "X", F64), X)


@pytest.mark.parametrize("value", [0, True, 2.0, "3", None, -1, np.float64(3)])
def test_not_a_whole_number(value: int) -> None:
    with pytest.raises(ArgumentError, match=r"units: received .*, expected an integer >= 1"):
        integer(value, "units")


def test_whole_numbers() -> None:
    for three in cast("list[int]", [3, np.int8(3), np.uint64(3)]):
        assert integer(three, "units") == 3
        assert type(integer(three, "units")) is int
    assert integer(0, "seed", least=0) == 0


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, np.inf, True, "0.5", None, -1])
def test_not_a_real_number_in_the_range(value: float) -> None:
    with pytest.raises(ArgumentError, match=r"slope: received .*, expected 0 < slope < 1"):
        real(value, "slope", "0 < slope < 1", above=0, below=1)


def test_real_numbers_without_bounds_are_all_that_are_finite() -> None:
    for value in (-1e308, -2, 0, 1, np.float32(0.5), np.int8(3), 10**300):
        found = real(value, "value", "a finite number")  # type: ignore[arg-type]
        assert (found, type(found)) == (float(value), float)
    for wrong in (np.inf, -np.inf, np.nan, True, np.True_, "1", None, 1j, [1]):
        with pytest.raises(ArgumentError, match=r"value: received .*, expected a finite number"):
            real(wrong, "value", "a finite number")  # type: ignore[arg-type]
    for sign in (1, -1):
        with pytest.raises(ArgumentError, match="value: received an integer beyond 1e308, expected a finite number"):
            real(sign * 10**400, "value", "a finite number")


def test_bounds_are_inclusive_or_exclusive_each_by_itself() -> None:
    assert real(2, "x", "x >= 2", least=2) == 2
    assert real(2, "x", "x <= 2", most=2) == 2
    above, below = float(np.nextafter(2.0, 3.0)), float(np.nextafter(2.0, 1.0))
    assert real(above, "x", "x > 2", above=2) == above
    assert real(below, "x", "x < 2", below=2) == below
    refused: list[tuple[float, dict[str, float]]] = [
        (below, {"least": 2}), (above, {"most": 2}), (2, {"above": 2}), (2, {"below": 2})
    ]  # fmt: skip
    for value, bounds in refused:
        with pytest.raises(ArgumentError, match="x: received"):
            real(value, "x", "another", **bounds)


@given(st.lists(npst.arrays(np.float64, npst.array_shapes(max_dims=3, max_side=4), elements=st.floats(-9, 9))))
def test_reshape_is_the_inverse_of_unroll(matrices: list[mg.Array]) -> None:
    vector = mg.unroll(matrices)
    assert vector.tolist() == [value for each in matrices for value in each.ravel()]
    again = mg.reshape(vector, [each.shape for each in matrices])
    assert all(np.array_equal(old, new) for old, new in zip(matrices, again, strict=True))
    assert not any(np.shares_memory(vector, each) for each in [*matrices, *again] if each.size)


def test_unroll_goes_row_by_row_whatever_the_memory_order() -> None:
    assert mg.unroll([np.array([[1, 2], [3, 4]], order="F")]).tolist() == [1, 2, 3, 4]
    assert mg.unroll([]).shape == (0,)
    assert mg.reshape([], []) == []
    assert mg.unroll([np.ones((1, 2), np.float32)]).dtype == np.float32


@pytest.mark.parametrize("shapes", [[(2, 2)], [(5, 1)], [(2, 1), (3, 1)], []])
def test_reshape_wants_as_many_entries_as_the_shapes_have(shapes: list[tuple[int, ...]]) -> None:
    expected = sum(rows * columns for rows, columns in shapes)
    with pytest.raises(ShapeError, match=re.escape(f"vector: received shape (6,), expected ({expected},)")):
        mg.reshape(np.zeros(6), shapes)
    with pytest.raises(ShapeError, match=re.escape("vector: received shape (2, 3)")):
        mg.reshape(np.zeros((2, 3)), [(2, 3)])


def test_unroll_names_the_bad_matrix() -> None:
    with pytest.raises(ShapeError, match=r"matrices\[1\]: received a ragged sequence"):
        mg.unroll([[[1.0]], [[1.0], [2.0, 3.0]]])

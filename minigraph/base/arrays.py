"""Array types, and the validation of array arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from minigraph.errors import ArgumentError, NonFiniteDataError, ShapeError

Float: TypeAlias = np.float32 | np.float64
Array: TypeAlias = NDArray[Float]
Mask: TypeAlias = NDArray[np.bool_]


def float_dtype(dtype: DTypeLike) -> np.dtype[Float]:
    """Return `dtype` as a numpy dtype if it is float32 or float64.

    >>> float_dtype("float32")
    dtype('float32')
    """
    for choice in (np.float32, np.float64):
        try:
            if np.dtype(dtype) == np.dtype(choice):
                return np.dtype(choice)
        except TypeError:
            break
    raise ArgumentError(f"dtype: received {dtype!r}, expected float32 or float64")


def integer(value: int, argument: str, least: int = 1) -> int:
    """Return `value` as an int if it is an integer >= `least`; bools and floats are rejected.

    Raises:
        ArgumentError: `value` is not such an integer.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ArgumentError(f"{argument}: received {value!r}, expected an integer >= {least}")
    return int(value)


def real(
    value: float,
    argument: str,
    expected: str,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> float:
    """Return `value` as a float if it is finite, least <= value <= most and above < value < below.

    Args:
        value: the number.
        argument: its name in error messages.
        expected: the bounds in words, for the error message.
        above: lower bound, exclusive.
        least: lower bound, inclusive.
        most: upper bound, inclusive.
        below: upper bound, exclusive.

    Raises:
        ArgumentError: `value` is out of bounds, infinite, NaN, or not a number.
    """
    kinds = (int, float, np.integer, np.floating)
    is_number = isinstance(value, kinds) and not isinstance(value, (bool, np.timedelta64))
    if not is_number or not (above < value < below and least <= value <= most):
        raise ArgumentError(f"{argument}: received {value!r}, expected {expected}")
    try:
        return float(value)
    except OverflowError:  # an integer beyond the largest float
        raise ArgumentError(f"{argument}: received an integer beyond 1e308, expected {expected}") from None


def numeric(values: ArrayLike, argument: str) -> Array:
    """Return `values` as an array of real numbers.

    Raises:
        ShapeError: `values` is ragged, or contains strings, objects or complex numbers.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"{argument}: received a ragged sequence, expected rows of equal length ({error})") from None
    if array.dtype.kind == "O":
        array = _from_objects(array, argument)
    if array.dtype.kind not in "fiub":
        raise ShapeError(
            f"{argument}: received values of type {array.dtype}, expected real numbers"
            " (text classes become numbers with mg.one_hot)"
        )
    return array


def _from_objects(array: NDArray[np.object_], argument: str) -> NDArray[np.float64]:
    example = next((value for value in array.flat if not _is_number(value)), None)
    if example is None:
        return array.astype(np.float64)
    raise ShapeError(f"{argument}: received Python objects such as {example!r}, expected real numbers")


def _is_number(value: object) -> bool:
    if isinstance(value, (str, bytes)):  # float("1") would succeed
        return False
    if value is None:  # becomes NaN, which the check for finite numbers locates
        return True
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def matrix(values: ArrayLike, columns: int, argument: str, dtype: np.dtype[Float]) -> Array:
    """Return `values` as an array of shape (m, columns) with m >= 1 finite rows.

    Args:
        values: one row per example.
        columns: the expected number of columns.
        argument: their name in error messages.
        dtype: dtype of the result; numbers that overflow it are rejected.

    Raises:
        ShapeError: `values` has another shape, no rows, or is not numeric.
        NonFiniteDataError: `values` contains infinity or NaN; the message gives the row and the column.
    """
    array = numeric(values, argument)
    if array.ndim != 2 or array.shape[1] != columns:
        hint = ""
        if array.shape == (columns,):
            hint = f"; one example is {argument}[None, :]"
        elif array.ndim == 1 and columns == 1:
            hint = f"; one feature is {argument}[:, None]"
        raise ShapeError(f"{argument}: received shape {array.shape}, expected (m, {columns}){hint}")
    if array.shape[0] == 0:
        raise ShapeError(f"{argument}: received shape {array.shape}, expected at least one example (row)")
    return finite(array, argument, dtype)


def finite(array: Array, argument: str, dtype: np.dtype[Float]) -> Array:
    """Return `array` as `dtype`, or raise NonFiniteDataError naming the first number that is not finite in it."""
    with np.errstate(over="ignore"):
        result: Array = array.astype(dtype, copy=False)
    if not is_finite(result):
        place = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(result)))
        where = place[0] if len(place) == 1 else place
        raise NonFiniteDataError(
            f"{argument}: received {array[place]} at index {where}, expected numbers that are finite in {dtype}"
        )
    return result


def is_finite(array: Array) -> bool:
    """Return whether all numbers in `array` are finite; allocates nothing if they are."""
    flat = array.ravel(order="K")
    with np.errstate(all="ignore"):
        # A finite sum of squares proves it in one pass; an infinite one may be due to overflow.
        return bool(np.isfinite(np.dot(flat, flat))) or bool(np.isfinite(flat).all())


def unroll(matrices: Sequence[ArrayLike]) -> Array:
    """Unroll matrices Θ^(1), Θ^(2), … into one vector, row by row.

    Args:
        matrices: arrays of any shapes.

    Returns:
        A new vector with all their entries, each matrix in C order.

    Raises:
        ShapeError: a matrix is ragged or not numeric.

    >>> import minigraph as mg
    >>> mg.unroll([[[1., 2.], [3., 4.]], [[5., 6.]]])
    array([1., 2., 3., 4., 5., 6.])
    """
    arrays = [numeric(values, f"matrices[{i}]") for i, values in enumerate(matrices)]
    if not arrays:
        return np.zeros(0)
    joined = np.concatenate([array.ravel() for array in arrays])
    return joined if joined.dtype.kind == "f" else joined.astype(np.float64)


def reshape(vector: ArrayLike, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Split a vector into matrices: the inverse of `unroll`.

    Args:
        vector: 1-D, with as many entries as all shapes together.
        shapes: shapes of the matrices, in order.

    Returns:
        New arrays of the given shapes, filled row by row.

    Raises:
        ShapeError: the number of entries differs.

    >>> import minigraph as mg
    >>> mg.reshape([1., 2., 3., 4., 5., 6.], [(2, 2), (1, 2)])
    [array([[1., 2.],
           [3., 4.]]), array([[5., 6.]])]
    """
    flat = numeric(vector, "vector")
    sizes = [int(np.prod(shape, dtype=np.int64)) for shape in shapes]
    if flat.ndim != 1 or flat.size != sum(sizes):
        raise ShapeError(f"vector: received shape {flat.shape}, expected ({sum(sizes)},) for the shapes {list(shapes)}")
    parts = np.split(flat, np.cumsum(sizes)[:-1]) if sizes else []
    return [part.reshape(shape).copy() for part, shape in zip(parts, shapes, strict=True)]

"""Data sources: arrays in memory, memory-mapped files, or any object that returns rows by index.

Arrays in memory are checked once and kept. Streams are read, checked and converted in chunks, so that data
larger than memory can be used for training.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.base.arrays import Array, Float
from minigraph.errors import MinigraphError, ShapeError

if TYPE_CHECKING:
    import mmap

Indices: TypeAlias = NDArray[np.intp]
Check: TypeAlias = Callable[[ArrayLike, str, int], Array]
"""Called with values, their name in messages, and the number of rows; returns the checked array or raises."""

_CHUNK = 1024
"""Rows read at a time."""
_CACHED = 64
"""Rows copied at a time, few enough to stay in the cache."""


@runtime_checkable
class Rows(Protocol):
    """A source of examples: supports `len(rows)`, and `rows[indices]` for an array of increasing indices.

    Examples are `numpy.memmap`, the datasets of h5py and zarr, and custom classes.
    """

    def __len__(self) -> int:
        """Return the number of examples."""

    def __getitem__(self, indices: Indices, /) -> ArrayLike:
        """Return the examples with these indices, one per row."""


Source: TypeAlias = ArrayLike | Rows
TrainingData: TypeAlias = Source | Sequence[Source] | Mapping[str, Source]
"""Data for `fit`: a single source for one input (or output), else a sequence, or a dict keyed by node name."""


class Column(ABC):
    """The data of one input or output node: m rows of equal width."""

    def __init__(self, label: str, m: int, size: int, dtype: np.dtype[Float]) -> None:
        self.label = label
        self.m = m
        self.size = size
        self.dtype = dtype
        self.largest: float = 0.0
        """The largest |value| so far."""

    def update_largest(self, values: Array) -> None:
        """Update `largest` with these values."""
        self.largest = max(self.largest, float(values.max()), -float(values.min()))

    def check_rows(self) -> None:
        """Check unchecked rows, as far as that is cheap."""

    @abstractmethod
    def gather(self, rows: Indices, out: Array) -> None:
        """Write the given rows into `out`, (len(rows), size)."""


class InMemoryColumn(Column):
    """An array in memory, checked in full."""

    def __init__(self, label: str, array: Array) -> None:
        super().__init__(label, len(array), array.shape[1], array.dtype)
        self._array = array
        self.update_largest(array)
        self._buffer = np.empty((0, self.size), array.dtype)

    def gather(self, rows: Indices, out: Array) -> None:
        if out.flags.c_contiguous:  # only with mode="clip" does numpy take rows without a copy
            self._array.take(rows, 0, out, "clip")
            return
        if len(self._buffer) < min(len(rows), _CACHED):
            self._buffer = np.empty((min(len(rows), _CACHED), self.size), self.dtype)
        for start in range(0, len(rows), _CACHED):
            part = rows[start : start + _CACHED]
            values = self._buffer[: len(part)]
            self._array.take(part, 0, values, "clip")
            np.copyto(out[start : start + len(part)], values)


class StreamedColumn(Column):
    """A source that is read in chunks, each checked when it is read."""

    def __init__(self, label: str, source: Rows, size: int, dtype: np.dtype[Float], check: Check) -> None:
        if len(source) == 0:
            raise ShapeError(f"{label}: received no rows, expected at least one example (row)")
        super().__init__(label, len(source), size, dtype)
        self._source = source
        self._check = check
        self._file = file = _mapped_file(source)
        # Changes of a private mapping exist in memory only; its pages must not be released.
        self._releasable = None if file is None or file.mode == "c" else _mapping(file)

    def check_rows(self) -> None:
        """Read all of a memory-mapped file, but only the first row of any other stream, which may be slow."""
        m = 1 if self._file is None else self.m
        for start in range(0, m, _CHUNK):
            self._read(np.arange(start, min(start + _CHUNK, m)))

    def gather(self, rows: Indices, out: Array) -> None:
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            order = np.argsort(part)  # increasing indices are faster to read, and h5py requires them
            out[start + order] = self._read(part[order])

    def _read(self, rows: Indices) -> Array:
        values = self._source[rows]
        try:
            checked = self._check(values, self.label, len(rows))
        except MinigraphError:
            self._check_by_row(rows, values)
            raise
        if len(checked) != len(rows):
            raise ShapeError(f"{self.label}: received {len(checked)} rows for {len(rows)} indices")
        if self._releasable is not None:
            _give_pages_back(self._releasable)
        self.update_largest(checked)
        return checked

    def _check_by_row(self, rows: Indices, values: ArrayLike) -> None:
        """Check row by row, so that the message gives the row in the whole source."""
        array = np.asarray(values)
        if array.ndim and len(array) == len(rows):
            for row, value in zip(rows, array, strict=True):
                self._check(value[None], f"{self.label}[{row}:{row + 1}]", 1)


def is_stream(source: object) -> bool:
    """Return whether rows of `source` are read in chunks, unlike arrays and tables in memory."""
    if isinstance(source, np.ndarray):
        return _mapped_file(source) is not None
    in_memory = (list, tuple, str, bytes, Mapping)
    tabular = ("iloc", "columns", "__array_interface__", "__dlpack__")
    return (
        isinstance(source, Rows) and not isinstance(source, in_memory) and not any(hasattr(source, t) for t in tabular)
    )


def _give_pages_back(mapping: mmap.mmap) -> None:
    """Release the pages read so far, which count as memory of this process; no-op on Windows."""
    import mmap

    if hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def _mapped_file(source: object) -> np.memmap[Any, Any] | None:
    """Return the memory-mapped file of which an array is a view, if any."""
    while isinstance(source, np.ndarray):
        if isinstance(source, np.memmap) and _mapping(source) is not None:
            return source
        source = source.base
    return None


def _mapping(file: np.memmap[Any, Any]) -> mmap.mmap | None:
    mapping: mmap.mmap | None = file._mmap  # type: ignore[attr-defined]
    return mapping

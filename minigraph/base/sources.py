"""Sources of rows: arrays in memory, memory-mapped files, anything that returns the rows asked for.

What lies in memory is checked once and kept. What is streamed is read, checked and converted in chunks,
so that data larger than memory can be trained on.
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
"""Called with values, what to call them, and the number of rows: the checked array, or an error."""

_CHUNK = 1024
"""Rows that are read at a time."""
_CACHED = 64
"""Rows that are copied from one array to another at a time: between the two they stay in the cache."""


@runtime_checkable
class Rows(Protocol):
    """A source of examples: `len(rows)` of them, and `rows[indices]` for a rising array of indices.

    `numpy.memmap` is one, and so are the datasets of h5py and zarr, and classes of your own.
    """

    def __len__(self) -> int:
        """Return the number of examples."""

    def __getitem__(self, indices: Indices, /) -> ArrayLike:
        """Return the examples with these indices, one row each."""


Source: TypeAlias = ArrayLike | Rows
TrainingData: TypeAlias = Source | Sequence[Source] | Mapping[str, Source]
"""What `fit` takes: one source for a network with one input (or output); else a sequence or a dict by node name."""


class Column(ABC):
    """The examples' share of one input or output node: m rows of one width."""

    def __init__(self, label: str, m: int, size: int, dtype: np.dtype[Float]) -> None:
        self.label = label
        self.m = m
        self.size = size
        self.dtype = dtype
        self.largest: float = 0.0
        """The largest |value| so far."""

    def update_largest(self, values: Array) -> None:
        """Take these values into account in `largest`."""
        self.largest = max(self.largest, float(values.max()), -float(values.min()))

    def check_rows(self) -> None:
        """Check what is not checked yet, as far as that costs little."""

    @abstractmethod
    def gather(self, rows: Indices, out: Array) -> None:
        """Write the given rows into `out`, (len(rows), size)."""


class InMemoryColumn(Column):
    """An array in memory, checked as a whole."""

    def __init__(self, label: str, array: Array) -> None:
        super().__init__(label, len(array), array.shape[1], array.dtype)
        self._array = array
        self.update_largest(array)
        self._buffer = np.empty((0, self.size), array.dtype)

    def gather(self, rows: Indices, out: Array) -> None:
        if out.flags.c_contiguous:  # only then numpy takes rows without a copy
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
    """A source that is read in chunks, each checked as it comes."""

    def __init__(self, label: str, source: Rows, size: int, dtype: np.dtype[Float], check: Check) -> None:
        if len(source) == 0:
            raise ShapeError(f"{label}: received no rows, expected at least one example (row)")
        super().__init__(label, len(source), size, dtype)
        self._source = source
        self._check = check
        self._file = file = _mapped_file(source)
        # What a private mapping changed exists in memory only, and must not be given back.
        self._releasable = None if file is None or file.mode == "c" else _mapping(file)

    def check_rows(self) -> None:
        """Read a memory-mapped file whole, and of any other stream, which may be slow, the first row."""
        m = 1 if self._file is None else self.m
        for start in range(0, m, _CHUNK):
            self._read(np.arange(start, min(start + _CHUNK, m)))

    def gather(self, rows: Indices, out: Array) -> None:
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            order = np.argsort(part)  # rising indices are quicker to read, and h5py asks for them
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
        """Check row by row, so that the message names the row of the whole source."""
        array = np.asarray(values)
        if array.ndim and len(array) == len(rows):
            for row, value in zip(rows, array, strict=True):
                self._check(value[None], f"{self.label}[{row}:{row + 1}]", 1)


def is_stream(source: object) -> bool:
    """Return whether rows are read from `source` in chunks; arrays and tables in memory are taken whole."""
    if isinstance(source, np.ndarray):
        return _mapped_file(source) is not None
    in_memory = (list, tuple, str, bytes, Mapping)
    tabular = ("iloc", "columns", "__array_interface__", "__dlpack__")
    return (
        isinstance(source, Rows) and not isinstance(source, in_memory) and not any(hasattr(source, t) for t in tabular)
    )


def _give_pages_back(mapping: mmap.mmap) -> None:
    """Give back the pages that were read, which count as memory of this process until then; not on Windows."""
    import mmap

    if hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def _mapped_file(source: object) -> np.memmap[Any, Any] | None:
    """Return the memory-mapped file that an array looks into, if it does."""
    while isinstance(source, np.ndarray):
        if isinstance(source, np.memmap) and _mapping(source) is not None:
            return source
        source = source.base
    return None


def _mapping(file: np.memmap[Any, Any]) -> mmap.mmap | None:
    mapping: mmap.mmap | None = file._mmap  # type: ignore[attr-defined]
    return mapping

"""Examples to train on, wherever they are: arrays in memory, memory-mapped files, anything that gives rows.

What lies in memory is checked once and kept. What is streamed is read, checked and converted by the piece,
so that data larger than memory can be trained on.
"""

from __future__ import annotations

import mmap
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.base.arrays import Array, Float, matrix, numeric
from minigraph.errors import MinigraphError, ShapeError
from minigraph.functions.costs import Cost
from minigraph.graph.node import Node
from minigraph.inputs import batch
from minigraph.inputs.batch import Data
from minigraph.inputs.columns import check_columns, name_units
from minigraph.network.network import AnyNetwork

Indices: TypeAlias = NDArray[np.intp]
_Check: TypeAlias = Callable[[ArrayLike, str, int], Array]
"""Called with values, what to call them, and the number of rows: the checked array, or an error."""

_PIECE = 1024
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
"""As `Data`, where each array may be a source of rows instead."""


class Column(ABC):
    """The examples' share of one input or output node: m rows of one width."""

    def __init__(self, label: str, m: int, size: int, dtype: np.dtype[Float]) -> None:
        self.label = label
        self.m = m
        self.size = size
        self.dtype = dtype
        self.largest: float = 0.0
        """The largest |value| met so far."""

    def watch(self, values: Array) -> None:
        """Keep account of the largest |value|."""
        self.largest = max(self.largest, float(values.max()), -float(values.min()))

    @abstractmethod
    def gather(self, rows: Indices, out: Array) -> None:
        """Write the given rows into `out`, (len(rows), size)."""


class Held(Column):
    """An array in memory, checked as a whole."""

    def __init__(self, label: str, array: Array) -> None:
        super().__init__(label, len(array), array.shape[1], array.dtype)
        self._array = array
        self.watch(array)
        self._piece = np.empty((0, self.size), array.dtype)

    def gather(self, rows: Indices, out: Array) -> None:
        if out.flags.c_contiguous:  # only then numpy takes rows without a copy
            self._array.take(rows, 0, out, "clip")
            return
        if len(self._piece) < min(len(rows), _CACHED):
            self._piece = np.empty((min(len(rows), _CACHED), self.size), self.dtype)
        for start in range(0, len(rows), _CACHED):
            part = rows[start : start + _CACHED]
            values = self._piece[: len(part)]
            self._array.take(part, 0, values, "clip")
            np.copyto(out[start : start + len(part)], values)


class Streamed(Column):
    """A source that is read by the piece, each piece checked as it comes."""

    def __init__(self, label: str, source: Rows, size: int, dtype: np.dtype[Float], check: _Check) -> None:
        super().__init__(label, len(source), size, dtype)
        self._source = source
        self._check = check
        self._file = _mapped_file(source)
        # What a private mapping changed exists in memory only, and must not be given back.
        releases = self._file is not None and self._file.mode != "c" and hasattr(mmap, "MADV_DONTNEED")
        self._released = _mapping(self._file) if self._file is not None and releases else None

    def gather(self, rows: Indices, out: Array) -> None:
        for start in range(0, len(rows), _PIECE):
            part = rows[start : start + _PIECE]
            order = np.argsort(part)  # rising indices are quicker to read, and h5py asks for them
            out[start + order] = self._read(part[order])

    def check_all(self) -> None:
        """Read every row once, in order."""
        for rows in pieces(self.m):
            self._read(rows)

    @property
    def is_file(self) -> bool:
        """True for a memory-mapped file, whose rows can be read twice at little cost."""
        return self._file is not None

    def _read(self, rows: Indices) -> Array:
        values = self._source[rows]
        try:
            checked = self._check(values, self.label, len(rows))
        except MinigraphError:
            self._blame(rows, values)
            raise
        if len(checked) != len(rows):
            raise ShapeError(f"{self.label}: received {len(checked)} rows for {len(rows)} indices")
        if self._released is not None:
            # Pages that were read count as memory of this process until it gives them back.
            self._released.madvise(mmap.MADV_DONTNEED)
        self.watch(checked)
        return checked

    def _blame(self, rows: Indices, values: ArrayLike) -> None:
        """Check row by row, so that the message names the row of the whole source."""
        array = np.asarray(values)
        if array.ndim and len(array) == len(rows):
            for row, value in zip(rows, array, strict=True):
                self._check(value[None], f"{self.label}[{row}:{row + 1}]", 1)


class Dataset:
    """Inputs and targets of m examples, a column per node, and the weights of the examples."""

    def __init__(self, inputs: Sequence[Column], targets: Sequence[Column]) -> None:
        self.inputs = inputs
        self.targets = targets
        self.weights: Array | None = None
        """(m,), or None if all examples count the same."""
        self.m: int = inputs[0].m
        for column in (*inputs, *targets):
            if column.m != self.m:
                raise ShapeError(
                    f"{column.label}: received {column.m} rows, expected {self.m} as in {inputs[0].label},"
                    " one per example"
                )


def dataset(net: AnyNetwork, X: TrainingData, Y: TrainingData, names: tuple[str, str] = ("X", "Y")) -> Dataset:
    """Bring examples into one form and check them.

    Args:
        net: the network they are for.
        X: inputs, as for `net.forward`, or sources of rows.
        Y: targets, as for `net.backward`, or sources of rows.
        names: what to call X and Y in errors.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: they do not fit. Of a stream that is no file only the
            first row is checked here, and the others as they are read.
    """
    inputs = [
        _column(node, values, label, net.dtype, partial(_checked_input, node, net.dtype))
        for node, (label, values) in zip(net.inputs, _split(net.inputs, X, names[0]), strict=True)
    ]
    targets = [
        _column(node, values, label, net.dtype, partial(_checked_target, node, cost, net.dtype))
        for node, cost, (label, values) in zip(net.outputs, net.costs, _split(net.outputs, Y, names[1]), strict=True)
    ]
    result = Dataset(inputs, targets)
    for column in (*inputs, *targets):
        if isinstance(column, Streamed):
            if column.is_file:
                column.check_all()
            else:
                column.gather(np.zeros(1, np.intp), np.empty((1, column.size), net.dtype))
    return result


def name_all_units(net: AnyNetwork, X: TrainingData, Y: TrainingData) -> None:
    """Let nodes without unit names take over those of the columns, where the checked data are DataFrames."""
    for nodes, data, argument in ((net.inputs, X, "X"), (net.outputs, Y, "Y")):
        for node, (_, values) in zip(nodes, _split(nodes, data, argument), strict=True):
            name_units(node, values)


def pieces(m: int, size: int = _PIECE) -> Iterator[Indices]:
    """Yield the indices 0 … m − 1, some at a time."""
    for start in range(0, m, size):
        yield np.arange(start, min(start + size, m))


def is_stream(source: object) -> bool:
    """Tell whether rows are read from `source` by the piece; arrays and tables in memory are taken whole."""
    if isinstance(source, np.ndarray):
        return _mapped_file(source) is not None
    in_memory = (list, tuple, str, bytes, Mapping)
    tabular = ("iloc", "columns", "__array_interface__", "__dlpack__")
    return (
        isinstance(source, Rows) and not isinstance(source, in_memory) and not any(hasattr(source, t) for t in tabular)
    )


def _column(node: Node, source: Source, label: str, dtype: np.dtype[Float], check: _Check) -> Column:
    check_columns(node, source, label)
    if is_stream(source):
        rows = cast(Rows, source)
        if len(rows) == 0:
            raise ShapeError(f"{label}: received no rows, expected at least one example (row)")
        return Streamed(label, rows, node.size, dtype, check)
    array = numeric(cast(ArrayLike, source), label)
    return Held(label, check(array, label, len(array) if array.ndim else 0))


def _checked_input(node: Node, dtype: np.dtype[Float], values: ArrayLike, label: str, m: int) -> Array:
    return matrix(values, node.size, label, dtype)


def _checked_target(node: Node, cost: Cost, dtype: np.dtype[Float], values: ArrayLike, label: str, m: int) -> Array:
    return batch.target(node, cost, values, label, m, dtype)


def _split(nodes: Sequence[Node], data: TrainingData, argument: str) -> list[tuple[str, Source]]:
    """Pair every node's share with what to call it in an error."""
    if len(nodes) == 1:
        if is_stream(data):
            return [(argument, cast(Rows, data))]
        if isinstance(data, (list, tuple)) and len(data) == 1 and is_stream(data[0]):
            return [(argument, data[0])]
    return cast("list[tuple[str, Source]]", batch.split(nodes, cast(Data, data), argument))


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

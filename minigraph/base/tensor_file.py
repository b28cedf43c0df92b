"""Files of arrays plus a JSON text, in the safetensors format, read without trusting their writer.

A file starts with the length of the header in eight bytes. The header is JSON and gives the offsets of each array;
the arrays follow. Its only metadata key `minigraph` maps to another JSON text: the content, keyed by its kind,
and the SHA-256 of content and arrays, since the format itself has no checksum.

The safetensors package writes the file, but does not read it: its reader accepts duplicate keys and Booleans
of value 2, limits neither length nor memory of headers below 100 MB, and temporarily holds each array twice.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from minigraph.base import extras
from minigraph.base.arrays import is_finite
from minigraph.base.strict_json import Json, canonical, checked_integer, checked_list, checked_object, parse
from minigraph.errors import ArgumentError, MinigraphError, ModelFormatError

MAX_HEADER = 8_000_000
"""Bytes. A chain of 10,000 dense layers takes 3 million."""

Tensor: TypeAlias = NDArray[np.bool_ | np.number[Any]]

_KEY = "minigraph"
_METADATA = "__metadata__"
_INTEGERS = {
    f"{name[0].upper()}{8 * 2**power}": f"{name}{8 * 2**power}" for name in ("int", "uint") for power in range(4)
}
_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BOOL": "bool"} | _INTEGERS
_NAME = re.compile(r"[A-Za-z0-9_.]+")
_MAX_AXES = 32
_MAX_SIZE = 2**48
"""Entries of an array, with empty axes counted as 1; far below the overflow of numpy's sizes."""
_BLOCK = 2**18
"""Entries checked at a time, to limit the memory of a check."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Type, shape and offsets of an array, relative to the end of the header."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


class TensorFile:
    """The arrays of an open file whose header was read."""

    def __init__(self, file: BinaryIO, start: int, entries: Mapping[str, Entry], content: Json, sha256: str) -> None:
        self.entries = entries
        self._file = file
        self._start = start
        self._digest = hashlib.sha256(canonical(content).encode())
        self._sha256 = sha256

    def read(self, name: str) -> Tensor:
        """Read an array of the file."""
        array: Tensor = np.empty(self.entries[name].shape, self.entries[name].dtype)
        self.read_into(name, array)
        return array

    def read_into(self, name: str, array: Tensor) -> None:
        """Read into a contiguous array of matching shape and type."""
        self._file.seek(self._start + self.entries[name].begin)
        if array.size and cast("io.BufferedReader", self._file).readinto(array.data.cast("B")) != array.nbytes:
            raise ModelFormatError(f"{name}: the file ends within this array")
        if array.dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1:
            raise ModelFormatError(f"{name}: contains bytes that are neither true nor false")

    def verify(self, arrays: Mapping[str, Tensor]) -> None:
        """Compare the checksum with that of the content and of these arrays, which must be all arrays of the file.

        Raises:
            ModelFormatError: the checksums differ.
        """
        _add(self._digest.update, arrays)
        if self._digest.hexdigest() != self._sha256:
            raise ModelFormatError("the SHA-256 differs: the file was damaged or changed after it was saved")


def encode(kind: str, content: Json, arrays: Mapping[str, Tensor]) -> bytes:
    """Return the bytes of a file; equal content gives equal bytes.

    Args:
        kind: kind of the content.
        content: JSON with finite numbers only.
        arrays: contiguous arrays, in checksum order.

    Raises:
        ArgumentError: the header exceeds the limits of `read_content`, or the type of an array is not supported.
        MissingExtraError: safetensors is not installed.
    """
    safetensors = extras.require("safetensors.numpy", "save")
    for name, array in arrays.items():
        if array.dtype.name not in _DTYPES.values() or not array.dtype.isnative:
            raise ArgumentError(f"{name}: received an array of {array.dtype}, expected {', '.join(_DTYPES.values())}")
    digest = hashlib.sha256(canonical(content).encode())
    _add(digest.update, arrays)
    metadata = canonical({kind: content, "sha256": digest.hexdigest()})
    data = cast("bytes", safetensors.save(dict(arrays), {_KEY: metadata}))
    try:
        read_content(io.BytesIO(data), kind)
    except ModelFormatError as error:
        raise ArgumentError(f"{kind}: cannot be saved: {error}") from error
    return data


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for reading, and prefix errors with its path.

    Raises:
        ModelFormatError: minigraph raised any error, or memory ran out.
        OSError: the file cannot be read.
    """
    with Path(path).open("rb") as file:
        try:
            yield file
        except (MinigraphError, MemoryError) as error:
            reason = error if isinstance(error, MinigraphError) else "requires more memory than available"
            raise ModelFormatError(f"{os.fspath(path)}: {reason}") from error


def read_content(file: BinaryIO, kind: str) -> tuple[dict[str, object], TensorFile]:
    """Read the header of a file, and check all declared sizes against the size of the file.

    Args:
        file: a seekable file.
        kind: the required kind of the content.

    Returns:
        The content, and the reader of the arrays.

    Raises:
        ModelFormatError: the file is not valid.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    first = file.read(8)
    if first.startswith(b"PK"):
        raise ModelFormatError("received a zip archive, as minigraph 0.1 wrote checkpoints; expected safetensors")
    (length,) = struct.unpack("<Q", first) if len(first) == 8 else (0,)
    if not 0 < length <= min(MAX_HEADER, size - 8):
        raise ModelFormatError("not a safetensors file, or its header is too long or truncated")
    entries, text = _read_header(file.read(length), size - 8 - length)
    metadata = checked_object(parse(text, _KEY), _KEY, (kind, "sha256"))
    content, sha256 = checked_object(metadata[kind], kind), metadata["sha256"]
    if not isinstance(sha256, str):
        raise ModelFormatError("sha256: expected a string")
    return content, TensorFile(file, 8 + length, entries, cast("Json", content), sha256)


def require_finite(name: str, array: Tensor) -> None:
    """Raise ModelFormatError if an array contains infinity or NaN."""
    flat = array.reshape(-1)
    if not all(is_finite(cast("NDArray[np.float64]", flat[at : at + _BLOCK])) for at in range(0, flat.size, _BLOCK)):
        raise ModelFormatError(f"{name}: contains infinity or NaN")


def _add(update: Callable[[bytes | memoryview], None], arrays: Mapping[str, Tensor]) -> None:
    """Add name, type, shape and entries of each array to the SHA-256 of the content."""
    for name, array in arrays.items():
        update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        update(array.data)


def _read_header(data: bytes, data_size: int) -> tuple[dict[str, Entry], str]:
    """Return the entries of the arrays, and the text under the metadata key."""
    if not data.isascii():
        raise ModelFormatError("header: contains bytes that are not ASCII")
    table = checked_object(parse(data.decode("ascii").rstrip(" "), "header"), "header")
    metadata = table.pop(_METADATA, None)
    text = metadata.get(_KEY) if isinstance(metadata, dict) and len(metadata) == 1 else None
    if not isinstance(text, str):
        raise ModelFormatError(f"header: its only metadata must be {_KEY!r}; the file was not written by minigraph")
    for name in table:
        if not _NAME.fullmatch(name):
            raise ModelFormatError(f"header: received an array named {name[:100]!r}, expected letters, digits, . and _")
    entries = {name: _entry(value, name) for name, value in table.items()}
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != end:
            raise ModelFormatError(f"{name}: starts at byte {entry.begin} of the arrays, expected {end}")
        end = entry.end
    if end != data_size:
        raise ModelFormatError(f"header: its arrays take {end} bytes, the file has {data_size}")
    return entries, text


def _entry(value: object, name: str) -> Entry:
    fields = checked_object(value, name, ("dtype", "shape", "data_offsets"))
    shape = tuple(checked_integer(size, name, 0) for size in checked_list(fields["shape"], name, _MAX_AXES))
    offsets = [checked_integer(offset, name, 0) for offset in checked_list(fields["data_offsets"], name)]
    dtype = fields["dtype"]
    if not isinstance(dtype, str) or dtype not in _DTYPES or len(offsets) != 2:
        raise ModelFormatError(f"{name}: expected two offsets and one of the types {', '.join(_DTYPES)}")
    begin, end = offsets
    entry = Entry(np.dtype(_DTYPES[dtype]), shape, begin, end)
    if end - begin != math.prod(shape) * entry.dtype.itemsize or math.prod(max(n, 1) for n in shape) > _MAX_SIZE:
        raise ModelFormatError(f"{name}: its type {dtype}, shape {shape} and {end - begin} bytes don't match")
    return entry

"""Save a network in one file and load it again.

The file is in the safetensors format: eight bytes with the length of a header, the header, which is JSON and
tells where each tensor lies, and the tensors. Under the one metadata key `minigraph` the header holds another
JSON text: the architecture (see `minigraph.architecture`), and the SHA-256 of architecture and tensors, since
the format itself has no checksum. Tensor `theta.3` is Θ of layer 3 of the architecture, `links.3` its links.

Loading believes nothing: it makes only objects of known classes, and compares every size that the file
declares with the size of the file before it takes memory. It reads each Θ straight to its place in the
network, where the safetensors package would copy it on the way.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from minigraph.architecture.architecture import Architecture
from minigraph.architecture.parsing import build
from minigraph.architecture.registry import Custom, registry
from minigraph.architecture.writing import describe
from minigraph.base import extras
from minigraph.base.arrays import Array, Float, Mask, is_finite
from minigraph.base.atomic import write_atomically
from minigraph.base.strict_json import Json, canonical, checked_list, checked_object, parse
from minigraph.errors import ArgumentError, MinigraphError, ModelFormatError, NonFiniteError
from minigraph.graph.layer import Layer
from minigraph.network.network import AnyNetwork, Network

MAX_HEADER = 8_000_000
"""Bytes. A chain of 10,000 dense layers takes 3 million."""

_KEY = "minigraph"
_METADATA = "__metadata__"
_TYPES = {"float64": "F64", "float32": "F32", "bool": "BOOL"}
_BLOCK = 2**18
"""Entries that are looked at together, so that a check of many takes little memory."""

Tensor: TypeAlias = NDArray[Float | np.bool_]


def save(net: AnyNetwork, path: str | os.PathLike[str]) -> None:
    """Write a network to a file: architecture, parameters, cost, l2, names, dtype and class labels.

    Equal networks give equal bytes. The state of `net.generator`, from which dropout draws, is not saved.
    An error, a full disk or a killed process leaves an older file of that name as it was. The format is
    safetensors, so that its other readers find every Θ as a tensor.

    Args:
        net: the network; a layer, activation, cost or initializer of your own must come back from what it
            was made with, see `Configurable`.
        path: of the file; `.safetensors` is the usual ending.

    Raises:
        ArgumentError: a part that cannot be written down, or a network beyond the limits of `load`.
        NonFiniteError: a parameter is infinity or not-a-number.
        OSError: the file cannot be written; an older one is unchanged.
        MissingExtraError: safetensors is not installed.

    >>> import tempfile, minigraph as mg
    >>> net = mg.mlp([3, 6, 5], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mg.save(net, folder + "/net.safetensors")
    ...     twin = mg.load(folder + "/net.safetensors")
    >>> bool((twin.unroll() == net.unroll()).all())
    True
    """
    write_atomically(path, to_bytes(net))


def load(path: str | os.PathLike[str], custom: Iterable[Custom] = ()) -> AnyNetwork:
    """Read a network that `save` wrote, equal bit for bit.

    Nothing that the file names is imported or run, so that a file from anywhere may be loaded. It takes
    little more memory than the network itself. Dropout draws as in a network made with seed 0.

    Args:
        path: of the file.
        custom: your own classes of layers, activations, costs and initializers that the network may use.

    Raises:
        ModelFormatError: the file holds no network, is damaged or beyond the limits, or uses a class that
            is neither minigraph's nor in `custom`.
        ArgumentError: `custom` holds something else than such classes.
        OSError: the file cannot be read; FileNotFoundError if there is none.
    """
    classes = registry(custom)
    with Path(path).open("rb") as file:
        try:
            return _read(file, os.fstat(file.fileno()).st_size, classes)
        except MinigraphError as error:
            raise ModelFormatError(f"{os.fspath(path)}: {error}") from error


def to_bytes(net: AnyNetwork) -> bytes:
    """Return what `save` writes."""
    safetensors = extras.require("safetensors.numpy", "save")
    net.engine.parameters.cut_links()
    description = describe(net)
    tensors = _tensors(description.layers, net)
    for name, array in tensors.items():
        if not is_finite(cast("Array", array)):
            raise NonFiniteError(f"{name}: holds infinity or not-a-number, which is not saved")
    digest = hashlib.sha256(canonical(description.data).encode())
    _add_tensors(digest, tensors)
    metadata = canonical({"architecture": description.data, "sha256": digest.hexdigest()})
    content = cast("bytes", safetensors.save(tensors, {_KEY: metadata}))
    _verify(content, tensors)
    return content


def _verify(content: bytes, tensors: Mapping[str, Tensor]) -> None:
    """Make sure that the file will be taken back, and holds what it should: the package checks neither."""
    (length,) = struct.unpack_from("<Q", content)
    if length > MAX_HEADER:
        raise ArgumentError(f"net: its description takes {length} bytes, expected at most {MAX_HEADER}")
    try:
        places, _ = _parse_header(content[8 : 8 + length], len(content) - 8 - length)
    except ModelFormatError as error:
        raise ArgumentError(f"net: cannot be saved: {error}") from error
    view = memoryview(content)[8 + length :]
    for name, array in tensors.items():
        place = places[name]
        if not np.array_equal(np.frombuffer(view[place.begin : place.end], array.dtype), array.ravel()):
            raise AssertionError(f"safetensors wrote {name} wrongly")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor lies, counted from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def _read(file: BufferedReader, size: int, classes: Mapping[str, type]) -> AnyNetwork:
    first = file.read(8)
    (length,) = struct.unpack("<Q", first) if len(first) == 8 else (0,)
    if not 0 < length <= min(MAX_HEADER, size - 8):
        raise ModelFormatError("received no safetensors file, or one with a header that is too long or cut short")
    start = 8 + length
    places, metadata = _parse_header(file.read(length), size - start)
    architecture, expected = _parse_metadata(metadata)
    del metadata
    digest = hashlib.sha256(canonical(architecture).encode())
    masks = {
        index: _read_links(file, start, place, f"links.{index}") for index, place in _numbered(places, "links").items()
    }
    graph = build(architecture, masks, classes)
    del architecture  # which takes as much memory as the nodes
    _compare(places, graph)
    net = Network.from_architecture(graph)
    for index, layer in enumerate(graph.layers):
        if layer in net.engine.parameters.theta:
            _read_theta(file, start, places, f"theta.{index}", net.engine.parameters.theta[layer])
    _add_tensors(digest, _tensors(graph.layers, net))
    if digest.hexdigest() != expected:
        raise ModelFormatError("the SHA-256 differs: the file was damaged or changed after it was saved")
    net.engine.parameters.cut_links()
    return net


def _parse_header(text: bytes, data_size: int) -> tuple[dict[str, _Place], str]:
    """Return where the tensors lie, and what is under the metadata key."""
    if not text.isascii():
        raise ModelFormatError("header: holds bytes that are no ASCII")
    table = checked_object(parse(text.decode("ascii"), "header"), "header")
    metadata = table.pop(_METADATA, None)
    content = metadata.get(_KEY) if isinstance(metadata, dict) and len(metadata) == 1 else None
    if not isinstance(content, str):
        raise ModelFormatError(f"header: its only metadata must be {_KEY!r}; the file was not written by minigraph")
    places = {name: _place(entry, name) for name, entry in table.items()}
    end = 0
    for name, place in sorted(places.items(), key=lambda item: (item[1].begin, item[1].end)):
        if place.begin != end:
            raise ModelFormatError(f"{name}: begins at byte {place.begin} of the tensors, expected {end}")
        end = place.end
    if end != data_size:
        raise ModelFormatError(f"header: its tensors take {end} bytes, the file holds {data_size}")
    return places, content


def _parse_metadata(text: str) -> tuple[dict[str, Json], str]:
    """Return the architecture and the checksum."""
    content = checked_object(parse(text, _KEY), _KEY, ("architecture", "sha256"))
    architecture = checked_object(content["architecture"], "architecture")
    if not isinstance(content["sha256"], str):
        raise ModelFormatError("sha256: expected a string")
    return cast("dict[str, Json]", architecture), content["sha256"]


def _place(entry: object, name: str) -> _Place:
    fields = checked_object(entry, name, ("dtype", "shape", "data_offsets"))
    shape, offsets = checked_list(fields["shape"], name, 2), checked_list(fields["data_offsets"], name, 2)
    numbers = [*shape, *offsets]
    if len(numbers) != 4 or not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers):
        raise ModelFormatError(f"{name}: expected two sizes and two offsets, whole numbers >= 0")
    rows, columns, begin, end = cast("list[int]", numbers)
    widths = {"F64": 8, "F32": 4, "BOOL": 1}
    dtype = fields["dtype"]
    if not isinstance(dtype, str) or dtype not in widths or end - begin != rows * columns * widths[dtype]:
        raise ModelFormatError(f"{name}: its type, shape {(rows, columns)} and {end - begin} bytes don't fit")
    return _Place(dtype, (rows, columns), begin, end)


def _numbered(places: Mapping[str, _Place], kind: str) -> dict[int, _Place]:
    """Return the tensors `KIND.0`, `KIND.1`, … by their number."""
    numbered = {}
    for name, place in places.items():
        prefix, _, digits = name.partition(".")
        if prefix == kind and digits.isdecimal() and len(digits) < 8 and str(int(digits)) == digits:
            numbered[int(digits)] = place
    return numbered


def _compare(places: Mapping[str, _Place], graph: Architecture) -> None:
    """Compare the tensors of the file with those that the architecture asks for."""
    expected: dict[str, tuple[str, tuple[int, int]]] = {}
    shapes = graph.theta_shapes()
    for index, layer in enumerate(graph.layers):
        if layer in shapes:
            expected[f"theta.{index}"] = _TYPES[str(graph.dtype)], shapes[layer]
        if layer.links is not None and f"links.{index}" in places:
            expected[f"links.{index}"] = "BOOL", layer.links.shape
    for name in sorted(set(expected) ^ set(places)):
        raise ModelFormatError(f"{name}: {'is missing' if name in expected else 'belongs to no layer'}")
    for name, (dtype, shape) in expected.items():
        place = places[name]
        if (place.dtype, place.shape) != (dtype, shape):
            raise ModelFormatError(f"{name}: received {place.dtype} {place.shape}, expected {dtype} {shape}")


def _tensors(layers: Sequence[Layer], net: AnyNetwork) -> dict[str, Tensor]:
    """Return what the file holds besides the architecture, contiguous and in the order of the layers."""
    tensors: dict[str, Tensor] = {}
    for index, layer in enumerate(layers):
        if layer.links is not None:
            tensors[f"links.{index}"] = np.ascontiguousarray(layer.links)
        if layer in net.engine.parameters.theta:
            tensors[f"theta.{index}"] = np.ascontiguousarray(net.engine.parameters.theta[layer])
    return tensors


def _add_tensors(digest: hashlib._Hash, tensors: Mapping[str, Tensor]) -> None:
    """Add name, type, shape and content of every tensor to the SHA-256 of the architecture."""
    for name, array in tensors.items():
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.data)


def _read_links(file: BufferedReader, start: int, place: _Place, name: str) -> Mask:
    if place.dtype != "BOOL":
        raise ModelFormatError(f"{name}: received {place.dtype}, expected BOOL")
    values = np.empty(place.shape, np.uint8)
    _read_into(file, start + place.begin, values, name)
    if values.size and values.max() > 1:
        raise ModelFormatError(f"{name}: holds bytes that are neither true nor false")
    return values.view(np.bool_)


def _read_theta(file: BufferedReader, start: int, places: Mapping[str, _Place], name: str, theta: Array) -> None:
    _read_into(file, start + places[name].begin, theta, name)
    flat = theta.reshape(-1)
    if not all(is_finite(flat[begin : begin + _BLOCK]) for begin in range(0, flat.size, _BLOCK)):
        raise ModelFormatError(f"{name}: holds infinity or not-a-number")


def _read_into(file: BufferedReader, begin: int, array: NDArray[Float | np.uint8], name: str) -> None:
    file.seek(begin)
    if file.readinto(array.data.cast("B")) != array.nbytes:
        raise ModelFormatError(f"{name}: the file ends within it")

"""Conversion of data sets and labels to the arrays X and Y for training."""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from minigraph.base.arrays import Array, Float, float_dtype
from minigraph.errors import ArgumentError, DataFormatError, ShapeError, nearest

IdxScalar: TypeAlias = np.uint8 | np.int8 | np.int16 | np.int32 | np.float32 | np.float64
Label = TypeVar("Label", bound=np.generic)

# The third byte of an IDX file: the type of its numbers, which are stored big endian.
_IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

# Deflate, the compression of gzip, cannot make data smaller than this.
_GZIP_RATIO = 1032


class MNIST(NamedTuple):
    """The handwritten digits, split into a training and a test set.

    Attributes:
        X_train: (m, 784), the grey values of m images of 28 by 28 pixels, row by row, from 0 to 1.
        labels_train: (m,), the digits 0 to 9.
        X_test: like X_train, of other images.
        labels_test: like labels_train, for X_test.
    """

    X_train: Array
    labels_train: NDArray[np.int64]
    X_test: Array
    labels_test: NDArray[np.int64]


@overload
def one_hot(labels: NDArray[Label], classes: None = None) -> tuple[NDArray[np.float64], NDArray[Label]]: ...
@overload
def one_hot(labels: ArrayLike, classes: ArrayLike | None = None) -> tuple[NDArray[np.float64], NDArray[np.generic]]: ...
def one_hot(labels: ArrayLike, classes: ArrayLike | None = None) -> tuple[NDArray[np.float64], NDArray[np.generic]]:
    """Encode each label as a row with 1 in the column of its class and 0 elsewhere.

    There is always one column per class. The lecture uses a single output unit for two classes:
    its target is `Y[:, 1:]`.

    Args:
        labels: (m,), numbers, strings or booleans.
        classes: (K,), the class of each column; by default the distinct labels, sorted.

    Returns:
        Y of shape (m, K) in float64, and the classes of shape (K,).

    Raises:
        ShapeError: labels or classes do not have exactly one axis, or are empty.
        ArgumentError: a label is not among the classes, a class is given twice, a value is NaN or
            neither number nor string, or numbers and strings are mixed.

    >>> from minigraph.data import one_hot
    >>> Y, classes = one_hot(["cat", "dog", "cat"])
    >>> Y
    array([[1., 0.],
           [0., 1.],
           [1., 0.]])
    >>> classes.tolist()
    ['cat', 'dog']
    """
    labels = _label_vector(labels, "labels")
    classes = np.unique(labels) if classes is None else _label_vector(classes, "classes")
    names = classes.tolist()
    column = {name: k for k, name in enumerate(names)}
    if len(column) < len(names):
        k = next(k for k, name in enumerate(names) if column[name] != k)
        raise ArgumentError(f"classes[{k}]: received {names[k]!r} more than once, expected distinct classes")
    columns = np.array([column.get(label, -1) for label in labels.tolist()])
    if columns.min() < 0:
        i = int(columns.argmin())
        label = labels.tolist()[i]
        raise ArgumentError(f"labels[{i}]: received {label!r}, {_expected(label, names)}")
    Y = np.zeros((len(columns), len(names)))
    Y[np.arange(len(columns)), columns] = 1.0
    return Y, classes


def _label_vector(values: ArrayLike, argument: str) -> NDArray[np.generic]:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"{argument}: received a ragged sequence, expected one axis ({error})") from None
    if array.ndim != 1 or array.size == 0:
        raise ShapeError(f"{argument}: received shape {array.shape}, expected one axis with at least one entry")
    if array.dtype.kind == "U" and isinstance(values, Sequence):
        # Checks the values themselves, since numpy converts the numbers in [1, "a"] to strings.
        array = _from_objects(list(values), argument)
    elif array.dtype.kind not in "biufU":
        array = _from_objects(array.tolist(), argument)
    if array.dtype.kind == "f" and np.isnan(array).any():
        i = int(np.isnan(array).argmax())
        raise ArgumentError(f"{argument}[{i}]: received nan, expected a number")
    return array


def _from_objects(values: list[object], argument: str) -> NDArray[np.generic]:
    kind = str if isinstance(values[0], str) else Real
    for i, value in enumerate(values):
        if not isinstance(value, kind):
            raise ArgumentError(f"{argument}[{i}]: received {value!r}, expected numbers only or strings only")
    return np.array(values)


def _expected(label: object, classes: list[object]) -> str:
    if isinstance(label, str) and isinstance(classes[0], str):
        return f"expected one of the classes{nearest(label, map(str, classes))}"
    return f"expected one of the classes {', '.join(map(repr, classes))}"


def read_idx(path: str | os.PathLike[str]) -> NDArray[IdxScalar]:
    """Read a file in the IDX format, in which MNIST is published, compressed with gzip or not.

    Args:
        path: of the file; its content shows whether it is compressed.

    Returns:
        A new array in this machine's byte order, with the shape and the type of number that the file
        declares: uint8, int8, int16, int32, float32 or float64.

    Raises:
        DataFormatError: the content is not IDX, is damaged, or is shorter or longer than declared.
        OSError: the file cannot be read; FileNotFoundError if there is none.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from minigraph.data import read_idx
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     path = Path(directory, "labels-idx1-ubyte")
    ...     size = path.write_bytes(bytes([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        limit = path.stat().st_size * (_GZIP_RATIO if compressed else 1)
        try:
            return _parse_idx(gzip.GzipFile(fileobj=file) if compressed else file, limit, path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataFormatError(f"{path}: damaged gzip file ({error})") from error


def _parse_idx(stream: io.BufferedIOBase, limit: int, path: Path) -> NDArray[IdxScalar]:
    """Read an IDX file from `stream`, which holds no more than `limit` bytes."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _IDX_TYPES:
        raise DataFormatError(
            f"{path}: begins with the bytes {magic.hex(' ') or '(none)'}, expected an IDX file: "
            f"00 00, one of {', '.join(f'{code:02x}' for code in _IDX_TYPES)}, the number of axes"
        )
    dtype, axes = np.dtype(_IDX_TYPES[magic[2]]), magic[3]
    sizes = stream.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise DataFormatError(f"{path}: ends within the sizes of its {axes} axes")
    shape = struct.unpack(f">{axes}I", sizes)
    declared = math.prod(shape) * dtype.itemsize
    # Checked before reading, so that a wrong header cannot request more memory than the file can fill.
    content = stream.read(declared + 1) if declared <= limit else b""
    if len(content) != declared:
        received = "more" if len(content) > declared else "less"
        raise DataFormatError(f"{path}: holds {received} than the {declared} bytes of shape {shape} in {dtype.name}")
    try:
        values = np.frombuffer(content, dtype).reshape(shape)
    except ValueError as error:
        raise DataFormatError(f"{path}: declares shape {shape}, which numpy cannot hold ({error})") from error
    return values.astype(dtype.newbyteorder("="))


def load_mnist(directory: str | os.PathLike[str], dtype: DTypeLike = np.float32) -> MNIST:
    """Load the handwritten digits from the four files of MNIST.

    The files are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
    t10k-labels-idx1-ubyte, each with or without .gz; a dot in place of the second hyphen is fine.
    Fashion-MNIST and others in the same files are read as well.

    Args:
        directory: where the files are.
        dtype: of the grey values, float32 or float64.

    Returns:
        X_train, labels_train, X_test and labels_test, which can be unpacked. Grey values are divided by 255.

    Raises:
        ArgumentError: another dtype.
        FileNotFoundError: a file is missing; the message lists the names looked for.
        DataFormatError: a file is not IDX, is damaged, or holds something other than images or their labels.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from minigraph.data import load_mnist
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     for part, m in ("train", 3), ("t10k", 2):
    ...         images = bytes([0, 0, 8, 3, 0, 0, 0, m, 0, 0, 0, 28, 0, 0, 0, 28]) + bytes(m * 784)
    ...         labels = bytes([0, 0, 8, 1, 0, 0, 0, m]) + bytes(m)
    ...         size = Path(directory, f"{part}-images-idx3-ubyte").write_bytes(images)
    ...         size = Path(directory, f"{part}-labels-idx1-ubyte").write_bytes(labels)
    ...     mnist = load_mnist(directory)
    >>> mnist.X_train.shape, mnist.labels_test.shape
    ((3, 784), (2,))
    """
    dtype = float_dtype(dtype)
    train_images, train_labels, test_images, test_labels = (
        _find(directory, f"{part}-{content}-ubyte")
        for part in ("train", "t10k")
        for content in ("images-idx3", "labels-idx1")
    )
    X_train, labels_train = _load_images(train_images, train_labels, dtype)
    X_test, labels_test = _load_images(test_images, test_labels, dtype)
    return MNIST(X_train, labels_train, X_test, labels_test)


def _find(directory: str | os.PathLike[str], name: str) -> Path:
    names = [spelling + end for spelling in (name, name.replace("-idx", ".idx")) for end in ("", ".gz")]
    for path in (Path(directory, candidate) for candidate in names):
        if path.is_file():
            return path
    raise FileNotFoundError(f"directory: {os.fspath(directory)!r} holds none of the files {', '.join(names)}")


def _load_images(images_path: Path, labels_path: Path, dtype: np.dtype[Float]) -> tuple[Array, NDArray[np.int64]]:
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28) or len(images) == 0:
        raise DataFormatError(
            f"{images_path}: holds {images.dtype} numbers of shape {images.shape}, "
            "expected images: uint8 of shape (m, 28, 28), m >= 1"
        )
    if labels.dtype != np.uint8 or labels.shape != (len(images),):
        raise DataFormatError(
            f"{labels_path}: holds {labels.dtype} numbers of shape {labels.shape}, "
            f"expected a label for each image in {images_path.name}: uint8 of shape ({len(images)},)"
        )
    if labels.max() > 9:
        i = int((labels > 9).argmax())
        raise DataFormatError(f"{labels_path}: label {i} is {labels[i]}, expected 0 to 9")
    X = images.reshape(len(images), 784).astype(dtype)
    X /= 255
    return X, labels.astype(np.int64)

import contextlib
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from minigraph.base.strict_json import Json
from minigraph.base.tensor_file import Tensor, encode, opened, read_content, require_finite
from minigraph.errors import ArgumentError, ModelFormatError

DTYPES = ["bool", "float16", "float32", "float64"] + [f"{kind}{8 * 2**n}" for kind in ("int", "uint") for n in range(4)]
SHAPES: list[tuple[int, ...]] = [(), (0,), (3,), (2, 0, 4), (2, 3), (1,) * 32]


def file_of(header: dict[str, Any] | str, data: bytes = b"", content: Json = None) -> io.BytesIO:
    """Return a file whose header and checksum are written by hand."""
    if not isinstance(header, str):
        inner = json.dumps({"test": {} if content is None else content, "sha256": "0" * 64}, separators=(",", ":"))
        header = json.dumps({"__metadata__": {"minigraph": inner}} | header, separators=(",", ":"))
    return io.BytesIO(struct.pack("<Q", len(header)) + header.encode() + data)


def entry(shape: list[Any], size: int, dtype: object = "U8", begin: int = 0) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, begin + size]}


def test_arrays_of_every_type_and_shape_come_back() -> None:
    arrays: dict[str, Tensor] = {}
    for dtype in DTYPES:
        for number, shape in enumerate(SHAPES):
            arrays[f"{dtype}.{number}"] = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    data = encode("test", {"b": 1, "a": [0.5]}, arrays)
    content, file = read_content(io.BytesIO(data), "test")
    assert content == {"b": 1, "a": [0.5]}
    assert set(file.entries) == set(arrays)
    read = {name: file.read(name) for name in arrays}
    for name, array in arrays.items():
        assert (read[name].dtype, read[name].shape, read[name].tobytes()) == (array.dtype, array.shape, array.tobytes())
    file.verify(read)
    assert sorted(safetensors.numpy.load(data)) == sorted(arrays)
    assert encode("test", {"a": [0.5], "b": 1}, arrays) == data


def test_the_checksum_covers_content_and_names_types_shapes_and_entries() -> None:
    array = np.arange(6.0)

    def differs(content: Json, **arrays: Tensor) -> bool:
        data = encode("test", {"a": 1}, {"x": array})
        file = read_content(io.BytesIO(data.replace(b'\\"a\\":1', f'\\"a\\":{content}'.encode())), "test")[1]
        with contextlib.suppress(ModelFormatError):
            file.verify(arrays)
            return False
        return True

    assert not differs(1, x=array)
    assert differs(2, x=array)
    assert differs(1, y=array)
    assert differs(1, x=array.reshape(2, 3))
    assert differs(1, x=array.view(np.int64))
    assert differs(1, x=array + 1)
    assert differs(1)
    assert differs(1, x=array, y=array)


@pytest.mark.parametrize("dtype", ["complex128", "U3", "O", ">f8", "datetime64[s]", "longdouble"])
def test_other_types_are_refused_when_writing(dtype: str) -> None:
    if np.dtype(dtype) == np.float64:
        pytest.skip("long double is double here")
    with pytest.raises(ArgumentError, match="x: received an array of "):
        encode("test", {}, {"x": np.zeros(2, dtype)})


def test_what_could_not_be_read_is_not_written() -> None:
    with pytest.raises(ArgumentError, match=r"test: cannot be saved: .*header is too long"):
        encode("test", {"a": "x" * 8_000_000}, {})
    with pytest.raises(ArgumentError, match="not ASCII"):
        encode("test", {}, {"ü": np.zeros(1)})


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        ({"x": entry([3], 3)}, b"123", None),
        ({"x": entry([2], 2), "y": entry([1], 1, begin=2)}, b"123", None),
        ({"x": entry([0], 0), "y": entry([1], 1)}, b"1", None),
        ({"x": entry([2**48], 0)}, b"", "don't match"),
        ({"x": entry([0, 2**48], 0)}, b"", None),
        ({"x": entry([0, 2**49], 0)}, b"", "don't match"),
        ({"x": entry([2**62, 4, 0], 0)}, b"", "don't match"),
        ({"x": entry([1] * 33, 1)}, b"1", "x: received 33, expected at most 32"),
        ({"x": entry([3], 3)}, b"1234", "its arrays take 3 bytes, the file has 4"),
        ({"x": entry([3], 3)}, b"12", "its arrays take 3 bytes, the file has 2"),
        ({"x": entry([1], 1), "y": entry([1], 1, begin=2)}, b"123", "y: starts at byte 2 of the arrays, expected 1"),
        ({"x": entry([2], 2), "y": entry([2], 2, begin=1)}, b"123", "y: starts at byte 1 of the arrays, expected 2"),
        ({"x": entry([-1, -3], 3)}, b"123", "x: received -1"),
        ({"x": entry([True], 1)}, b"1", "x: received True"),
        ({"x": entry([1.0], 1)}, b"1", "x: received 1.0"),
        ({"x": entry([1], 1, "C64")}, b"1", "one of the types"),
        ({"x": entry([1], 1, ["U8"])}, b"1", "one of the types"),
        ({"x": entry([1], 1, "U16")}, b"1", "don't match"),
        ({"x": entry([1], 1) | {"data_offsets": [0]}}, b"1", "two offsets"),
        ({"x": entry([1], 1) | {"data_offsets": [0, 1, 1]}}, b"1", "two offsets"),
        ({"x": entry([1], 1) | {"data_offsets": [1, 0]}}, b"1", "don't match"),
        ({"x": entry([1], 1) | {"more": 1}}, b"1", "expected the keys"),
        ({"\ud800": entry([1], 1)}, b"1", "expected letters"),
        ({"\x1b[31m": entry([1], 1)}, b"1", r"named '\\x1b\[31m'"),
        ({"x\n": entry([1], 1)}, b"1", "expected letters"),
        ({"": entry([1], 1)}, b"1", "expected letters"),
        ({"__metadata__": {"minigraph": "{}"}}, b"", "expected the keys test, sha256"),
        ({"__metadata__": {"minigraph": "{}", "more": ""}}, b"", "its only metadata"),
        ({"__metadata__": {"minigraph": '{"sha256":1,"test":{}}'}}, b"", "sha256: expected a string"),
        ({"__metadata__": {"minigraph": '{"sha256":"","test":[]}'}}, b"", "test: received .*expected an object"),
        ({"__metadata__": {"minigraph": '{"sha256":"","other":{}}'}}, b"", "expected the keys test, sha256"),
        ('{"ü":1}', b"", "not ASCII"),
        ("[]", b"", "expected an object"),
    ],
)
def test_headers(header: dict[str, Any] | str, data: bytes, message: str | None) -> None:
    if message is None:
        read_content(file_of(header, data), "test")
    else:
        with pytest.raises(ModelFormatError, match=message):
            read_content(file_of(header, data), "test")


def test_a_header_may_end_in_spaces_that_align_the_arrays() -> None:
    data = encode("test", {}, {"x": np.zeros(1)})
    (length,) = struct.unpack_from("<Q", data)
    assert length % 8 == 0
    assert b"}  " in data or data[8:].index(b"\0") == length


def test_booleans_are_0_or_1() -> None:
    _, file = read_content(file_of({"x": entry([2], 2, "BOOL")}, b"\1\2"), "test")
    with pytest.raises(ModelFormatError, match="x: contains bytes that are neither true nor false"):
        file.read("x")


def test_a_file_that_shrinks_while_it_is_read() -> None:
    data = file_of({"x": entry([3], 3)}, b"123")
    _, file = read_content(data, "test")
    data.truncate(len(data.getvalue()) - 1)
    with pytest.raises(ModelFormatError, match="x: the file ends within this array"):
        file.read("x")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 2**18 - 1, 2**18, 5 * 2**16 + 4])
def test_a_number_that_is_not_finite_is_found_anywhere(value: float, place: int) -> None:
    array = np.zeros((5, 2**16 + 1))
    require_finite("x", array)
    array.flat[place] = value
    with pytest.raises(ModelFormatError, match="x: contains infinity or NaN"):
        require_finite("x", array)


def test_errors_name_the_file_and_are_of_one_kind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"PK\3\4" + bytes(100))
    with (
        pytest.raises(ModelFormatError, match=r"file: received a zip archive, as minigraph 0\.1"),
        opened(path) as file,
    ):
        read_content(file, "test")
    with pytest.raises(ModelFormatError, match="file: requires more memory than available"), opened(path):
        raise MemoryError
    with pytest.raises(FileNotFoundError), opened(tmp_path / "missing"):
        pass

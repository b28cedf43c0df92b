"""minigraph.data: IDX files, MNIST, and one-hot targets."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import ArrayLike, NDArray

from minigraph.data import IdxScalar, load_mnist, one_hot, read_idx
from minigraph.errors import ArgumentError, DataFormatError, MinigraphError, ShapeError

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx(array: NDArray[IdxScalar]) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some-idx"


IDX_ARRAYS = st.sampled_from(sorted(CODES)).flatmap(
    lambda name: npst.arrays(np.dtype(name), npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)


class TestReadIdx:
    @given(array=IDX_ARRAYS, compressed=st.booleans())
    def test_gives_back_what_was_written(
        self, tmp_path_factory: pytest.TempPathFactory, array: NDArray[IdxScalar], compressed: bool
    ) -> None:
        path = tmp_path_factory.getbasetemp() / "round-trip"
        path.write_bytes(gzip.compress(idx(array)) if compressed else idx(array))
        result = read_idx(path)
        assert result.dtype == array.dtype
        assert result.dtype.isnative
        np.testing.assert_array_equal(result, array)
        assert result.flags.writeable

    def test_numbers_are_big_endian(self, file: Path) -> None:
        file.write_bytes(bytes.fromhex("00 00 0b 02  00 00 00 01  00 00 00 02  01 02  ff fe"))
        assert read_idx(str(file)).tolist() == [[258, -2]]

    def test_the_name_does_not_decide_about_compression(self, tmp_path: Path) -> None:
        labels = np.arange(5, dtype=np.uint8)
        (tmp_path / "plain.gz").write_bytes(idx(labels))
        (tmp_path / "compressed").write_bytes(gzip.compress(idx(labels)))
        assert read_idx(tmp_path / "plain.gz").tolist() == read_idx(tmp_path / "compressed").tolist()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", r"begins with the bytes \(none\), expected an IDX file"),
            (bytes([0, 0, 8]), "begins with the bytes 00 00 08, expected"),
            (bytes([0, 1, 8, 1]), "begins with the bytes 00 01 08 01, expected"),
            (bytes([0, 0, 10, 1]), "begins with the bytes 00 00 0a 01, expected"),
            (b"PK\3\4", "begins with the bytes 50 4b 03 04"),
            (bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0]), "ends within the sizes of its 2 axes"),
            (bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 7]), r"holds less than the 3 bytes of shape \(3,\) in uint8"),
            (bytes([0, 0, 8, 1, 0, 0, 0, 1, 7, 7]), r"holds more than the 1 bytes of shape \(1,\) in uint8"),
            (bytes([0, 0, 8, 100]) + bytes(400), "which numpy cannot hold"),
        ],
    )
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_bad_content_is_an_error_that_names_the_file(
        self, file: Path, content: bytes, message: str, pack: type[bytes]
    ) -> None:
        file.write_bytes(pack(content))
        with pytest.raises(DataFormatError, match=message) as caught:
            read_idx(file)
        assert str(caught.value).startswith(f"{file}: ")
        assert isinstance(caught.value, MinigraphError)
        assert isinstance(caught.value, ValueError)

    @pytest.mark.parametrize("keep", [2, 5, 20, -20, -8, -1])
    def test_a_truncated_gzip_file_is_an_error(self, file: Path, keep: int) -> None:
        noise = np.random.default_rng(0).integers(0, 256, 5000).astype(np.uint8)
        file.write_bytes(gzip.compress(idx(noise))[:keep])
        with pytest.raises(DataFormatError, match=r"some-idx: damaged gzip|some-idx: holds less|some-idx: begins"):
            read_idx(file)

    @pytest.mark.parametrize("place", [3, 40, -5, -1])
    def test_a_corrupt_gzip_file_is_an_error(self, file: Path, place: int) -> None:
        noise = np.random.default_rng(0).integers(0, 256, 5000).astype(np.uint8)
        content = bytearray(gzip.compress(idx(noise), mtime=0))
        content[place] ^= 0xFF
        file.write_bytes(content)
        with pytest.raises(DataFormatError, match="some-idx: damaged gzip file"):
            read_idx(file)

    def test_bytes_after_a_gzip_file_are_an_error(self, file: Path) -> None:
        file.write_bytes(gzip.compress(idx(np.zeros(9, np.uint8))) + b"more")
        with pytest.raises(DataFormatError, match="some-idx: damaged gzip file"):
            read_idx(file)

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_a_false_header_cannot_ask_for_memory(self, file: Path, pack: type[bytes]) -> None:
        file.write_bytes(pack(bytes([0, 0, 14, 4]) + b"\xff" * 16))
        with pytest.raises(DataFormatError, match="holds less than the"):
            read_idx(file)

    def test_no_more_is_decompressed_than_declared(self, file: Path) -> None:
        file.write_bytes(gzip.compress(idx(np.zeros(3, np.uint8)) + bytes(10**7)))
        tracemalloc.start()
        with pytest.raises(DataFormatError, match="holds more than the 3 bytes"):
            read_idx(file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 10**6

    def test_a_missing_file_is_reported_by_its_name(self, file: Path) -> None:
        with pytest.raises(FileNotFoundError, match="some-idx"):
            read_idx(file)


TRAIN_IMAGES = np.arange(3 * 784, dtype=np.uint8).reshape(3, 28, 28)
TEST_IMAGES = TRAIN_IMAGES[:2, ::-1]


def write_mnist(directory: Path, **changed: NDArray[IdxScalar]) -> None:
    """Write the four files, with the named ones changed."""
    contents = {
        "train_images": TRAIN_IMAGES,
        "train_labels": np.array([5, 0, 9], np.uint8),
        "t10k_images": TEST_IMAGES,
        "t10k_labels": np.array([7, 2], np.uint8),
    }
    for name, array in {**contents, **changed}.items():
        part, kind = name.split("_")
        axes = {"images": 3, "labels": 1}[kind]
        (directory / f"{part}-{kind}-idx{axes}-ubyte").write_bytes(idx(array))


class TestLoadMnist:
    def test_grey_values_lie_between_0_and_1_and_labels_are_integers(self, tmp_path: Path) -> None:
        write_mnist(tmp_path)
        X_train, labels_train, X_test, labels_test = load_mnist(tmp_path)
        np.testing.assert_array_equal(X_train, TRAIN_IMAGES.reshape(3, 784).astype("float32") / 255)
        np.testing.assert_array_equal(X_test, TEST_IMAGES.reshape(2, 784).astype("float32") / 255)
        assert X_train.dtype == X_test.dtype == np.float32
        assert X_train.min() == 0
        assert X_train.max() == 1
        assert labels_train.tolist() == [5, 0, 9]
        assert labels_test.tolist() == [7, 2]
        assert labels_train.dtype == labels_test.dtype == np.int64

    def test_dtype(self, tmp_path: Path) -> None:
        write_mnist(tmp_path)
        assert load_mnist(tmp_path, "float64").X_test.dtype == np.float64
        with pytest.raises(ArgumentError, match="dtype: received 'int8', expected float32 or float64"):
            load_mnist(tmp_path, "int8")

    @pytest.mark.parametrize("dotted", [False, True])
    @pytest.mark.parametrize("compressed", [False, True])
    def test_spellings_of_the_names(self, tmp_path: Path, dotted: bool, compressed: bool) -> None:
        write_mnist(tmp_path)
        for path in list(tmp_path.iterdir()):
            name = path.name.replace("-idx", ".idx") if dotted else path.name
            content = path.read_bytes()
            path.unlink()
            path = tmp_path / (name + ".gz" if compressed else name)
            path.write_bytes(gzip.compress(content) if compressed else content)
        assert load_mnist(str(tmp_path)).labels_test.tolist() == [7, 2]

    def test_a_missing_file_is_reported_with_the_names_looked_for(self, tmp_path: Path) -> None:
        write_mnist(tmp_path)
        (tmp_path / "t10k-labels-idx1-ubyte").unlink()
        with pytest.raises(FileNotFoundError) as caught:
            load_mnist(tmp_path)
        assert str(tmp_path) in str(caught.value)
        for name in (
            "t10k-labels-idx1-ubyte",
            "t10k-labels-idx1-ubyte.gz",
            "t10k-labels.idx1-ubyte",
            "t10k-labels.idx1-ubyte.gz",
        ):
            assert name in str(caught.value).replace(",", " ").split()

    @pytest.mark.parametrize(
        ("name", "array", "message"),
        [
            ("train_images", TRAIN_IMAGES[:, :8], r"train-images-idx3-ubyte: .*shape \(3, 8, 28\), expected images"),
            ("train_images", TRAIN_IMAGES[:0], r"train-images-idx3-ubyte: .*shape \(0, 28, 28\), expected images"),
            ("t10k_images", TEST_IMAGES.astype(np.int32), "t10k-images-idx3-ubyte: holds int32 .*, expected images"),
            ("t10k_images", np.zeros(2, np.uint8), r"t10k-images-idx3-ubyte: .*shape \(2,\), expected images"),
            ("train_labels", np.zeros(2, np.uint8), r"train-labels-idx1-ubyte: .*\(2,\), expected a label .*\(3,\)"),
            ("t10k_labels", np.zeros(2, np.int16), "t10k-labels-idx1-ubyte: holds int16 .*, expected a label"),
            ("t10k_labels", np.array([3, 10], np.uint8), "t10k-labels-idx1-ubyte: label 1 is 10, expected 0 to 9"),
        ],
    )
    def test_contents_that_are_not_mnist(
        self, tmp_path: Path, name: str, array: NDArray[IdxScalar], message: str
    ) -> None:
        write_mnist(tmp_path, **{name: array})
        with pytest.raises(DataFormatError, match=message):
            load_mnist(tmp_path)


class TestOneHot:
    @pytest.mark.parametrize(
        ("labels", "classes"),
        [
            ([2, 0, 2], [0, 2]),
            ([0.5, -1, 0.5], [-1, 0.5]),
            (["b", "a", "b"], ["a", "b"]),
            ([True, False, True], [False, True]),
            (("b", "a", "b"), ["a", "b"]),
            (np.array(["b", "a", "b"], object), ["a", "b"]),
            (pd.Series([2, 0, 2], index=[7, 8, 9]), [0, 2]),
            (pd.Series(["b", "a", "b"]), ["a", "b"]),
            (pd.Series(["b", "a", "b"], dtype="category"), ["a", "b"]),
            ([2**80, 0, 2**80], [0, 2**80]),
        ],
    )
    def test_one_column_for_each_distinct_label_in_order(self, labels: ArrayLike, classes: list[object]) -> None:
        Y, found = one_hot(labels)
        assert found.tolist() == classes
        assert Y.tolist() == [[0, 1], [1, 0], [0, 1]]
        assert Y.dtype == np.float64

    def test_given_classes_keep_their_order_and_may_be_unused(self) -> None:
        Y, classes = one_hot(["cat", "dog"], classes=["dog", "emu", "cat"])
        assert classes.tolist() == ["dog", "emu", "cat"]
        assert Y.tolist() == [[0, 0, 1], [1, 0, 0]]

    @given(st.data())
    def test_the_column_of_the_one_gives_the_label_back(self, data: st.DataObject) -> None:
        classes = data.draw(st.lists(st.integers(-(2**40), 2**40) | st.booleans(), min_size=1, unique=True))
        labels = data.draw(st.lists(st.sampled_from(classes), min_size=1))
        Y, found = one_hot(labels, classes)
        assert found[Y.argmax(axis=1)].tolist() == labels
        assert Y.sum(axis=1).tolist() == [1] * len(labels)

    @pytest.mark.parametrize(
        ("labels", "classes", "message"),
        [
            (["cat", "dgo"], ["dog", "cat"], r"labels\[1\]: received 'dgo'.*did you mean 'dog'\? Choices: cat, dog"),
            ([1, 3], [1, 2], r"labels\[1\]: received 3, expected one of the classes 1, 2"),
            (["1"], [1, 2], r"labels\[0\]: received '1', expected one of the classes 1, 2"),
            ([2**80], [1, 2], r"labels\[0\]: received 1208925819614629174706176, expected one of the classes 1, 2"),
            ([1], [1, 2, 1], r"classes\[0\]: received 1 more than once, expected distinct classes"),
            ([1.0, np.nan], None, r"labels\[1\]: received nan"),
            (pd.Series(["a", np.nan], dtype=object), None, r"labels\[1\]: received nan, expected .* strings only"),
            ([0.0], [0.0, np.nan], r"classes\[1\]: received nan"),
            ([1, "a"], None, r"labels\[1\]: received 'a', expected numbers only or strings only"),
            (["a", 1], None, r"labels\[1\]: received 1, expected numbers only or strings only"),
            (["a", None], None, r"labels\[1\]: received None"),
            ([b"a"], None, r"labels\[0\]: received b'a'"),
            ([1j], None, r"labels\[0\]: received 1j"),
        ],
    )
    def test_values_that_are_refused(self, labels: ArrayLike, classes: ArrayLike | None, message: str) -> None:
        with pytest.raises(ArgumentError, match=message):
            one_hot(labels, classes)

    @pytest.mark.parametrize(
        ("labels", "classes", "message"),
        [
            ([], None, r"labels: received shape \(0,\), expected one axis with at least one entry"),
            ([[1], [2]], None, r"labels: received shape \(2, 1\)"),
            ([[1], [2, 3]], None, "labels: received a ragged sequence"),
            ("cat", None, r"labels: received shape \(\)"),
            ([1], [], r"classes: received shape \(0,\)"),
        ],
    )
    def test_shapes_that_are_refused(self, labels: ArrayLike, classes: ArrayLike | None, message: str) -> None:
        with pytest.raises(ShapeError, match=message):
            one_hot(labels, classes)

    def test_what_is_passed_in_stays_as_it_is(self) -> None:
        labels = np.array([3, 1, 2])
        one_hot(labels)
        assert labels.tolist() == [3, 1, 2]

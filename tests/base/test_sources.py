"""Streams: memory-mapped files and objects that give rows."""

import gc
import re
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import minigraph as mg
from minigraph.base.sources import is_stream

RNG = np.random.default_rng(2)
X = RNG.normal(size=(3000, 4))
Y = (RNG.random((3000, 2)) > 0.5).astype(np.float64)


class Source:
    """Gives rows and keeps account of how it was asked."""

    def __init__(self, rows: ArrayLike) -> None:
        self._rows = np.asarray(rows)
        self.requests: list[NDArray[np.intp]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, indices: NDArray[np.intp], /) -> mg.Array:
        self.requests.append(indices)
        return self._rows[indices]


def trained(inputs: object, targets: object, **options: object) -> tuple[mg.Array, dict[str, list[float]]]:
    net = mg.mlp([4, 5, 2], seed=0, l2=0.1, dropout=0.2)
    given = {"epochs": 2, "batch_size": 16, "seed": 0, "progress": False, "record_J": True, **options}
    history = mg.fit(net, inputs, targets, **given)  # type: ignore[arg-type]
    return net.unroll(), {name: series for name, series in history.to_dict().items() if name != "seconds"}


def mapped(path: Path, array: mg.Array, mode: Literal["r", "r+", "c"] = "r") -> NDArray[np.float64]:
    np.save(path, array)
    file: NDArray[np.float64] = np.load(path, mmap_mode=mode)
    return file


@pytest.mark.parametrize("kind", ["object", "memmap", "slice of a memmap", "view of a memmap", "private memmap"])
@pytest.mark.parametrize("batch", [16, None])
def test_streams_train_to_the_bits_of_arrays(kind: str, batch: int | None, tmp_path: Path) -> None:
    wide = np.hstack([X, X])
    sources: dict[str, object] = {
        "object": Source(X),
        "memmap": mapped(tmp_path / "x.npy", X),
        "slice of a memmap": mapped(tmp_path / "wide.npy", wide)[:, :4],
        "view of a memmap": np.asarray(mapped(tmp_path / "x.npy", X)),
        "private memmap": mapped(tmp_path / "x.npy", X, "c"),
    }
    assert is_stream(sources[kind])
    options: dict[str, object] = {"batch_size": batch, "validation": 0.1, "metrics": ["accuracy"]}
    theta, history = trained(sources[kind], Source(Y), **options)
    expected, expected_history = trained(X, Y, **options)
    np.testing.assert_array_equal(theta, expected)
    assert history == expected_history


def test_changes_of_a_private_memmap_are_kept(tmp_path: Path) -> None:
    file = mapped(tmp_path / "x.npy", np.zeros_like(X), "c")
    file[...] = X
    np.testing.assert_array_equal(trained(file, Y)[0], trained(X, Y)[0])
    np.testing.assert_array_equal(file, X)


def test_a_memmap_that_may_be_written_keeps_what_was_written(tmp_path: Path) -> None:
    file = mapped(tmp_path / "x.npy", np.zeros_like(X), "r+")
    file[...] = X
    np.testing.assert_array_equal(trained(file, Y)[0], trained(X, Y)[0])
    del file
    gc.collect()
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), X)


def test_rows_are_asked_for_in_rising_order_and_little_by_little() -> None:
    source = Source(X)
    trained(source, Y)
    assert all((np.diff(rows) > 0).all() for rows in source.requests)
    assert max(len(rows) for rows in source.requests) <= 1024


def test_of_an_object_only_the_first_row_is_read_before_training() -> None:
    class Look(mg.Callback):
        def on_start(self, run: mg.Run) -> None:
            assert [rows.tolist() for rows in source.requests] == [[0]]

    source = Source(X)
    mg.fit(mg.mlp([4, 5, 2], seed=0), source, Y, epochs=1, callbacks=[Look()], progress=False)
    assert len(source.requests) > 1


def test_rows_of_another_type_are_converted_and_one_output_takes_a_vector() -> None:
    pixels = RNG.integers(256, size=(200, 4), dtype=np.uint8)
    labels = RNG.integers(2, size=200)
    nets = mg.mlp([4, 1], dtype="float32", seed=0), mg.mlp([4, 1], dtype="float32", seed=0)
    mg.fit(nets[0], Source(pixels), Source(labels), epochs=1, seed=0, progress=False)
    mg.fit(nets[1], pixels.astype(np.float32), labels.astype(np.float32), epochs=1, seed=0, progress=False)
    np.testing.assert_array_equal(nets[0].unroll(), nets[1].unroll())


def test_class_weights_read_the_targets_of_a_stream() -> None:
    T = np.eye(2)[(RNG.random(3000) > 0.8).astype(int)]
    weighted = {"class_weight": "balanced"}
    np.testing.assert_array_equal(trained(Source(X), Source(T), **weighted)[0], trained(X, T, **weighted)[0])


def test_a_bad_row_of_a_file_is_found_before_training(tmp_path: Path) -> None:
    bad = X.copy()
    bad[2500, 1] = np.nan
    net = mg.mlp([4, 5, 2], seed=0)
    before = net.unroll()
    with pytest.raises(mg.NonFiniteDataError, match=re.escape("X[2500:2501]: received nan at index (0, 1)")):
        mg.fit(net, mapped(tmp_path / "x.npy", bad), Y, progress=False)
    targets = Y.copy()
    targets[1700, 0] = 2
    with pytest.raises(mg.ArgumentError, match=re.escape("Y[1700:1701]: received 2 at row 0")):
        mg.fit(net, X, mapped(tmp_path / "y.npy", targets), progress=False)
    np.testing.assert_array_equal(net.unroll(), before)


def test_a_bad_row_of_an_object_is_named_when_it_is_read() -> None:
    bad = X.copy()
    bad[2500, 1] = np.inf
    net = mg.mlp([4, 5, 2], seed=0)
    with pytest.raises(mg.NonFiniteDataError, match=re.escape("X[2500:2501]: received inf at index (0, 1)")):
        mg.fit(net, Source(bad), Y, shuffle=False, progress=False)
    assert np.isfinite(net.unroll()).all()


def test_streams_that_do_not_fit_are_refused() -> None:
    class Short(Source):
        def __getitem__(self, indices: NDArray[np.intp], /) -> mg.Array:
            return X[indices][:-1] if len(indices) > 1 else X[indices]

    net = mg.mlp([4, 5, 2], seed=0)
    for inputs, targets, message in [
        (Source(X[:, :3]), Y, r"X\[0:1\]: received shape \(1, 3\), expected \(m, 4\)"),
        (Source(X[:10]), Y, "Y: received 3000 rows, expected 10"),
        (Source(X[:0]), Y, "X: received no rows"),
        (Short(X), Y, r"X: received \d+ rows for \d+ indices"),
    ]:
        with pytest.raises(mg.ShapeError, match=message):
            mg.fit(net, inputs, targets, progress=False)


def test_what_is_in_memory_is_no_stream() -> None:
    import pandas as pd

    for source in (X, X.tolist(), tuple(X.tolist()), pd.DataFrame(X), {"x": X}, 3.0, "text"):
        assert not is_stream(source)
    np.testing.assert_array_equal(trained(pd.DataFrame(X), Y)[0], trained(X, Y)[0])


@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident pages of a file as Linux tells them")
def test_pages_of_a_file_that_were_read_are_given_back(tmp_path: Path) -> None:
    wide = np.ones((20_000, 100))  # 16 MB
    file = mapped(tmp_path / "wide.npy", wide)
    net = mg.mlp([100, 2], seed=0)
    mg.fit(net, file, np.zeros((20_000, 2)), epochs=1, batch_size=500, seed=0, progress=False)
    regions = re.findall(r"wide\.npy\n.*?^Rss: +(\d+) kB", Path("/proc/self/smaps").read_text("utf-8"), re.M | re.S)
    assert regions
    assert sum(map(int, regions)) < 2000

from __future__ import annotations

import gzip
import re
import runpy
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def is_png(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_lecture_by_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    example("lecture")["main"]()
    text = capsys.readouterr().out
    assert re.search(r"D = Δ/m \+ \(λ/m\) Θ +passes", text)
    assert re.search(r"D = Δ/m \+ λ Θ, as printed +FAILS", text)
    right, network = (
        re.search(rf"{start}\s+(-?\d\.\d+)", text)
        for start in (r"\(Θ_12 δ_1 \+ Θ_22 δ_2\) · a_2 \(1 − a_2\)", "the unit's delta")
    )
    assert right is not None
    assert network is not None
    assert right[1] == network[1]
    assert re.search(r"zeros: rows of Θ\^\(1\) differ by at most +0\.0000", text)
    assert not re.search(r"uniform.*differ by at most +0\.0000", text)
    assert re.search(r"animals recognised +8 of 8", text)


def test_digits_learns_and_draws_its_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert example("digits")["main"]([]) == 0
    text = capsys.readouterr().out
    accuracy = re.search(r"test accuracy ([\d.]+)%", text)
    assert accuracy is not None
    assert float(accuracy[1]) >= 96.0
    assert "Gradient check: 200 of 1885 parameters" in text
    out = tmp_path / "out"
    assert f"Look into {out}" in text
    assert all(is_png(out / f"{name}.png") for name in ("mistake", "cost", "confusion", "hidden_units"))
    taken = re.search(r"How the (\d) came to be taken for a (\d):", text)
    assert taken is not None
    assert f"A {taken[1]} that the network takes for a {taken[2]}" in (out / "mistake.svg").read_text("utf-8")


def write_idx(path: Path, values: np.ndarray[Any, np.dtype[np.uint8]], opened: Callable[..., Any]) -> None:
    with opened(path, "wb") as file:
        file.write(struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes())


def test_digits_reads_mnist_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    generator = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 40)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = generator.integers(0, 50, size=(count, 28, 28), dtype=np.uint8)
        images[np.arange(count), labels] = 255  # row k is bright in a k
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images, gzip.open)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", labels, open)
    assert example("digits")["main"](["--mnist", str(tmp_path), "--epochs", "2"]) == 0
    assert "60 digits to learn, 40 to test" in capsys.readouterr().out
    assert is_png(tmp_path / "out" / "mistake.png")


def test_digits_names_the_file_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert example("digits")["main"](["--mnist", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert "train-images" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_an_example_does_nothing_when_it_is_imported(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    example(name)
    assert capsys.readouterr().out == ""

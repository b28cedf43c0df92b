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

import minigraph as mg

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
    factors = re.search(r"the difference is ([\d.]+) Θ_ij in the weights.*\n.*λ − λ/m = ([\d.]+):", text)
    assert factors is not None
    assert factors[1] == factors[2]
    right, network = (
        re.search(rf"{start}\s+(-?\d\.\d+)", text)
        for start in (r"\(Θ_12 δ_1 \+ Θ_22 δ_2\) · a_2 \(1 − a_2\)", "the unit's delta")
    )
    assert right is not None
    assert network is not None
    assert right[1] == network[1]
    assert re.search(r"zeros: rows of Θ\^\(1\) differ by at most +0\.0000", text)
    assert not re.search(r"uniform.*differ by at most +0\.0000", text)
    assert re.search(r"animals recognized +8 of 8", text)


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
    taken = re.search(r"How test digit (\d+), which is (\d), came to be taken for (\d):", text)
    assert taken is not None
    drawing = (out / "mistake.svg").read_text("utf-8")
    assert f"Digit {taken[2]}, which the network takes for digit {taken[3]}" in drawing
    assert f"example {taken[1]}" in drawing
    for digit in taken[2], taken[3]:
        assert re.search(rf"^digit {digit}: output g\(-?[\d.]+\) = 0\.\d\d, target [01]$", text, re.MULTILINE)
        assert f">digit {digit}<" in drawing


def test_digits_says_why_it_stopped_and_what_its_costs_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert example("digits")["main"]([]) == 0
    text = capsys.readouterr().out
    stopped = re.search(r"Stopped after epoch (\d+) of at most 100: at least 96% of the test digits", text)
    assert stopped is not None
    rows = [line.split() for line in text.splitlines() if re.match(r" *\d+ +\d\.\d{3} ", line)]
    assert [int(row[0]) for row in rows] == list(range(1, int(stopped[1]) + 1))
    assert all(float(J) > float(mean_cost) for _, J, mean_cost, *_ in rows)  # J adds the regularization term
    assert f"J(Θ) {rows[-1][1]}, test accuracy {rows[-1][-1]}" in text


def test_digits_compares_costs_without_the_regularization_term() -> None:
    digits = example("digits")
    net = mg.mlp([3, 4, 5], l2=0.0, seed=0)
    X = np.random.default_rng(0).normal(size=(6, 3))
    Y = np.eye(5)[[0, 1, 2, 3, 4, 0]]
    assert digits["mean_cost"](Y, net.predict(X)) == pytest.approx(net.cost(X, Y))
    assert np.isfinite(digits["mean_cost"](Y, 1 - Y.astype(np.float32)))  # float32 outputs saturate


def test_digits_that_does_not_reach_its_goal_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert example("digits")["main"](["--epochs", "1"]) == 1
    assert "Stopped after epoch 1 of at most 1: 96% not reached" in capsys.readouterr().out


def test_the_first_network_of_the_readme_learns_xor(capsys: pytest.CaptureFixture[str]) -> None:
    block = (EXAMPLES.parent / "README.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.endswith("[0 1 1 0]\n")


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

"""Ctrl-C in `minigraph train` keeps what was learned."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import main

ROWS = [(x, 10 * x + 3) for x in np.linspace(-1, 1, 64).tolist()]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in ROWS))
    return "t.csv"


class Interruption(mg.EarlyStopping):
    """Stands in for the early stopping of the command, and interrupts in some step."""

    step = 0
    parameters: mg.Array

    def on_step_end(self, run: object) -> None:
        assert isinstance(run, mg.Run)
        if run.step == self.step:
            type(self).parameters = run.net.unroll()
            raise KeyboardInterrupt


def test_the_network_is_saved_as_it_is_after_the_last_step(
    table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("minigraph.cli.commands.EarlyStopping", Interruption)
    monkeypatch.setattr(Interruption, "step", 151)
    arguments = ["train", table, "--target", "y", "--hidden", "--l2", "0", "--learning-rate", "0.01", "--quiet"]
    assert main([*arguments, "-o", "m.safetensors"]) == 130
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "interrupted: saved the network as it was after its last complete step to m.safetensors\n"
    net = mg.load("m.safetensors")
    x, y = np.array(ROWS).T
    b, w = Interruption.parameters
    expected = y.mean() + y.std() * (b + w * (x - x.mean()) / x.std())
    assert np.allclose(np.ravel(net.predict(x[:, None])), expected)
    assert np.abs(expected - y).max() < np.abs(y.mean() - y).max()


def test_before_the_first_step_nothing_is_saved(
    table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("minigraph.cli.commands.fit", interrupted)
    assert main(["train", table, "--target", "y", "-o", "m.safetensors"]) == 130
    assert capsys.readouterr().err == "minigraph train: error: interrupted\n"
    assert not Path("m.safetensors").exists()


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_a_real_signal(table: str) -> None:
    arguments = ["--hidden", "50", "--epochs", "10000000", "--patience", "10000000", "-o", "m.safetensors"]
    # Shells let jobs in the background ignore Ctrl-C, and whoever these start inherits that.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import minigraph.cli as c; c.run()"
    command = [sys.executable, "-u", "-c", code, "train", table, "--target", "y", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            process.stderr.read(1)  # the first sign of progress
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted: saved the network" in errors
    assert "Traceback" not in errors
    assert mg.load("m.safetensors").outputs[0].name == "y"

"""Files that would be written: refused before the work, and never at the cost of what is read."""

import os
import sys
from pathlib import Path

import pytest

import minigraph as mg
from minigraph.cli import main

TABLE = "x,kind\n" + "1,a\n2,b\n3,a\n4,b\n" * 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a table and a network."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    x = mg.Input(1, unit_names=["x"])
    net = mg.Network(x, mg.Dense(1, name="kind")(x))
    mg.save(net, "net.safetensors")
    return tmp_path


def never(*arguments: object, **options: object) -> None:
    raise AssertionError("nothing may be computed")


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained or read."""
    for name in ("fit", "read_table", "load", "load_one_to_one"):
        monkeypatch.setattr(f"minigraph.cli.commands.{name}", never)


@pytest.mark.usefixtures("idle")
@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_the_table_is_not_replaced_by_the_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = Path("t.safetensors")
    table.write_text(TABLE)
    Path("symbolic.safetensors").symlink_to(table)
    Path("hard.safetensors").hardlink_to(table)
    Path("folder").symlink_to(".")
    names = [f"{name}.safetensors" for name in ("t", "./t", f"{folder}/t", "symbolic", "hard", "folder/t")]
    for name in names:
        assert main(["train", str(table), "--target", "kind", "-o", name]) == 2
        message = f"-o/--output: received {name!r}, which is the input 't.safetensors', expected another file"
        assert message in capsys.readouterr().err
    assert table.read_text() == TABLE


@pytest.mark.usefixtures("idle", "folder")
@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "net.safetensors", "t.csv", "-o", "t.csv"],
        ["predict", "net.safetensors", "t.csv", "-o", "net.safetensors"],
        ["diagram", "net.svg", "-o", "net.svg"],
        ["diagram", "net.safetensors", "--data", "net.svg", "-o", "net.svg"],
        ["export", "net.onnx", "-o", "net.onnx"],
    ],
    ids=" ".join,
)
def test_no_command_writes_to_what_it_reads(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("net.svg", "net.onnx"):
        Path(name).write_bytes(Path("net.safetensors").read_bytes())
    before = Path(arguments[-1]).read_bytes()
    assert main(arguments) == 2
    assert "which is the input" in capsys.readouterr().err
    assert Path(arguments[-1]).read_bytes() == before


@pytest.mark.usefixtures("idle", "folder")
@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "t.csv", "--target", "kind", "-o", "OUT.safetensors"],
        ["predict", "net.safetensors", "t.csv", "-o", "OUT"],
        ["diagram", "net.safetensors", "-o", "OUT.svg"],
        ["export", "net.safetensors", "-o", "OUT.onnx"],
    ],
    ids=" ".join,
)
def test_folders_are_looked_at_before_the_work(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    *others, name = arguments
    Path("file").touch()
    for place in ("absent", "file"):
        assert main([*others, f"{place}/{name}"]) == 1
        assert f"received '{place}/{name}', but there is no folder" in capsys.readouterr().err
    Path(name).mkdir()
    assert main(arguments) == 1
    assert f"received {name!r}, which is a folder, expected a file" in capsys.readouterr().err
    assert not Path("absent").exists()


@pytest.mark.usefixtures("idle", "folder")
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder where even root cannot write")
def test_a_folder_that_cannot_be_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "t.csv", "--target", "kind", "-o", "/proc/m.safetensors"]) == 1
    assert "received '/proc/m.safetensors', but nothing can be written to that folder" in capsys.readouterr().err


@pytest.mark.usefixtures("idle", "folder")
def test_a_write_protected_file(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("old.safetensors").touch()
    # Root may write to any file: the answer of the system is set here.
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("old.safetensors"))
    assert main(["train", "t.csv", "--target", "kind", "-o", "old.safetensors"]) == 1
    assert "received 'old.safetensors', a file that is write-protected" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_an_older_model_is_replaced_also_through_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    Path("old.safetensors").write_text("old")
    Path("models").mkdir()
    Path("models/link.SAFETENSORS").symlink_to("../old.safetensors")
    arguments = ["train", "t.csv", "--target", "kind", "--epochs", "1", "--quiet", "-o", "models/link.SAFETENSORS"]
    assert main(arguments) == 0
    assert mg.load("old.safetensors").outputs[0].name == "kind"
    assert sorted(path.name for path in Path().iterdir()) == ["models", "net.safetensors", "old.safetensors", "t.csv"]


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs devices")
def test_devices_are_written_to_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", never)
    assert main(["predict", "net.safetensors", "t.csv", "-o", "/dev/null"]) == 0
    assert not Path("/dev/null").is_file()


def test_the_package_that_saves_is_asked_for_before_training(
    folder: Path, idle: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    assert main(["train", "t.csv", "--target", "kind", "-o", "m.safetensors"]) == 1
    assert "minigraph[save]" in capsys.readouterr().err

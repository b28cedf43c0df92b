"""Options with values that make no sense: exit code 2, and a message that names option, received and expected."""

from pathlib import Path

import pytest

import minigraph as mg
from minigraph.cli import main

HUGE = "9" * 5000
"""More digits than int takes."""
INTEGERS = ("", "x", "1.5", "-1", HUGE, "inf")
NUMBERS = ("", "x", "nan", "inf", "-1", "1e400", HUGE)

NOT_ALLOWED = {
    ("train", "--delimiter"): ("ab", "", '"', "\n", "\r", "\0", "1" * 100),
    ("train", "--hidden"): (*INTEGERS, "0"),
    ("train", "--epochs"): (*INTEGERS, "0"),
    ("train", "--patience"): (*INTEGERS, "0"),
    ("train", "--batch-size"): (*INTEGERS, "0"),
    ("train", "--seed"): INTEGERS,
    ("train", "--l2"): NUMBERS,
    ("train", "--dropout"): (*NUMBERS, "1"),
    ("train", "--validation"): (*NUMBERS, "1"),
    ("train", "--learning-rate"): (*NUMBERS, "0", "2e9"),
    ("train", "-o/--output"): ("", "a\0.safetensors", "model", "model.txt", "iris.csv"),
    ("predict", "--delimiter"): ("ab",),
    ("predict", "-o/--output"): ("", "\0"),
    ("check", "--rows"): (*INTEGERS, "0"),
    ("check", "--sample"): (*INTEGERS, "0"),
    ("diagram", "--row"): (*INTEGERS, "0"),
    ("diagram", "--max-units"): (*INTEGERS, "0"),
    ("diagram", "-o/--output"): ("net", "net.txt"),
    ("export", "-o/--output"): ("net", "net.safetensors"),
}
NEEDED = {
    "train": ["t.csv", "--target", "y"],
    "predict": ["m", "t.csv"],
    "check": ["m", "t.csv"],
    "diagram": ["m", "-o", "net.svg"],
    "export": ["m"],
}


def code_of(arguments: list[str]) -> int | str | None:
    try:
        return main(arguments)
    except SystemExit as exited:
        return exited.code


@pytest.mark.parametrize(("command", "option"), NOT_ALLOWED, ids=str)
def test_values_that_are_not_allowed(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    for value in NOT_ALLOWED[command, option]:
        assert code_of([command, *NEEDED[command], option.partition("/")[0], value]) == 2, value
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith(f"minigraph {command}: error: argument {option}: received "), error
        assert ", expected " in error
        assert repr(value)[1:30].rstrip("'") in error
        assert len(error) < 200


@pytest.mark.parametrize("positional", ["data", "model"])
def test_files_without_a_name(positional: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = {"data": ["predict", "m", ""], "model": ["predict", "a\0b", "t.csv"]}[positional]
    assert code_of(arguments) == 2
    assert f"argument {positional}: received " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("hidden", "parameters"),
    [
        (["1000000000"], 4 * 10**9 + 1),
        (["100001"], 4 * 100_001 + 1),
        (["50000", "50001"], 3 * 50_000 + 50_002 * 50_001 + 1),
        (["50000", "1997"], 3 * 50_000 + 50_001 * 1997 + 1998),
    ],
    ids=str,
)
def test_large_networks_are_refused_before_they_take_memory(
    hidden: list[str], parameters: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y,kind\n" + "1,2,a\n3,4,b\n" * 4)
    assert (
        main(["train", str(table), "--target", "kind", "-o", str(tmp_path / "m.safetensors"), "--hidden", *hidden]) == 2
    )
    message = (
        f"argument --hidden: received {' '.join(hidden)}, which makes {parameters:,} parameters with 2 features,"
        " expected at most 100,000 units and 100,000,000 parameters"
    )
    assert message in capsys.readouterr().err


def test_no_memory_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(arguments: object) -> int:
        raise MemoryError("Unable to allocate 7.45 GiB")

    monkeypatch.setattr("minigraph.cli.commands.summary", exhausted)
    assert main(["summary", "m"]) == 1
    assert capsys.readouterr().err == "minigraph summary: error: out of memory: Unable to allocate 7.45 GiB\n"


@pytest.mark.parametrize(("option", "value"), [("--row", "2"), ("--target", "y"), ("--delimiter", ";")])
def test_options_that_need_a_table(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "m", "-o", "net.svg", option, value]) == 2
    assert f"argument {option}: received '{value}', which needs --data" in capsys.readouterr().err.replace("2,", "'2',")


def test_the_target_is_not_ignored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y\n1,2\n")
    arguments = ["--target", "y", "--ignore", "y", "-o", str(tmp_path / "m.safetensors")]
    assert main(["train", str(table), *arguments]) == 2
    assert "argument --ignore: received 'y', which is the target" in capsys.readouterr().err


@pytest.mark.parametrize("spelling", ["\t", r"\t", "tab"])
def test_spellings_of_a_tab(spelling: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mg.save(mg.mlp([2, 1], cost="squared_error"), tmp_path / "m.safetensors")
    table = tmp_path / "t.csv"
    table.write_text("a,b\tc\n1\t2\n")
    assert main(["predict", str(tmp_path / "m.safetensors"), str(table), "--delimiter", spelling]) == 0


@pytest.mark.parametrize("command", ["predict", "check"])
def test_folders_and_what_is_no_file(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "m.safetensors"
    mg.save(mg.mlp([2, 1]), model)
    assert main([command, str(model), str(tmp_path)]) == 1
    assert main([command, str(tmp_path), str(model)]) == 1
    assert main([command, str(model), str(model)]) == 1
    assert main([command, str(model), str(tmp_path / "absent.csv")]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 4
    assert errors[0] == f"minigraph {command}: error: Is a directory: {str(tmp_path)!r}"
    assert "line 1: holds zero bytes" in errors[2]
    assert errors[3].endswith("absent.csv'")

"""Names from files can do nothing to a terminal, nor to a spreadsheet."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import minigraph as mg
from minigraph.cli import main
from minigraph.cli.csv_files import write_table
from minigraph.cli.terminal import printable

ESCAPE = "\x1b[2J\x9b31m\u202e"


def hostile_network(folder: Path, classes: tuple[str, str] = (f"={ESCAPE}", "b")) -> str:
    x = mg.Input(1, name=f"x{ESCAPE}", unit_names=[f"col{ESCAPE}"])
    y = mg.Dense(1, name=f"=cmd|{ESCAPE}")(x)
    y.unit_names = [f"unit{ESCAPE}"]
    net = mg.Network(x, y)
    net.classes = classes
    path = str(folder / "m.safetensors")
    mg.save(net, path)
    (folder / "t.csv").write_text(f"col{ESCAPE}\n1\n", encoding="utf-8")
    return path


@given(st.text())
def test_printable_text_has_no_control_characters(text: str) -> None:
    shown = printable(text)
    assert shown.replace("\n", "").isprintable()
    assert printable(shown) == shown
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\tb", r"a\tb"),
        ("\r\n", "\\r\n"),
        ("\x7f\x9b\ud800\u2028", r"\x7f\x9b\ud800\u2028"),
    ],
)
def test_how_control_characters_are_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("command", ["summary", "check", "predict", "diagram", "train"])
def test_names_of_a_file_reach_the_terminal_escaped(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = hostile_network(tmp_path)
    table = tmp_path / "u.csv"
    table.write_text(f"x,k{ESCAPE}\n" + f"1,a{ESCAPE}\n2,b\n" * 6, encoding="utf-8")
    arguments = {
        "summary": [model],
        "check": [model, str(table)],
        "predict": [model, str(table)],
        "diagram": [model, "--data", str(table), "-o", str(tmp_path / "d.dot")],
        "train": [str(table), "--target", f"k{ESCAPE}", "--epochs", "1", "--quiet",
                  "-o", str(tmp_path / f"m{ESCAPE}.safetensors")],
    }  # fmt: skip
    main([command, *arguments[command]])
    printed = capsys.readouterr()
    shown = printed.out + printed.err
    assert r"\x1b[2J\x9b31m\u202e" in shown
    assert not any(character in shown for character in ESCAPE[:1] + "\x9b\u202e")


def test_errors_about_arguments_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["summary", "m", ESCAPE])
    assert r"unrecognized arguments: \x1b[2J" in capsys.readouterr().err


class TestSpreadsheets:
    @pytest.mark.parametrize(
        "cell", ["=1+1", "+cmd", "-cmd", "@sum", "\tx", "\rx", "\nx", " =1", "=cmd|' /C calc'!A0", "＝1", "-1+1", "+-2"]
    )
    def test_formulas_begin_with_an_apostrophe(self, cell: str) -> None:
        heading, row = csv.reader(io.StringIO(write_table([cell], [[cell]]), newline=""))
        assert heading == row == [f"'{cell}"]

    @pytest.mark.parametrize("cell", ["-1", "+1.5", "-1e-3", "a=b", "a-b", "", "'", "p(=1)", "a\tb", "x;y"])
    def test_numbers_and_other_text_stay(self, cell: str) -> None:
        assert list(csv.reader(io.StringIO(write_table(["name"], [[cell, "x"]]))))[1] == [cell, "x"]

    def test_numbers_are_numbers(self) -> None:
        assert write_table(["x"], [[-1.5], [-2], [1e-300]]) == "x\n-1.5\n-2\n1e-300\n"

    @pytest.mark.parametrize("separator", [";", "\t", "\r"])
    def test_a_cell_stays_one_cell_where_others_separate(self, separator: str) -> None:
        written = write_table(["kind", "p"], [[f"a{separator}=cmd", 0.5]])
        assert written == f'"kind","p"\n"a{separator}=cmd",0.5\n'

    @given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
    def test_no_cell_is_a_formula_and_none_is_lost(self, rows: list[tuple[str, str]]) -> None:
        cells = list(csv.reader(io.StringIO(write_table(["a", "b"], rows), newline="")))[1:]
        for row, (first, second) in zip(cells, rows, strict=True):
            assert [cell.removeprefix("'") for cell in row] == [first.removeprefix("'"), second.removeprefix("'")]
            assert not any(cell[:1] in ("=", "@", "\t", "\r", "\n") for cell in row if cell)

    def test_predict(self, tmp_path: Path) -> None:
        model, out = hostile_network(tmp_path, ("=a", "=b")), tmp_path / "out.csv"
        assert main(["predict", model, str(tmp_path / "t.csv"), "--probabilities", "-o", str(out)]) == 0
        heading, row = csv.reader(io.StringIO(out.read_text(encoding="utf-8"), newline=""))
        assert heading == [f"'=cmd|{ESCAPE}", "p(=a)", "p(=b)"]
        assert row[0] in ("'=a", "'=b")


class TestProcess:
    """What only a process of its own shows: its streams."""

    def test_the_table_is_utf_8_whatever_the_locale(self, tmp_path: Path) -> None:
        hostile_network(tmp_path, ("č", "č č"))
        command = [sys.executable, "-m", "minigraph", "predict", "m.safetensors", "t.csv"]
        environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=environment)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode().splitlines()[1].startswith("č")

    @pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
    @pytest.mark.parametrize("redirection", ["> /dev/full", ">&-", "| true"])
    def test_output_that_is_not_taken(self, redirection: str, tmp_path: Path) -> None:
        hostile_network(tmp_path)
        command = f"'{sys.executable}' -m minigraph summary m.safetensors {redirection}"
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True)
        assert b"Traceback" not in done.stderr
        assert b"Exception" not in done.stderr
        if "full" in redirection:
            assert done.returncode == 1
            assert done.stderr == b"minigraph summary: error: No space left on device\n"

    @pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
    def test_a_table_on_a_terminal_is_escaped(self, tmp_path: Path) -> None:
        import pty

        hostile_network(tmp_path)
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "minigraph", "predict", "m.safetensors", "t.csv"]
        assert subprocess.run(command, cwd=tmp_path, stdout=follower).returncode == 0
        os.close(follower)
        shown = os.read(leader, 10_000)
        os.close(leader)
        assert rb"'=cmd|\x1b[2J" in shown
        assert b"\x1b" not in shown
        piped = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE).stdout
        assert b"'=cmd|\x1b[2J" in piped

"""The commands in tools/ set themselves up, once, and pass on what they run."""

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import demo
import environment
import mutation
import reproduce
import test


class Commands:
    """Stands in for the commands of a set-up: records them, and makes what `venv` would make."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.fail: Callable[[list[str]], bool] = lambda command: False

    def __call__(self, command: list[str], quiet: bool = False) -> bool:
        self.names.append(command[-1] if command[-1].startswith((".[", "--")) else command[2])
        if "venv" in command:
            environment.PYTHON.parent.mkdir(parents=True, exist_ok=True)
            environment.PYTHON.touch()
        return not self.fail(command)

    def take(self) -> list[str]:
        taken, self.names = self.names, []
        return taken


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A fresh clone, in which commands are recorded, not run."""
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    recorded = Commands()
    monkeypatch.setattr(environment, "succeeds", recorded)
    return recorded


class TestPrepare:
    def test_sets_up_once(self, commands: Commands) -> None:
        environment.prepare("dev")
        assert commands.take() == ["venv", "--version", ".[dev]"]
        environment.prepare("dev")
        assert commands.take() == []

    def test_the_demo_uses_what_the_tests_installed_but_not_the_other_way_round(self, commands: Commands) -> None:
        environment.prepare("examples")
        assert commands.take() == ["venv", "--version", ".[examples]"]
        environment.prepare("dev")
        assert commands.take() == ["--version", ".[dev]"]
        environment.stamp("examples").unlink()
        environment.prepare("examples")
        assert commands.take() == []

    def test_changed_dependencies_are_installed_again(self, commands: Commands) -> None:
        environment.prepare("dev")
        commands.take()
        (environment.ROOT / "pyproject.toml").write_text("[project] # changed\n", encoding="utf-8")
        environment.prepare("dev")
        assert commands.take() == ["--version", ".[dev]"]

    def test_another_python_makes_the_environment_anew(
        self, commands: Commands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment.prepare("dev")
        commands.take()
        monkeypatch.setattr(sys, "version", "3.99.0")
        environment.prepare("dev")
        assert commands.take()[0] == "venv"

    def test_an_environment_whose_python_is_gone_is_made_anew(self, commands: Commands) -> None:
        environment.prepare("dev")
        commands.take()
        environment.PYTHON.unlink()
        environment.prepare("dev")
        assert commands.take()[0] == "venv"

    @pytest.mark.parametrize("step", ["venv", "install"])
    def test_an_interrupted_set_up_is_done_again(self, commands: Commands, step: str) -> None:
        def interrupt(command: list[str]) -> bool:
            if step in command:
                raise KeyboardInterrupt
            return False

        environment.prepare("dev")
        (environment.ROOT / "pyproject.toml").write_text("[project] # changed\n", encoding="utf-8")
        environment.PYTHON.unlink()
        commands.take()
        commands.fail = interrupt
        with pytest.raises(SystemExit, match="the next run does it again"):
            environment.prepare("dev")
        commands.take()
        commands.fail = lambda command: False
        environment.prepare("dev")
        assert commands.take()[-1] == ".[dev]"

    def test_a_python_that_cannot_give_pip_lends_its_own(self, commands: Commands) -> None:
        commands.fail = lambda command: (
            ("venv" in command and "--without-pip" not in command)
            or (command[0] == str(environment.PYTHON) and "--version" in command)
        )
        environment.prepare("examples")
        assert commands.take() == ["venv", "--without-pip", "--version", "--version", ".[examples]"]

    @pytest.mark.parametrize("missing", ["venv", "pip"])
    def test_without_venv_or_pip_it_says_what_to_install(self, commands: Commands, missing: str) -> None:
        commands.fail = lambda command: missing in command
        with pytest.raises(SystemExit, match="python3-venv python3-pip"):
            environment.prepare("dev")

    def test_without_packages_it_says_what_to_look_at(self, commands: Commands) -> None:
        commands.fail = lambda command: "install" in command
        with pytest.raises(SystemExit, match="check the network"):
            environment.prepare("dev")
        assert not environment.is_current("dev")

    def test_the_python_inside_cannot_replace_itself(self, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "prefix", str(environment.VENV))
        with pytest.raises(SystemExit, match="another Python"):
            environment.prepare("dev")
        assert commands.take() == []


def test_what_a_command_says_is_shown_only_if_it_fails(capfd: pytest.CaptureFixture[str]) -> None:
    speak = [sys.executable, "-c", "import sys; print('words'); sys.exit(len(sys.argv) - 1)"]
    assert environment.succeeds(speak)
    assert not environment.succeeds([*speak, "fail"], quiet=True)
    assert capfd.readouterr().out == ""
    assert not environment.succeeds([*speak, "fail"])
    assert capfd.readouterr().out.strip() == "words"


@pytest.mark.parametrize("tool", ["demo.py", "test.py"])
def test_an_older_python_is_told_so(tool: str) -> None:
    code = (
        "import runpy, sys; sys.version_info = (3, 10, 1); sys.version = '3.10.1 (main)'; "
        f"sys.path.insert(0, {str(environment.ROOT / 'tools')!r}); "
        f"runpy.run_path({str(environment.ROOT / 'tools' / tool)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("minigraph needs Python 3.11 or newer")
    assert "is 3.10.1." in done.stderr


class TestTest:
    @pytest.mark.parametrize("failing", [None, "ruff", "mypy", "pytest"])
    def test_every_stage_runs_and_any_failure_counts(
        self, failing: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ran: list[tuple[str, ...]] = []

        def run(*arguments: str) -> int:
            ran.append(arguments)
            return 2 if arguments[1] == failing else 0

        monkeypatch.setattr(test, "prepare", lambda extra: None)
        monkeypatch.setattr(test, "run", run)
        monkeypatch.chdir(environment.ROOT)
        assert test.main(["-k", "data"]) == (0 if failing is None else 1)
        assert [arguments[1] for arguments in ran] == ["ruff", "ruff", "mypy", "pytest"]
        assert ran[-1][-2:] == ("-k", "data")
        assert ("FAILED" in capsys.readouterr().out) == (failing is not None)

    def test_lint_leaves_out_the_tests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[str] = []

        def run(*arguments: str) -> int:
            ran.append(" ".join(arguments[1:3]))
            return 0

        monkeypatch.setattr(test, "prepare", lambda extra: None)
        monkeypatch.setattr(test, "run", run)
        monkeypatch.chdir(environment.ROOT)
        assert test.main(["--lint"]) == 0
        assert ran == ["ruff check", "ruff format", "mypy"]


class TestDemo:
    def test_passes_arguments_on_and_the_status_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[str] = []

        def run(*arguments: str | Path) -> int:
            ran.extend(map(str, arguments))
            return 3

        monkeypatch.setattr(demo, "prepare", lambda extra: None)
        monkeypatch.setattr(demo, "run", run)
        assert demo.main(["--mnist", "folder"]) == 3
        assert ran == [str(environment.ROOT / "examples" / "digits.py"), "--mnist", "folder"]


class TestReproduce:
    def test_trains_on_mnists_own_files(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        generator = np.random.default_rng(0)
        for name, count in (("train", 60), ("t10k", 20)):
            images = generator.integers(256, size=(count, 28, 28), dtype=np.uint8)
            labels = (np.arange(count) % 10).astype(np.uint8)
            for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
                header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
                (tmp_path / f"{name}-{kind}-ubyte").write_bytes(header + array.tobytes())
        arguments = [
            "--here",
            "nielsen",
            "--mnist",
            str(tmp_path),
            "--seeds",
            "2",
            "--json",
            str(tmp_path / "out.json"),
        ]
        assert reproduce.main(arguments) == 0
        printed = capsys.readouterr().out.splitlines()
        assert [line.split("  ")[0] for line in printed[1:]] == [
            "Nielsen's 784-30-10, λ = 0, last epoch",
            "Nielsen's 784-30-10, λ = 5, best epoch",
        ]
        plain, regularized = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
        assert (plain["published"], regularized["published"]) == ("95.31", "96.49")
        assert [len(result["accuracies"]) for result in (plain, regularized)] == [2, 2]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nielson"], "unknown experiment nielson; choose from mnist1d, curve, nielsen"),
            (["nielsen"], "nielsen needs --mnist DIR"),
            (["--seeds", "0"], "--seeds: received 0, expected at least 1"),
        ],
    )
    def test_says_what_is_wrong(self, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            reproduce.main(["--here", *arguments])
        assert message in capsys.readouterr().err


class TestMutation:
    def test_annotations_and_overloads_are_left_alone(self) -> None:
        source = """\
from typing import TypeAlias, overload
Number: TypeAlias = int | float
@overload
def f(x: int) -> int: ...
def f(x: int | None = 1) -> int:
    y: int = 2
    return x + y
"""
        lines = source.splitlines()
        ignored = {
            character
            for line, text in enumerate(lines, start=1)
            for column, character in enumerate(text)
            if any(first <= (line, column) < last for first, last in mutation.without_effect(source))
        }
        assert "|" in ignored
        assert "@" in ignored
        assert not ignored & set("+12")

    @pytest.mark.parametrize(
        ("module", "tests"),
        [
            ("minigraph/functions/costs.py", "tests/functions minigraph/functions/costs.py"),
            ("minigraph/plots.py", "tests/test_plots.py minigraph/plots.py"),
            ("minigraph/errors.py", "tests/test_errors.py minigraph/errors.py"),
        ],
    )
    def test_a_mutant_meets_the_tests_of_its_folder_first(self, module: str, tests: str) -> None:
        assert mutation.own_tests(Path(module)) == tests

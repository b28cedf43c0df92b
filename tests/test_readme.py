"""Every code block of the README runs, one after the other in one namespace, as a reader would type them."""

import contextlib
import doctest
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from minigraph.cli import main

README = Path(__file__).parent.parent / "README.md"


class Block(NamedTuple):
    """A fenced block: its language, and its lines with the number of the first."""

    language: str
    code: str
    line: int


def blocks() -> Iterator[Block]:
    fence = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    text = README.read_text(encoding="utf-8")
    for found in fence.finditer(text):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 2)


def test_blocks_of_python_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__readme__"}
    ran = 0
    for block in blocks():
        if block.language != "python":
            continue
        if block.code.startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(block.code, names, "README.md", str(README), block.line)
            assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
        else:
            code = compile("\n" * (block.line - 1) + block.code, str(README), "exec")
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, names)
        ran += 1
    assert ran > 0


def test_commands_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that call the command line are parsed; what they would do is tested elsewhere."""
    for block in blocks():
        if block.language not in ("sh", "shell", "bash", "console"):
            continue
        for line in block.code.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words[:1] == ["minigraph"]:
                monkeypatch.setattr(f"minigraph.cli.commands.{words[1]}", lambda arguments: 0)
                assert main(words[1:]) == 0


def test_the_files_it_speaks_of_exist() -> None:
    text = README.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)\)", text)
    commands = re.findall(r"\b((?:examples|tools|tests|minigraph)/[\w./-]*\w)", text)
    missing = [
        name for name in {*links, *commands} if not name.startswith("http") and not (README.parent / name).exists()
    ]
    assert missing == []

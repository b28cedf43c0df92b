"""Pyright knows the type of everything public; what the types are, mypy compares in `tests/typing`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import minigraph

PACKAGE = Path(minigraph.__file__).parent


def test_pyright_knows_every_public_type(tmp_path: Path) -> None:
    pytest.importorskip("basedpyright")
    # From elsewhere, so that the package is found as an installed one is.
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable]
    checked = subprocess.run(
        [*command, "--verifytypes", "minigraph", "--ignoreexternal"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "Type completeness score: 100%" in checked.stdout, checked.stdout

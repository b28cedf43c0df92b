"""What type checkers see: complete types, and errors where a name is misspelt.

The files in `tests/typing` are read by mypy with the rest of the repository; here some are run past it that
must fail, and the public interface past pyright.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minigraph

PACKAGE = Path(minigraph.__file__).parent


def test_misspelt_names_are_told_with_the_names_that_there_are(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import minigraph as mg\n"
        'mg.Dense(3, "sigmod")\n'
        'mg.mlp([2, 1], cost="cross_entrpy")\n'
        'mg.fit(mg.mlp([2, 1]), [[1, 2]], [1], optimizer="adm")\n'
        'mg.Dense(3, "sigmoid")\n'
    )
    said = subprocess.run(
        [sys.executable, "-m", "mypy", str(script)], cwd=PACKAGE.parent, capture_output=True, text=True
    ).stdout
    assert re.search(r":2: error: .*\"Literal\['sigmod'\]\"; expected \"Literal\['sigmoid', 'tanh', 'relu'", said), said
    assert re.search(r":3: error: .*expected \"Literal\['cross_entropy', 'categorical_cross_entropy',", said)
    assert re.search(r":4: error: .*expected \"Literal\[.*'adam'", said)
    assert ":5:" not in said


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

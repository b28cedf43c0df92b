"""How the package is built, computed from its sources: imports point down, without circles, to public names."""

from __future__ import annotations

import ast
import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

import minigraph
from minigraph.errors import GraphError
from minigraph.graph.topology import topological_order

PACKAGE = Path(minigraph.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in FILES}

LEVELS = (
    ("errors",),
    ("base",),
    ("functions",),
    ("graph",),
    ("engine", "architecture"),
    ("network",),
    ("training", "inspection", "persistence", "onnx", "data", "reference"),
    ("diagram", "plots"),
    ("__init__",),
    ("sklearn", "cli"),
    ("__main__",),
)
"""Folders and modules in the package's root, from the ground up; those of one level may import each other."""
LEVEL = {place: level for level, places in enumerate(LEVELS) for place in places}

OTHERS_PRIVATE_NAMES = {"_mmap"}
"""Names of other packages that have no public counterpart: the mapping behind a `numpy.memmap`."""


def place(path: Path) -> str:
    """Return the folder or module in the package's root that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def file_of(module: str) -> Path | None:
    """Return the file of a module of the package; None if there is none of this name."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file in TREES), None)


def imports_of(path: Path) -> Iterator[Path]:
    """Yield the files that a file imports: at its top, within functions, and for type checkers alike."""
    for node in ast.walk(TREES[path]):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = str(node.module)
            names = [f"{module}.{alias.name}" if file_of(f"{module}.{alias.name}") else module for alias in node.names]
        for name in names:
            if name.partition(".")[0] == "minigraph" and (file := file_of(name)) is not None:
                yield file


IMPORTS = {path: list(dict.fromkeys(imports_of(path))) for path in FILES}


def short(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_no_import_circle() -> None:
    try:
        topological_order(FILES, lambda path: IMPORTS[path], short)
    except GraphError as error:
        pytest.fail(f"imports: {error}")


def test_every_place_has_a_level() -> None:
    assert {place(path) for path in FILES} == set(LEVEL)


def test_no_import_from_a_lower_level_to_a_higher() -> None:
    upward = [
        f"{short(source)} -> {short(target)}"
        for source, targets in IMPORTS.items()
        for target in targets
        if LEVEL[place(target)] > LEVEL[place(source)]
    ]
    assert not upward


def test_the_root_can_be_taken_in_at_a_glance() -> None:
    modules = [path for path in PACKAGE.glob("*.py") if not path.name.startswith("__")]
    folders = [path for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))]
    assert len(modules) <= 8
    assert len(folders) <= 12


def test_no_name_has_two_meanings() -> None:
    names = Counter(path.stem for path in FILES if not path.stem.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_object_reads_the_private_names_of_another() -> None:
    found = [
        f"{short(path)}:{node.lineno}: .{node.attr}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in OTHERS_PRIVATE_NAMES
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
        and not (isinstance(node.value, ast.Call) and ast.unparse(node.value) == "super()")
    ]
    assert found == []


@contextlib.contextmanager
def noting_files() -> Iterator[set[str]]:
    """Note the files of the package of which a function is called in the meantime."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and (path := Path(frame.f_code.co_filename)).is_relative_to(PACKAGE):
            files.add(short(path))

    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(None)


def test_a_forward_step_passes_through_seven_files() -> None:
    net = minigraph.mlp([3, 6, 5, 5])
    X = np.ones((4, 3))
    net.forward(X)
    with noting_files() as files:
        net.forward(X)
    assert files == {
        "network/network.py",
        "network/checks.py",
        "network/column_names.py",
        "base/arrays.py",
        "engine/engine.py",
        "engine/parameters.py",
        "engine/workspace.py",
    }


def test_a_training_step_passes_through_ten_files() -> None:
    net = minigraph.mlp([3, 6, 5, 5], l2=0.1)
    X, Y = np.ones((16, 3)), np.eye(5)[np.arange(16) % 5]

    class Window(minigraph.Callback):
        """Opens after the first epoch: the second one stages its mini-batches and takes all its steps in it."""

        def on_epoch_end(self, run: minigraph.Run) -> None:
            if run.epoch == 1:
                self.noting = noting_files()
                self.noted = self.noting.__enter__()
            elif run.epoch == 2:
                self.noting.__exit__(None, None, None)

    window = Window()
    minigraph.fit(net, X, Y, epochs=3, batch_size=4, callbacks=[window], progress=False)
    of_epochs = {"training/history.py", "training/progress.py"}
    assert window.noted - of_epochs == {
        "training/loop.py",
        "training/steps.py",
        "training/staging.py",
        "base/sources.py",
        "network/network.py",
        "engine/engine.py",
        "engine/parameters.py",
        "engine/workspace.py",
        "functions/costs.py",
        "training/optimizers.py",
    }

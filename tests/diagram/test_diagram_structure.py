"""The folders of the diagram, from the ground up: each uses only what lies below it."""

from __future__ import annotations

import ast
from pathlib import Path

import minigraph

FOLDER = Path(minigraph.__file__).parent / "diagram"
PLACES = ("canvas", "options", "scene", "layout", "marks", "rendering", "frames", "draw", "__init__")


def place(parts: tuple[str, ...]) -> int:
    return PLACES.index(parts[0].removesuffix(".py"))


def test_imports_point_down() -> None:
    upward, found = [], 0
    for path in FOLDER.rglob("*.py"):
        here = path.relative_to(FOLDER)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("minigraph.diagram."):
                found += 1
                if place(tuple(module.split(".")[2:])) > place(here.parts):
                    upward.append(f"{here} -> {module}")
    assert not upward
    assert found > 50

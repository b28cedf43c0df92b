"""Settings of the documentation, and its pages, made from the package, the README and the examples.

Sphinx reads this file from a copy of its folder, which `tools/docs.py` makes; the pages are written beside it.
"""

import contextlib
import importlib
import inspect
import io
import os
import re
import shutil
from pathlib import Path
from unittest.mock import patch

from sphinx.application import Sphinx

import minigraph
from minigraph.cli import main

ROOT = Path(minigraph.__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent

project = "minigraph"
author = copyright = "The minigraph developers"
version = release = minigraph.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "furo"
html_title = f"minigraph {version}"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("Array", "ArrayLike", "Data", "DTypeLike", "Mask", "TrainingData")}
default_role = "code"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
myst_heading_anchors = 3
# What README and examples link to is copied, but has no page of its own.
exclude_patterns = ["examples", "tools", "tests"]

# In the order in which a reader meets them; a module that is not named here follows.
ORDER = ("graph", "network", "functions", "data", "inspection", "training", "diagram", "persistence")
ELSEWHERE = {"base": "graph"}
"""Folders and modules whose public names stand on the page of another."""
WHOLE_MODULES = ("data", "plots", "reference", "sklearn", "onnx")
GUIDES = ("speed", "published", "contributing", "changelog")
# scikit-learn puts them on every estimator; one_hot has its place already.
EXCLUDED = "one_hot, set_fit_request, set_partial_fit_request, set_predict_request, set_score_request"


def write_pages() -> None:
    """Write what is not kept as a page: README, API by module, command line, examples, how to contribute."""
    pages = write_api()
    write_command_line()
    write_examples()
    contributing = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (HERE / "contributing.md").write_text(contributing, encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in ("tools/docs/", ".github/"):
        readme = re.sub(rf"\]\({re.escape(folder)}([\w-]+\.md)", lambda found: f"]({found[1].lower()}", readme)
    copy_links(readme)
    contents = "\n".join(["API reference <api/index>", "command-line", "examples-page", *GUIDES])
    index = f"{readme}\n```{{toctree}}\n:hidden:\n\n{contents}\n```\n"
    (HERE / "index.md").write_text(index, encoding="utf-8")
    listing = "".join(f"   {page}\n" for page in pages)
    title = "API reference\n=============\n\nEverything here is also ``mg.NAME``, unless a module is named.\n"
    (HERE / "api" / "index.rst").write_text(f"{title}\n.. toctree::\n   :maxdepth: 1\n\n{listing}", encoding="utf-8")


def write_api() -> list[str]:
    """Write a page for every module that public names come from; return their names."""
    (HERE / "api").mkdir()
    by_module: dict[str, list[str]] = {}
    for name in minigraph.__all__:
        value = getattr(minigraph, name)
        if not (inspect.isclass(value) or inspect.isfunction(value)) or not value.__module__.startswith("minigraph"):
            continue  # an alias of types, which signatures spell out
        module = value.__module__.split(".")[1]
        by_module.setdefault(ELSEWHERE.get(module, module), []).append(name)
    pages = sorted(by_module, key=lambda page: (ORDER.index(page) if page in ORDER else len(ORDER), page))
    for page in pages:
        parts = [heading(page)]
        for name in by_module[page]:
            value = getattr(minigraph, name)
            kind = "autoclass" if inspect.isclass(value) else "autofunction"
            options = "   :members:\n   :show-inheritance:\n" if inspect.isclass(value) else ""
            parts.append(f".. {kind}:: minigraph.{name}\n{options}")
        (HERE / "api" / f"{page}.rst").write_text("\n".join(parts), encoding="utf-8")
    for page in WHOLE_MODULES:
        body = (
            f".. automodule:: minigraph.{page}\n   :members:\n   :show-inheritance:\n   :exclude-members: {EXCLUDED}\n"
        )
        (HERE / "api" / f"module-{page}.rst").write_text(
            f"``minigraph.{page}``\n{'=' * (len(page) + 14)}\n\n{body}", encoding="utf-8"
        )
    return [*pages, *(f"module-{page}" for page in WHOLE_MODULES)]


def heading(page: str) -> str:
    """Return the title of a page, and what the module says of itself."""
    text = inspect.getdoc(importlib.import_module(f"minigraph.{page}")) or ""
    title = page.replace("_", " ").capitalize()
    return f"{title}\n{'=' * len(title)}\n\n{text}\n"


def write_command_line() -> None:
    """Write what `--help` says of every command."""
    parts = ["# Command line", "", "`minigraph`, or `python -m minigraph`.", ""]
    for command in ("", "train", "predict", "check", "diagram", "summary", "export"):
        printed = io.StringIO()
        narrow = patch.dict(os.environ, COLUMNS="88")
        with narrow, contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            main([*command.split(), "--help"])
        title = [f"## {command}", ""] if command else []
        parts += [*title, "```text", printed.getvalue().rstrip(), "```", ""]
    (HERE / "command-line.md").write_text("\n".join(parts), encoding="utf-8")


def write_examples() -> None:
    """Write one page with the source of every example."""
    parts = ["# Examples", ""]
    for path in sorted((ROOT / "examples").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        parts += [f"## {name}", "", "```python", path.read_text(encoding="utf-8").rstrip(), "```", ""]
    (HERE / "examples-page.md").write_text("\n".join(parts), encoding="utf-8")


def copy_links(text: str) -> None:
    """Copy the files that a page links to, so that its links and pictures are found."""
    for name in re.findall(r"(?:\]\(|src=\")([^)#\s\"]+)", text):
        source = ROOT / name
        if source.is_file():
            (HERE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, HERE / name)


def escape_bars(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Let |z| in a docstring be the size of z, and no substitution."""
    lines[:] = [line if line.lstrip().startswith((">>>", "...")) else line.replace("|", r"\|") for line in lines]


def setup(app: Sphinx) -> None:
    """Write the pages before sphinx looks for them."""
    write_pages()
    app.connect("autodoc-process-docstring", escape_bars)

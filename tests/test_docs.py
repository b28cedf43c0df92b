"""The pages that the documentation is made from leave nothing public out.

`tools/docs.py` builds it, with warnings as errors, which takes too long for here.
"""

import inspect
import re
import runpy
import shutil
from pathlib import Path

import docs
import pytest

import minigraph as mg


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "source"
    shutil.copytree(docs.SOURCE, folder)
    runpy.run_path(str(folder / "conf.py"))["write_pages"]()
    return folder


def test_everything_public_has_its_place(pages: Path) -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in (pages / "api").glob("*.rst"))
    documented = re.findall(r"^\.\. auto(?:class|function):: minigraph\.(\w+)$", text, re.MULTILINE)
    values = {name: getattr(mg, name) for name in mg.__all__}
    expected = [name for name, value in values.items() if inspect.isclass(value) or inspect.isfunction(value)]
    assert sorted(documented) == sorted(expected)


def test_readme_examples_and_commands_are_in_it(pages: Path) -> None:
    assert (pages / "index.md").read_text(encoding="utf-8").startswith("# minigraph")
    assert "## examples/lecture.py" in (pages / "examples-page.md").read_text(encoding="utf-8")
    assert "usage: minigraph train" in (pages / "command-line.md").read_text(encoding="utf-8")


def test_every_page_is_listed_and_every_link_between_pages_leads_somewhere(pages: Path) -> None:
    kept = {page.stem for page in pages.glob("*.md")} - {"index"}
    toctree = (pages / "index.md").read_text(encoding="utf-8").rpartition("{toctree}")[2]
    assert kept <= set(toctree.split())
    for page in pages.glob("*.md"):
        links = re.findall(r"\]\((?!http)([^)#\s]+)\)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (pages / link).exists()] == [], page.name

"""The pictures that the repository keeps are current, the README shows them, and the gallery can be written."""

from __future__ import annotations

import importlib.util
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest
from diagram_cases import rounded

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "examples" / "pictures"


def load_gallery() -> ModuleType:
    specification = importlib.util.spec_from_file_location("gallery", ROOT / "examples" / "gallery.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["gallery"] = module
    specification.loader.exec_module(module)
    return module


gallery = load_gallery()


def comparable(svg: str) -> str:
    """Leave out what depends on the last digits of a number: ids made from the text, and the digits."""
    return rounded(re.sub(r"(title|desc)-[0-9a-f]{10}", r"\1", svg))


@pytest.mark.parametrize("name", gallery.KEPT)
def test_the_kept_picture_is_current(name: str) -> None:
    kept = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert comparable(gallery.PLATES[name]().svg()) == comparable(kept), "python tools/pictures.py writes it anew"


def test_the_readme_shows_the_kept_pictures_and_no_others() -> None:
    shown = set(re.findall(r"examples/pictures/(\w+)\.svg", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown == set(gallery.KEPT) == {path.stem for path in PICTURES.iterdir()}


def test_the_gallery_has_a_page_that_shows_every_plate(tmp_path: Path) -> None:
    index = gallery.write(tmp_path / "gallery").read_text(encoding="utf-8")
    pictures = re.findall(r'<img src="([^"]+)"', index)
    assert pictures == [*(f"{name}.svg" for name in gallery.PLATES), "training.png"]
    for picture in pictures:
        data = (tmp_path / "gallery" / picture).read_bytes()
        assert data.startswith(b"\x89PNG") or ET.fromstring(data).get("role") == "img"
    assert 'mg.diagram(mg.mlp([3, 6, 5, 5]), show="links"' in index.replace("&quot;", '"')

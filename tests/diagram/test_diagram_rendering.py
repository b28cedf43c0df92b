"""Engines, formats, files: what comes out, and what is said when something is missing or fails."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from diagram_cases import DRAWINGS, GOLDEN, SVG, Picture, lecture, rounded

import minigraph as mg
from minigraph.diagram.canvas.themes import THEMES, tint
from minigraph.diagram.rendering import engines
from minigraph.diagram.rendering.svg import finished

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    kept = (FOLDER / f"{name}.dot").read_text(encoding="utf-8")
    assert rounded(DRAWINGS[name]().source) == rounded(kept), "python tools/pictures.py writes the kept drawings anew"


def test_every_golden_file_belongs_to_a_drawing() -> None:
    assert {path.stem for path in FOLDER.glob("*.dot")} == set(GOLDEN)


def test_the_same_text_in_any_process() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from diagram_cases import DRAWINGS;"
        "sys.stdout.buffer.write(''.join(draw().source for draw in DRAWINGS.values()).encode())"
    )
    texts = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code, str(Path(__file__).parent)]
        texts.add(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    texts.add("".join(draw().source for draw in DRAWINGS.values()).encode())
    assert len(texts) == 1


def test_text_needs_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "find_program", lambda name: None)
    drawing = mg.diagram(lecture())
    path = drawing.save(tmp_path / "new" / "net.dot")
    assert path.read_text(encoding="utf-8") == drawing.source
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "minigraph[render]" in bundle["text/plain"]
    for format in ("svg", "png"):
        with pytest.raises(mg.RenderError, match=rf"{format}.*minigraph\[render\].*graphviz\.org"):
            drawing.save(tmp_path / f"net.{format}")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_an_engine_that_was_asked_for_but_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_program", lambda name: None)
    with pytest.raises(mg.RenderError, match="'dot' is not installed"):
        mg.diagram(lecture(), engine="dot").svg()


def _fake(folder: Path, body: str) -> str:
    """Write a program that stands for an engine."""
    script = folder / "engine.py"
    script.write_text(body, encoding="utf-8")
    if os.name == "nt":
        path = folder / "engine.bat"
        path.write_text(f'@"{sys.executable}" "{script}" %*\r\n', encoding="utf-8")
    else:
        path = folder / "engine"
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
        path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("import sys; sys.stderr.write('Error: memory'); sys.exit(3)", "status 3: Error: memory"),
        ("import time; time.sleep(60)", "'graphviz-pure' did not finish svg within 1 s.*timeout="),
        ("", "failed on svg with status 0: no message"),
        (
            "import sys; sys.stderr.write('Format: \"svg\" not recognized. Use one of: gif'); sys.exit(1)",
            "cannot write svg",
        ),
        ("print('<svg')", "wrote no svg"),
    ],
)
def test_an_engine_that_fails_or_hangs(
    body: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = _fake(tmp_path, body)
    monkeypatch.setattr(engines, "find_program", lambda name: program if name == "graphviz-pure" else None)
    target = tmp_path / "out" / "net.svg"
    target.parent.mkdir()
    target.write_text("old")
    with pytest.raises(mg.RenderError, match=message):
        mg.diagram(lecture(), timeout=1).save(target)
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_a_format_that_an_engine_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(mg.RenderError, match="'graphviz-pure' cannot write tiff"):
        engines.run_engine("digraph {}", "tiff", "graphviz-pure", 60)


def test_pdf_without_a_converter_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(mg.RenderError, match=r"pdf.*minigraph\[pdf\].*Graphviz"):
        mg.diagram(lecture(), engine="graphviz-pure").save(tmp_path / "net.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(importlib.util.find_spec("vl_convert") is None, reason="needs the extra pdf")
def test_pdf(tmp_path: Path) -> None:
    path = mg.diagram(lecture(), engine="graphviz-pure").save(tmp_path / "net.pdf")
    assert path.read_bytes().startswith(b"%PDF-")
    assert path.stat().st_size > 10_000


def test_png_has_the_size_of_its_resolution() -> None:
    drawing = mg.diagram(mg.mlp([2, 1]), engine="graphviz-pure")
    sizes = []
    for dpi in (72, 144):
        data = drawing.png(dpi)
        assert data.startswith(b"\x89PNG")
        sizes.append(int.from_bytes(data[16:20], "big"))
    assert sizes[1] == pytest.approx(2 * sizes[0], abs=2)


def test_nothing_leaks_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    mg.diagram(lecture(), title="Θ ⋮ δ", engine="graphviz-pure").svg()
    assert capfd.readouterr() == ("", "")


def test_svg_scales_and_says_what_it_shows() -> None:
    root = Picture.of(mg.diagram(lecture(), title="A <b> & 'c'")).root
    assert "width" not in root.attrib
    assert len(root.attrib["viewBox"].split()) == 4
    assert root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", "A <b> & 'c'")
    assert description.text is not None
    assert "dense2 (6)" in description.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert not list(root.iter(f"{SVG}a"))


def test_the_automatic_theme_knows_every_colour_it_must_replace() -> None:
    root = Picture.of(mg.diagram(lecture(), theme="auto")).root
    style = root.find(f"{SVG}style")
    assert style is not None
    assert style.text is not None
    assert "prefers-color-scheme: dark" in style.text
    light, dark = THEMES["light"], THEMES["dark"]
    assert f'[fill="{light.background}"]{{fill:{dark.background}}}' in style.text
    used = {each.get(what) for each in root.iter() for what in ("fill", "stroke")} - {None, "none"}
    known = set(re.findall(r'\[(?:fill|stroke)="([^"]+)"\]', style.text))
    assert used <= known
    assert Picture.of(mg.diagram(lecture())).root.find(f"{SVG}style") is None


def test_the_graph_can_be_edited_further() -> None:
    drawing = mg.diagram(mg.mlp([2, 1], seed=0))
    before = drawing.source
    graph = drawing.graph
    assert graph.source == before
    graph.node("note", "added later", pos="0,100!", shape="box")
    assert "added later" in drawing.source
    assert "added later" in Picture.of(drawing).text()


def test_saved_files_by_ending(tmp_path: Path) -> None:
    drawing = mg.diagram(mg.mlp([2, 1]), engine="graphviz-pure")
    assert ET.fromstring(drawing.save(tmp_path / "a.SVG").read_text(encoding="utf-8")).tag == f"{SVG}svg"
    with pytest.raises(mg.ArgumentError, match="did you mean 'png'"):
        drawing.save(tmp_path / "a.pnh")


def test_notebooks_show_the_picture() -> None:
    drawing = mg.diagram(mg.mlp([2, 1]), engine="graphviz-pure")
    bundle = drawing._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/html"] == f"<div>{bundle['image/svg+xml']}</div>"
    drawing.graph.body.append("[[[")
    assert "text/plain" in drawing._repr_mimebundle_()
    assert set(drawing._repr_mimebundle_()) == {"text/plain"}


def test_dot_is_told_fonts_of_the_same_widths_and_texts_stay() -> None:
    text = 'fontname="Helvetica-Bold" fontname=Helvetica '
    source = mg.diagram(mg.mlp([1, 1]), title=text).source
    told = engines.with_font_families(source)
    assert 'fontname="Helvetica,Arial,Liberation Sans,Nimbus Sans,sans-serif Bold"' in told
    assert 'fontname="Helvetica-Bold"' not in told
    assert r'label="fontname=\"Helvetica-Bold\" fontname=' in told


@pytest.mark.dot
@pytest.mark.parametrize("name", DRAWINGS)
def test_dot_draws_what_graphviz_pure_draws(name: str) -> None:
    ours = Picture.of(DRAWINGS[name]())
    drawing = DRAWINGS[name]()
    drawing.engine = "dot"
    theirs = Picture(ET.fromstring(drawing.svg()))
    assert theirs.ids() == ours.ids()
    assert theirs.text() == ours.text()
    for left, right in zip(ours.root.iter(f"{SVG}path"), theirs.root.iter(f"{SVG}path"), strict=True):
        # The whole drawing may be shifted, each point by the same.
        points = [[float(x) for x in re.findall(r"-?[\d.]+", path.get("d", ""))] for path in (left, right)]
        assert len(points[0]) == len(points[1])


@pytest.mark.dot
def test_dot_writes_pdf(tmp_path: Path) -> None:
    assert mg.diagram(lecture(), engine="dot").save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


def test_bold_text_and_tooltips_are_in_the_form_that_browsers_know() -> None:
    picture = Picture.of(mg.diagram(lecture(), title="T"))
    assert {text.get("font-weight") for text in picture.group("title").iter(f"{SVG}text")} == {"bold"}
    assert {text.get("font-weight") for text in picture.group("rule_1").iter(f"{SVG}text")} == {None}
    assert {text.get("font-family") for text in picture.root.iter(f"{SVG}text")} == {"Helvetica, Arial, sans-serif"}
    assert picture.tooltip("a_1_0") == "a₀⁽¹⁾ = 1: bias unit of input1"
    assert "max-width: 100%" in picture.root.attrib["style"]


def test_a_font_that_an_engine_names_bold_is_bold_in_any_browser() -> None:
    raw = f'<svg xmlns="{SVG[1:-1]}" width="9pt" height="9pt"><text font-family="Helvetica-Bold">T</text></svg>'
    text = ET.fromstring(finished(raw.encode(), "", "", False)).find(f"{SVG}text")
    assert text is not None
    assert (text.get("font-family"), text.get("font-weight")) == ("Helvetica, Arial, sans-serif", "bold")


def test_the_automatic_theme_replaces_every_tint() -> None:
    style = Picture.of(mg.diagram(lecture(), theme="auto")).root.find(f"{SVG}style")
    assert style is not None
    assert style.text is not None
    for share in (-1, -0.5, 0.05, 0.5, 1):
        assert f'[fill="{tint(THEMES["light"], share)}"]{{fill:{tint(THEMES["dark"], share)}}}' in style.text


def test_the_description_names_twelve_nodes_and_counts_the_rest() -> None:
    drawing = mg.diagram(mg.mlp([2] * 15))
    assert drawing.description.startswith("A network of 15 nodes with their numbers of units: input1 (2), dense2 (2),")
    assert drawing.description.endswith("dense12 (2) and 3 more.")


def test_edits_of_the_graph_are_saved(tmp_path: Path) -> None:
    drawing = mg.diagram(mg.mlp([2, 1], seed=0))
    drawing.graph.node("note", "added later")
    assert "added later" in drawing.save(tmp_path / "a.dot").read_text(encoding="utf-8")


# Several drawings in one page


def page_of(*drawings: mg.Diagram) -> list[ET.Element]:
    return [Picture.of(drawing).root for drawing in drawings]


def ids_of(root: ET.Element) -> list[str]:
    return [element.attrib["id"] for element in root.iter() if "id" in element.attrib]


def test_drawings_share_no_ids_even_of_one_network_in_two_themes() -> None:
    net = mg.mlp([2, 3, 1], seed=0)
    light, automatic, titled = page_of(
        mg.diagram(net), mg.diagram(net, theme="auto"), mg.diagram(net, title="Another title")
    )
    seen = [name for root in (light, automatic, titled) for name in ids_of(root)]
    assert len(seen) == len(set(seen)) > 30
    assert ids_of(light) == ids_of(*page_of(mg.diagram(net)))


def test_what_refers_to_an_id_refers_to_one_of_its_own_drawing() -> None:
    (root,) = page_of(mg.diagram(lecture()))
    ids = set(ids_of(root))
    referred = set((root.get("aria-labelledby") or "").split())
    for element in root.iter():
        for name, value in element.items():
            referred |= set(re.findall(r"url\(#([^)]*)\)", value))
            if name.endswith("href") and value.startswith("#"):
                referred.add(value[1:])
    assert len(referred) >= 2
    assert referred <= ids


def test_the_style_of_a_drawing_selects_nothing_outside_it() -> None:
    (root,) = page_of(mg.diagram(mg.mlp([2, 1], seed=0), theme="auto"))
    (style,) = root.iter(f"{SVG}style")
    rules = re.fullmatch(r"@media \(prefers-color-scheme: dark\) \{(.*)\}", style.text or "", re.DOTALL)
    assert rules is not None
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", rules[1])
    assert len(selectors) > 40
    assert all(selector.startswith(f"#{root.get('id')} ") for selector in selectors)

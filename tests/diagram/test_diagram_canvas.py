"""Texts of users are drawn as themselves, whatever they hold."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import minigraph as mg
from minigraph.diagram.canvas import labels
from minigraph.diagram.rendering.engines import run_engine

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\"\\<>&{}|%'`#;[]()-=:/$~^*_ \n\tNGELTHlrn&amp;é中😀שלוםعربي\u200f\u0301"),
        st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp"), exclude_characters="\ufffe\uffff"),
    ),
    min_size=1,
    max_size=300,
)


def drawn_texts(source: str) -> dict[str, str]:
    """Return the text that the engine draws in each node, its lines joined."""
    graph = json.loads(run_engine(source, "json", "graphviz-pure", 60))
    return {
        item["name"]: "".join(_unescaped(op["text"]) for op in item.get("_ldraw_", []) if op["op"] == "T")
        for item in graph.get("objects", [])
    }


def _unescaped(text: str) -> str:
    """Undo what the engine's JSON does to backslashes within texts."""
    return text.replace("\\\\", "\\")


def as_drawn(text: str) -> str:
    """Return what is expected of a text: line breaks break lines, other control characters are pictured."""
    return "".join(chr(0x2400 + ord(c)) if ord(c) < 32 and c != "\n" else c for c in text).replace("\n", "")


@settings(max_examples=500)
@given(st.tuples(HOSTILE, HOSTILE, HOSTILE), st.sampled_from(["units", "layers"]))
@example(('"', "\\", "\\n"), "units")
@example(("&amp;", "&#65;", "<b>&lt;</b>"), "layers")
@example(("\\N\\G\\L", "%d %s", "{a|b}"), "units")
@example(("x" * 300, "y" * 300, "z " * 150), "units")
@example((" ", "\n", "\\"), "layers")
def test_names_classes_and_titles_survive_the_engine(texts: tuple[str, str, str], detail: str) -> None:
    name, unit, title = texts
    x = mg.Input(1, name="in")
    net = mg.Network(x, mg.Dense(1, name=name if name != "in" else "out")(x), seed=0)
    name = net.node(2).name
    classes = {name: [unit]}
    if detail == "units":
        source = mg.diagram(
            net, "units", show="links", legend=False, classes=classes, title=title, caption=title
        ).source
    else:
        source = mg.diagram(net, "layers", title=title, caption=title).source
    drawn = drawn_texts(source)
    assert drawn["name_2"] == as_drawn(name)
    assert drawn["title"] == drawn["caption"] == as_drawn(title)
    if detail == "units":
        assert drawn["beside_2_1"] == as_drawn(unit)


def test_control_characters_and_lone_surrogates_are_pictured() -> None:
    drawing = mg.diagram(mg.mlp([1, 1]), title="a\x00b\rc\x1bd\ud800e\u2028f")
    assert drawn_texts(drawing.source)["title"] == "a␀b␍c␛d\ufffde\ufffdf"
    drawing.engine = "graphviz-pure"
    assert "␀" in drawing.svg()


ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x00\x1b\t\r\x7f\x85\u2028\ufffe\uffff\ud800\udfff\U0001fffe\ufdd0&<>\"'\\"),
        st.characters(categories=("Cs", "Cc", "Cn")),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@example("\x00\x08\x1b", "\ufffe\uffff", "\ud800")
def test_any_text_gives_dot_that_encodes_and_svg_that_parses(name: str, unit: str, title: str) -> None:
    x = mg.Input(1, name=name)
    net = mg.Network(x, mg.Dense(1, name=f"{name} out")(x), seed=0)
    for detail in ("units", "layers"):
        drawing = mg.diagram(net, detail, classes={name: [unit]}, title=title, caption=unit, engine="graphviz-pure")  # type: ignore[arg-type]
        drawing.source.encode()
        ET.fromstring(drawing.svg().encode())


def test_hostile_names_in_tooltips_and_svg() -> None:
    x = mg.Input(1, name='a "quoted" <name> & \\n')
    drawing = mg.diagram(mg.Network(x, mg.Dense(1)(x)), title="</title><script>", engine="graphviz-pure")
    svg = drawing.svg()
    assert "<script" not in svg
    assert "&lt;/title&gt;&lt;script&gt;" in svg
    assert re.search(r"unit 1 of '?&?[^<]*quoted", svg)


@given(st.text(max_size=400), st.floats(5, 500), st.booleans())
@settings(max_examples=200)
def test_wrapping_keeps_every_character(text: str, room: float, bold: bool) -> None:
    wrapped = labels.wrap(text, room, 10, bold)
    assert wrapped.replace("\n", "") == text.replace("\n", "")
    for line in wrapped.split("\n"):
        assert labels.width(line.rstrip(" "), 10, bold) <= room * 1.0001 + 12 or len(line) <= 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-3.0, "−3"), (0.5, "0.50"), (0.0996, "0.10"), (0.0123, "0.012"),
        (0.001, "0.001"), (9.9e-4, "1e−3"), (1e-5, "1e−5"), (-2.34e-7, "−2e−7"), (12.34, "12.3"), (99.96, "100"),
        (123.4, "123"), (99999.6, "1e5"), (3.2e9, "3e9"), (float("inf"), "inf"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert labels.number(value) == text
    assert len(text) <= 7

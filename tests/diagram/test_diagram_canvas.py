"""Texts of users are drawn as themselves, whatever they hold."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

import minigraph as mg
from minigraph.diagram.canvas import labels
from minigraph.diagram.canvas.dot import Canvas
from minigraph.diagram.canvas.heatmap import heatmap
from minigraph.diagram.canvas.styles import ErrorStyle, SignedStyle, plain
from minigraph.diagram.canvas.themes import THEMES, blend, tint
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

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@example("\x00\x08\x1b", "\ufffe\uffff", "\ud800")
def test_any_text_gives_dot_that_encodes_and_svg_that_parses(name: str, unit: str, title: str) -> None:
    x = mg.Input(1, name=name)
    net = mg.Network(x, mg.Dense(1, name=f"{name} out")(x), seed=0)
    for detail in ("units", "layers"):
        drawing = mg.diagram(net, detail, classes={name: [unit]}, title=title, caption=unit, engine="graphviz-pure")
        drawing.source.encode()
        svg = drawing.svg()
        ET.fromstring(svg.encode())
        assert not FORBIDDEN.search(drawing.source + svg)


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


def advance_widths(font: str) -> dict[str, int]:
    """Return Adobe's widths of letters and digits, which come with matplotlib, in thousandths of the font size."""
    matplotlib = pytest.importorskip("matplotlib")
    path = Path(matplotlib.get_data_path(), "fonts", "pdfcorefonts", f"{font}.afm")
    found = re.findall(r"^C (\d+) ; WX (\d+) ;", path.read_text(encoding="latin-1"), re.M)
    return {chr(int(code)): int(width) for code, width in found if chr(int(code)).isalnum() and int(code) < 128}


def test_widths_are_those_of_the_font() -> None:
    widths = advance_widths("Helvetica")
    assert len(widths) == 62
    assert {character: round(1000 * labels.width(character, 1)) for character in widths} == widths
    assert labels.width("中", 10) == 10
    assert labels.width("e\u0301", 10) == labels.width("e", 10)
    assert labels.width("a\nlonger\nb", 10) == labels.width("longer", 10)


@pytest.mark.parametrize("text", ["categorical_cross_entropy", "Neural network", "dense2", "EPOCH 2026"])
def test_bold_text_is_given_the_room_of_the_bold_font(text: str) -> None:
    widths = advance_widths("Helvetica-Bold")
    text = "".join(character for character in text if character in widths)
    needed = sum(widths[character] for character in text) / 1000
    assert 0.98 * needed <= labels.width(text, 1, bold=True) <= 1.1 * needed


def test_the_height_of_text_is_that_of_its_lines() -> None:
    one, three = labels.text_size("a", 10)[1], labels.text_size("a\nb\nc", 10)[1]
    assert (one, three) == (12, 36)


def test_lines_break_behind_signs_that_join_words() -> None:
    for sign in " -_/.,:;+":
        assert labels.wrap(f"first{sign}next", labels.width(f"first{sign}n", 10), 10) == f"first{sign}\nnext"


def canvas() -> Canvas:
    return Canvas(THEMES["light"])


def statement(drawn: Canvas, name: str) -> str:
    """Return the attributes of a node or an edge."""
    return next(line for line in drawn.source().splitlines() if line.startswith(f"\t{name} ["))


def test_bounds_cover_all_that_is_drawn() -> None:
    drawn = canvas()
    drawn.node("a", (10, 20), (30, 40))
    assert (drawn.bounds.left, drawn.bounds.top, drawn.bounds.right, drawn.bounds.bottom) == (-5, 0, 25, 40)
    drawn.text("b", (25, 20), "text", align="left")
    assert drawn.bounds.right == pytest.approx(25 + labels.text_size("text", 9)[0])
    drawn.edges([("a", "b")], np.array([[(0, 0), (-50, 60), (70, -80), (90, 9)]]), ["color=red"])
    assert (drawn.bounds.left, drawn.bounds.top, drawn.bounds.right, drawn.bounds.bottom) == (-50, -80, 90, 60)
    drawn.arrow("a", "b", [(0, 0), (0, 100), (200, 0), (200, -300)])
    assert (drawn.bounds.right, drawn.bounds.bottom, drawn.bounds.top) == (200, 100, -300)


@pytest.mark.parametrize(("align", "side", "end"), [("left", 0.5, r"\l"), ("right", -0.5, r"\r"), ("centre", 0, "")])
def test_text_stands_beside_its_point_by_its_alignment(align: str, side: float, end: str) -> None:
    drawn = canvas()
    wide, _ = drawn.text("t", (100, 50), "one\ntwo", align=align, bold=True, size=14)
    attributes = statement(drawn, "t")
    found = re.search(r'pos="([\d.]+),-50!"', attributes)
    assert found is not None
    assert float(found[1]) == pytest.approx(100 + side * wide, abs=0.05)
    assert f'label="one{end}two{end}"' in attributes or (align == "centre" and r'label="one\ntwo"' in attributes)
    assert 'fontsize=14 fontcolor="#1d2733" fontname="Helvetica-Bold"' in attributes
    assert r'tooltip="one\ntwo"' in attributes


def test_an_arrow_ends_in_its_last_point_and_its_line_before_the_head() -> None:
    drawn = canvas()
    drawn.arrow("a", "b", [(0, 0), (10, 0), (30, 10), (60, 50)], length=6)
    assert 'pos="e,60,-50 0,0 10,0 30,-10 56.4,-45.2"' in statement(drawn, "a -> b").replace("-0", "0")


def attributes_of(style: str) -> tuple[str, float, str]:
    found = re.fullmatch(r'color="(#\w+)" penwidth=([\d.]+) style=(\w+)', style)
    assert found is not None, style
    return found[1], float(found[2]), found[3]


def test_signed_styles_by_sign_and_share_of_the_largest() -> None:
    theme = THEMES["light"]
    for is_crowded, palest in ((False, 0.3), (True, 0.12)):
        style = SignedStyle(theme, 8.0, is_crowded)
        for value, share in ((1e-9, 0.0), (4.0, 0.5), (-4.0, 0.5), (8.0, 1.0), (-80.0, 1.0)):
            colour, width, line = attributes_of(style.one(value))
            assert colour[:7] == (theme.negative if value < 0 else theme.positive)
            assert int(colour[7:], 16) / 255 == pytest.approx(palest + (1 - palest) * share, abs=0.01)
            assert width == pytest.approx(0.5 + 3.5 * share, abs=0.01)
            assert line == ("dashed" if value < 0 else "solid")


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_text_and_lines_stand_out_from_their_background(name: str) -> None:
    theme = THEMES[name]
    for text in (theme.ink, theme.muted, theme.positive, theme.negative_text, theme.warning):
        assert contrast(text, theme.background) >= 4.5
        assert contrast(text, theme.panel) >= 4.5
    for line in (theme.positive, theme.negative, theme.muted, theme.warning):
        assert contrast(line, theme.background) >= 3


def test_an_exact_zero_has_no_sign() -> None:
    theme, no = THEMES["light"], np.zeros(3, np.bool_)
    assert SignedStyle(theme, 8.0).many(np.array([0.0, -0.0, 8.0]), no, no)[:2] == [plain(theme)] * 2
    assert SignedStyle(theme, 0.0).one(0.0) == plain(theme)


def test_dropped_and_dimmed_edges_are_faint_and_thin() -> None:
    theme, yes, no = THEMES["light"], np.array([True]), np.array([False])
    style = SignedStyle(theme, 1.0)
    assert style.many(np.array([-1.0]), yes, no) == [f'color="{theme.faint}" penwidth=0.80 style=dotted']
    assert style.many(np.array([-1.0]), no, yes) == [f'color="{theme.faint}" penwidth=0.80 style=dashed']
    assert ErrorStyle(theme, 1e-7).many(np.array([1.0]), no, yes) == [
        f'color="{theme.faint}" penwidth=0.5 style=dotted'
    ]
    assert plain(theme) == f'color="{theme.muted}" penwidth=0.8 style=solid'
    assert plain(theme, dropped=True) == f'color="{theme.faint}" penwidth=0.8 style=dotted'
    assert plain(theme, dimmed=True) == f'color="{theme.faint}" penwidth=0.8 style=solid'


def test_only_relative_errors_beyond_the_tolerance_stand_out() -> None:
    theme = THEMES["light"]
    style = ErrorStyle(theme, 1e-7)
    found = [attributes_of(style.one(error)) for error in (0.0, 2.3e-10, 1e-7, 1.01e-7, 1e-4, 1e-2, 1.0)]
    assert [width for _, width, _ in found] == [0.8, 0.8, 0.8, 2.5, 3.4, 4.0, 4.0]
    assert [colour for colour, _, _ in found] == [theme.muted] * 3 + [theme.warning] * 4
    assert attributes_of(ErrorStyle(theme, 0.0).one(1e-12))[0] == theme.warning
    assert attributes_of(style.one(float("nan"))) == (theme.faint, 0.5, "dotted")


def test_a_heatmap_shows_sign_and_share_of_the_largest() -> None:
    theme = THEMES["light"]
    label = heatmap([2.0, -1.0, -1.0, 0.0, 0.0, 0.0], (2, 3), 5, theme, signed=True)
    rows = [
        re.findall(r'width="(\d+)" height="5" fixedsize="true" bgcolor="(#\w+)"', row)
        for row in label.split("<tr>")[1:]
    ]
    half = blend(theme.background, theme.negative, 0.5)
    assert rows == [[("5", theme.positive), ("10", half)], [("15", theme.background)]]
    assert 'colspan="2"' in label
    grey = heatmap([2.0, -2.0], (1, 2), 5, theme, signed=False)
    assert re.findall(r'bgcolor="(#\w+)"', grey) == [theme.ink]


def test_a_heatmap_in_greys_tells_the_sign_by_shade() -> None:
    theme = THEMES["print"]
    label = heatmap([2.0, 0.0, -2.0, 4.0], (1, 4), 5, theme, signed=True, largest=4.0)
    shades = re.findall(r'bgcolor="(#\w+)"', label)
    assert shades == [blend(theme.background, theme.ink, share) for share in (0.75, 0.5, 0.25, 1.0)]


def test_tints_grow_with_the_activation_and_show_its_sign() -> None:
    theme = THEMES["light"]
    assert tint(theme, 1) == blend(theme.background, theme.positive, 0.45)
    assert tint(theme, -1) == blend(theme.background, theme.negative, 0.45)
    assert tint(theme, 0.5) == blend(theme.background, theme.positive, 0.225)
    assert tint(theme, 0) == theme.background

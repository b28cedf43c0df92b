"""Post-processing of an engine's SVG: responsive size, accessible description, dark mode, conversion to PDF."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

from minigraph.base.extras import require
from minigraph.diagram.canvas.labels import printable
from minigraph.diagram.canvas.themes import THEMES, TINTS, tint
from minigraph.errors import RenderError

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_TITLE = f"{{{_XLINK}}}title"


def finished(svg: bytes, title: str, description: str, follows_system: bool) -> str:
    """Return the SVG with a responsive size, title, description, role and plain tooltips.

    Ids and styles are those of this drawing alone, so that several can stand in one page: each id begins with a
    digest of the drawing, and `data-id` keeps the plain one.

    Args:
        svg: output of an engine.
        title: title of the drawing, also for screen readers.
        description: what the drawing shows, in a sentence or two.
        follows_system: True adds colours for systems in dark mode.
    """
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(svg)
    _fit(root)
    _use_tooltips(root)
    _use_common_fonts(root)
    content = f"{title}\n{description}\n{follows_system}\n".encode("utf-8", "replace") + svg
    scope = f"drawing-{hashlib.sha256(content).hexdigest()[:10]}"
    _scope_ids(root, scope)
    ids = {"title": f"{scope}-svg-title", "desc": f"{scope}-svg-desc"}
    heads = []
    for tag, text in (("title", title), ("desc", description)):
        head = ET.Element(f"{{{_SVG}}}{tag}", {"id": ids[tag]})
        head.text, head.tail = printable(text), "\n"
        heads.append(head)
    root.set("id", scope)
    root.set("role", "img")
    root.set("aria-labelledby", f"{ids['title']} {ids['desc']}")
    if follows_system:
        style = ET.Element(f"{{{_SVG}}}style")
        style.text, style.tail = _dark_rules(f"#{scope} "), "\n"
        heads.append(style)
    for index, head in enumerate(heads):
        root.insert(index, head)
    return ET.tostring(root, encoding="unicode") + "\n"


def _scope_ids(root: ET.Element, scope: str) -> None:
    """Begin each id with `scope`, also where it is referred to."""
    for element in root.iter():
        for name, value in element.items():
            if name == "id":
                element.set("data-id", value)
                element.set("id", f"{scope}-{value}")
            elif name.endswith("href"):
                element.set(name, re.sub(r"^#", f"#{scope}-", value))
            else:
                element.set(name, re.sub(r"url\(#", f"url(#{scope}-", value))


def _fit(root: ET.Element) -> None:
    """Set the natural size, and let the drawing shrink to the available width."""
    wide, high = root.attrib.pop("width", ""), root.attrib.pop("height", "")
    if "viewBox" not in root.attrib:
        sides = [re.sub(r"[^0-9.]", "", side) for side in (wide, high)]
        root.set("viewBox", f"0 0 {sides[0]} {sides[1]}")
    root.set("preserveAspectRatio", "xMidYMid meet")
    root.set("style", f"width: {wide}; max-width: 100%; height: auto")


def _use_tooltips(root: ET.Element) -> None:
    """Move each tooltip to the title of its group, where browsers expect it; drop the engine's links."""
    for group in root.iter(f"{{{_SVG}}}g"):
        for child in list(group):
            if child.tag == f"{{{_SVG}}}g" and len(child) == 1 and child[0].tag == f"{{{_SVG}}}a":
                link = child[0]
                tooltip = link.get(_TITLE, "")
                title = group.find(f"{{{_SVG}}}title")
                if title is not None:
                    title.text = tooltip.strip() or None
                position = list(group).index(child)
                group.remove(child)
                for offset, shape in enumerate(list(link)):
                    group.insert(position + offset, shape)
        title = group.find(f"{{{_SVG}}}title")
        if title is not None and not title.text:
            group.remove(title)


def _use_common_fonts(root: ET.Element) -> None:
    """Replace the engine's fonts by web font families."""
    for text in root.iter(f"{{{_SVG}}}text"):
        if "Bold" in text.get("font-family", ""):
            text.set("font-weight", "bold")
        text.set("font-family", "Helvetica, Arial, sans-serif")


def _dark_rules(scope: str) -> str:
    """Return CSS that replaces the colours of the light theme with those of the dark theme, for `scope` only."""
    light, dark = THEMES["light"], THEMES["dark"]
    rules = []
    for role in light.__dataclass_fields__:
        old, new = getattr(light, role), getattr(dark, role)
        rules += [f'[fill="{old}"]{{fill:{new}}}', f'[stroke="{old}"]{{stroke:{new}}}']
    rules += [
        f'[fill="{tint(light, level / TINTS)}"]{{fill:{tint(dark, level / TINTS)}}}'
        for level in range(-TINTS, TINTS + 1)
        if level
    ]
    rules.append(f"text:not([fill]){{fill:{dark.ink}}}")
    return f"@media (prefers-color-scheme: dark) {{{''.join(scope + rule for rule in rules)}}}"


def pdf_from_svg(draw: Callable[[], str]) -> bytes:
    """Convert the SVG returned by `draw` to PDF with selectable text; checks first that the converter is installed.

    Raises:
        MissingExtraError: vl-convert is not installed.
        RenderError: the conversion failed.
    """
    converter = require("vl_convert", "pdf")
    # Helvetica's usual stand-in lacks raised brackets, and a line is set in one font.
    svg = re.sub('font-family="([^"]*)"([^<>]*>[^<]*[⁽⁾])', r'font-family="DejaVu Sans, \1"\2', draw())
    try:
        data: bytes = converter.svg_to_pdf(svg)
    except Exception as error:
        raise RenderError(f"vl-convert failed on pdf: {error}; save as svg, or pass engine='dot'") from error
    return data

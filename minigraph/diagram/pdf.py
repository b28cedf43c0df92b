"""PDF without system packages: from the SVG, by a library that comes as a wheel."""

from __future__ import annotations

import re
from collections.abc import Callable

from minigraph.base.extras import require
from minigraph.errors import RenderError


def pdf_from_svg(draw: Callable[[], str]) -> bytes:
    """Return the SVG that `draw` gives as PDF, with its text as text; first of all see that it can be converted.

    Raises:
        MissingExtraError: vl-convert is not installed.
        RenderError: it failed.
    """
    converter = require("vl_convert", "pdf")
    # Helvetica's usual stand-in lacks raised brackets, and a line is set in one font.
    svg = re.sub('font-family="([^"]*)"([^<>]*>[^<]*[⁽⁾])', r'font-family="DejaVu Sans, \1"\2', draw())
    try:
        data: bytes = converter.svg_to_pdf(svg)
    except Exception as error:
        raise RenderError(f"vl-convert failed on pdf: {error}; save as svg, or pass engine='dot'") from error
    return data

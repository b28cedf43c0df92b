"""Formats that engines do not write themselves, by libraries that come as wheels: PDF and TeX."""

from __future__ import annotations

import re
import warnings

from minigraph.errors import RenderError
from minigraph.extras import require

_TEX = {"Θ": r"\Theta", "Δ": r"\Delta", "δ": r"\delta", "λ": r"\lambda", "∂": r"\partial", "−": "-", "×": r"\times"}
_TEX |= {"→": r"\rightarrow", "⋮": r"\vdots", "≤": r"\leq"}
_BELOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾", "0123456789()")


def pdf_from_svg(svg: str) -> bytes:
    """Return an SVG as PDF with its text as text.

    Raises:
        MissingExtraError: vl-convert is not installed.
        RenderError: it failed.
    """
    converter = require("vl_convert", "pdf")
    try:
        data: bytes = converter.svg_to_pdf(svg)
    except Exception as error:
        raise RenderError(f"vl-convert failed on pdf: {error}; save as svg, or pass engine='dot'") from error
    return data


def tex_from_xdot(xdot: str) -> str:
    """Return a drawing, as an engine placed it, as a LaTeX document of PGF commands.

    Raises:
        MissingExtraError: dot2tex is not installed.
        RenderError: it failed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dot2tex itself uses what newer Pythons deprecate
        converter = require("dot2tex", "tex")
        try:
            tex: str = converter.dot2tex(xdot, format="pgf", texmode="verbatim")
        except Exception as error:
            raise RenderError(f"dot2tex failed on tex: {error}; save as pdf or svg") from error
    return _with_mathematics(tex)


def _with_mathematics(tex: str) -> str:
    """Write indices and Greek letters so that every TeX engine has them."""
    tex = re.sub("[₀-₉]+", lambda found: f"$_{{{found[0].translate(_BELOW)}}}$", tex)
    tex = re.sub("[⁰¹²³⁴-⁹⁽⁾]+", lambda found: f"$^{{{found[0].translate(_ABOVE)}}}$", tex)
    for character, command in _TEX.items():
        tex = tex.replace(character, f"${command}$")
    return tex.replace("—", "---").replace("…", r"\ldots{}")

"""Wrap long formulas to the width of a terminal or a notebook."""

from __future__ import annotations

import re
from collections.abc import Callable

from minigraph.inspection.expressions import BREAK, SOFT_BREAK

_COLUMNS = 100
_EMS = 35.0
"""Width of a row of LaTeX in em: below 700 px if an em is at most 19 px, as in notebooks."""
_TOKEN = re.compile(r"\\(?:text|mathrm)|\\[a-zA-Z]+|\\.|[_^]|[{}& ]|.", re.DOTALL)


def wrapped_text(head: str, line: str) -> str:
    """Return the line after its head, with continuation lines indented.

    >>> print(wrapped_text("z = ", f"1{BREAK} + 2"))
    z = 1 + 2
    """
    return head + f"\n{' ' * (len(head) + 3)}".join(_filled(line, len, _COLUMNS - len(head) - 3))


def wrapped_latex(head: str, line: str, margin: float = 0.0) -> list[str]:
    r"""Return the rows of an `aligned` environment for a head and a line.

    Args:
        head: the part up to the alignment mark.
        line: the formula after it.
        margin: width of the widest head of the environment, in em.

    >>> wrapped_latex("z &= ", f"1{BREAK} + 2")
    ['z &= 1 + 2']
    """
    first, *others = _filled(line, width, _EMS - margin - 1)
    return [head + first, *(rf"&\quad {{}}{row}" for row in others)]


def width(latex: str) -> float:
    r"""Estimate the typeset width of a LaTeX formula in em; errs on the wide side.

    >>> width("12 + x_{1}") < width("12 + x_{1234}") < 8
    True
    """
    ems, depth, script = 0.0, 0, 0
    for token in _TOKEN.findall(latex):
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
            script = min(script, depth)
        elif token in "_^":
            script = depth + 1
        elif token in ("+", "-", "=", r"\cdot", r"\cdots", r"\partial"):
            ems += 0.55 if depth else 1.25
        elif token == r"\quad":
            ems += 1.0
        elif token in (r"\log", r"\tanh", r"\max"):
            ems += 2.2
        elif token not in ("&", " ", r"\text", r"\mathrm"):
            ems += 0.42 if script else 0.62
    return ems


def _filled(line: str, measure: Callable[[str], float], room: float) -> list[str]:
    """Fill lines with pieces like paragraphs with words; pieces that are too long get separate lines."""
    pieces: list[str] = []
    for piece in line.split(BREAK):
        pieces += piece.split(SOFT_BREAK) if measure(piece) > room else [piece.replace(SOFT_BREAK, "")]
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if measure(lines[-1] + piece) > room:
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return lines

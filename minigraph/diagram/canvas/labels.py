"""Text in a drawing: numbers, characters that cannot be drawn, escaping for DOT, widths, line breaks."""

from __future__ import annotations

import math
import unicodedata

LINE_HEIGHT = 1.2
"""Distance of two lines of text in font sizes, as engines set it."""

# Characters that XML forbids, or that would move the text about, are shown by their pictures in Unicode or as U+FFFD.
_CONTROLS = {code: 0x2400 + code for code in range(32) if code != 10} | {0x7F: 0x2421}
_CONTROLS |= dict.fromkeys([*range(0x80, 0xA0), 0x2028, 0x2029, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)], 0xFFFD)
_ESCAPES = _CONTROLS | {ord("&"): "&amp;", ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n"}

# Advance widths of Helvetica in thousandths of the font size, for the characters from space to tilde.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
_WIDTH = {chr(32 + index): int(width) / 1000 for index, width in enumerate(_WIDTHS.split())}
_WIDTH |= dict.fromkeys("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹", 0.37) | dict.fromkeys("⁽⁾", 0.25) | {"−": 0.584, "×": 0.584}
_BOLD = 1.08


def number(value: float) -> str:
    """Return a number short enough for a drawing: two decimals, or two digits if it is small.

    >>> [number(value) for value in (0.7312, -1.25, 0.0123, -0.00004, 123.4, 0)]
    ['0.73', '−1.25', '0.012', '−4e−5', '123', '0']
    """
    size = abs(value)
    if not math.isfinite(size):
        text = str(value)
    elif value == round(value) and size < 1e4:
        text = f"{value:.0f}".replace("-0", "0")
    elif size >= 99999.5 or size < 9.95e-4:
        mantissa, exponent = f"{value:.0e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    elif size >= 99.95:
        text = f"{value:.0f}"
    elif size >= 9.995:
        text = f"{value:.1f}"
    elif size >= 0.0995:
        text = f"{value:.2f}"
    else:
        text = f"{value:.2g}"
    return text.replace("-", "−")


class Html(str):
    """A label in Graphviz's HTML-like language, in its angle brackets, rather than text."""


def printable(text: str) -> str:
    """Return text without characters that have no place in XML or in a line; what is drawn has passed through here.

    >>> printable("a\\x00b\\ud800")
    'a␀b�'
    """
    return text.translate(_CONTROLS)


def quote(text: str, line_end: str | None = None) -> str:
    """Return text as a quoted DOT string that engines show as it is.

    Args:
        text: of one or several lines.
        line_end: what ends each line, the last one too: \\l aligns them left, \\r right; None centres them.

    >>> print(quote('a "b" & c'))
    "a \\"b\\" &amp; c"
    """
    if line_end is None:
        return f'"{text.translate(_ESCAPES)}"'
    return f'"{"".join(line.translate(_ESCAPES) + line_end for line in text.split(chr(10)))}"'


def width(text: str, size: float, bold: bool = False) -> float:
    """Return about how many points a text of this font size is wide; of several lines, the widest."""
    widest = max(sum(_width(character) for character in line) for line in text.split("\n"))
    return widest * size * (_BOLD if bold else 1.0)


def text_size(text: str, size: float, bold: bool = False) -> tuple[float, float]:
    """Return the width and height of text, as well as they can be foreseen."""
    return width(text, size, bold) + 2.0, (text.count("\n") + 1) * size * LINE_HEIGHT


def wrap(text: str, room: float, size: float, bold: bool = False) -> str:
    """Break a text into lines of at most `room` points; without its new line breaks it is the same text.

    >>> wrap("one two three", 40, 10)
    'one two \\nthree'
    """
    return "\n".join(part for line in text.split("\n") for part in _break(line, room / (_BOLD if bold else 1.0) / size))


def _break(line: str, room: float) -> list[str]:
    """Break one line, after a space or a sign that joins words if there is one, else anywhere."""
    parts: list[str] = []
    start, used, pause = 0, 0.0, 0
    for index, character in enumerate(line):
        used += _width(character)
        if used > room and index > start and not unicodedata.combining(character) and character != " ":
            stop = pause if pause > start else index
            parts.append(line[start:stop])
            start, used = stop, sum(_width(each) for each in line[stop : index + 1])
        if character in " -_/.,:;+":
            pause = index + 1
    parts.append(line[start:])
    return parts


def _width(character: str) -> float:
    known = _WIDTH.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(character) in "WF" else 0.62

r"""Text for people: what a name or a message cannot do to the terminal it is shown on.

The rule: whatever `repr` would escape, control characters above all, is written as its escape sequence; only
line ends are kept. A file with a node named "\x1b[2J" cannot clear the screen.
"""

from __future__ import annotations

import sys


def printable(text: str) -> str:
    r"""Return the text with all characters but line ends and printable ones escaped.

    >>> printable("a\tb\nc\x1b[2J")
    'a\\tb\nc\\x1b[2J'
    """
    return "".join(
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode()
        for character in text
    )


def show(text: str) -> None:
    """Print text on standard output."""
    print(printable(text))


def warn(text: str) -> None:
    """Print text on standard error."""
    print(printable(text), file=sys.stderr)

r"""Safe terminal output of names and messages.

Whatever `repr` would escape, in particular control characters, is written as an escape sequence, except for
line ends. A file with a node named "\x1b[2J" cannot clear the screen.
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

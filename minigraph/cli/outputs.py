"""Validation of output files before a command starts its work."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minigraph.base.atomic import write_atomically
from minigraph.cli.terminal import printable
from minigraph.cli.usage import UsageError


def check_output(path: str, inputs: Sequence[str], endings: Sequence[str] = ()) -> None:
    """Check that a file can be written and is not one of the inputs.

    Args:
        path: path of the output file.
        inputs: paths of the input files.
        endings: permitted extensions; empty permits all.

    Raises:
        UsageError: the extension is not permitted, or the file is an input, possibly through a link.
        OSError: the folder does not exist or is not writable.
    """
    received = f"argument -o/--output: received {path!r}"
    if endings and not path.lower().endswith(tuple(endings)):
        raise UsageError(f"{received}, expected a name that ends in {' or '.join(endings)}")
    target = Path(os.path.realpath(path))
    if target.exists():
        for source in inputs:
            if target.samefile(source):
                raise UsageError(f"{received}, which is the input {source!r}, expected another file")
        if target.is_dir():
            raise OSError(f"{received}, which is a folder, expected a file")
        if not os.access(target, os.W_OK):
            raise OSError(f"{received}, a file that is write-protected")
        if not target.is_file():
            return  # a pipe or a device is written to directly
    if not target.parent.is_dir():
        raise OSError(f"{received}, but there is no folder {str(target.parent)!r}; create it first")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise OSError(f"{received}, but nothing can be written to that folder: {error.strerror}") from None


def write_text(text: str, path: str | None) -> None:
    """Write text to a file as UTF-8, or to standard output, there escaped if that is a terminal."""
    if path is not None:
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
    else:
        print(printable(text) if sys.stdout is not None and sys.stdout.isatty() else text, end="")

"""Running a command: error handling and exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from minigraph.cli import commands
from minigraph.cli.arguments import parser
from minigraph.cli.terminal import warn
from minigraph.cli.usage import UsageError
from minigraph.errors import MinigraphError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: of the command line, without the program's name; None takes those of this process.

    Raises:
        SystemExit: arguments that cannot be parsed, with exit code 2; or after --help, with 0.

    >>> import contextlib, io
    >>> with contextlib.redirect_stderr(io.StringIO()) as errors:
    ...     main(["summary", "absent.safetensors"])
    1
    >>> errors.getvalue()
    "minigraph summary: error: No such file or directory: 'absent.safetensors'\\n"
    """
    parsed = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = getattr(commands, parsed.command)
    try:
        code = run(parsed)
        print(end="", flush=True)
        return code
    except BrokenPipeError:
        # The reader has closed the pipe. Flushing the rest of the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        code, message = 130, "interrupted"
    except UsageError as error:
        code, message = 2, str(error)
    except MinigraphError as error:
        code, message = 1, str(error)
    except MemoryError as error:
        code, message = 1, f"out of memory: {error}" if str(error) else "out of memory"
    except OSError as error:
        message = error.strerror or str(error)
        code, message = 1, message if error.filename is None else f"{message}: {error.filename!r}"
    warn(f"minigraph {parsed.command}: error: {message}")
    return code


def run() -> NoReturn:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")  # as files are read and written
    sys.exit(main())

"""The engines that render DOT: selection, execution, and diagnosis of failures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from minigraph.diagram.canvas.dot import BOLD, FONT
from minigraph.diagram.options import ENGINES, EngineName
from minigraph.errors import RenderError

_FAMILIES = "Helvetica,Arial,Liberation Sans,Nimbus Sans,sans-serif"
REMEDY = (
    "pip install 'minigraph[render]' brings graphviz-pure, which needs no system package;"
    " or install Graphviz (https://graphviz.org/download) so that dot is on PATH"
)


def run_engine(source: str, format: str, engine: EngineName | None, timeout: float, dpi: float | None = None) -> bytes:
    """Render DOT text with an engine, in a format such as svg, png or json.

    Positions are taken from the text (`neato -n2`). Engines' warnings about the width of Greek letters are
    suppressed.

    Raises:
        RenderError: there is no engine, or it failed, timed out, or does not support the format.
    """
    name, program = find_engine(engine, format)
    if name == "dot":
        source = with_font_families(source)
    command = [program, "-Kneato", "-n2", f"-T{format}"]
    if dpi is not None:
        command.append(f"-Gdpi={dpi:g}")
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"engine {name!r} did not finish {format} within {timeout:g} s; show less (max_units, detail='layers')"
            " or give it more time (timeout=)"
        ) from None
    except OSError as error:
        raise RenderError(f"engine {name!r} could not be started for {format}: {error}; {REMEDY}") from None
    message = done.stderr.decode(errors="replace").strip()
    if done.returncode or not done.stdout:
        if "not recognized" in message:
            others = [each for each in ENGINES if each != name]
            raise RenderError(
                f"engine {name!r} cannot write {format}: it has no such format; save as svg or png,"
                f" or try engine={others[0]!r}"
            )
        last = message.splitlines()[-1] if message else "no message"
        raise RenderError(
            f"engine {name!r} failed on {format} with status {done.returncode}: {last};"
            f" save the text with .save('x.dot') to look at it, or try the other engine: {REMEDY}"
        )
    return done.stdout


def with_font_families(source: str) -> str:
    """Name fonts with the metrics of Helvetica, since an engine might otherwise choose a wider one.

    Quotation marks in user text are escaped, so that only attributes match.
    """
    plain, bold = f"fontname={FONT} ", f'fontname="{BOLD}"'
    return source.replace(plain, f'fontname="{_FAMILIES}" ').replace(bold, f'fontname="{_FAMILIES} Bold"')


def find_engine(engine: EngineName | None, format: str) -> tuple[EngineName, str]:
    """Return name and program of the requested engine, or of the first one installed.

    Raises:
        RenderError: the engine is not installed.
    """
    for name in ENGINES if engine is None else (engine,):
        program = find_program(name)
        if program is not None:
            return name, program
    wanted = "no engine" if engine is None else f"engine {engine!r} is not installed, so nothing"
    raise RenderError(f"{wanted} can draw {format}: {REMEDY}. The DOT text (.source, .save('x.dot')) needs none")


def is_installed(name: EngineName) -> bool:
    """Return whether the engine is installed."""
    return find_program(name) is not None


def no_pdf(engine: EngineName | None) -> str:
    """Return a message that explains why PDF is not available, and what to install."""
    who = f"engine {engine or 'graphviz-pure'!r} has no format pdf"
    return f"{who}: pip install 'minigraph[pdf]' converts its svg; or install Graphviz (dot) and pass engine='dot'"


def find_program(name: EngineName) -> str | None:
    """Return the path of a program: on PATH, or next to this Python, whose environment may not be activated."""
    found = shutil.which(name)
    if found is None and name == "graphviz-pure":
        folders = [str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
        found = shutil.which(name, path=os.pathsep.join(folders))
    return found

"""The virtual environment of the tools: `.venv` in the repository, made when needed, kept while up to date.

Stamps in it record which parts are complete, and from what they were made. They are written last, so that
a set-up that was interrupted is done again.
"""

import sys

# Told here, before anything that an older Python cannot run.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"minigraph needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")

import hashlib
import os
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

# The sets of extras, each of which holds all that the key asks for.
SUFFICIENT = {
    "examples": ("examples", "dev", "mutation"),
    "docs": ("docs", "dev", "mutation"),
    "dev": ("dev", "mutation"),
    "mutation": ("mutation",),
}

NO_VENV = """\
Could not make a virtual environment in .venv. Most often this Python lacks venv or pip:
  Debian, Ubuntu:  sudo apt install python3-venv python3-pip
  elsewhere:       an installation from python.org has both
Then run this command again."""

NO_PACKAGES = """\
Could not install what minigraph needs; pip's own words are above.
If they speak of connections, names or retries, pip did not reach the package index: check the network;
behind a proxy, set HTTPS_PROXY; with a package index of your own, set PIP_INDEX_URL.
Then run this command again."""


def prepare(extra: str) -> None:
    """Make sure that the environment has minigraph and its `extra`, one of `SUFFICIENT`."""
    try:
        if not is_current("python"):
            make_venv()
        if not any(is_current(candidate) for candidate in SUFFICIENT[extra]):
            install(extra)
    except KeyboardInterrupt:
        sys.exit("\nSet-up interrupted; the next run does it again.")


def run(*arguments: str | Path) -> int:
    """Run the environment's Python with `arguments` in the foreground and return its exit status."""
    # Names and formulas are printed in Greek, which a redirected stream on Windows refuses by default.
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    try:
        return subprocess.run([PYTHON, *arguments], env=environment).returncode
    except KeyboardInterrupt:
        return 130


def make_venv() -> None:
    """Make an empty environment for the running Python, in place of what is there."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit("The Python in .venv cannot make .venv anew: run this command with another Python.")
    print("Making .venv ...", flush=True)
    stamp("python").unlink(missing_ok=True)
    venv = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    # Some systems ship pip, but not the copy of it that venv puts into an environment.
    if succeeds(venv, quiet=True) or succeeds([*venv, "--without-pip"]):
        mark_current("python")
    else:
        sys.exit(NO_VENV)


def install(extra: str) -> None:
    """Install minigraph, editable, and its `extra` into the environment."""
    stamp(extra).unlink(missing_ok=True)
    print(f"Installing minigraph[{extra}] into .venv; the first time takes a minute or two ...", flush=True)
    started = time.monotonic()
    pip = [str(PYTHON), "-m", "pip"]
    if not succeeds([*pip, "--version"], quiet=True):
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
        if not succeeds([*pip, "--version"]):
            sys.exit(NO_VENV)
    pip += ["install", "--quiet", "--no-input", "--disable-pip-version-check"]
    if not succeeds([*pip, "--editable", f".[{extra}]"]):
        sys.exit(NO_PACKAGES)
    mark_current(extra)
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)


def succeeds(command: list[str], quiet: bool = False) -> bool:
    """Run `command` in the repository; print what it says only if it fails, and not even then if `quiet`."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    if done.returncode and not quiet:
        print(done.stdout.decode(errors="replace"), flush=True)
    return done.returncode == 0


def is_current(name: str) -> bool:
    """Say whether the part `name` of the environment ("python" or an extra) is complete and up to date."""
    return PYTHON.exists() and stamp(name).exists() and stamp(name).read_text() == fingerprint(name)


def mark_current(name: str) -> None:
    """Record that the part `name` of the environment is complete."""
    stamp(name).write_text(fingerprint(name))


def stamp(name: str) -> Path:
    """Return the file that records from what the part `name` was made."""
    return VENV / f"minigraph-{name}.stamp"


def fingerprint(name: str) -> str:
    """Return a digest of what the part `name` is made from: Python, this folder, and the dependencies."""
    made_from = f"{sys.version}\n{ROOT}\n".encode()
    if name != "python":
        made_from += (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(made_from).hexdigest()

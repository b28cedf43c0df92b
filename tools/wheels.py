"""Build the wheel, install it with each extra alone into an empty environment, and see what works and what is said.

python tools/wheels.py
python tools/wheels.py render onnx

Takes some minutes, most of them to install.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from environment import ROOT

# What each extra is for. Without it the line must fail with an error that says how to install the extra.
USES = {
    "render": "mg.diagram(net, engine='graphviz-pure').svg()",
    "animate": "frames = mg.diagram_frames(net, X, Y); frames.capture(); frames.animate(folder / 'net.png')",
    "pdf": "mg.diagram(net, engine='graphviz-pure').pdf()",
    "plot": "import minigraph.plots; minigraph.plots.weights(net)",
    "scipy": "mg.minimize(net, X, Y, maxiter=2)",
    "save": "mg.save(net, folder / 'net.safetensors')",
    "sklearn": "import minigraph.sklearn",
    "onnx": "import minigraph.onnx; minigraph.onnx.export(net, folder / 'net.onnx')",
}

PROBE = """\
import pathlib, tempfile
import minigraph as mg
X, Y = [[0.0, 1.0], [1.0, 0.0]], [[1.0], [0.0]]
net = mg.mlp([2, 3, 1])
mg.check_gradient(net, X, Y).raise_if_failed()
mg.fit(net, X, Y, epochs=2)
mg.diagram(net).source
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    try:
        {use}
    except mg.MinigraphError as error:
        print(error)
    else:
        print("works")
"""


def main(chosen: list[str]) -> int:
    """Try each extra, and none; return 0 if every one does what it is for, and names itself where it lacks."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = list(tomllib.load(file)["project"]["optional-dependencies"])
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
        (wheel,) = folder.glob("*.whl")
        print(wheel.name, flush=True)
        for extra in chosen or ["", *(extra for extra in extras if extra not in ("dev", "docs"))]:
            failures += try_extra(wheel, extra, folder / f"with-{extra}")
    return 1 if failures else 0


def try_extra(wheel: Path, extra: str, folder: Path) -> int:
    """Install the wheel with one extra, or none for "", run every use, and return how many went wrong."""
    print(f"\n{extra or 'no extra'}", flush=True)
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    pip(python, "install", f"minigraph{f'[{extra}]' if extra else ''} @ {wheel.as_uri()}")
    failures = 0
    for needed, use in USES.items():
        done = subprocess.run(
            [python, "-W", "error::SyntaxWarning", "-c", PROBE.format(use=use)],
            capture_output=True, text=True, cwd=folder, encoding="utf-8", env={**os.environ, "MPLBACKEND": "Agg"},
        )  # fmt: skip
        said = done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]
        # Another extra may bring the same package; then this works too.
        right = said == "works" or (needed != extra and extra != "all" and f"pip install 'minigraph[{needed}]'" in said)
        if not extra:
            right &= said != "works"
        failures += not right
        print(f"  {needed:<8} {'' if right else 'WRONG: '}{said}", flush=True)
    return failures


def pip(python: str, *arguments: str) -> None:
    """Run pip, and show what it says if it fails."""
    command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Build the documentation into out/docs: README, guides, API reference and examples. Warnings are errors.

python tools/docs.py
"""

import shutil
import sys
from pathlib import Path

from environment import ROOT, prepare, run

SOURCE = ROOT / "tools" / "docs"
OUT = ROOT / "out" / "docs"


def main() -> int:
    """Build, say where the first page is, and return the exit status."""
    prepare("docs")
    status = build(OUT)
    if status == 0:
        print(f"\n{OUT / 'html' / 'index.html'}")
    return status


def build(out: Path, builder: str = "html") -> int:
    """Build anew into `out`, so that every warning shows, and return the exit status of sphinx.

    Args:
        out: a folder that is emptied first.
        builder: of sphinx; "dummy" finds what is wrong without writing pages.
    """
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(SOURCE, out / "source", ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--builder", builder, "--fail-on-warning", "--keep-going", "--quiet"]
    return run("-m", "sphinx", *options, "--doctree-dir", out / "doctrees", out / "source", out / builder)


if __name__ == "__main__":
    sys.exit(main())

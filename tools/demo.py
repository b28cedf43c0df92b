"""Train a network on handwritten digits and draw it. Arguments are passed on to examples/digits.py.

python tools/demo.py
python tools/demo.py --mnist DIR
"""

import sys
import time
from pathlib import Path

from environment import ROOT, prepare, run


def main(arguments: list[str]) -> int:
    """Run the example, say where its pictures lie, and return its exit status."""
    prepare("examples")
    started = time.time()
    status = run(ROOT / "examples" / "digits.py", *arguments)
    out = Path("out").resolve()
    pictures = sorted(path.name for path in out.glob("*") if path.stat().st_mtime >= started)
    if pictures:
        print(f"\nPictures in {out}: {', '.join(pictures)}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

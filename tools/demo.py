"""Train a network on handwritten digits and draw it. Arguments are passed on to examples/digits.py.

python tools/demo.py
python tools/demo.py --mnist DIR
"""

import sys

from environment import ROOT, prepare, run


def main(arguments: list[str]) -> int:
    """Run the example, which says where its pictures lie, and return its exit status."""
    prepare("examples")
    return run(ROOT / "examples" / "digits.py", *arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write anew what the repository keeps of drawings: tests/diagram/golden/*.dot and examples/pictures/*.svg.

python tools/pictures.py
"""

import sys

from environment import ROOT, prepare, run


def main(arguments: list[str]) -> int:
    """Write the files in the environment of the repository."""
    if arguments != ["--write"]:
        prepare("dev")
        return run(__file__, "--write")
    sys.path[:0] = [str(ROOT / "tests" / "diagram"), str(ROOT / "examples")]
    import diagram_cases
    import gallery

    for name in diagram_cases.GOLDEN:
        diagram_cases.DRAWINGS[name]().save(ROOT / "tests" / "diagram" / "golden" / f"{name}.dot")
    for name in gallery.KEPT:
        gallery.PLATES[name]().save(ROOT / "examples" / "pictures" / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Check everything: lint, format, types and tests. Arguments are passed on to pytest.

python tools/test.py
python tools/test.py -k gradient
python tools/test.py --lint          everything but the tests
"""

import os
import sys
import time

from environment import ROOT, prepare, run

STAGES = {
    "ruff check": ["ruff", "check", "--output-format", "concise"],
    "ruff format": ["ruff", "format", "--check"],
    "mypy": ["mypy"],
    "pytest": ["pytest", "-n", "auto"],
}


def main(arguments: list[str]) -> int:
    """Run every stage, also after one has failed; return 0 if all succeeded, else 1."""
    prepare("dev")
    os.chdir(ROOT)
    stages = {name: command for name, command in STAGES.items() if name != "pytest" or "--lint" not in arguments}
    outcomes = {}
    for name, command in stages.items():
        print(f"\n{name}", flush=True)
        started = time.monotonic()
        status = run("-m", *command, *(arguments if name == "pytest" else []))
        outcomes[name] = (status == 0, time.monotonic() - started)
    print()
    for name, (passed, seconds) in outcomes.items():
        print(f"{name:<12} {'passed' if passed else 'FAILED'} {seconds:6.1f} s")
    return 0 if all(passed for passed, _ in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

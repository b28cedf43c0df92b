"""Kill a process again and again while it saves: the old file or the new one is there, whole.

At most one temporary file is left by each kill, and none by a save that ends.

python tools/kill_save.py
python tools/kill_save.py --count 10 --megabytes 5
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path

# The child saves a network of one of two states, again and again, and says when it begins.
CHILD = """
import sys
import numpy as np, minigraph as mg
path, units, fill = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
x = mg.Input(units)
net = mg.Network(x, mg.Dense(units, initializer=mg.Constant(fill))(x))
print("ready", flush=True)
sys.stdin.readline()
mg.save(net, path)
"""


class Saver:
    """A process that waits for the word and then saves a network whose weights are all `fill`."""

    def __init__(self, path: Path, units: int, fill: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(units), str(fill)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the child did not start")

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def finish(self) -> None:
        self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("the child failed to save")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Trial:
    """One file, saved in two states by turns."""

    def __init__(self, path: Path, units: int) -> None:
        self.outcomes = {"left the old file": 0, "the new one": 0, "a temporary one too": 0}
        self._path = path
        self._units = units
        self._digests: dict[float, str] = {}
        self._fill = 0.5
        for _ in range(2):
            started = time.monotonic()
            self.save_whole()
            self._duration = time.monotonic() - started - self._start_up
            self._digests[self._fill] = digest(path)

    def save_whole(self) -> None:
        """Save without a kill; nothing but the file may be there then."""
        started = time.monotonic()
        saver = Saver(self._path, self._units, 0.75 - self._fill)
        self._start_up = time.monotonic() - started
        saver.go()
        saver.finish()
        self._fill = 0.75 - self._fill
        if len(self._digests) == 2 and digest(self._path) != self._digests[self._fill]:
            raise AssertionError("the next save was not whole")
        if self._others():
            raise AssertionError(f"the next save left {self._others()}")

    def kill(self, moments: random.Random, while_writing: bool) -> None:
        """Kill a save at a random moment: of its whole time, or of the time in which it writes."""
        following = 0.75 - self._fill
        saver = Saver(self._path, self._units, following)
        saver.go()
        if while_writing:
            deadline = time.monotonic() + 60
            while not self._others() and time.monotonic() < deadline:
                time.sleep(0.0005)
        time.sleep(moments.uniform(0, self._duration * (0.3 if while_writing else 1.2)))
        saver.kill()
        found = digest(self._path)
        if found not in self._digests.values():
            raise AssertionError("the file is neither the old one nor the new one")
        is_new = found == self._digests[following]
        self._fill = following if is_new else self._fill
        self.outcomes["the new one" if is_new else "left the old file"] += 1
        others = self._others()
        if len(others) > 1 or not all(fnmatch(other.name, ".minigraph-*.tmp") for other in others):
            raise AssertionError(f"left {others}")
        self.outcomes["a temporary one too"] += len(others)
        for other in others:
            other.unlink()

    def _others(self) -> list[Path]:
        return [path for path in self._path.parent.iterdir() if path != self._path]


def main(arguments: list[str]) -> int:
    """Kill as often as asked for; return 1 if a file was neither the old nor the new one, or too much was left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="of kills (default: %(default)s)")
    parser.add_argument("--megabytes", type=int, default=100, help="size of the file (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills (default: %(default)s)")
    options = parser.parse_args(arguments)
    moments = random.Random(options.seed)
    units = int((options.megabytes * 1e6 / 8) ** 0.5)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder, "net.safetensors"), units)
        for number in range(options.count):
            try:
                trial.kill(moments, while_writing=number % 2 == 1)
                if number % 25 == 24 or number == options.count - 1:
                    trial.save_whole()
            except AssertionError as error:
                print(f"kill {number}: {error}")
                return 1
    print(f"{options.count} kills: " + ", ".join(f"{count} {name}" for name, count in trial.outcomes.items()))
    print("always the old file or the new one, and a save that ends leaves nothing else")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Measure one epoch of training: minigraph against NumPy by hand, PyTorch, JAX, scikit-learn and micrograd.

python tools/bench.py            all cases, a quarter of an hour or so on two cores
python tools/bench.py --quick    fewer and shorter rounds, about a minute once the peers are installed
python tools/bench.py --json FILE --rounds N --case 784 --no-install

Every contender runs in a process of its own. They take turns, in another order in every round, each as long
as the others, so that what else the machine does strikes all alike; what is printed are medians, and ratios
are medians of the ratios within a round. The peers are installed into `.bench`, an environment of their own;
one that cannot be installed or fails is left out, and the report says so. Threads are left as each library
sets them.

The second column is the time of a step per parameter and example, in picoseconds. Two more tables follow: how
the time of a step grows with nodes and mini-batch, and what importing costs.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from environment import ROOT

VENV = ROOT / ".bench"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PACKAGES = ("numpy", "torch", "jax", "scikit-learn", "micrograd")
LARGEST = ("784-512-512-10", "784-1024-1024-10")

# OpenBLAS's idle threads spin for up to 100 ms after a product, and would take a core from the next contender.
PAUSE = 0.15
GROWTH = 1.05
"""What the exponent of the time of a step by nodes, or by examples, may be."""
IMPORT = 40.0
"""Milliseconds that `import minigraph` may add to `import numpy`."""

# name of the network, mini-batch, examples of an epoch
CASES = (
    ((3, 6, 5, 5), 1, 1000),
    ((3, 6, 5, 5), 32, 6400),
    ((64, 25, 10), 32, 6400),
    ((784, 100, 10), 32, 6400),
    ((784, 100, 10), 128, 6400),
    ((784, 512, 512, 10), 128, 1280),
    ((400, 25, 10), 5000, 5000),
    ((784, 1024, 1024, 10), 512, 1024),
)
NAMES = (
    "minigraph", "numpy rows", "numpy columns", "products rows", "products columns",
    "torch", "torch.compile", "jax", "scikit-learn", "micrograd",
)  # fmt: skip
COLUMNS = ("numpy", "products", "torch", "torch.compile", "jax", "scikit-learn", "micrograd")
SLOW = ("torch.compile", "micrograd")
"""What `--quick` leaves out."""


class Target(NamedTuple):
    """What minigraph's time is to be, as a multiple of a contender's."""

    contender: str
    at_most: float


def targets(network: str) -> list[Target]:
    small = network in ("3-6-5-5", "64-25-10")
    result = [Target("numpy", 1.5 if small else 1.1), Target("jax", 1.0), Target("scikit-learn", 1.0)]
    torch = {"3-6-5-5": 1 / 5, "64-25-10": 1 / 4, "784-100-10": 1 / 1.3}
    if network in torch:
        result.append(Target("torch", torch[network]))
    if network in LARGEST:
        result += [Target("torch", 1.0), Target("products", 1.25)]
    return result


class Worker:
    """A contender in its own process, which it keeps from case to case."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.times: list[float] = []
        self._process = subprocess.Popen(
            [PYTHON, Path(__file__).with_name("contenders.py"), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, request: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(request + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, said = self._process.communicate()
            raise RuntimeError(said.strip().splitlines()[-1] if said.strip() else "it ended without a word")
        return line.strip()


def install() -> dict[str, str]:
    """Install the peers one by one; return those that could not be, with the reason."""
    if not PYTHON.exists():
        print("Making .bench ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    missing = {}
    for package in PACKAGES:
        module = "sklearn" if package == "scikit-learn" else package
        if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            print(f"Installing {package} into .bench ...", flush=True)
            pip = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-q", package]
            done = subprocess.run(pip, capture_output=True, text=True, check=False)
            if done.returncode:
                missing[package] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    return missing


def measure(case: int, rounds: int, seconds: float, workers: dict[str, Worker], left_out: dict[str, str]) -> None:
    """Let the contenders take turns; each turn lasts about so many seconds."""
    sums, counts = {}, {}
    for name, worker in list(workers.items()):
        worker.times = []
        try:
            worker.ask(json.dumps(CASES[case]))
            sums[name] = [float(value) for value in worker.ask("check").split()]
            once = float(worker.ask("1"))
            once = float(worker.ask("1")) if once < 2 else once  # the first may have compiled something
            counts[name] = max(1, min(10_000, round(seconds / once)))
        except (RuntimeError, OSError) as error:
            left_out[name] = str(error)
            workers.pop(name).close()
    check(sums, left_out)
    turns, order = list(workers.values()), random.Random(case)
    for _ in range(rounds):
        order.shuffle(turns)
        for worker in turns:
            time.sleep(PAUSE)
            worker.times.append(float(worker.ask(str(counts[worker.name]))))


def check(sums: dict[str, list[float]], left_out: dict[str, str]) -> None:
    """After an epoch in the same order all must have the same parameters, apart from rounding."""
    ours = sums.get("minigraph", [])
    for name, theirs in sums.items():
        different = any(abs(a - b) > 1e-2 + 1e-3 * abs(a) for a, b in zip(ours, theirs, strict=False))
        if different and not name.startswith("products") and name != "micrograd":
            left_out[f"{name} (counted, but it computes something else)"] = f"{theirs} instead of {ours}"


def ratio(workers: dict[str, Worker], name: str) -> float | None:
    """Return the median over the rounds of minigraph's time by that of a contender, the better of its layouts."""
    own = workers["minigraph"].times
    found = [
        statistics.median(a / b for a, b in zip(own, worker.times, strict=True))
        for key, worker in workers.items()
        if key == name or key in (f"{name} rows", f"{name} columns")
    ]
    return max(found) if found else None


class Growth(NamedTuple):
    """How the time of a step depends on a size."""

    exponent: float
    microseconds: dict[str, float]


def growth(rounds: int) -> dict[str, Growth]:
    """Return how the time of a step grows with nodes, and with the examples of a mini-batch."""
    tool = str(Path(__file__).with_name("growth.py"))
    done = subprocess.run([str(PYTHON), tool, str(rounds)], capture_output=True, text=True, check=True)
    result = {}
    for name, times in json.loads(done.stdout).items():
        points = [(math.log(int(size)), math.log(value)) for size, value in times.items()]
        exponent = statistics.linear_regression(*zip(*points, strict=True)).slope
        result[name] = Growth(exponent, times)
        row = "  ".join(f"{size}: {value:.1f}" for size, value in times.items())
        print(f"µs/step by {name:<6} grows with exponent {exponent:.2f}   {row}")
    return result


def import_milliseconds(rounds: int) -> tuple[float, float]:
    """Return how long `import numpy` takes, and `import minigraph` after it: medians over processes.

    Both are compiled, as they are where pip installed them.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    measure = (
        "import sys, time; a = time.perf_counter(); import numpy; b = time.perf_counter(); import minigraph;"
        "print(b - a, time.perf_counter() - b)"
    )
    pairs = []
    for _ in range(rounds + 1):
        command = [str(PYTHON), "-c", measure]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        pairs.append([1000 * float(value) for value in done.stdout.split()])
    numpy, own = (statistics.median(column) for column in zip(*pairs[1:], strict=True))
    print(f"import minigraph adds {own:.1f} ms to the {numpy:.1f} ms of import numpy")
    return numpy, own


def overall(rounds: int, failures: list[str]) -> dict[str, object]:
    """Measure what does not depend on other libraries."""
    grown, (numpy, own) = growth(rounds), import_milliseconds(7)
    for name, found in grown.items():
        if found.exponent > GROWTH:
            failures.append(f"growth with {name}: exponent {found.exponent:.2f}, wanted {GROWTH}")
    if own > IMPORT:
        failures.append(f"import: {own:.1f} ms beside numpy, wanted {IMPORT:.0f}")
    return {
        "growth": {name: found._asdict() for name, found in grown.items()},
        "import_milliseconds": {"numpy": numpy, "minigraph": own},
    }


def compare(index: int, workers: dict[str, Worker], failures: list[str]) -> dict[str, object]:
    """Print and return how a case went, and note what was not reached."""
    sizes, batch, examples = CASES[index]
    network, per_step = "-".join(map(str, sizes)), 1e6 / (examples // batch)
    medians = {name: statistics.median(worker.times) * per_step for name, worker in workers.items()}
    ratios = {name: ratio(workers, name) for name in COLUMNS}
    cells = "".join(f"{'—' if r is None else format(r, '.3f'):>14}" for r in ratios.values())
    parameters = sum((1 + s_in) * s_out for s_in, s_out in itertools.pairwise(sizes))
    picoseconds = 1e6 * medians["minigraph"] / (parameters * batch)
    own = f"{medians['minigraph']:>10.1f}{picoseconds:>10.0f}"
    print(f"{network + ' b' + str(batch):<26}{own}  {cells}", flush=True)
    for target in targets(network):
        reached = ratios[target.contender]
        if reached is not None and reached > target.at_most:
            failures.append(f"{network} b{batch}: {reached:.3f} × {target.contender}, wanted {target.at_most:.3f}")
    return {
        "network": network,
        "batch": batch,
        "examples": examples,
        "median_microseconds_per_step": medians,
        "least_microseconds_per_step": {name: min(worker.times) * per_step for name, worker in workers.items()},
        "median_ratios": ratios,
        "picoseconds_per_parameter_and_example": picoseconds,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short rounds and the quick peers: about a minute")
    parser.add_argument("--rounds", type=int, help="how often each contender has its turn")
    parser.add_argument("--case", default="", help="only networks whose name begins so")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--no-install", action="store_true", help="leave out what is not installed")
    options = parser.parse_args()
    left_out = {} if options.no_install else install()
    rounds = options.rounds or (3 if options.quick else 25)
    seconds = 0.03 if options.quick else 0.3
    cases: list[dict[str, object]] = []
    failures: list[str] = []
    print(f"{'':<48}minigraph's time divided by that of")
    print(f"{'':<26}{'µs/step':>10}{'ps/Θ·x':>10}  " + "".join(f"{name:>14}" for name in COLUMNS))
    workers = {name: Worker(name) for name in NAMES if not (options.quick and name in SLOW)}
    for index, (sizes, _, _) in enumerate(CASES):
        network = "-".join(map(str, sizes))
        if not network.startswith(options.case):
            continue
        if network != "3-6-5-5" and "micrograd" in workers:
            workers.pop("micrograd").close()  # a unit at a time: minutes for the next larger network
        measure(index, rounds, seconds, workers, left_out)
        cases.append(compare(index, workers, failures))
    for worker in workers.values():
        worker.close()
    others = {} if options.case else overall(1 if options.quick else 10, failures)
    for name, why in left_out.items():
        print(f"left out: {name}: {why}")
    print("\n".join(["not reached:", *failures]) if failures else "every figure was reached")
    if options.json:
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        report = {"machine": machine, "rounds": rounds, "cases": cases, **others}
        report |= {"left_out": left_out, "not_reached": failures}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

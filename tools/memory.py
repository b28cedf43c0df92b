"""Measure the memory that training takes, and that it does not grow with the data.

python tools/memory.py           a table for some networks, and a file of 1 GB
python tools/memory.py --gigabytes 6

A training step may take 1.2 × (parameters + gradient + state of the optimizer + three arrays (m, s) per
node). Training on a memory-mapped file may take 500 MB of resident memory beside the parameters.
"""

import argparse
import sys
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np

from environment import ROOT

sys.path.insert(0, str(ROOT))
import minigraph as mg

CASES: tuple[tuple[tuple[int, ...], int, mg.Optimizer], ...] = (
    ((784, 100, 10), 32, mg.GradientDescent(0.1)),
    ((784, 100, 10), 128, mg.Adam()),
    ((784, 512, 512, 10), 128, mg.GradientDescent(0.1, momentum=0.9)),
    ((784, 512, 512, 10), 128, mg.Adam()),
    ((784, 1024, 1024, 10), 512, mg.Adam()),
    ((400, 25, 10), 5000, mg.GradientDescent(0.1)),
)


class Peak(mg.Callback):
    """Notes the memory in use, counted by numpy itself, at the end of steps."""

    def __init__(self) -> None:
        self.most = 0

    def on_start(self, run: mg.Run) -> None:
        tracemalloc.reset_peak()  # what making the network took is over

    def on_step_end(self, run: mg.Run) -> None:
        self.most = max(self.most, tracemalloc.get_traced_memory()[1])


def step(sizes: tuple[int, ...], batch: int, optimizer: mg.Optimizer) -> tuple[int, int]:
    """Return the bytes that training takes, and what the rule counts."""
    rng = np.random.default_rng(0)
    examples = 2 * batch if batch < 5000 else batch
    X, Y = rng.random((examples, sizes[0]), dtype=np.float32), np.zeros((examples, sizes[-1]), np.float32)
    tracemalloc.start()
    net = mg.mlp(sizes, dtype="float32", seed=0)
    peak = Peak()
    mg.fit(net, X, Y, optimizer, 2, batch, callbacks=[peak], seed=0, progress=False)
    tracemalloc.stop()
    parameters = net.unroll().size
    counted = 4 * (parameters * (2 + len(optimizer.state_names)) + 3 * batch * sum(sizes))
    return peak.most, counted


def resident() -> int:
    """Return the resident memory of this process in bytes; Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def stream(gigabytes: float) -> int:
    """Train an epoch on a file of this size and return by how much the resident memory grew at most."""
    width = 784
    rows = int(gigabytes * 1e9 / (4 * width))
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        file = np.lib.format.open_memmap(Path(folder, "x.npy"), mode="w+", dtype=np.float32, shape=(rows, width))
        rng = np.random.default_rng(0)
        for start in range(0, rows, 50_000):
            stop = min(start + 50_000, rows)
            file[start:stop] = rng.random((stop - start, width), dtype=np.float32)
        del file
        X = np.load(Path(folder, "x.npy"), mmap_mode="r")
        Y = np.eye(10, dtype=np.float32)[rng.integers(10, size=rows)]
        net = mg.mlp([width, 100, 10], dtype="float32", seed=0)
        before, most, done = resident(), 0, threading.Event()

        def watch() -> None:
            nonlocal most
            while not done.wait(0.02):
                most = max(most, resident())

        thread = threading.Thread(target=watch)
        thread.start()
        began = time.monotonic()
        try:
            mg.fit(net, X, Y, epochs=1, batch_size=128, seed=0, progress=False, validation=0.01)
        finally:
            done.set()
            thread.join()
        print(f"one epoch over {gigabytes:g} GB took {time.monotonic() - began:.0f} s")
    return most - before


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0, help="size of the file; 0 for none")
    gigabytes = parser.parse_args().gigabytes
    good = True
    step((3, 2), 4, mg.Adam())  # what Python itself keeps from the first time on
    print(f"{'network':<20}{'batch':>6}  {'optimizer':<16}{'measured':>12}{'counted':>12}{'ratio':>8}")
    for sizes, batch, optimizer in CASES:
        measured, counted = step(sizes, batch, optimizer)
        good &= measured <= 1.2 * counted
        network, name = "-".join(map(str, sizes)), type(optimizer).__name__
        print(f"{network:<20}{batch:>6}  {name:<16}{measured:>12,}{counted:>12,}{measured / counted:>8.3f}")
    if gigabytes and sys.platform == "linux":
        grown = stream(gigabytes)
        good &= grown <= 500e6
        print(f"resident memory grew by {grown / 1e6:.0f} MB at most")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

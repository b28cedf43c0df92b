"""Measure how the time of a training step grows with the nodes of a network, and with its mini-batch.

`tools/bench.py` runs this in the environment of the benchmarks. It prints JSON: sizes, and microseconds of a step
for each, the median over rounds in which every size has its turn.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import minigraph as mg

NODES = (10, 30, 100, 300, 1000, 3000, 10_000)
BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
STEPS = {"nodes": 100_000, "batch": 20_000}
"""How many nodes, and how many examples, a turn computes at the least."""


def chain(nodes: int) -> Callable[[], float]:
    """Return what times a step through a chain of dense nodes, four units each, on eight examples.

    Every Θ begins as the identity, so that neither a nor δ vanishes on the way: numbers near 0 are slow.
    """
    source = layer = mg.Input(4)
    for _ in range(nodes):
        layer = mg.Dense(4, activation="relu")(layer)
    net = mg.Network(source, layer, cost="squared_error", dtype="float32")
    net.assign(mg.unroll([np.eye(4, 5, 1, dtype=np.float32)] * nodes))
    return step(net, 8, max(5, STEPS["nodes"] // nodes))


def mini_batch(m: int) -> Callable[[], float]:
    """Return what times a step of 64-25-10 on m examples."""
    return step(mg.mlp([64, 25, 10], dtype="float32", seed=0), m, max(20, STEPS["batch"] // m))


def step(net: mg.AnyNetwork, m: int, steps: int) -> Callable[[], float]:
    """Return a function that trains the network for so many steps and returns the microseconds of one."""
    rng = np.random.default_rng(0)
    X = rng.random((m * steps, net.inputs[0].size), dtype=np.float32)
    Y = rng.random((m * steps, net.outputs[0].size), dtype=np.float32)

    def time() -> float:
        history = mg.fit(net, X, Y, mg.GradientDescent(1e-6), 1, m, seed=0, progress=False)
        return 1e6 * float(history["seconds"][0]) / steps

    return time


def medians(make: Callable[[int], Callable[[], float]], sizes: Sequence[int], rounds: int) -> dict[int, float]:
    timers = {size: make(size) for size in sizes}
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for timer in timers.values():
        timer()
    for _ in range(rounds):
        for size, timer in timers.items():
            times[size].append(timer())
    return {size: statistics.median(found) for size, found in times.items()}


if __name__ == "__main__":
    rounds = int(sys.argv[1])
    print(json.dumps({"nodes": medians(chain, NODES, rounds), "batch": medians(mini_batch, BATCHES, rounds)}))

"""Measure how fast drawings are made, beside the usual ways to write DOT from Python.

python tools/bench_diagram.py

Medians of several runs, the variants taking turns. pydot and torchviz are left out, and named, where they
are not installed; torchviz draws a graph of tensors, not units, so only its cost per drawn edge compares.
"""

from __future__ import annotations

import importlib
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from environment import prepare, run

if TYPE_CHECKING:
    from minigraph.diagram.options import EngineName

RUNS = 7
NAMES = [(f"a_1_{i}", f"a_2_{j}") for j in range(1, 101) for i in range(100)]
LOOK = {"label": "0.25", "color": "#0b6fb8", "penwidth": "1.5"}


def main(arguments: list[str]) -> int:
    """Measure in the environment of the repository."""
    if arguments != ["--measure"]:
        prepare("dev")
        return run(__file__, "--measure")
    variants = {"minigraph, with positions": with_minigraph, "graphviz.Digraph.edge": with_graphviz}
    for package, variant in (("pydot", with_pydot), ("torchviz", with_torchviz)):
        if importlib.util.find_spec(package):
            variants[package] = variant
        else:
            print(f"{package} is not installed and left out")
    for name, (seconds, edges) in measured(variants).items():
        print(f"{name:<28} {edges:>6} edges to DOT {1000 * seconds:8.1f} ms, {1e6 * seconds / edges:6.1f} µs each")
    for name, (seconds, size) in measured(pictures()).items():
        print(f"{name:<35} {1000 * seconds:8.1f} ms, {size / 1000:.0f} kB")
    return 0


def with_minigraph() -> int:
    """Draw 10,000 weights between 99 units with a bias unit and 100 others."""
    import minigraph as mg

    return mg.diagram(mg.mlp([99, 100], seed=0), max_units=None).source.count(" -> ")


def with_graphviz() -> int:
    """Write as many edges with the graphviz package."""
    import graphviz

    graph = graphviz.Digraph()
    for tail, head in NAMES:
        graph.edge(tail, head, **LOOK)
    return len(graph.source.split(" -> ")) - 1


def with_pydot() -> int:
    """Write as many edges with pydot."""
    pydot = importlib.import_module("pydot")
    graph = pydot.Dot(graph_type="digraph")
    for tail, head in NAMES:
        graph.add_edge(pydot.Edge(tail, head, **LOOK))
    return len(graph.to_string().split(" -> ")) - 1


def with_torchviz() -> int:
    """Draw a chain of 2,000 products with torchviz."""
    torch, torchviz = importlib.import_module("torch"), importlib.import_module("torchviz")
    x = y = torch.ones(1, requires_grad=True)
    for _ in range(2000):
        y = y * x
    return len(torchviz.make_dot(y).source.split(" -> ")) - 1


def pictures() -> dict[str, Callable[[], int]]:
    """Return what draws a 784-100-10 network, end to end, with each engine that is there."""
    import numpy as np

    import minigraph as mg
    from minigraph.diagram.options import ENGINES
    from minigraph.diagram.rendering.engines import is_installed

    net = mg.mlp([784, 100, 10], seed=0)
    net.cost_and_gradient(np.random.default_rng(0).random((32, 784)), np.eye(10)[np.arange(32) % 10])

    def draw(engine: EngineName) -> int:
        return len(mg.diagram(net, engine=engine).svg())

    return {f"784-100-10 to SVG, {engine}": partial(draw, engine) for engine in ENGINES if is_installed(engine)}


def measured(variants: dict[str, Callable[[], int]]) -> dict[str, tuple[float, int]]:
    """Return the median time of each variant and what it returned; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    results = {name: variant() for name, variant in variants.items()}
    for _ in range(RUNS):
        for name, variant in variants.items():
            started = time.perf_counter()
            variant()
            times[name].append(time.perf_counter() - started)
    return {name: (statistics.median(times[name]), results[name]) for name in variants}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

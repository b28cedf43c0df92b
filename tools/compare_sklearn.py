"""Compare minigraph's estimators with scikit-learn's own networks: quality and time on the same splits.

python tools/compare_sklearn.py
python tools/compare_sklearn.py --splits 30 --json comparison.json

All have one hidden layer of 100 relu units and otherwise their default settings. A quarter of the examples is for
testing; features and numeric targets are standardized by the rest. The two take turns, so that other load on the
machine affects both.
"""

import argparse
import json
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from minigraph.sklearn import NetworkClassifier, NetworkRegressor

DATA_SETS = ("digits", "breast_cancer", "wine", "iris", "diabetes")


class Split(NamedTuple):
    """Training and test set, standardized by the training set."""

    X_train: NDArray[np.float64]
    X_test: NDArray[np.float64]
    y_train: NDArray[np.generic]
    y_test: NDArray[np.generic]


class Result(NamedTuple):
    """The result of one estimator on one split."""

    score: float
    seconds: float
    epochs: int


def main(arguments: list[str]) -> int:
    """Print a table of all data sets; return 0 if minigraph is at least as good and no slower on each, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=10, help="splits of each data set (10)")
    parser.add_argument("--data", choices=DATA_SETS, nargs="+", default=DATA_SETS)
    parser.add_argument("--json", type=Path, help="write all numbers there")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"{options.splits} splits; accuracy, and R² for diabetes; mean ± standard error of the paired difference\n")
    print(f"{'data set':<14}{'minigraph':>10}{'sklearn':>9}{'difference':>19}{'seconds':>16}{'epochs':>12}")
    everything, reached = {}, True
    for name in options.data:
        pairs = [compare(name, seed) for seed in range(options.splits)]
        everything[name] = [{"minigraph": ours._asdict(), "sklearn": theirs._asdict()} for ours, theirs in pairs]
        reached &= report(name, pairs)
    if options.json is not None:
        options.json.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    return 0 if reached else 1


def compare(name: str, seed: int) -> tuple[Result, Result]:
    """Fit both on one split, in alternating order."""
    split = load(name, seed)
    ours, theirs = (
        (NetworkRegressor(random_state=seed), MLPRegressor(random_state=seed))
        if name == "diabetes"
        else (NetworkClassifier(random_state=seed), MLPClassifier(random_state=seed))
    )
    if seed % 2:
        second = run(theirs, split)
        return run(ours, split), second
    return run(ours, split), run(theirs, split)


def load(name: str, seed: int) -> Split:
    """Return one split of a data set, a quarter of it for testing, classes in proportion."""
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    classes = None if name == "diabetes" else y
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed, stratify=classes)
    scaler = StandardScaler().fit(X_train)
    if name == "diabetes":
        mean, scale = y_train.mean(), y_train.std()
        y_train, y_test = (y_train - mean) / scale, (y_test - mean) / scale
    return Split(scaler.transform(X_train), scaler.transform(X_test), y_train, y_test)


def run(estimator: Any, split: Split) -> Result:
    """Fit, and score on the test set."""
    began = time.perf_counter()
    estimator.fit(split.X_train, split.y_train)
    seconds = time.perf_counter() - began
    return Result(estimator.score(split.X_test, split.y_test), seconds, estimator.n_iter_)


def report(name: str, pairs: list[tuple[Result, Result]]) -> bool:
    """Print the line of one data set; return whether minigraph is at least as good, and no slower."""
    score, other = (statistics.fmean(pair[side].score for pair in pairs) for side in (0, 1))
    differences = [ours.score - theirs.score for ours, theirs in pairs]
    error = statistics.stdev(differences) / len(differences) ** 0.5 if len(pairs) > 1 else float("nan")
    seconds, other_seconds = (statistics.median(pair[side].seconds for pair in pairs) for side in (0, 1))
    epochs, other_epochs = (statistics.fmean(pair[side].epochs for pair in pairs) for side in (0, 1))
    print(
        f"{name:<14}{score:>10.4f}{other:>9.4f}{score - other:>+10.4f} ± {error:.4f}"
        f"{seconds:>8.3f}{other_seconds:>8.3f}{epochs:>6.0f}{other_epochs:>6.0f}",
        flush=True,
    )
    return score >= other - 1e-9 and seconds <= other_seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

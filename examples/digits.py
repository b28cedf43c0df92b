"""Handwritten digits, from the gradient check to the picture of a mistake.

python examples/digits.py               the 1,797 digits of 8×8 pixels that scikit-learn ships
python examples/digits.py --mnist DIR   the four files of MNIST or Fashion-MNIST, gzip or not

Pictures go to out/.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import minigraph as mg
from minigraph import plots
from minigraph.data import load_mnist

GOAL = 0.96
"""Accuracy on the test set at which training stops."""


@dataclass(frozen=True)
class Digits:
    """Images as rows of numbers from 0 to 1, their labels, and the shape of an image."""

    X_train: mg.Array
    labels_train: NDArray[np.int64]
    X_test: mg.Array
    labels_test: NDArray[np.int64]
    image_shape: tuple[int, int]


def load_digits(seed: int) -> Digits:
    from sklearn.datasets import load_digits as load
    from sklearn.model_selection import train_test_split

    X, labels = load(return_X_y=True)
    # Pixels run from 0 to 16; every class keeps its share in both parts.
    parts = train_test_split(X / 16, labels, test_size=0.2, random_state=seed, stratify=labels)
    X_train, X_test, labels_train, labels_test = parts
    return Digits(X_train, labels_train, X_test, labels_test, (8, 8))


def load_idx(directory: Path) -> Digits:
    mnist = load_mnist(directory)
    side = round(mnist.X_train.shape[1] ** 0.5)
    return Digits(mnist.X_train, mnist.labels_train, mnist.X_test, mnist.labels_test, (side, side))


class UntilAccuracy(mg.Callback):
    """Stops training once the test accuracy reaches the goal."""

    def __init__(self, goal: float) -> None:
        self.goal = goal

    def on_epoch_end(self, run: mg.Run) -> None:
        accuracy = run.history["validation_accuracy"][-1]
        if accuracy >= self.goal:
            run.stop(f"test accuracy {accuracy:.1%}")


def train(net: mg.Network, digits: Digits, Y_train: mg.Array, Y_test: mg.Array, epochs: int) -> mg.History:
    check = mg.check_gradient(net, digits.X_train[:20], Y_train[:20], sample=200)
    check.raise_if_failed()
    print(f"Gradient check: {len(check.indices)} of {check.total} parameters, largest error {check.max_error:.1e}.")
    history = mg.fit(
        net,
        digits.X_train,
        Y_train,
        mg.Adam(0.01),
        epochs=epochs,
        batch_size=32,
        validation=(digits.X_test, Y_test),
        metrics=["accuracy"],
        callbacks=[UntilAccuracy(GOAL)],
        record_J=True,
        seed=0,
    )
    print(f"{history.epochs} epochs, J {history['J'][-1]:.3f}, test accuracy {history['validation_accuracy'][-1]:.1%}.")
    return history


def draw_mistake(net: mg.Network, digits: Digits, Y_test: mg.Array, out: Path) -> None:
    """Draw the network as it makes its most confident mistake."""
    A = net.predict(digits.X_test)
    predicted = A.argmax(axis=1)
    worst = int(np.where(predicted != digits.labels_test, A.max(axis=1), -1).argmax())
    true, taken = digits.labels_test[worst], predicted[worst]
    net.forward(digits.X_test[worst : worst + 1])
    net.backward(Y_test[worst : worst + 1])
    drawing = mg.diagram(
        net,
        show=("weights", "a", "delta", "target"),
        max_units={"pixels": 10, "hidden": 12},
        image_shape=digits.image_shape,
        thumbnails=True,
        top_k=10,
        classes={"digit": [str(digit) for digit in range(10)]},
        title=f"A {true} that the network takes for a {taken}",
        caption=f"Its output is {A[worst, taken]:.2f} for {taken} and {A[worst, true]:.2f} for {true}.",
    )
    for kind in ("svg", "png"):
        drawing.save(out / f"mistake.{kind}")
    print(f"\nHow the {true} came to be taken for a {taken}:")
    for digit in (taken, true):
        print(mg.explain(net.node("digit").unit(int(digit) + 1), "a"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Train a network on handwritten digits and draw it.")
    parser.add_argument("--mnist", type=Path, metavar="DIR", help="folder with the four IDX files, gzip or not")
    parser.add_argument("--epochs", type=int, default=100, metavar="N", help="stop after N epochs at the latest (100)")
    parser.add_argument("--seed", type=int, default=0, help="of the split and of the first weights (0)")
    options = parser.parse_args(arguments)
    try:
        digits = load_digits(options.seed) if options.mnist is None else load_idx(options.mnist)
    except (mg.MinigraphError, OSError) as error:
        print(f"digits.py: {error}", file=sys.stderr)
        return 1
    out = Path("out")
    out.mkdir(exist_ok=True)

    Y_train, classes = mg.one_hot(digits.labels_train)
    Y_test, _ = mg.one_hot(digits.labels_test, classes)
    pixels = mg.Input(digits.X_train.shape[1], name="pixels")
    digit = mg.Dense(10, name="digit")(mg.Dense(25, name="hidden")(pixels))
    net = mg.Network(pixels, digit, cost="cross_entropy", l2=1.0, dtype=np.float32, seed=options.seed)
    print(f"{len(Y_train)} digits to learn, {len(Y_test)} to test.\n\n{net.summary()}\n")
    history = train(net, digits, Y_train, Y_test, options.epochs)

    for name, axes in (
        ("cost", plots.history(history, ["J", "validation_cost", "accuracy", "validation_accuracy"])),
        ("confusion", plots.confusion_matrix(Y_test, net.predict(digits.X_test))),
        ("hidden_units", plots.weights(net, shape=digits.image_shape)),
    ):
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.savefig(out / f"{name}.png", dpi=144)
    draw_mistake(net, digits, Y_test, out)
    print(f"\nLook into {out.resolve()}: mistake.svg and .png, cost.png, confusion.png, hidden_units.png")
    return 0 if history["validation_accuracy"][-1] >= GOAL or options.mnist else 1


if __name__ == "__main__":
    sys.exit(main())

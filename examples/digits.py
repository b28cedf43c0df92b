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
"""Share of the test digits recognized at which training stops."""
CLASSES = [f"digit {digit}" for digit in range(10)]
"""Output unit 1 answers for digit 0, unit 2 for digit 1, and so on: these names say which."""


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


def mean_cost(Y: mg.Array, A: mg.Array) -> float:
    """Return (1/m) Σ cost(i), without λ: comparable between training and test digits, as J is not."""
    A = np.clip(A.astype(np.float64), 1e-15, 1 - 1e-15)
    return float(-np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A), axis=1).mean())


class Report(mg.Callback):
    """Prints a line per epoch, and stops training once enough test digits are recognized."""

    def on_start(self, run: mg.Run) -> None:
        print("                 mean cost(i)          recognized")
        print("epoch    J(Θ)  training    test    training    test")

    def on_epoch_end(self, run: mg.Run) -> None:
        J, trained, tested, right, accuracy = (
            run.history[name][-1]
            for name in ("J", "mean_cost", "validation_mean_cost", "accuracy", "validation_accuracy")
        )
        print(f"{run.history.epochs:5}{J:8.3f}{trained:10.3f}{tested:8.3f}{right:12.1%}{accuracy:8.1%}")
        if accuracy >= GOAL:
            run.stop(f"at least {GOAL:.0%} of the test digits are recognized")


def train(net: mg.Network, digits: Digits, Y_train: mg.Array, Y_test: mg.Array, epochs: int) -> mg.History:
    check = mg.check_gradient(net, digits.X_train[:20], Y_train[:20], sample=200)
    check.raise_if_failed()
    print(f"Gradient check: {len(check.indices)} of {check.total} parameters, drawn at random, on 20 digits: passed.")
    print(f"Backpropagation and numerical differences of J agree, largest relative error {check.max_error:.1e}.\n")
    print(f"Training for at most {epochs} epochs; it stops early once {GOAL:.0%} of the test digits are recognized.")
    print(f"J(Θ) is the mean of cost(i) over the training digits plus the regularization term with λ = {net.l2:g}.\n")
    history = mg.fit(
        net,
        digits.X_train,
        Y_train,
        mg.Adam(0.01),
        epochs=epochs,
        batch_size=32,
        validation=(digits.X_test, Y_test),
        metrics=["accuracy", mean_cost],
        callbacks=[Report()],
        record_J=True,
        progress=False,
        seed=0,
    )
    why = history.stopped or f"{GOAL:.0%} not reached"
    print(f"\nStopped after epoch {history.epochs} of at most {epochs}: {why}.")
    print(f"J(Θ) {history['J'][-1]:.3f}, test accuracy {history['validation_accuracy'][-1]:.1%}.")
    return history


def draw_mistake(net: mg.Network, digits: Digits, Y_test: mg.Array, out: Path) -> None:
    """Draw the network as it makes its most confident mistake."""
    A = net.forward(digits.X_test)
    net.backward(Y_test)
    predicted = net.predict_classes(digits.X_test)
    worst = int(np.where(predicted != digits.labels_test, A.max(axis=1), -1).argmax())
    true, taken = int(digits.labels_test[worst]), int(predicted[worst])
    output, hidden = net.node("digit"), net.node("hidden")
    theta = net.layers[1].theta[:, 1:]
    pulls = np.abs((theta[taken] - theta[true]) * hidden.a[worst])  # what parts the two z
    drawing = mg.diagram(
        net,
        show=("weights", "a", "delta", "target"),
        example=worst,
        max_units={"pixels": strongest(digits.X_test[worst], 4), "hidden": strongest(pulls, 5)},
        image_shape=digits.image_shape,
        thumbnails=True,
        top_k=6,
        title=f"Digit {true}, which the network takes for digit {taken}",
        caption=f"Its output is {A[worst, taken]:.2f} for digit {taken} and {A[worst, true]:.2f} for digit {true}."
        " Shown are the darkest pixels, and the hidden units that set these two outputs apart the most.",
    )
    for kind in ("svg", "png"):
        drawing.save(out / f"mistake.{kind}")
    print(f"\nHow test digit {worst}, which is {true}, came to be taken for {taken}:")
    for digit in (taken, true):
        unit = output.unit(digit + 1)
        print(f"\n{unit.name}: output g({unit.z[worst]:.2f}) = {unit.a[worst]:.2f}, target {Y_test[worst, digit]:.0f}")
        print(mg.explain(unit, "z", example=worst, max_terms=4))


def strongest(values: mg.Array, count: int) -> list[int]:
    """Return the numbers, from 1, of the units with the largest values, in their order."""
    return sorted((np.argsort(-values, kind="stable")[:count] + 1).tolist())


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
    digit.unit_names = CLASSES
    net = mg.Network(pixels, digit, cost="cross_entropy", l2=1.0, dtype=np.float32, seed=options.seed)
    net.classes = classes.tolist()
    print(f"{len(Y_train)} digits to learn, {len(Y_test)} to test.\n\n{net.summary()}\n")
    history = train(net, digits, Y_train, Y_test, options.epochs)
    print(f"\nnet.predict_classes(X_test[:10])  {net.predict_classes(digits.X_test[:10])}")
    print(f"their labels                      {digits.labels_test[:10]}")

    costs = plots.history(history, ["mean_cost", "validation_mean_cost", "accuracy", "validation_accuracy"])
    costs.set_title("Training digits solid, test digits (validation) dashed; cost without the λ term", fontsize=10)
    confusion = plots.confusion_matrix(Y_test, net.predict(digits.X_test))
    units = plots.weights(net, shape=digits.image_shape)
    for name, axes in ("cost", costs), ("confusion", confusion), ("hidden_units", units):
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.savefig(out / f"{name}.png", dpi=144)
    draw_mistake(net, digits, Y_test, out)
    print(f"\nLook into {out.resolve()}:")
    print("  mistake.svg, .png   the network as it mistakes a digit; in the SVG, units and weights have tooltips")
    print("  cost.png            cost and share recognized, by epoch")
    print("  confusion.png       which digits are taken for which")
    print("  hidden_units.png    the weights of each hidden unit, as a picture of the pixels")
    return 0 if history["validation_accuracy"][-1] >= GOAL or options.mnist else 1


if __name__ == "__main__":
    sys.exit(main())

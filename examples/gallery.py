"""Every kind of drawing, with the call that makes it: writes out/gallery/ with an index.html.

python examples/gallery.py [FOLDER]
"""

from __future__ import annotations

import html
import inspect
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

import minigraph as mg

Drawing = Callable[[], mg.Diagram]
PLATES: dict[str, Drawing] = {}
KEPT = ("lecture", "digit", "layers")
"""The plates that examples/pictures holds; `python tools/pictures.py` writes them anew."""
CLASSES = ["fish", "amphibian", "bird", "reptile", "mammal"]


def plate(draw: Drawing) -> Drawing:
    """Hang a drawing into the gallery, drawn by the engine that writes the same bytes everywhere."""

    def drawing() -> mg.Diagram:
        result = draw()
        result.engine = "graphviz-pure"
        return result

    PLATES[draw.__name__] = drawing
    return draw


def lecture_network() -> mg.Network[mg.Array]:
    """Return the lecture's 3-6-5-5 network after one pass over four examples."""
    net = mg.mlp([3, 6, 5, 5], seed=1)
    X = [[0.2, -0.5, 0.9], [-0.4, 0.1, 0.3], [0.8, 0.6, -0.7], [-0.1, 0.9, 0.4]]
    net.cost_and_gradient(X, np.eye(5)[[0, 2, 4, 1]])
    return net


def branching_network() -> mg.Network[tuple[mg.Array, ...]]:
    """Return a network of two inputs and two outputs with a shared layer, dropout, Add and Concat."""
    x, extra = mg.Input(4, name="x"), mg.Input(2, name="extra")
    shared = mg.Dense(4, "tanh", name="shared")
    first = shared(x)
    second = shared(first)
    kept = mg.Dropout(0.4, name="dropout")(second)
    total = mg.Add(name="add")([x, kept])
    joined = mg.Concat(name="join")([total, extra])
    kind = mg.Dense(3, "softmax", name="kind")(joined)
    size = mg.Dense(1, "identity", name="size")(second)
    net = mg.Network([x, extra], [kind, size], ["categorical_cross_entropy", "squared_error"], seed=3)
    generator = np.random.default_rng(0)
    net.forward([generator.normal(size=(4, 4)), generator.normal(size=(4, 2))], training=True)
    net.backward([np.eye(3)[[0, 1, 2, 0]], generator.normal(size=(4, 1))])
    return net


@cache
def digits_network() -> mg.Network[mg.Array]:
    """Return a 64-12-10 network trained a little on scikit-learn's digits, after a pass over ten of them."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    X = digits.data / 16
    Y, _ = mg.one_hot(digits.target)
    net = mg.mlp([64, 12, 10], seed=4, l2=0.5)
    for _ in range(80):
        _, gradient = net.cost_and_gradient(X[:400], Y[:400])
        net.assign(net.unroll() - 3.0 * gradient)
    net.cost_and_gradient(X[1000:1010], Y[1000:1010])
    return net


@plate
def lecture() -> mg.Diagram:
    """Everything at once: weights on edges, z, a and δ in units, targets beside the outputs."""
    return mg.diagram(
        lecture_network(),
        show=("weights", "z", "a", "delta", "target"),
        classes=CLASSES,
        title="One example on its way through a 3-6-5-5 network",
    )


@plate
def structure() -> mg.Diagram:
    """Nothing but the structure."""
    return mg.diagram(mg.mlp([3, 6, 5, 5]), show="links", title="Structure")


@plate
def digit() -> mg.Diagram:
    """An image as input: its pixels, what the hidden units look for, and what comes out."""
    return mg.diagram(
        digits_network(),
        show=("weights", "a", "delta", "target"),
        max_units={"input1": 5, "dense2": 6},
        image_shape=(8, 8),
        thumbnails=True,
        top_k=8,
        classes=[str(k) for k in range(10)],
        title="A handwritten digit in a trained 64-12-10 network",
    )


@plate
def branches() -> mg.Diagram:
    """Any graph: skip connections in lanes, a shared Θ, dropout's ghosts, Add, Concat, several ends."""
    return mg.diagram(branching_network(), example=2, show=("weights", "a", "delta", "target"), top_k=6)


@plate
def layers() -> mg.Diagram:
    """The same network, a box per node, with shapes, parameters and statistics of the batch."""
    return mg.diagram(branching_network(), detail="layers", title="Layer level")


@plate
def residual() -> mg.Diagram:
    """A hundred residual blocks, folded."""
    x = mg.Input(16, name="x")
    h = mg.Dense(8, "relu", name="stem")(x)
    for _ in range(100):
        inner = mg.Dense(8, "identity", initializer=mg.Uniform(0.1))(mg.Dense(8, "relu")(h))
        h = mg.Add()([h, inner])
    net = mg.Network(x, mg.Dense(3, "softmax", name="class")(h), "categorical_cross_entropy")
    net.forward(np.random.default_rng(0).normal(size=(20, 16)))
    return mg.diagram(net, title="303 nodes")


@plate
def focus() -> mg.Diagram:
    """One unit and its edges; the rest steps back. On a dark ground."""
    net = lecture_network()
    return mg.diagram(net, focus=net.node(3).unit(2), theme="dark", title="What unit 2 of layer 3 listens to")


@plate
def strongest() -> mg.Diagram:
    """The numbers of the strongest weights only, from top to bottom."""
    return mg.diagram(lecture_network(), top_k=5, show=("weights", "a"), direction="TB")


@plate
def gradients() -> mg.Diagram:
    """D on the edges, and the mean of |a| and |δ| over the batch in the units."""
    return mg.diagram(lecture_network(), show=("gradient", "a", "delta"), example="mean", title="∂J/∂Θ")


@plate
def tables() -> mg.Diagram:
    """The matrices beside the drawing; a theme for black-and-white print."""
    return mg.diagram(
        lecture_network(), show=("weights", "a"), top_k=0, tables=True, theme="print", caption="All Θ in numbers."
    )


@plate
def checked() -> mg.Diagram:
    """A gradient check: relative errors as colour, the worst parameter named."""
    net = lecture_network()
    report = mg.check_gradient(net, [[0.2, -0.5, 0.9]], [[1, 0, 0, 0, 0]])
    return mg.diagram(net, gradient_check=report, show="a", title="Gradient check")


@plate
def change() -> mg.Diagram:
    """What five steps of training did to the weights."""
    net = mg.mlp([2, 3, 1], seed=2)
    X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    before = net.unroll()
    for _ in range(5):
        net.assign(net.unroll() - 2.0 * net.cost_and_gradient(X, Y)[1])
    return mg.diagram(net, before=before, show="weights", title="Five steps of gradient descent")


@plate
def adaptive() -> mg.Diagram:
    """Follows the reader's system between light and dark."""
    return mg.diagram(lecture_network(), theme="auto", show=("weights", "a"), top_k=4, direction="BT")


def training(path: Path) -> None:
    """Write an animated picture of a network that learns XOR."""
    net = mg.mlp([2, 3, 1], seed=3)
    X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    frames = mg.diagram_frames(net, X, Y, every=10, example=1, show=("weights", "a", "delta", "target"), title="XOR")
    mg.fit(net, X, Y, optimizer=mg.Adam(0.1), epochs=150, batch_size=4, callbacks=[frames], progress=False)
    frames.animate(path)


def write(folder: Path) -> Path:
    """Draw all plates into a folder and return its index."""
    sections = []
    for name, draw in PLATES.items():
        draw().save(folder / f"{name}.svg")
        sections.append(_section(f"{name}.svg", globals()[name]))
    training(folder / "training.png")
    sections.append(_section("training.png", training))
    index = folder / "index.html"
    style = "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto}img{max-width:100%}pre{overflow:auto}"
    index.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>minigraph: gallery</title><style>{style}</style>'
        f"<h1>Gallery</h1>{''.join(sections)}</html>",
        encoding="utf-8",
    )
    return index


def _section(picture: str, draw: Callable[..., object]) -> str:
    words = html.escape(inspect.getdoc(draw) or "")
    code = html.escape(inspect.getsource(draw).removeprefix("@plate\n"))
    details = f"<details><summary>code</summary><pre>{code}</pre></details>"
    return f'<h2>{words}</h2><img src="{picture}" alt="{words}">{details}'


if __name__ == "__main__":
    print(write(Path(sys.argv[1] if len(sys.argv) > 1 else "out/gallery")))

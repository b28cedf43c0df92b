"""Small networks and drawings that the tests of diagrams share, and how to read a drawing back."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import minigraph as mg

SVG = "{http://www.w3.org/2000/svg}"


def lecture(batch: int = 4) -> mg.Network[mg.Array]:
    """Return the lecture's network after a forward and a backward pass."""
    net = mg.mlp([3, 6, 5, 5], seed=1, l2=0.3)
    generator = np.random.default_rng(0)
    net.forward(generator.normal(size=(batch, 3)))
    net.backward(np.eye(5)[np.arange(batch) % 5])
    return net


def branching() -> mg.Network[tuple[mg.Array, ...]]:
    """Return a network with two inputs, two outputs, a shared layer, dropout, Add (one parent twice), Concat."""
    x, extra = mg.Input(4, name="x"), mg.Input(2, name="extra")
    shared = mg.Dense(4, "tanh", name="shared")
    second = shared(shared(x))
    total = mg.Add(name="add")([x, mg.Dropout(0.4, name="dropout")(second), x])
    joined = mg.Concat(name="join")([total, extra])
    links = np.arange(18).reshape(3, 6) % 4 != 1
    kind = mg.Dense(3, "softmax", links=links, name="kind")(joined)
    size = mg.Dense(1, "identity", name="size")(second)
    net = mg.Network([x, extra], [kind, size], ["categorical_cross_entropy", "squared_error"], seed=3)
    generator = np.random.default_rng(0)
    net.forward([generator.normal(size=(4, 4)), generator.normal(size=(4, 2))], training=True)
    net.backward([np.eye(3)[[0, 1, 2, 0]], generator.normal(size=(4, 1))])
    return net


def residual(blocks: int) -> mg.Network[mg.Array]:
    """Return a network of residual blocks, with values of a batch."""
    x = mg.Input(5, name="x")
    h = mg.Dense(4, "relu", name="stem")(x)
    for _ in range(blocks):
        inner = mg.Dense(4, "identity", initializer=mg.Uniform(0.1))(mg.Dense(4, "relu")(h))
        h = mg.Add()([h, inner])
    net = mg.Network(x, mg.Dense(2, "softmax", name="class")(h), "categorical_cross_entropy", seed=0)
    net.forward(np.random.default_rng(0).normal(size=(6, 5)))
    return net


def image() -> mg.Network[mg.Array]:
    """Return a network whose input is an image."""
    net = mg.mlp([64, 9, 3], seed=2)
    net.forward(np.random.default_rng(1).random((2, 64)))
    net.backward(np.eye(3)[[0, 2]])
    return net


DRAWINGS: dict[str, Callable[[], mg.Diagram]] = {
    "plain": lambda: mg.diagram(mg.mlp([2, 2, 1], seed=0)),
    "lecture": lambda: mg.diagram(
        lecture(),
        show=("weights", "z", "a", "delta", "target"),
        classes=list("abcde"),
        title="A title",
        caption="Below.",
    ),
    "branching": lambda: mg.diagram(branching(), example=2, theme="auto"),
    "down": lambda: mg.diagram(branching(), direction="TB", show=("weights", "a"), top_k=3, theme="dark"),
    "elided": lambda: mg.diagram(
        image(), max_units={"input1": 4, "dense2": [2, 3, 9]}, image_shape=(8, 8), thumbnails=True
    ),
    "mean": lambda: mg.diagram(lecture(), example="mean", show=("gradient", "accumulator", "a", "delta"), tables=True),
    "layers": lambda: mg.diagram(branching(), detail="layers", title="Layers"),
    "folded": lambda: mg.diagram(residual(10)),
    "unfolded": lambda: mg.diagram(residual(6), fold=False, direction="RL"),
}
GOLDEN = ("branching", "elided", "folded")
"""Those whose DOT text is kept in tests/diagram/golden."""

_FLOAT = re.compile(r"-?\d+\.\d+(?:e[+-]\d+)?")


def rounded(text: str) -> str:
    """Round every number to five digits: the last ones differ from processor to processor."""
    return _FLOAT.sub(lambda found: f"{float(found[0]):.5g}", text)


@dataclass
class Picture:
    """An SVG read back: groups by id, with their tooltips and lines of text."""

    root: ET.Element

    @classmethod
    def of(cls, drawing: mg.Diagram) -> Picture:
        """Render a drawing with the engine that comes as a wheel."""
        drawing.engine = "graphviz-pure"
        return cls(ET.fromstring(drawing.svg()))

    def group(self, name: str) -> ET.Element:
        """Return the group of a node or edge."""
        found = self.root.find(f".//{SVG}g[@data-id='{name}']")
        assert found is not None, name
        return found

    def ids(self) -> list[str]:
        """Return the ids of all nodes and edges."""
        return [
            group.get("data-id", "") for group in self.root.iter(f"{SVG}g") if group.get("class") in ("node", "edge")
        ]

    def lines(self, name: str) -> list[str]:
        """Return the lines of text of a node."""
        return [text.text or "" for text in self.group(name).iter(f"{SVG}text")]

    def tooltip(self, name: str) -> str:
        """Return the tooltip of a node or edge."""
        title = self.group(name).find(f"{SVG}title")
        return "" if title is None or title.text is None else title.text

    def text(self) -> str:
        """Return all text."""
        return "\n".join(text.text or "" for text in self.root.iter(f"{SVG}text"))

    def stroke(self, name: str) -> ET.Element:
        """Return the path of an edge."""
        path = self.group(name).find(f"{SVG}path")
        assert path is not None
        return path


def tooltip_numbers(tooltip: str) -> dict[str, float]:
    """Return the numbers of a tooltip by their symbols."""
    pairs = (line.split(" = ") for line in tooltip.split("\n") if " = " in line)
    return {pair[0]: float(pair[1]) for pair in pairs}

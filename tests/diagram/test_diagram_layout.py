"""Nothing lies upon anything else: positions are read back from the text and measured."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import numpy as np
import pytest
from diagram_cases import branching, image, lecture, residual
from hypothesis import given, settings
from hypothesis import strategies as st

import minigraph as mg
from minigraph.diagram.layout.label_placement import place_labels
from minigraph.diagram.layout.layering import Band, arrange

DIRECTIONS = ("LR", "RL", "TB", "BT")


@dataclass(frozen=True)
class Rectangle:
    name: str
    x: float
    y: float
    wide: float
    high: float

    def overlaps(self, other: Rectangle, slack: float = 0.5) -> bool:
        return (
            abs(self.x - other.x) < (self.wide + other.wide) / 2 - slack
            and abs(self.y - other.y) < (self.high + other.high) / 2 - slack
        )


def rectangles(source: str) -> list[Rectangle]:
    found = re.findall(r'^\t(\w+) \[id=\w+ pos="([-\d.]+),([-\d.]+)!" width=([\d.]+) height=([\d.]+)', source, re.M)
    return [Rectangle(n, float(x), float(y), 72 * float(w), 72 * float(h)) for n, x, y, w, h in found]


def curves(source: str) -> list[tuple[str, str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]]:
    """Return tail, head and 40 points along each edge."""
    result = []
    for tail, head, points in re.findall(r'^\t(\w+) -> (\w+) \[.*?pos="([^"]+)"', source, re.M):
        numbers = [tuple(map(float, pair.split(","))) for pair in points.split() if not pair.startswith("e,")]
        spots = []
        t = np.linspace(0, 1, 40)[:, None]
        for start in range(0, len(numbers) - 1, 3):
            a, b, c, d = (np.array(each) for each in numbers[start : start + 4])
            spots.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
        result.append((tail, head, np.concatenate(spots)))
    return result


def is_part(name: str) -> bool:
    """Tell whether a rectangle is what a reader reads, rather than a frame or a part of another one."""
    return not re.match(r"box_|block_|layer_|plus_|more_\d+_\d+(_\d)?$|legend_\d+_(from|to)$", name)


DRAWINGS = {
    "lecture": lambda direction: mg.diagram(
        lecture(), show=("weights", "z", "a", "delta", "target"), classes=["fish"] * 5, title="T", direction=direction
    ),
    "branching": lambda direction: mg.diagram(branching(), example=2, direction=direction, caption="C"),
    "image": lambda direction: mg.diagram(image(), image_shape=(8, 8), thumbnails=True, direction=direction),
    "tables": lambda direction: mg.diagram(lecture(), tables=True, direction=direction, show=("weights", "a")),
    "layers": lambda direction: mg.diagram(branching(), "layers", direction=direction, title="T"),
    "residual": lambda direction: mg.diagram(residual(9), direction=direction),
    "unfolded": lambda direction: mg.diagram(residual(9), fold=False, direction=direction),
    "change": lambda direction: mg.diagram(lecture(), before=np.zeros(89), direction=direction),
    "long names": lambda direction: mg.diagram(
        mg.Network(x := mg.Input(2, name="a" * 40), mg.Dense(2, name="word " * 20)(x)), direction=direction
    ),
}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_units_texts_and_numbers_do_not_overlap(name: str, direction: str) -> None:
    source = DRAWINGS[name](direction).source
    parts = [each for each in rectangles(source) if is_part(each.name)]
    assert len(parts) > 4
    for left, right in itertools.combinations(parts, 2):
        assert not left.overlaps(right), f"{left} and {right}"


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_lines_do_not_pass_through_units(name: str, direction: str) -> None:
    assert_no_line_passes_through_units(DRAWINGS[name](direction).source)


def assert_no_line_passes_through_units(source: str) -> None:
    units = [each for each in rectangles(source) if re.match(r"(a|layer)_\d+(_\d+)?$", each.name)]
    for tail, head, spots in curves(source):
        for unit in units:
            if unit.name in (tail, head):
                continue
            inside = (np.abs(spots - (unit.x, unit.y)) < np.array([unit.wide, unit.high]) / 2 - 1).all(axis=1)
            if unit.name.startswith("a_"):  # round
                inside = np.hypot(*(spots - (unit.x, unit.y)).T) < unit.wide / 2 - 1
            assert not inside.any(), f"{tail} -> {head} through {unit.name}"


def test_skip_connections_pass_over_columns_in_lanes() -> None:
    source = DRAWINGS["branching"]("LR").source
    skips = [spots for tail, head, spots in curves(source) if tail.startswith("a_1_") and head.startswith("a_6_")]
    assert len(skips) == 8  # x is twice a parent of add
    starts = {tuple(spots[len(spots) // 2].round(1)) for spots in skips}
    assert len(starts) == 8  # none upon another


def test_the_same_parent_twice_in_a_row_gives_two_lines() -> None:
    x = mg.Input(1, name="x")
    drawing = mg.diagram(mg.Network(x, mg.Add(name="twice")([x, x]), "squared_error"), show="links")
    lines = [spots for _, head, spots in curves(drawing.source) if head == "a_2_1"]
    assert len(lines) == 2
    assert np.abs(lines[0] - lines[1]).max() > 3


@settings(max_examples=40)
@given(st.data())
def test_any_graph_is_drawn_without_overlap(data: st.DataObject) -> None:
    inputs = [mg.Input(data.draw(st.integers(1, 4)), name=f"in{k}") for k in range(data.draw(st.integers(1, 2)))]
    nodes = list(inputs)
    for _ in range(data.draw(st.integers(1, 7))):
        kind = data.draw(st.sampled_from(["dense", "concat", "add", "dropout"]))
        one = nodes[data.draw(st.integers(0, len(nodes) - 1))]
        if kind == "dense":
            nodes.append(mg.Dense(data.draw(st.integers(1, 4)), "tanh")(one))
        elif kind == "dropout":
            nodes.append(mg.Dropout(0.5)(one))
        else:
            other = nodes[data.draw(st.integers(0, len(nodes) - 1))]
            fits = kind == "concat" or other.size == one.size
            nodes.append((mg.Concat() if kind == "concat" else mg.Add())([one, other] if fits else [one, one]))
    ends = [node for node in nodes if not node.children]
    last = mg.Dense(2, "identity")(ends[0] if len(ends) == 1 else mg.Concat()(ends))
    net = mg.Network(inputs, last, "squared_error", seed=0)
    for detail in ("units", "layers"):
        source = mg.diagram(net, detail, max_units=3).source
        parts = [each for each in rectangles(source) if is_part(each.name)]
        for left, right in itertools.combinations(parts, 2):
            assert not left.overlaps(right), f"{left} and {right}"
        assert_no_line_passes_through_units(source)
        if detail == "units":
            drawn = [line for line in curves(source) if line[1].startswith("a_")]
            assert len(drawn) >= sum(len(node.parents) for node in net.nodes)


@given(
    st.lists(st.lists(st.tuples(st.floats(1, 50), st.floats(1, 50)), min_size=1, max_size=5), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
@settings(max_examples=100)
def test_bands_keep_their_distances(sizes: list[list[tuple[float, float]]], random: object) -> None:
    columns = [[Band(c, before, after) for before, after in column] for c, column in enumerate(sizes)]
    for left, right in itertools.pairwise(columns):
        for k, band in enumerate(left):
            other = right[(7 * k + len(right)) % len(right)]
            band.neighbours.append(other)
            other.neighbours.append(band)
    arrange(columns, 10.0)
    for column in columns:
        for above, below in itertools.pairwise(column):
            assert below.place - below.before >= above.place + above.after + 10 - 1e-6
    assert min(band.place - band.before for column in columns for band in column) == pytest.approx(0, abs=1e-9)


def test_numbers_are_staggered_without_overlap() -> None:
    generator = np.random.default_rng(0)
    rows = np.arange(8) * 40.0
    ends = np.array([[(0, a), (200, b)] for a in rows for b in rows])
    ends = ends[generator.permutation(len(ends))]
    places = place_labels(ends, [(24.0, 10.0)] * len(ends), ends[:0], np.empty((0, 4)))
    found = [place for place in places if place is not None]
    assert len(found) > 45
    for (x0, y0), (x1, y1) in itertools.combinations(found, 2):
        assert abs(x0 - x1) >= 26 or abs(y0 - y1) >= 10
    for (start, end), place in zip(ends, places, strict=True):
        if place is not None:  # on its own line
            t = (place[0] - start[0]) / (end[0] - start[0])
            assert place[1] == pytest.approx(start[1] + t * (end[1] - start[1]))

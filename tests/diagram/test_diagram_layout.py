"""Nothing lies upon anything else: positions are read back from the text and measured."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import numpy as np
import pytest
from diagram_cases import branching, image, lecture, residual
from hypothesis import given, settings, strategies as st

import minigraph as mg
from minigraph.diagram.canvas import labels
from minigraph.diagram.layout.label_placement import place_labels
from minigraph.diagram.layout.layering import Band, Layering, arrange, layered, spread
from minigraph.diagram.options import Direction, Shown
from minigraph.graph.node import Node

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
    """Return whether a rectangle is what a reader reads, rather than a frame or a part of another one."""
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
    places = sorted(spots[len(spots) // 2][1] for spots in skips)
    gaps = np.diff(places)
    assert gaps.min() >= 4.8  # within a lane
    assert gaps.max() >= 26  # between the lanes of the two times that x is a parent


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


def random_graph(generator: np.random.Generator) -> dict[Node, list[Node]]:
    """Return a graph as parents by node, in topological order."""
    parents: dict[Node, list[Node]] = {}
    for index in range(int(generator.integers(6, 16))):
        known = list(parents)
        count = 0 if index < 2 else int(generator.integers(1, 4))
        chosen: list[int] = (
            generator.choice(len(known), min(count, len(known)), replace=False).tolist() if count else []
        )
        parents[mg.Input(1)] = [known[k] for k in chosen]
    return parents


def count_crossings(layering: Layering) -> int:
    """Count the pairs of straight lines between neighbouring columns that cross, from the places alone."""
    lines = [
        (here.column, here.place, there.place)
        for path in layering.paths.values()
        for here, there in itertools.pairwise(path)
    ]
    return sum(c == d and (a - e) * (b - f) < 0 for (c, a, b), (d, e, f) in itertools.combinations(lines, 2))


def test_layered_drawings_have_few_crossings() -> None:
    generator = np.random.default_rng(0)
    crossings = 0
    for _ in range(300):
        parents = random_graph(generator)
        lanes = {(node, slot): 3.0 for node, above in parents.items() for slot in range(len(above))}
        layering = layered(parents, dict.fromkeys(parents, (20.0, 20.0)), lanes, 10.0)
        crossings += count_crossings(layering)
        for path in layering.paths.values():
            assert [band.column for band in path] == list(range(path[0].column, path[-1].column + 1))
    assert crossings <= 1760  # as measured; fewer are welcome


def test_a_chain_is_a_straight_line() -> None:
    nodes = [mg.Input(1) for _ in range(5)]
    parents = {node: nodes[max(0, index - 1) : index] for index, node in enumerate(nodes)}
    extents = {node: (10.0 * index, 5.0) for index, node in enumerate(nodes, start=1)}
    layering = layered(parents, extents, {(node, 0): 3.0 for node in nodes}, 10.0)
    places = [layering.bands[node].place for node in nodes]
    assert places == pytest.approx([50.0] * 5, abs=1)


def test_a_node_stands_between_its_neighbours() -> None:
    left, right, middle = mg.Input(1), mg.Input(1), mg.Input(1)
    parents = {left: [], right: [], middle: [left, right]}
    extents = {left: (100.0, 10.0), right: (10.0, 10.0), middle: (10.0, 10.0)}
    bands = layered(parents, extents, {(middle, 0): 3.0, (middle, 1): 3.0}, 10.0).bands
    assert bands[middle].place == pytest.approx((bands[left].place + bands[right].place) / 2, abs=1e-3)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 20)), min_size=1, max_size=12))
def test_bands_stand_as_near_to_where_they_want_as_order_and_distance_allow(pairs: list[tuple[float, float]]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    wanted = np.array([place for place, _ in pairs])
    offsets = np.cumsum([distance for _, distance in pairs])
    expected = optimize.isotonic_regression(wanted - offsets).x + offsets
    assert spread(wanted.tolist(), offsets.tolist()) == pytest.approx(expected.tolist(), abs=1e-9)


def test_a_label_stands_in_the_middle_unless_another_edge_passes_there() -> None:
    edge, nothing = np.array([[(0.0, 0.0), (200.0, 0.0)]]), np.empty((0, 4))
    assert place_labels(edge, [(20.0, 10.0)], edge[:0], nothing) == [(100.0, 0.0)]
    crossing = np.array([[(100.0, -50.0), (100.0, 50.0)]])
    place = place_labels(edge, [(20.0, 10.0)], crossing, nothing)[0]
    assert place is not None
    assert 10 < abs(place[0] - 100) < 20
    blocked = np.array([[90.0, -5.0, 110.0, 5.0]])
    place = place_labels(edge, [(20.0, 10.0)], edge[:0], blocked)[0]
    assert place is not None
    assert abs(place[0] - 100) >= 20
    assert place_labels(edge, [(20.0, 10.0)], edge[:0], np.array([[-9.0, -9.0, 300.0, 9.0]])) == [None]


def by_name(source: str) -> dict[str, Rectangle]:
    return {each.name: each for each in rectangles(source)}


def test_columns_move_apart_until_every_number_has_room() -> None:
    net = mg.mlp([4, 5], seed=0)
    widths = []
    for top_k in (None, 3):
        source = mg.diagram(net, show=("weights", "gradient", "accumulator"), top_k=top_k).source
        assert len(re.findall(r"^\ton_", source, re.M)) == (top_k or net.unroll().size)
        assert ("numbers on 3 of 25 weights" in source) == (top_k == 3)
        widths.append(by_name(source)["a_2_1"].x - by_name(source)["a_1_1"].x)
    assert widths[0] > widths[1]


def test_numbers_of_two_matrices_between_the_same_columns_do_not_overlap() -> None:
    x, z = mg.Input(3, name="x"), mg.Input(3, name="z")
    net = mg.Network([x, z], mg.Concat()([mg.Dense(3)(z), mg.Dense(3)(x), mg.Dense(3)(z)]), "squared_error", seed=0)
    numbers = [each for each in rectangles(mg.diagram(net).source) if each.name.startswith("on_")]
    assert len(numbers) == 36
    assert not [pair for pair in itertools.combinations(numbers, 2) if pair[0].overlaps(pair[1])]


@pytest.mark.parametrize(("sizes", "count"), [([3, 16], 64), ([4, 13], 24)])
def test_of_more_than_64_weights_the_strongest_24_are_numbered(sizes: list[int], count: int) -> None:
    net = mg.mlp(sizes, seed=0)
    numbered = re.findall(r"^\ton_a_1_(\d+)__a_2_(\d+)", mg.diagram(net, max_units=None, show="weights").source, re.M)
    sizes_of = np.abs(net.layers[0].parameters())
    strongest = np.argsort(-sizes_of, axis=None)[:count]
    assert sorted((int(j) - 1) * sizes_of.shape[1] + int(i) for i, j in numbered) == sorted(strongest.tolist())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_numbers_keep_clear_of_bias_units_and_of_rows_of_units_left_out(direction: Direction) -> None:
    met = 0
    for max_units, show in ((2, "weights"), (3, "a"), (4, "weights")):
        drawing = mg.diagram(image(), max_units=max_units, direction=direction, show=("weights", show))  # type: ignore[arg-type]
        found = by_name(drawing.source)
        for name, here in found.items():
            if re.fullmatch(r"more_\d+_\d+", name):
                y = here.y - (8 if f"{name}_count" in found else 0)
                rows = Rectangle(name, here.x, y, 76, 50)
            elif re.fullmatch(r"a_\d+_0", name):
                rows = Rectangle(name, here.x, here.y, 22, 22)
            else:
                continue
            for number in found.values():
                if number.name.startswith("on_"):
                    assert not number.overlaps(rows, slack=0.2), f"{number} and {rows}"
                    met += 1
    assert met > 100


@pytest.mark.parametrize("show", ["links", "weights"])
def test_tall_columns_stand_farther_apart_so_that_edges_are_not_steep(show: Shown) -> None:
    widths = []
    for units in (3, 12, 40):
        found = by_name(mg.diagram(mg.mlp([units, units]), show=show, top_k=0, max_units=None).source)
        widths.append(found["a_2_1"].x - found["a_1_1"].x)
        rise = abs(found["a_2_1"].y - found[f"a_1_{units}"].y)
        # The line passes the neighbouring unit, a pitch away, outside of its circle.
        pitch, radius = abs(found["a_1_1"].y - found["a_1_2"].y), found["a_1_1"].wide / 2
        assert pitch * widths[-1] / np.hypot(widths[-1], rise) > radius
    assert widths[0] + 50 < widths[1] < widths[2] - 50


def test_what_stands_beside_units_has_room_between_columns() -> None:
    names = [f"a rather long name {j}" for j in range(3)]
    x = mg.Input(3, name="x")
    h = mg.Dense(3, name="h")(x)
    net = mg.Network(x, mg.Dense(2, name="y")(h), "squared_error")
    plain, named = (by_name(mg.diagram(net, show="links", **more).source) for more in ({}, {"classes": {"h": names}}))  # type: ignore[arg-type]
    text = labels.text_size(names[0], 9)[0]
    assert named["a_3_1"].x - named["a_2_1"].x >= plain["a_3_1"].x - plain["a_2_1"].x + text
    assert named["a_2_1"].x - named["a_1_1"].x == pytest.approx(plain["a_2_1"].x - plain["a_1_1"].x)
    first = by_name(mg.diagram(net, show="links", classes={"x": names}).source)
    assert first["beside_1_1"].x < first["a_1_1"].x < first["a_2_1"].x


def test_long_networks_are_broken_into_lines() -> None:
    def lines(columns: int, direction: Direction) -> list[int]:
        net = mg.mlp([2] * columns)
        boxes = [each for each in rectangles(mg.diagram(net, "layers", direction=direction, fold=False).source)
                 if re.fullmatch(r"layer_\d+", each.name)]  # fmt: skip
        across = [each.y if direction in ("LR", "RL") else each.x for each in boxes]
        return [len(list(group)) for _, group in itertools.groupby(across)]

    assert lines(8, "LR") == [8]
    assert lines(14, "LR") == [6, 6, 2]
    assert lines(9, "RL") == [6, 3]
    assert lines(14, "TB") == [14]
    found = by_name(mg.diagram(mg.mlp([2] * 14), "layers", fold=False).source)
    assert found["layer_1"].y - found["layer_7"].y > found["layer_1"].high + 40


def test_edges_that_leave_a_line_together_run_on_tracks_of_their_own() -> None:
    net = residual(6)
    source = mg.diagram(net, "layers", fold=False).source
    horizontals = []
    for points in re.findall(r'pos="e,\S+ ([^"]+)"', source):
        numbers = [tuple(map(float, pair.split(","))) for pair in points.split()]
        if min(x for x, _ in numbers) < 0 and len(numbers) > 12:
            longest = max(itertools.pairwise(numbers[::3]), key=lambda pair: abs(pair[0][0] - pair[1][0]))
            horizontals.append(longest[0][1])
    assert len(horizontals) >= 2
    assert len(set(horizontals)) == len(horizontals)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_frame_of_a_folded_block_is_about_its_boxes_alone(direction: Direction) -> None:
    source = mg.diagram(residual(9), direction=direction).source
    boxes = by_name(source)
    frames = [each for each in boxes.values() if re.fullmatch(r"block_\d+_\d+", each.name)]
    assert frames
    for name, box in boxes.items():
        if re.fullmatch(r"layer_\d+", name):
            inside = [
                abs(box.x - frame.x) + box.wide / 2 < frame.wide / 2
                and abs(box.y - frame.y) + box.high / 2 < frame.high / 2
                for frame in frames
            ]
            outside = [not box.overlaps(frame) for frame in frames]
            assert sum(inside) == (3 <= int(name.removeprefix("layer_")) <= 5), name
            assert all(a or b for a, b in zip(inside, outside, strict=True)), name


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_frames_and_their_statements_keep_clear_of_other_boxes(direction: Direction) -> None:
    x = mg.Input(3, name="x")
    ends = []
    for kind in ("tanh", "relu", "sigmoid"):
        node = mg.Dense(4, "identity")(x)
        for _ in range(6):
            node = mg.Dense(3, kind)(node)
        ends.append(mg.Dense(2)(node))
    found = by_name(mg.diagram(mg.Network(x, mg.Add()(ends), "squared_error"), "layers", direction=direction).source)
    frames = {name: each for name, each in found.items() if name.startswith("block_")}
    assert len(frames) == 6  # three, each with its statement
    for left, right in itertools.combinations(frames.values(), 2):
        assert not left.overlaps(right)
    boxes = [each for name, each in found.items() if re.fullmatch(r"layer_\d+", name)]
    for name, frame in frames.items():
        assert sum(frame.overlaps(box) for box in boxes) == (0 if name.endswith("repeats") else 1), name


def test_the_bias_unit_of_pictured_units_stands_where_their_edges_begin() -> None:
    found = by_name(mg.diagram(image(), image_shape=(8, 8), thumbnails=True).source)
    assert found["weights_2_1"].x > found["a_2_1"].x
    assert found["a_2_0"].x > found["weights_2_1"].x
    assert found["a_1_0"].x == found["a_1_1"].x


def test_the_caption_of_a_drawing_that_runs_down_leaves_its_bold_name_room_before_the_units() -> None:
    x = mg.Input(2, name="WWWWWWWWWW")
    found = by_name(mg.diagram(mg.Network(x, mg.Dense(1)(x)), direction="TB", show="a").source)
    name, bias = found["name_1"], found["a_1_0"]
    assert name.wide > found["rule_1"].wide
    assert name.x + name.wide / 2 == pytest.approx(bias.x - 44 / 2 - 12, abs=0.2)


def test_nodes_of_one_column_stand_apart() -> None:
    found = by_name(mg.diagram(branching()).source)
    above, below = sorted((found["rule_1"], found["a_2_1"]), key=lambda each: -each.y)
    assert above.y - above.high / 2 - (below.y + below.high / 2) >= 20


def test_edges_touch_the_outline_of_what_they_join() -> None:
    source = mg.diagram(image(), max_units=3, show=("weights", "a")).source
    found = by_name(source)
    for tail, head, spots in curves(source):
        for name, spot in ((tail, spots[0]), (head, spots[-1])):
            if name in found and not name.startswith("legend"):
                centre = found[name]
                expected = 10 if name.startswith("more") else 11 if name.endswith("_0") else 22
                if name.startswith("more") and f"{name}_count" in found:
                    centre = Rectangle(name, centre.x, centre.y - 8, centre.wide, centre.high)
                assert np.hypot(*(spot - (centre.x, centre.y))) == pytest.approx(expected, abs=0.2), name

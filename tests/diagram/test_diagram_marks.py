"""How things are drawn: colours, widths, shapes and pictures, read back from the rendered drawing."""

from __future__ import annotations

import re

import numpy as np
import pytest
from diagram_cases import SVG, Picture, branching, image, lecture

import minigraph as mg
from minigraph.base.notation import Symbol
from minigraph.diagram.canvas.labels import number
from minigraph.diagram.canvas.styles import SignedStyle
from minigraph.diagram.canvas.themes import THEMES, blend, tint
from minigraph.diagram.options import Direction


def test_sign_is_colour_and_dashes_and_magnitude_is_width() -> None:
    net = lecture()
    theta = net.layers[0].parameters()
    picture = Picture.of(mg.diagram(net, show="weights"))
    widths = {}
    for (row, column), weight in np.ndenumerate(theta):
        stroke = picture.stroke(f"a_1_{column}__a_2_{row + 1}")
        assert stroke.get("stroke") == ("#d9730d" if weight < 0 else "#0b6fb8")
        assert ("stroke-dasharray" in stroke.attrib) == (weight < 0)
        widths[abs(float(weight))] = float(stroke.get("stroke-width", "1"))
    ordered = [widths[size] for size in sorted(widths)]
    assert ordered == sorted(ordered)
    assert ordered[-1] > 3 * ordered[0]


def test_the_ring_of_a_unit_is_its_error() -> None:
    net = lecture()
    picture = Picture.of(mg.diagram(net))
    widths = {}
    for node in net.nodes[1:]:
        for j, delta in enumerate(node.delta[0], start=1):
            ring = picture.group(f"a_{node.position}_{j}").find(f"{SVG}ellipse")
            assert ring is not None
            assert ring.get("stroke") == ("#d9730d" if delta < 0 else "#0b6fb8")
            widths[abs(float(delta))] = float(ring.get("stroke-width", "1"))
    ordered = [widths[size] for size in sorted(widths)]
    assert ordered == sorted(ordered)
    assert ordered[-1] > 3 * ordered[0]


def test_dropped_units_are_ghosts_with_dotted_links() -> None:
    net = branching()
    mask = net.node("dropout").mask
    assert mask is not None
    example = int(np.flatnonzero(~mask.all(axis=1))[0])
    picture = Picture.of(mg.diagram(net, example=example))
    l, parent = net.node("dropout").position, net.node("dropout").parents[0].position  # noqa: E741
    for j, kept in enumerate(mask[example], start=1):
        ring = picture.group(f"a_{l}_{j}").find(f"{SVG}ellipse")
        assert ring is not None
        assert ("stroke-dasharray" in ring.attrib) == (not kept)
        dashes = picture.stroke(f"a_{parent}_{j}__a_{l}_{j}").get("stroke-dasharray")
        assert dashes == (None if kept else "1,5")
        assert ("dropped out" in picture.tooltip(f"a_{l}_{j}")) == (not kept)
    assert "dropped out" in picture.text()


def test_in_means_only_units_that_dropped_out_of_every_example_are_ghosts() -> None:
    net = branching()
    mask = net.node("dropout").mask
    assert mask is not None
    assert not mask.all(axis=0).all()
    assert mask.any(axis=0).all()
    assert "dropped out" not in mg.diagram(net, example="mean").source


def test_numbers_have_the_colour_of_their_sign() -> None:
    net = lecture()
    picture = Picture.of(mg.diagram(net, show="weights"))
    theta, found = net.layers[0].parameters(), 0
    for (row, column), weight in np.ndenumerate(theta):
        text = picture.group(f"on_a_1_{column}__a_2_{row + 1}").find(f"{SVG}text")
        assert text is not None
        assert text.get("fill") == ("#a8520a" if weight < 0 else "#0b6fb8")
        found += int(weight < 0)
    assert 0 < found < theta.size


def test_weights_of_dropped_units_have_no_numbers() -> None:
    net = mg.mlp([3, 6, 2], dropout=0.5, seed=0)
    net.forward([[1.0, 2.0, 3.0]], training=True)
    dropout = next(node for node in net.nodes if node.layer.kind == "dropout")
    assert dropout.mask is not None
    kept = [0, *(np.flatnonzero(dropout.mask[0]) + 1).tolist()]
    assert 1 < len(kept) < 7
    names = re.findall(rf"^\ton_a_{dropout.position}_(\d)__", mg.diagram(net).source, re.M)
    assert sorted(map(int, set(names))) == kept


def test_focus_dims_all_edges_but_those_of_the_unit() -> None:
    net = lecture()
    unit = net.node(3).unit(2)
    picture = Picture.of(mg.diagram(net, focus=unit))
    for name in (each for each in picture.ids() if "__" in each and each.startswith("a_")):
        touches = name.startswith("a_3_2__") or name.endswith("__a_3_2")
        assert (picture.stroke(name).get("stroke") != "#c9d0d8") == touches
        assert (f"on_{name}" in picture.ids()) == touches


def test_gradient_check_colours_edges_and_names_the_worst() -> None:
    net = lecture()
    X, Y = np.random.default_rng(0).normal(size=(4, 3)), np.eye(5)[:4]
    report = mg.check_gradient(net, X, Y)
    picture = Picture.of(mg.diagram(net, gradient_check=report, show="weights"))
    worst = report.worst
    names = [name for name in picture.ids() if name.startswith("on_")]
    assert names == [f"on_a_{worst.layer}_{worst.column}__a_{worst.layer + 1}_{worst.row}"]
    symbol = Symbol("Θ", (worst.row, worst.column), worst.layer).text
    assert picture.lines(names[0]) == [f"worst: {symbol} {worst.error:.1e}".replace("-", "−")]
    assert picture.stroke(names[0].removeprefix("on_")).get("stroke") == THEMES["light"].ink
    assert THEMES["light"].warning not in {
        picture.stroke(name).get("stroke") for name in picture.ids() if name.startswith("a_") and "__" in name
    }
    assert f"gradient check passed: largest relative error {report.max_error:.1e}".replace("-", "−") in picture.text()
    sample = mg.check_gradient(net, X, Y, sample=5)
    drawn = Picture.of(mg.diagram(net, gradient_check=sample))
    unchecked = [n for n in drawn.ids() if n.startswith("a_") and "__" in n and "nan" in drawn.tooltip(n)]
    assert len(unchecked) == net.unroll().size - 5
    assert "not checked" in drawn.text()
    assert "not checked" not in picture.text()


def test_a_failed_gradient_check_stands_out() -> None:
    net = lecture()
    X, Y = np.random.default_rng(0).normal(size=(4, 3)), np.eye(5)[:4]
    _, wrong = net.cost_and_gradient(X, Y)
    wrong[[3, 40]] += 1.0
    report = mg.check_gradient(net, X, Y, gradient=wrong)
    picture = Picture.of(mg.diagram(net, gradient_check=report))
    loud = [n for n in picture.ids() if "__" in n and not n.startswith("on_")
            and picture.stroke(n).get("stroke") == THEMES["light"].warning]  # fmt: skip
    assert len(loud) == 2
    assert "gradient check FAILED: largest relative error" in picture.text()


def test_a_comparison_shows_the_change() -> None:
    net = mg.mlp([2, 2, 1], seed=0)
    before = net.unroll()
    after = before + np.linspace(-0.5, 0.4, before.size)
    picture = Picture.of(mg.diagram(net, before=before, after=after, show="weights"))
    first = np.split(before, [6])[0].reshape(2, 3)
    second = np.split(after, [6])[0].reshape(2, 3)
    for (row, column), old in np.ndenumerate(first):
        name = f"a_1_{column}__a_2_{row + 1}"
        assert picture.lines(f"on_{name}") == [f"{number(float(old))} → {number(float(second[row, column]))}"]
        assert picture.stroke(name).get("stroke") == ("#0b6fb8" if second[row, column] > old else "#d9730d")
    net.assign(after)
    assert (
        mg.diagram(net, before=before, show="a").source == mg.diagram(net, before=before, after=after, show="a").source
    )


def test_tables_hold_the_matrices() -> None:
    net = lecture()
    picture = Picture.of(mg.diagram(net, tables=True, show=("weights", "gradient")))
    for l, layer in enumerate(net.layers, start=1):  # noqa: E741
        for what, matrix in (("weights", layer.parameters()), ("gradient", layer.gradient)):
            cells = picture.lines(f"table_{what}_{l}")
            width = matrix.shape[1] + 1
            assert cells[: width - 1] == [str(j) for j in range(matrix.shape[1])]
            body = np.array(cells[width - 1 :]).reshape(-1, width)
            assert body[:, 0].tolist() == [str(i) for i in range(1, len(matrix) + 1)]
            assert body[:, 1:].tolist() == [[number(float(v)) for v in row] for row in matrix]


def test_an_image_is_drawn_in_shades_of_its_pixels() -> None:
    net = image()
    picture = Picture.of(mg.diagram(net, image_shape=(8, 8), thumbnails=True, example=1))
    values = net.node(1).a[1]
    cells = picture.group("image_1").findall(f"{SVG}polygon")
    inked = [cell.get("fill") for cell in cells if cell.get("fill") != "none"]
    assert 8 < len(inked) <= 64  # equal neighbours are one cell
    darkest = min(inked, key=lambda colour: int((colour or "#fff")[1:3], 16))
    assert darkest == "#1d2733"
    assert values.max() > 0.9
    for j in range(1, 10):
        assert picture.group(f"weights_2_{j}").findall(f"{SVG}polygon")


def test_add_and_concat_are_drawn_as_what_they_are() -> None:
    net = branching()
    picture = Picture.of(mg.diagram(net))
    add, join = net.node("add").position, net.node("join").position
    assert [picture.lines(f"plus_{add}_{j}") for j in range(1, 5)] == [["+"]] * 4
    assert f"box_{join}" in picture.ids()
    assert "add: sum of parents" in picture.text()
    assert "concat: side by side" in picture.text()


def test_bias_units_are_squares_without_incoming_edges_and_not_counted() -> None:
    picture = Picture.of(mg.diagram(lecture()))
    for l in (1, 2, 3):  # noqa: E741
        assert picture.lines(f"a_{l}_0") == ["1"]
        assert picture.group(f"a_{l}_0").find(f"{SVG}polygon") is not None
    assert "a_4_0" not in picture.ids()
    assert not [name for name in picture.ids() if name.endswith("_0") and "__" in name]
    assert "s₂ = 6" in picture.text()


def fill(picture: Picture, name: str) -> str:
    return next(each for each in picture.group(name) if each.tag != f"{SVG}title").get("fill", "")


def test_the_fill_of_a_unit_is_its_activation_as_a_share_of_its_node() -> None:
    net = mg.mlp([3, 4, 2], activation="tanh", seed=1)
    net.forward([[0.5, -1.0, 0.25], [1.0, 1.0, 1.0]])
    picture = Picture.of(mg.diagram(net, theme="light"))
    for node in net.nodes:
        largest = np.abs(node.a[0]).max()
        for j, a in enumerate(node.a[0].tolist(), start=1):
            assert fill(picture, f"a_{node.position}_{j}") == tint(THEMES["light"], a / largest)
    hidden = Picture.of(mg.diagram(net, show="weights"))
    assert fill(hidden, "a_2_1") == "#ffffff"


def test_rings_are_thickest_at_the_largest_error_shown() -> None:
    net = lecture()
    picture = Picture.of(mg.diagram(net))
    deltas = {f"a_{n.position}_{j}": abs(d) for n in net.nodes[1:] for j, d in enumerate(n.delta[0].tolist(), start=1)}
    largest = max(deltas.values())
    for name, delta in deltas.items():
        ring = picture.group(name).find(f"{SVG}ellipse")
        assert ring is not None
        assert float(ring.get("stroke-width", "1")) == pytest.approx(1 + 3.5 * delta / largest, abs=0.01)


def test_in_print_negative_errors_have_dashed_rings() -> None:
    net = lecture()
    for theme, is_dashed in (("print", True), ("light", False)):
        picture = Picture.of(mg.diagram(net, theme=theme))  # type: ignore[arg-type]
        for j, delta in enumerate(net.node(4).delta[0], start=1):
            ring = picture.group(f"a_4_{j}").find(f"{SVG}ellipse")
            assert ring is not None
            assert ("stroke-dasharray" in ring.attrib) == (is_dashed and delta < 0)


def test_units_of_a_concat_are_boxes_in_a_frame() -> None:
    net = branching()
    source = mg.diagram(net).source
    join = net.node("join").position
    units = [line for line in source.splitlines() if re.match(rf"\ta_{join}_[1-9]\d* \[", line)]
    assert len(units) == net.node("join").size
    assert all("shape=box" in line and 'style="filled,rounded"' in line for line in units)
    add = net.node("add").position
    assert not re.search(rf"^\ta_{add}_1 .*shape=box", source, re.M)


def legend(drawing: mg.Diagram) -> list[str]:
    return re.findall(r'^\tlegend_\d+_text .*?label="([^"]*?)(?:\\l)?" tooltip', drawing.source, re.M)


def test_the_legend_explains_what_is_drawn_and_nothing_else() -> None:
    net = lecture()
    theta = max(float(np.abs(layer.parameters()).max()) for layer in net.layers)
    delta = max(float(np.abs(node.delta[0]).max()) for node in net.nodes[1:])
    edges = ["Θ > 0", "Θ < 0", f"|Θ| = {number(theta)}", f"|Θ| = {number(theta / 8)}"]
    fill = "fill: full at the largest |a| of the node"
    units = ["δ > 0", "δ < 0", f"|δ| = {number(delta)}", "a > 0", "a < 0", "bias unit", fill]
    assert legend(mg.diagram(net)) == [*edges, *units]
    assert legend(mg.diagram(net, show="links")) == ["bias unit"]
    assert legend(mg.diagram(net, legend=False)) == []
    assert legend(mg.diagram(net, show="a", theme="print")) == ["|a|", "bias unit", fill]
    assert legend(mg.diagram(net, show="gradient"))[0] == "D = ∂J/∂Θ > 0"
    assert legend(mg.diagram(net, show=("a", "delta"), example="mean"))[1:] == [
        "|a|", "bias unit", fill, "in units: mean |value| over the batch",
    ]  # fmt: skip
    assert legend(mg.diagram(net, before=np.zeros(89), show="z"))[:2] == ["change of Θ > 0", "change of Θ < 0"]
    assert legend(mg.diagram(mg.mlp([2, 1]), show="gradient"))[0] == "D = ∂J/∂Θ: —, not computed"
    positive = mg.mlp([2, 3, 1], seed=0)
    positive.forward([[0.5, 0.5]])
    assert legend(mg.diagram(positive, show="a")) == ["a > 0", "bias unit", fill]
    assert legend(mg.diagram(net, max_units=3, show="links"))[-1] == "links of units not shown"
    assert legend(mg.diagram(branching(), show="a"))[-1] == "Θ⁽¹⁾ is one matrix, used by shared, shared_2"
    assert legend(mg.diagram(branching(), show="links", example=2))[1] == "dropped out"


def test_weights_that_are_all_zero_are_computed_and_have_no_sign() -> None:
    net = mg.mlp([2, 2], initializer=mg.Zeros())
    assert legend(mg.diagram(net, show="weights")) == ["Θ = 0", "bias unit"]
    picture = Picture.of(mg.diagram(net, show="weights"))
    strokes = {picture.stroke(name).get("stroke") for name in picture.ids() if name.startswith("a_") and "__" in name}
    assert strokes == {THEMES["light"].muted}
    net.node(2).unit(1).bias = 1
    assert legend(mg.diagram(net, show="weights"))[:3] == ["Θ = 0", "Θ > 0", "Θ < 0"]


def test_the_legend_claims_the_strongest_only_where_it_is_true() -> None:
    net = mg.mlp([9, 9], seed=0)
    net.forward(np.ones((1, 9)))
    assert legend(mg.diagram(net, top_k=3, show="weights"))[-1] == "numbers on 3 of 90 weights, the strongest"
    theta = np.abs(net.layers[0].theta)
    weakest = net.node(2).unit(1 + int(theta.max(axis=1).argmin()))
    assert legend(mg.diagram(net, top_k=3, show="weights", focus=weakest))[-1] == "numbers on 3 of 90 weights"


def test_pictures_of_weights_have_one_scale_and_say_so() -> None:
    net = mg.mlp([4, 2, 1], seed=0)
    net.layers[0].theta = [[0, 1, 0, 0, 0], [0, 0, 4, 0, 0]]
    drawing = mg.diagram(net, show="a", image_shape=(2, 2), thumbnails=True)
    assert "pictures of weights: full at the largest |Θ| of the node" in legend(drawing)
    first = re.search(r"^\tweights_2_1 .*$", drawing.source, re.M)
    assert first is not None
    assert blend(THEMES["light"].background, THEMES["light"].positive, 0.25) in first[0]
    printed = mg.diagram(net, show="a", image_shape=(2, 2), thumbnails=True, theme="print")
    assert "pictures of weights: full at the largest |Θ| of the node; dark > 0, light < 0" in legend(printed)


def test_several_numbers_on_an_edge_have_no_colour_of_one_of_them() -> None:
    net = lecture()
    one, both = (mg.diagram(net, show=show).source for show in ("weights", ("weights", "gradient")))
    colours = [set(re.findall(r'^\ton_a\S+ .*?fontcolor="(#\w+)"', source, re.M)) for source in (one, both)]
    light = THEMES["light"]
    assert colours == [{light.positive, light.negative_text}, {light.ink}]


def test_samples_in_the_legend_look_like_the_edges_that_they_explain() -> None:
    net = lecture()
    source = mg.diagram(net).source
    samples = re.findall(r"^\tlegend_\d_from -> legend_\d_to \[(color=.*?) pos=", source, re.M)
    top = max(float(np.abs(layer.parameters()).max()) for layer in net.layers)
    style = SignedStyle(THEMES["light"], top)
    assert samples == [style.one(value) for value in (top / 2, -top / 2, top, top / 8)]


def test_entries_of_the_legend_stay_within_the_drawing() -> None:
    source = mg.diagram(mg.mlp([2, 1], seed=0), show=("weights", "z", "a", "delta")).source
    ends, rows = [], set()
    for x, y, wide in re.findall(
        r'^\tlegend_\d+_text \[id=\S+ pos="([-\d.]+),([-\d.]+)!" width=([\d.]+)', source, re.M
    ):
        ends.append(float(x) + 36 * float(wide))
        rows.add(y)
    left = min(float(x) for x in re.findall(r'^\tlegend_\d+\w* \[id=\S+ pos="([-\d.]+),', source, re.M))
    xs = [float(x) for x in re.findall(r'^\ta_\S+ \[id=\S+ pos="([-\d.]+),', source, re.M)]
    assert max(ends) <= max(left + 330, max(xs) + 200)
    assert len(rows) >= 2


def test_an_example_as_a_picture_is_in_ink_or_signed_if_some_of_it_is_negative() -> None:
    net = image()
    positive = Picture.of(mg.diagram(net, image_shape=(8, 8)))
    colours = {each.get("fill") for each in positive.group("image_1").findall(f"{SVG}polygon")}
    assert "#1d2733" in colours
    assert "#0b6fb8" not in colours
    x = np.full((1, 64), 0.5)
    x[0, 9] = -1.0
    net.forward(x)
    signed = Picture.of(mg.diagram(net, image_shape=(8, 8)))
    colours = {each.get("fill") for each in signed.group("image_1").findall(f"{SVG}polygon")}
    assert "#d9730d" in colours
    size = re.search(r"^\timage_1 .*?width=([\d.]+)", mg.diagram(net, image_shape=(8, 8)).source, re.M)
    assert size is not None
    assert float(size[1]) == pytest.approx(8 * 14 / 72, abs=1e-3)


def test_pictures_of_weights_name_the_largest() -> None:
    net = image()
    picture = Picture.of(mg.diagram(net, image_shape=(8, 8), thumbnails=True))
    for j in range(1, 10):
        largest = np.abs(net.layers[0].parameters()[j - 1, 1:]).max()
        assert picture.tooltip(f"weights_2_{j}") == f"incoming weights of unit {j} of dense2, the largest {largest:.3g}"
    assert not [name for name in picture.ids() if name.startswith("weights_3")]
    square = mg.mlp([4, 4, 4], seed=0)  # the second layer has as many weights as pixels, but sees no pixels
    ids = Picture.of(mg.diagram(square, image_shape=(2, 2), thumbnails=True)).ids()
    assert [name for name in ids if name.startswith("weights_")] == [f"weights_2_{j}" for j in range(1, 5)]


def test_numbers_in_tables_have_the_colour_of_their_sign_and_absent_links_no_number() -> None:
    net = branching()
    picture = Picture.of(mg.diagram(net, tables=True, show="weights", max_units=None))
    kind = net.node("kind")
    theta, links = kind.layer.parameters(), kind.layer.links
    assert links is not None
    texts = list(picture.group("table_weights_2").iter(f"{SVG}text"))
    numbers = [(text.text, text.get("fill")) for text in texts if text.get("fill") in ("#0b6fb8", "#a8520a")]
    exists = np.hstack([np.ones((3, 1), bool), links])
    assert numbers == [(number(float(value)), "#a8520a" if value < 0 else "#0b6fb8") for value in theta[exists]]


def test_tables_that_would_be_taller_than_the_drawing_begin_a_column_of_their_own() -> None:
    source = mg.diagram(lecture(), tables=True, show=("weights", "gradient", "accumulator")).source
    places = re.findall(r'^\ttable_\w+_\d \[id=\S+ pos="([-\d.]+),[-\d.]+!" width=([\d.]+)', source, re.M)
    lefts = [float(x) - 36 * float(wide) for x, wide in places]
    assert len(lefts) == 9
    assert max(lefts) > min(lefts) + 100


def test_titles_stand_above_and_captions_below_all_else() -> None:
    source = mg.diagram(mg.mlp([2, 1]), title="word " * 40, caption="line " * 80).source
    found = re.findall(r'^\t(\w+) \[id=\w+ pos="[-\d.]+,([-\d.]+)!" width=([\d.]+) height=([\d.]+)', source, re.M)
    spans = {name: (float(y) - 36 * float(high), float(y) + 36 * float(high)) for name, y, _, high in found}
    widths = {name: 72 * float(wide) for name, _, wide, _ in found}
    title, caption = spans.pop("title"), spans.pop("caption")
    assert title[0] > max(top for _, top in spans.values())
    assert caption[1] < min(bottom for bottom, _ in spans.values())
    assert widths["title"] < 500
    assert widths["caption"] < 500


def test_the_worst_edge_of_a_gradient_check_is_the_thickest() -> None:
    net = lecture()
    report = mg.check_gradient(net, np.random.default_rng(0).normal(size=(4, 3)), np.eye(5)[:4])
    picture = Picture.of(mg.diagram(net, gradient_check=report))
    name = next(each for each in picture.ids() if each.startswith("on_")).removeprefix("on_")
    edges = [each for each in picture.ids() if re.match("a_.*__", each)]
    widths = {each: float(picture.stroke(each).get("stroke-width", "1")) for each in edges}
    assert widths[name] == 2
    assert sorted(widths.values())[-2] < 2


def test_among_many_edges_the_weak_ones_are_paler() -> None:
    def palest(units: int) -> float:
        drawn = Picture.of(mg.diagram(mg.mlp([9, units], seed=0), show="weights"))
        return min(float(each.get("stroke-opacity", "1")) for each in drawn.root.iter(f"{SVG}path"))

    assert palest(10) > 0.29  # 100 edges
    assert palest(11) < 0.2


def test_indices_above_nine_are_separated_in_tooltips() -> None:
    picture = Picture.of(mg.diagram(mg.mlp([11, 12], seed=0), max_units=None))
    for j, i in ((1, 1), (1, 11), (11, 1), (9, 9), (12, 10)):
        assert picture.tooltip(f"a_1_{i}__a_2_{j}").split(" = ")[0] == Symbol("Θ", (j, i), 1).text


def test_tooltips_of_left_out_units_count_them() -> None:
    picture = Picture.of(mg.diagram(mg.mlp([9, 1]), max_units=4))
    assert picture.tooltip("more_1_3") == "⋮ 5 more units of input1; 4 of 9 shown"


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_names_stand_before_inputs_and_after_all_other_units(direction: Direction) -> None:
    net = lecture()
    source = mg.diagram(
        net, direction=direction, classes={"input1": list("uvw"), "dense4": list("abcde")}, show=("z", "target")
    ).source
    places = {
        name: (float(x), -float(y))
        for name, x, y in re.findall(r'^\t(\w+) \[id=\w+ pos="([-\d.]+),([-\d.]+)!"', source, re.M)
    }
    axis, sign = (0 if direction in ("LR", "RL") else 1), (1 if direction in ("LR", "TB") else -1)
    assert sign * (places["beside_1_1"][axis] - places["a_1_1"][axis]) < 0
    assert sign * (places["beside_4_1"][axis] - places["a_4_1"][axis]) > 0
    assert sign * (places["a_4_1"][axis] - places["a_1_1"][axis]) > 0


def test_inputs_at_layer_level_are_lighter_than_other_boxes() -> None:
    source = mg.diagram(mg.mlp([2, 1]), "layers").source
    fills = re.findall(r'^\tlayer_\d .*?fillcolor="(#\w+)"', source, re.M)
    assert fills == [THEMES["light"].background, THEMES["light"].panel]

"""How things are drawn: colours, widths, shapes and pictures, read back from the rendered drawing."""

from __future__ import annotations

import numpy as np
from diagram_cases import SVG, Picture, branching, image, lecture

import minigraph as mg
from minigraph.base.notation import Symbol
from minigraph.diagram.canvas.labels import number


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
    assert picture.stroke(names[0].removeprefix("on_")).get("stroke") == "#c0186c"
    sample = mg.check_gradient(net, X, Y, sample=5)
    drawn = Picture.of(mg.diagram(net, gradient_check=sample))
    unchecked = [n for n in drawn.ids() if n.startswith("a_") and "__" in n and "nan" in drawn.tooltip(n)]
    assert len(unchecked) == net.unroll().size - 5


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

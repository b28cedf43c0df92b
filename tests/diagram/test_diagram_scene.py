"""Drawings show what the caches hold: they are rendered, and their numbers and texts read back."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from diagram_cases import Picture, branching, image, lecture, residual, tooltip_numbers

import minigraph as mg
from minigraph.base.notation import Symbol
from minigraph.diagram.canvas.labels import number
from minigraph.diagram.options import MaxUnits, Shown, UnitChoice


def test_numbers_in_units_equal_the_caches() -> None:
    net = lecture()
    for example in (0, 3):
        picture = Picture.of(mg.diagram(net, example=example, show=("weights", "z", "a", "delta", "target")))
        for node in net.nodes:
            for j in range(1, node.size + 1):
                name = f"a_{node.position}_{j}"
                found = tooltip_numbers(picture.tooltip(name))
                expected = {"a": node.a[example, j - 1]}
                if node.parents:
                    expected |= {"z": node.z[example, j - 1], "δ": node.delta[example, j - 1]}
                if node in net.outputs:
                    expected["y"] = node.target[example, j - 1]
                assert found == {Symbol(s, (j,), node.position).text: v for s, v in expected.items()}
                shown = [f"{Symbol(s, (j,)).text} {number(expected[s])}" for s in ("z", "a", "δ") if s in expected]
                assert picture.lines(name) == shown
                if node in net.outputs:
                    assert picture.lines(f"beside_{node.position}_{j}") == [
                        f"{Symbol('y', (j,)).text} {number(expected['y'])}"
                    ]


def test_numbers_on_edges_equal_the_parameters() -> None:
    net = lecture()
    picture = Picture.of(mg.diagram(net, show=("weights", "gradient", "accumulator"), top_k=10))
    assert len([name for name in picture.ids() if name.startswith("on_")]) == 30
    for l, layer in enumerate(net.layers, start=1):  # noqa: E741
        for (row, column), weight in np.ndenumerate(layer.parameters()):
            name = f"a_{l}_{column}__a_{l + 1}_{row + 1}"
            values = {"Θ": weight, "D": layer.gradient[row, column], "Δ": layer.accumulator[row, column]}
            found = tooltip_numbers(picture.tooltip(name))
            assert found == {Symbol(s, (row + 1, column), l).text: v for s, v in values.items()}
            if f"on_{name}" in picture.ids():
                assert picture.lines(f"on_{name}") == [f"{s} {number(float(v))}" for s, v in values.items()]


def test_every_link_of_a_branching_graph_is_an_edge_with_its_weight() -> None:
    net = branching()
    picture = Picture.of(mg.diagram(net))
    expected = []
    for node in net.nodes:
        for unit in node.units:
            for edge in unit.inputs:
                source = edge.source
                name = f"a_{source.node.position}_{source.index}__a_{node.position}_{unit.index}"
                if name in expected:  # the second link of x into add
                    name += "_2"
                expected.append(name)
                numbers = tooltip_numbers(picture.tooltip(name))
                assert list(numbers.values()) == ([edge.weight] if edge.is_trainable else [])
    drawn = [name for name in picture.ids() if "__" in name and not name.startswith("on_")]
    assert sorted(drawn) == sorted(expected)


def test_mean_over_the_batch() -> None:
    net = lecture()
    picture = Picture.of(mg.diagram(net, example="mean"))
    node = net.node(3)
    expected = [
        f"|{Symbol(s, (2,)).text}| {number(float(np.abs(values).mean(axis=0)[1]))}"
        for s, values in (("z", node.z), ("a", node.a), ("δ", node.delta))
    ]
    assert picture.lines("a_3_2") == expected
    assert "mean |value|" in picture.text()


def test_what_is_not_computed_shows_a_dash_and_nothing_is_computed_for_a_drawing() -> None:
    net = mg.mlp([2, 2, 1], seed=0)
    assert Picture.of(mg.diagram(net)).lines("a_2_1") == ["z₁ —", "a₁ —", "δ₁ —"]
    net.forward([[1.0, 2.0]])
    lines = Picture.of(mg.diagram(net)).lines("a_2_1")
    assert lines[1].endswith(number(float(net.node(2).a[0, 0])))
    assert lines[2] == "δ₁ —"
    with pytest.raises(mg.StateError):
        _ = net.node(2).delta
    net.backward([[1.0]])
    net.assign(net.unroll())
    assert Picture.of(mg.diagram(net, show=("a", "delta", "gradient"))).lines("a_3_1") == ["a₁ —", "δ₁ —"]
    drawn = Picture.of(mg.diagram(net, show=("weights", "gradient", "target")))
    assert any(line == "D —" for line in drawn.text().split("\n"))
    assert drawn.lines("beside_3_1") == ["y₁ —"]


def test_a_float32_network_is_drawn_with_its_own_numbers() -> None:
    net = mg.mlp([2, 2, 1], seed=0, dtype=np.float32)
    net.forward([[1.0, 2.0]])
    found = tooltip_numbers(Picture.of(mg.diagram(net)).tooltip("a_2_1"))
    assert found["a₁⁽²⁾"] == float(net.node(2).a[0, 0])


@pytest.mark.parametrize("show", ["links", "weights", "a", "z", "delta", "gradient", "accumulator", "target"])
def test_each_thing_can_be_shown_alone(show: Shown) -> None:
    source = mg.diagram(lecture(), show=show).source
    assert ("->" in source.replace("legend", "")) == (show in ("links", "weights", "gradient", "accumulator"))
    assert ("z₁ " in source) == (show == "z")
    assert ("δ₁ " in source) == (show == "delta")
    assert ('label="y₁' in source) == (show == "target")


def test_elision_by_number_list_and_node_is_stated() -> None:
    net = image()
    picture = Picture.of(mg.diagram(net, max_units=4))
    assert "4 of 64 shown" in picture.text()
    assert "4 of 9 shown" in picture.text()
    assert [name for name in picture.ids() if name.startswith("a_1_") and "__" not in name] == [
        "a_1_0", "a_1_1", "a_1_2", "a_1_63", "a_1_64",
    ]  # fmt: skip
    picture = Picture.of(mg.diagram(net, max_units={"input1": [3, 17], "dense2": None}))
    text = picture.text()
    assert "2 of 64 shown" in text
    assert "of 9" not in text
    assert [name for name in picture.ids() if name.startswith("a_1_") and "__" not in name] == [
        "a_1_0",
        "a_1_3",
        "a_1_17",
    ]
    assert "⋮ 13 more units" in picture.tooltip("more_1_3")  # between units 3 and 17
    everything = mg.diagram(net, max_units=None)
    assert "shown" not in everything.source
    assert everything.source.count("->") >= 9 * 65 + 3 * 10


def test_hidden_weights_are_bundled_and_counted() -> None:
    net = image()
    drawing = mg.diagram(net, max_units=3, show="weights")
    theta = [layer.parameters() for layer in net.layers]
    drawn = sum(1 for line in drawing.source.split("\n") if "->" in line and "id=a_" in line)
    counts = [
        int(line.split('tooltip="')[1].split(" links")[0])
        for line in drawing.source.split("\n")
        if "not drawn one by one" in line
    ]
    assert drawn + sum(counts) == theta[0].size + theta[1].size
    rows = [0, 1, 8]
    hidden = np.delete(np.abs(theta[0]), rows, axis=0)[:, 1]
    assert f"6 links that are not drawn one by one, mean |Θ| {hidden.mean():.4g}" in drawing.source


def test_the_unit_in_focus_is_shown_though_others_are_left_out() -> None:
    net = image()
    picture = Picture.of(mg.diagram(net, max_units=2, focus=net.node(1).unit(30)))
    assert "a_1_30" in picture.ids()
    assert "3 of 64 shown" in picture.text()


def test_a_layer_of_ones_own_that_does_not_tell_its_links_is_connected() -> None:
    class Multiply(mg.Layer):
        kind = "multiply"

        def output_size(self, sizes: Sequence[int]) -> int:
            return int(sizes[0])

        def forward(self, at: mg.Buffers) -> None:
            np.multiply(at.inputs[0][1:], at.inputs[1][1:], out=at.z)

        def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None:
            np.multiply(at.delta, at.inputs[1 - parent][1:], out=out)

    x = mg.Input(2, name="x")
    net = mg.Network(x, Multiply()([mg.Dense(3)(x), mg.Dense(3, "tanh")(x)]), "squared_error", seed=0)
    net.forward([[1.0, 2.0]])
    drawing = mg.diagram(net)
    assert drawing.source.count("does not say which units are linked") == 2
    picture = Picture.of(drawing)
    assert "multiply" in picture.text()
    assert picture.lines("a_4_1")[1] == f"a₁ {number(float(net.node(4).a[0, 0]))}"


def test_top_k_numbers_the_strongest_weights_of_each_matrix() -> None:
    net = lecture()
    picture = Picture.of(mg.diagram(net, top_k=3))
    numbered = [name for name in picture.ids() if name.startswith("on_")]
    expected = []
    for l, layer in enumerate(net.layers, start=1):  # noqa: E741
        sizes = np.abs(layer.parameters())
        for flat in np.argsort(-sizes, axis=None)[:3]:
            row, column = np.unravel_index(flat, sizes.shape)
            expected.append(f"on_a_{l}_{column}__a_{l + 1}_{row + 1}")
    assert sorted(numbered) == sorted(expected)
    assert f"numbers on 9 of {net.unroll().size} weights" in picture.text()


def test_shared_layers_are_marked() -> None:
    text = Picture.of(mg.diagram(branching())).text()
    assert text.count("Θ⁽¹⁾ 4×5, shared by 2") == 2
    assert "Θ⁽¹⁾ is one matrix, used by shared, shared_2" in text


def test_layer_level_states_shapes_parameters_and_statistics() -> None:
    net = branching()
    picture = Picture.of(mg.diagram(net, detail="layers"))
    kind = net.node("kind")
    lines = picture.lines(f"rule_{kind.position}")
    theta = kind.layer.parameters()
    assert picture.lines(f"name_{kind.position}") == ["kind"]
    assert lines == [
        "dense: softmax",
        "6 → 3 units",
        f"Θ⁽²⁾ 3×7 = {theta.size}",
        f"{100 * theta.size / net.unroll().size:.3g} % of all parameters",
        f"mean |a| {number(float(np.abs(kind.a).mean()))}",
        f"mean |δ| {number(float(np.abs(kind.delta).mean()))}",
        "cost: categorical_cross_entropy",
    ]
    assert "shares Θ⁽¹⁾ with shared_2" in picture.text()


def test_dead_units_are_counted() -> None:
    net = mg.mlp([2, 4, 1], activation="relu", seed=0)
    net.layers[0].theta = np.array([[-9.0, 0, 0], [1, 1, 1], [-9, 0, 0], [0, 1, 0]])
    net.forward([[0.1, 0.2], [0.3, 0.4]])
    assert "dead units: 2 of 4" in mg.diagram(net, detail="layers").source


def test_repeated_blocks_are_folded_and_stated() -> None:
    net = residual(100)
    drawing = mg.diagram(net)
    picture = Picture.of(drawing)
    assert len([name for name in picture.ids() if name.startswith("layer_") and "__" not in name]) == 6
    text = " ".join(picture.text().split())
    assert "× 100: from dense3 to add302, 297 nodes like these not shown" in text
    spread = [float(np.abs(node.a).mean()) for node in net.nodes if node.layer.kind == "add"]
    assert f"mean |a| {number(min(spread))} to {number(max(spread))}" in text
    full = Picture.of(mg.diagram(net, fold=False))
    assert len([name for name in full.ids() if name.startswith("layer_") and "__" not in name]) == 303


def test_blocks_that_are_used_from_outside_are_not_folded() -> None:
    x = mg.Input(3, name="x")
    nodes = [x]
    for _ in range(12):
        nodes.append(mg.Dense(3)(nodes[-1]))
    y = mg.Add(name="sum")([nodes[4], nodes[-1]])
    drawing = mg.diagram(mg.Network(x, y, "squared_error"), detail="layers")
    source = drawing.source.replace("\\n", "")
    assert "× 4: from dense2 to dense5" in source  # the last block of a run may reach what it likes
    assert "× 8: from dense6 to dense13" in source


def test_a_block_with_an_output_in_it_is_not_folded_away() -> None:
    x = mg.Input(3, name="x")
    nodes = [x]
    for _ in range(14):
        nodes.append(mg.Dense(3, "identity")(nodes[-1]))
    net = mg.Network(x, [nodes[7], nodes[-1]], "squared_error")
    source = mg.diagram(net, "layers").source
    drawn = re.findall(r"^\tlayer_(\d+) \[id", source, re.MULTILINE)
    assert drawn == ["1", "2", "8", "9", "15"]
    blocks = re.findall(r"× (\d+): from dense(\d+) to dense(\d+)", source.replace("\\n", ""))
    assert set(blocks) == {("6", "2", "7"), ("6", "9", "14")}


def test_auto_draws_units_for_few_nodes_and_boxes_for_many() -> None:
    assert "a_1_1 " in mg.diagram(mg.mlp([2] * 16)).source
    assert "layer_1 " in mg.diagram(mg.mlp([2] * 17)).source


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        (1, [1]), (2, [1, 9]), (3, [1, 2, 9]), (4, [1, 2, 8, 9]), (5, [1, 2, 3, 8, 9]), (8, [1, 2, 3, 4, 6, 7, 8, 9]),
        (9, list(range(1, 10))), (20, list(range(1, 10))), (None, list(range(1, 10))), ([7, 2, 7], [2, 7]),
    ],
)  # fmt: skip
def test_the_first_and_the_last_units_are_shown(choice: UnitChoice, shown: list[int]) -> None:
    picture = Picture.of(mg.diagram(mg.mlp([9, 1]), max_units={"input1": choice}, show="a"))
    assert [name for name in picture.ids() if re.fullmatch(r"a_1_\d+", name)] == [f"a_1_{j}" for j in [0, *shown]]


def test_what_is_left_out_is_stated_in_the_widest_gap() -> None:
    picture = Picture.of(mg.diagram(mg.mlp([20, 1]), max_units={"input1": [3, 15]}, show="a"))
    assert [name for name in picture.ids() if name.endswith("_count")] == ["more_1_3_count"]
    left_out = [picture.tooltip(f"more_1_{row}").split(" of ")[0] for row in (1, 3, 5)]
    assert left_out == ["⋮ 2 more units", "⋮ 11 more units", "⋮ 5 more units"]


def test_nodes_that_are_not_named_show_twelve_units() -> None:
    text = Picture.of(mg.diagram(mg.mlp([20, 20]), max_units={"input1": 3}, show="a")).text()
    assert "3 of 20 shown" in text
    assert "12 of 20 shown" in text


@pytest.mark.parametrize("max_units", [3, [2, 5], {"h": 2}, {"x": 1, "h": None}])
def test_bundles_and_edges_together_are_all_links(max_units: MaxUnits) -> None:
    links = np.random.default_rng(0).random((7, 6)) < 0.5
    x = mg.Input(6, name="x")
    net = mg.Network(x, mg.Dense(7, links=links, name="h")(x), "squared_error", seed=0)
    source = mg.diagram(net, max_units=max_units, show="weights").source
    drawn = len(re.findall(r"-> a_2_\d+ \[id=", source))
    bundles = re.findall(r'tooltip="(\d+) links that are not drawn one by one, mean \|Θ\| ([^"]+)"', source)
    assert drawn + sum(int(count) for count, _ in bundles) == links.sum() + 7
    shown = [abs(float(value)) for value in re.findall(r'tooltip="Θ[^ ]* = ([^"]+)"', source)]
    total = sum(shown) + sum(int(count) * float(mean) for count, mean in bundles)
    assert total == pytest.approx(np.abs(net.unroll()).sum(), rel=1e-3)


def test_bundles_of_fixed_weights_state_no_mean() -> None:
    x = mg.Input(6, name="x")
    source = mg.diagram(mg.Network(x, mg.Activate("tanh")(x), "squared_error"), max_units=2).source
    assert source.count('tooltip="4 links that are not drawn one by one"') == 1


def test_only_nodes_whose_bias_unit_is_used_have_one() -> None:
    net = branching()
    ids = Picture.of(mg.diagram(net)).ids()
    dense = {node.parents[0] for node in net.nodes if isinstance(node.layer, mg.Dense)}
    assert {node for node in net.nodes if f"a_{node.position}_0" in ids} == dense


def chain(layers: Sequence[mg.Layer]) -> str:
    x = node = mg.Input(3, name="x")
    for layer in layers:
        node = layer(node)
    return mg.diagram(mg.Network(x, node, "squared_error"), "layers").source.replace("\\n", "")


def blocks(source: str) -> list[tuple[str, str]]:
    """Return how often each folded block repeats, and how many nodes are left out."""
    return list(dict.fromkeys(re.findall(r'label="× (\d+): from .*?, (\d+) nodes like these not shown', source)))


def test_blocks_are_folded_from_three_repeats_on() -> None:
    assert blocks(chain([mg.Dense(units) for units in (4, 5, 6, 7, 8, 9, 10, 11, 12, 2, 2, 2, 2)])) == []
    assert blocks(chain([mg.Dense(units) for units in (4, 5, 6, 7, 8, 9, 10, 11, 12, 2, 2, 2, 2, 2)])) == [("3", "2")]


def test_blocks_of_up_to_twelve_nodes_are_folded_the_longest_run_first() -> None:
    units = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
    assert blocks(chain([mg.Dense(1), *(mg.Dense(size) for size in units * 4)])) == [("3", "24")]
    assert blocks(chain([mg.Dense(size) for size in (2, 2, 2, 3, 3, 3) * 4])) == [("3", "12")]


@pytest.mark.parametrize(
    "other", [mg.Dropout(0.3), mg.Dropout(0.5), mg.Activate("tanh")], ids=["rate", "same rate", "kind"]
)
def test_only_equal_nodes_are_folded(other: mg.Layer) -> None:
    layers: list[mg.Layer] = [mg.Dropout(0.5) for _ in range(13)]
    layers[6] = other
    is_equal = isinstance(other, mg.Dropout) and other.rate == 0.5
    assert blocks(chain(layers)) == ([("12", "11")] if is_equal else [("6", "5"), ("5", "4")])  # the output stays


def test_small_networks_are_not_folded() -> None:
    assert blocks(chain([mg.Dropout(0.5) for _ in range(11)])) == []
    assert blocks(chain([mg.Dropout(0.5) for _ in range(12)])) == [("11", "10")]


def test_boxes_name_up_to_two_nodes_that_share_their_matrix() -> None:
    shared = mg.Dense(3, name="s")
    x = mg.Input(3, name="x")
    nodes = [shared(x) for _ in range(4)]
    drawn = Picture.of(mg.diagram(mg.Network(x, mg.Add()(nodes), "squared_error"), "layers"))
    assert "shares Θ⁽¹⁾ with s_2, s_3 and 1 more" in "".join(drawn.lines("rule_2"))
    assert drawn.tooltip("layer_2").startswith("s\ndense: sigmoid")
    two = mg.Network(x := mg.Input(3), mg.Add()([(layer := mg.Dense(3, name="s"))(x), layer(x)]), "squared_error")
    assert "shares Θ⁽¹⁾ with s_2" in Picture.of(mg.diagram(two, "layers")).lines("rule_2")


def test_an_activation_of_its_own_and_dropout_are_named() -> None:
    x = mg.Input(2, name="x")
    net = mg.Network(x, mg.Activate("relu")(mg.Dropout(0.25)(x)), "squared_error")
    text = Picture.of(mg.diagram(net)).text().split("\n")
    assert {"input", "dropout 0.25", "activate: relu", "cost: squared_error"} <= set(text)


def test_dead_units_need_several_examples_and_all_of_them() -> None:
    net = mg.mlp([1, 3, 1], activation="relu", seed=0)
    net.layers[0].theta = np.array([[-9.0, 0], [0, 1], [9, 0]])
    net.forward([[-1.0]])
    assert "dead units" not in mg.diagram(net, detail="layers").source
    net.forward([[-1.0], [1.0]])
    assert "dead units: 1 of 3" in mg.diagram(net, detail="layers").source


def test_scales_are_taken_over_what_is_shown() -> None:
    net = lecture()
    delta = np.abs(net.node(2).delta[0])
    shown = [1, 2]
    picture = Picture.of(mg.diagram(net, max_units={"dense2": shown, "dense3": [1], "dense4": [1]}))
    deltas = [*delta[[0, 1]], abs(net.node(3).delta[0, 0]), abs(net.node(4).delta[0, 0])]
    assert f"|δ| = {number(float(max(deltas)))}" in picture.text()
    thetas = [np.abs(layer.parameters()) for layer in net.layers]
    weights = [thetas[0][:2], thetas[1][:1, :3], thetas[2][:1, :2]]
    assert f"|Θ| = {number(float(max(theta.max() for theta in weights)))}" in picture.text()


def test_more_edges_than_a_browser_copes_with_are_refused() -> None:
    net = mg.mlp([784, 100, 10])
    with pytest.raises(mg.ArgumentError, match=r"max_units: received None, which draws 79,510 edges, .*'layers'"):
        mg.diagram(net, max_units=None)
    assert mg.diagram(net, max_units=None, show="a").source.count("label=") > 890
    assert mg.diagram(mg.mlp([150, 150]), max_units=None, show="weights", top_k=0).source.count("->") > 22_500

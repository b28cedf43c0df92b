"""Training as a film: numbered frames on one scale, and an animated picture."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from diagram_cases import Picture, tooltip_numbers
from PIL import Image

import minigraph as mg
from minigraph.diagram.canvas.labels import number

X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def trained(every: int = 5, epochs: int = 20) -> tuple[mg.Network[mg.Array], mg.DiagramFrames]:
    net = mg.mlp([2, 3, 1], seed=3)
    frames = mg.diagram_frames(net, X, Y, every=every, example=1, title="XOR", engine="graphviz-pure")
    mg.fit(net, X, Y, optimizer=mg.Adam(0.1), epochs=epochs, batch_size=4, callbacks=[frames], progress=False)
    return net, frames


def test_frames_hold_the_parameters_of_their_epoch() -> None:
    net, frames = trained()
    drawings = list(frames.diagrams())
    assert len(drawings) == len(frames) == 5
    assert [re.findall(r"XOR: epoch (\d+), J = ", drawing.title) for drawing in drawings] == [
        ["0"], ["5"], ["10"], ["15"], ["20"],
    ]  # fmt: skip
    twin = net.copy()
    twin.initialize(3)
    for drawing, vector in ((drawings[0], twin.unroll()), (drawings[-1], net.unroll())):
        twin.assign(vector)
        J, _ = twin.cost_and_gradient(X, Y)
        picture = Picture.of(drawing)
        assert drawing.title.endswith(f"J = {J:.4g}")
        assert tooltip_numbers(picture.tooltip("a_1_2__a_2_3")) == {"Θ₃₂⁽¹⁾": vector[8]}
        assert tooltip_numbers(picture.tooltip("a_3_1"))["a₁⁽³⁾"] == twin.node(3).a[1, 0]


def test_all_frames_have_one_scale_and_one_place_for_everything() -> None:
    _, frames = trained()
    places, scales = set(), set()
    for drawing in frames.diagrams():
        nodes = re.findall(r'^\t(a_\S+|on_\S+) \[id=\S+ pos="(\S+)"', drawing.source, re.M)
        places.add(tuple(nodes))
        scales.add(tuple(re.findall(r'label="(\|(?:Θ|δ)\| = [^"]*)', drawing.source)))
    assert len(places) == len(scales) == 1


def test_frames_leave_the_network_as_it_is() -> None:
    net, frames = trained()
    before, generator = net.unroll(), net.generator.bit_generator.state
    net.forward(X)
    a = net.node(2).a
    list(frames.diagrams())
    assert np.array_equal(net.unroll(), before)
    assert np.array_equal(net.node(2).a, a)
    assert net.generator.bit_generator.state == generator


def test_numbered_files_and_animated_pictures(tmp_path: Path) -> None:
    _, frames = trained(every=10)
    paths = frames.save(tmp_path / "frames", "dot")
    assert [path.name for path in paths] == ["frame_0000.dot", "frame_0001.dot", "frame_0002.dot"]
    for ending in ("png", "gif"):
        path = frames.animate(tmp_path / f"film.{ending}", seconds=0.1, dpi=48)
        with Image.open(path) as film:
            assert film.n_frames == 3  # type: ignore[attr-defined]
    assert (
        frames.animate(tmp_path / "again.png", seconds=0.1, dpi=48).read_bytes() == (tmp_path / "film.png").read_bytes()
    )


def test_a_training_loop_of_ones_own() -> None:
    net = mg.mlp([2, 1], seed=0)
    frames = mg.diagram_frames(net, X, Y, focus=net.node(2).unit(1), max_units={"input1": 1})
    with pytest.raises(mg.StateError, match="none taken"):
        list(frames.diagrams())
    frames.capture("start")
    net.assign(net.unroll() + 1)
    frames.capture()
    assert [drawing.title.split(",")[0] for drawing in frames.diagrams()] == ["start", "frame 1"]


def test_wrong_arguments(tmp_path: Path) -> None:
    net = mg.mlp([2, 1], seed=0)
    with pytest.raises(mg.ArgumentError, match="every"):
        mg.diagram_frames(net, X, Y, every=0)
    with pytest.raises(mg.ArgumentError, match="example"):
        mg.diagram_frames(net, X, Y, example=4)
    with pytest.raises(mg.ShapeError):
        mg.diagram_frames(net, [[1.0]], Y)
    frames = mg.diagram_frames(net, X, Y)
    frames.capture()
    with pytest.raises(mg.ArgumentError, match="did you mean 'gif'"):
        frames.animate(tmp_path / "film.gi")
    with pytest.raises(mg.ArgumentError, match="seconds"):
        frames.animate(tmp_path / "film.gif", seconds=0)


def test_frames_show_the_names_of_units() -> None:
    net = mg.mlp([2, 3, 1], seed=3)
    frames = mg.diagram_frames(net, X, Y, classes={"input1": ["left", "right"]})
    frames.capture()
    picture = Picture.of(next(frames.diagrams()))
    assert picture.lines("beside_1_2") == ["right"]
    assert picture.tooltip("a_1_2").startswith("unit 2 of input1: right\n")


def test_the_example_is_one_of_those_that_are_drawn() -> None:
    net = mg.mlp([2, 3, 1], seed=3)
    net.forward([[0.0, 1.0]])  # a batch of one, which has no example 3
    frames = mg.diagram_frames(net, X, Y, example=3)
    frames.capture()
    assert tooltip_numbers(Picture.of(next(frames.diagrams())).tooltip("a_1_1")) == {"a₁⁽¹⁾": 1.0}


def test_the_scale_is_that_of_the_largest_values_of_all_frames() -> None:
    net = mg.mlp([2, 2, 1], activation="tanh", seed=0)
    frames = mg.diagram_frames(net, X, Y)
    vectors = [net.unroll(), 3 * net.unroll(), 0.1 * net.unroll()]
    twin, deltas = net.copy(), []
    for vector in vectors:
        net.assign(vector)
        frames.capture()
        twin.assign(vector)
        twin.cost_and_gradient(X, Y)
        deltas.append(max(float(np.abs(node.delta[0]).max()) for node in twin.nodes[1:]))
    for drawing in frames.diagrams():
        assert f'label="|Θ| = {number(float(np.abs(vectors[1]).max()))}' in drawing.source
        assert f'label="|δ| = {number(max(deltas))}' in drawing.source


def test_the_same_weights_are_numbered_in_all_frames() -> None:
    net = mg.mlp([2, 1], seed=0)
    frames = mg.diagram_frames(net, X, Y, top_k=1)
    for vector in ([0.0, 9.0, 1.0], [0.0, 2.0, 3.0]):
        net.assign(vector)
        frames.capture()
    numbered = [re.findall(r"^\t(on_\w+)", drawing.source, re.M) for drawing in frames.diagrams()]
    assert numbered == [["on_a_1_1__a_2_1"]] * 2


def test_the_last_frame_stays_four_times_as_long(tmp_path: Path) -> None:
    _, frames = trained(every=10)
    durations = []
    with Image.open(frames.animate(tmp_path / "film.gif", seconds=0.1, dpi=24)) as film:
        for index in range(3):
            film.seek(index)
            durations.append(film.info["duration"])
    assert durations == [100, 100, 400]

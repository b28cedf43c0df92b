"""Plots: what they show, read back from the Axes."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation

import minigraph as mg
from minigraph import plots

RNG = np.random.default_rng(7)
X = RNG.normal(size=(40, 2))
Y = np.eye(3)[RNG.integers(3, size=40)]


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def network() -> mg.Network[mg.Array]:
    return mg.mlp([2, 9, 3], seed=0)


def test_history_draws_costs_and_shares_on_two_axes() -> None:
    history = mg.fit(network(), X, Y, epochs=3, validation=0.5, metrics=["accuracy"], record_J=True, progress=False)
    ax = history.plot()
    assert isinstance(ax, Axes)
    (right,) = [other for other in ax.figure.axes if other is not ax]
    lines = {str(line.get_label()): list(np.asarray(line.get_ydata())) for line in ax.lines}
    assert lines == {name.replace("_", " "): history[name] for name in ("cost", "J", "validation_cost")}
    assert {line.get_label() for line in right.lines} == {"accuracy", "validation accuracy"}
    only = plots.history(history, ["J"], ax=plt.figure().add_subplot())
    assert len(only.lines) == 1
    with pytest.raises(mg.ArgumentError, match="names: received 'loss'"):
        plots.history(history, ["loss"])


def test_learning_curve_trains_copies_and_draws_costs_without_regularization() -> None:
    net = mg.mlp([2, 3], l2=0.5, seed=0)
    before = net.unroll()
    ax = plots.learning_curve(net, X[:30], Y[:30], (X[30:], Y[30:]), sizes=[5, 30], epochs=4)
    np.testing.assert_array_equal(net.unroll(), before)
    training, validation = (np.asarray(line.get_ydata()) for line in ax.lines)
    twin = net.copy()
    rows = np.random.default_rng(0).permutation(30)
    mg.fit(twin, X[:30][rows], Y[:30][rows], epochs=4, seed=0, progress=False)
    twin.l2 = 0
    assert training[1] == pytest.approx(twin.cost(X[:30], Y[:30]), rel=1e-12)
    assert validation[1] == pytest.approx(twin.cost(X[30:], Y[30:]), rel=1e-12)
    with pytest.raises(mg.ArgumentError, match="sizes: received 31"):
        plots.learning_curve(net, X[:30], Y[:30], (X, Y), sizes=[31])


def test_confusion_matrix_counts_true_by_row() -> None:
    A = np.eye(3)[[0, 0, 1, 2, 2]]
    T = np.eye(3)[[0, 1, 1, 2, 0]]
    ax = plots.confusion_matrix(T, A, classes=["a", "b", "c"])
    shown = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in ax.texts}
    assert shown == {(0, 0): "1", (1, 0): "1", (1, 1): "1", (2, 2): "1", (0, 2): "1"}
    assert ax.get_title() == "3 of 5 right"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert plots.confusion_matrix([0, 1, 1], [0.2, 0.4, 0.9]).get_title() == "2 of 3 right"
    with pytest.raises(mg.ShapeError, match=r"A: received shape \(4, 3\), expected \(5, 3\)"):
        plots.confusion_matrix(T, A[:4])
    with pytest.raises(mg.ShapeError, match="classes: received 2 names, expected 3"):
        plots.confusion_matrix(T, A, classes=["a", "b"])


def test_decision_boundary_shows_every_example() -> None:
    ax = plots.decision_boundary(network(), X, Y, resolution=20)
    points = np.concatenate(
        [np.asarray(c.get_offsets()) for c in ax.collections if len(np.asarray(c.get_offsets())) > 1]
    )
    np.testing.assert_allclose(sorted(points.tolist()), sorted(X.tolist()))
    plots.decision_boundary(mg.mlp([2, 1], seed=0), X, Y[:, 0], resolution=5)
    with pytest.raises(mg.ShapeError, match="one input of two units"):
        plots.decision_boundary(mg.mlp([3, 1]), X, Y[:, 0])


def test_weights_are_images_of_each_units_row() -> None:
    net = mg.mlp([6, 3, 2], seed=0)
    ax = plots.weights(net, 1, (2, 3))
    (image,) = ax.images
    mosaic: mg.Array = np.ma.filled(np.ma.asarray(image.get_array()), np.nan)
    np.testing.assert_array_equal(mosaic[:2, :3], net.layers[0].theta[0, 1:].reshape(2, 3))
    assert np.nanmax(np.abs(mosaic)) <= np.abs(net.layers[0].theta[:, 1:]).max()
    assert plots.weights(net, 1, (2, 3), most=2).get_title() == "units 1 to 2, 2 of 3 shown, row by row"
    with pytest.raises(mg.ShapeError, match="expected height · width = 6"):
        plots.weights(net, 1, (2, 2))
    with pytest.raises(mg.ArgumentError, match="layer: received 3, expected 1 to 2"):
        plots.weights(net, 3)


@pytest.mark.parametrize("what", ["z", "a", "delta"])
def test_histograms_have_a_row_per_node(what: str) -> None:
    net = network()
    with pytest.raises(mg.StateError):
        plots.histograms(net, what)  # type: ignore[arg-type]
    net.forward(X)
    net.backward(Y)
    ax = plots.histograms(net, what)  # type: ignore[arg-type]
    names = ["dense3", "dense2", "input1"] if what == "a" else ["dense3", "dense2"]
    assert [label.get_text() for label in ax.get_yticklabels()] == names
    with pytest.raises(mg.ArgumentError, match="what: received 'theta'"):
        plots.histograms(net, "theta")  # type: ignore[arg-type]


def test_every_plot_draws_on_the_axes_it_is_given() -> None:
    net = network()
    net.forward(X)
    ax = plt.figure().add_subplot()
    assert plots.histograms(net, "a", ax) is ax
    assert plots.decision_boundary(net, X, Y, ax, resolution=3) is ax
    assert plots.weights(net, ax=ax) is ax
    assert plots.confusion_matrix(Y, Y, ax=ax) is ax
    assert plots.history({"cost": [1.0]}, ax=ax) is ax


def test_sizes_of_delta_are_bars_and_trouble_is_named_in_orange() -> None:
    ax = plt.figure().add_subplot()
    assert plots.delta_sizes(["h", "g", "y"], [0.01, 0.0, 1.0], {"h": "vanishing"}, ax) is ax
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    tops = [bar.get_y() + bar.get_height() for bar in bars]
    assert tops == pytest.approx([0.01, 0.001, 1.0])  # a δ of 0 ends at the floor
    colors = [to_hex(bar.get_facecolor()) for bar in bars]
    assert colors[0] == "#d9730d"
    assert set(colors[1:]) == {"#0b6fb8"}
    assert [(text.get_text(), text.xy) for text in ax.texts if isinstance(text, Annotation)] == [
        ("vanishing", (0, 0.01))
    ]
    assert ax.get_yscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["h", "g", "y"]

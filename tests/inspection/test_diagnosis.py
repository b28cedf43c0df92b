"""`diagnose` on networks with a known fault, and on a healthy one."""

import numpy as np
import pytest

import minigraph as mg

RNG = np.random.default_rng(6)
X = RNG.normal(size=(200, 5))
Y = (X[:, 0] > 0).astype(np.float64)


def troubles(net: mg.AnyNetwork, inputs: mg.Array = X) -> dict[tuple[str, str], tuple[int, ...]]:
    return {(each.trouble, each.node): each.units for each in mg.diagnose(net, inputs, Y).findings}


def test_a_healthy_network() -> None:
    diagnosis = mg.diagnose(mg.mlp([5, 8, 1], "tanh", seed=0), X, Y)
    assert diagnosis.healthy
    assert diagnosis.text.endswith("nothing to report")
    assert str(diagnosis) == diagnosis.text


def test_units_with_equal_weights() -> None:
    net = mg.mlp([5, 4, 1], seed=0)
    net.layers[0].theta[2] = net.layers[0].theta[0]
    net.layers[1].theta[0, 3] = net.layers[1].theta[0, 1]
    assert troubles(net) == {("symmetric", "dense2"): (1, 3)}
    net.layers[1].theta[0, 3] += 0.1  # other weights behind them: δ will tell the units apart
    assert troubles(net) == {}
    assert troubles(mg.mlp([5, 4, 1], initializer=mg.Constant(0.1))) == {("symmetric", "dense2"): (1, 2, 3, 4)}


def test_dead_relus_and_those_that_are_active_at_times() -> None:
    net = mg.mlp([5, 6, 1], "relu", seed=0)
    net.layers[0].theta[[1, 4], 0] = -100
    net.layers[0].theta[2, 0] = -1
    assert troubles(net) == {("dead", "dense2"): (2, 5)}


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units(activation: mg.ActivationName) -> None:
    net = mg.mlp([5, 6, 1], activation, seed=0)
    net.layers[0].theta[[0, 3]] *= 1000
    assert troubles(net) == {("saturated", "dense2"): (1, 4)}


def test_vanishing_and_exploding_errors_by_node() -> None:
    flat = mg.mlp([5, *[6] * 7, 1], initializer=mg.Uniform(0.3), seed=0)
    found = mg.diagnose(flat, X, Y)
    sizes = {each.node: each.delta for each in found.nodes}
    vanishing = [each.node for each in found.findings if each.trouble == "vanishing"]
    assert vanishing == [name for name in sizes if sizes[name] * 1000 < sizes["dense9"]]
    assert vanishing[0] == "dense2"
    steep = mg.mlp([5, *[20] * 5, 1], "identity", cost="squared_error", initializer=mg.Normal(3.0), seed=0)
    assert ("exploding", "dense2") in troubles(steep)


def test_the_sizes_are_root_mean_squares() -> None:
    net = mg.mlp([5, 4, 1], seed=0)
    found = mg.diagnose(net, X, Y)
    net.forward(X)
    net.backward(Y)
    h = net.node("dense2")
    assert found.nodes[1].delta == pytest.approx(np.sqrt((h.delta**2).mean()), rel=1e-14)
    assert found.nodes[1].z == pytest.approx(np.sqrt((h.z**2).mean()), rel=1e-14)
    assert np.isnan(found.nodes[0].delta)


def test_the_network_stays_as_it_is() -> None:
    net = mg.mlp([5, 4, 1], dropout=0.5, seed=0)
    a, before, state = net.forward(X[:3]), net.unroll(), net.generator.bit_generator.state
    mg.diagnose(net, X, Y)
    np.testing.assert_array_equal(net.node(net.outputs[0].name).a, a)
    np.testing.assert_array_equal(net.unroll(), before)
    assert net.generator.bit_generator.state == state


def test_the_plot_has_a_bar_per_node_with_errors_and_names_the_trouble() -> None:
    ax = mg.diagnose(mg.mlp([5, *[6] * 7, 1], initializer=mg.Uniform(0.3), seed=0), X, Y).plot()
    assert len(ax.patches) == 8
    assert ax.get_yscale() == "log"
    assert {text.get_text() for text in ax.texts} == {"vanishing"}

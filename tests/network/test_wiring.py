"""From nodes to a network: order, names, ends, and graphs that are none."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest

import minigraph as mg
from minigraph import Activate, Add, Array, Concat, Dense, Input, Layer, Network, Node
from minigraph.graph.buffers import Buffers


def pair() -> tuple[Node, Node]:
    x = Input(2, name="x")
    return x, Dense(1, name="y")(x)


def cyclic() -> object:
    x = Input(2, name="x")
    a = Dense(2, name="a")(x)
    b = Dense(2, name="b")(a)
    a.parents = (b,)  # nodes cannot be wired so by calling layers
    return Network(x, b)


def in_a_network() -> object:
    x, y = pair()
    Network(x, y)
    return Network(x, y)


def shared_between_networks() -> object:
    layer = Dense(1)
    x, other = Input(2), Input(2)
    y, late = layer(x), layer(other)
    Network(x, y)
    return Network(other, late)


def sourceless() -> object:
    x, y = pair()

    class Nothing(Layer):
        def output_size(self, sizes: Sequence[int]) -> int:
            return 1

        def forward(self, at: Buffers) -> None: ...

        def error(self, at: Buffers, parent: int, out: Array) -> None: ...

    return Network(x, Add(name="sum")([y, Node(Nothing(), (), 1, "spring")]))


def unlisted() -> object:
    x, y = pair()
    return Network(x, Concat(name="c")([y, Input(2, name="forgotten")]))


def same_name() -> object:
    x = Input(2, name="x")
    return Network(x, Dense(1, name="h")(Dense(2, name="h")(x)))


BAD_GRAPHS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (cyclic, mg.GraphError, "the graph has a cycle: 'b' <- 'a' <- 'b'; a node cannot depend on itself"),
    (in_a_network, mg.GraphError, "outputs: node 'x' belongs to another network already, expected new nodes"),
    (shared_between_networks, mg.GraphError, "belongs to another network already"),
    (sourceless, mg.GraphError, "inputs: output 'sum' depends on node 'spring', which is not among the inputs ['x']"),
    (unlisted, mg.GraphError, "inputs: output 'c' depends on node 'forgotten', which is not among the inputs ['x']"),
    (same_name, mg.GraphError, "two nodes are named 'h'; expected distinct names"),
    (
        lambda: Network([pair()[0], Input(1, name="idle")], pair()[1]),
        mg.GraphError,
        "inputs: node 'x' reaches no output; connect it or leave it out",
    ),
    (lambda: Network(pair()[0], Input(2, name="z")), mg.GraphError, "node 'x' reaches no output"),
    (
        lambda: Network(x := Input(2, name="x"), x),
        mg.GraphError,
        "outputs: node 'x' is an input; expected a node that depends on",
    ),
    (lambda: Network(pair()[1], pair()[1]), mg.GraphError, "inputs: received node 'y' of Dense(1, 'sigmoid'"),
    (lambda: Network([], pair()[1]), mg.GraphError, "inputs: received none, expected at least one node"),
    (lambda: Network(pair()[0], []), mg.GraphError, "outputs: received none, expected at least one node"),
    (lambda: Network(3, pair()[1]), mg.GraphError, "inputs: received 3, expected a node"),  # type: ignore[call-overload]
    (lambda: Network("x", pair()[1]), mg.GraphError, "inputs: received 'x', expected"),  # type: ignore[arg-type]
    (
        lambda: Network([x := Input(2, name="x"), x], Dense(1)(x)),
        mg.GraphError,
        "inputs: received node 'x' 2 times, expected it once",
    ),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD_GRAPHS, ids=[each[2] for each in BAD_GRAPHS])
def test_what_is_no_network(build: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        build()


BAD_SETTINGS: list[tuple[dict[str, object], str]] = [
    (
        {"cost": "cross_entrpy"},
        "received 'cross_entrpy', expected a Cost or a name; did you mean 'cross_entropy'?",
    ),
    ({"cost": None}, "cost: received None, expected a Cost or a name"),
    ({"cost": ["cross_entropy"] * 2}, "cost: received 2 costs, expected one or 1, one for each output"),
    ({"cost": ["squared"]}, "cost[0]: received 'squared'"),
    ({"l2": -1}, "l2: received -1, expected a finite number >= 0"),
    ({"l2": float("nan")}, "l2: received nan"),
    ({"l2": "0.1"}, "l2: received '0.1'"),
    ({"dtype": "float16"}, "dtype: received 'float16', expected float32 or float64"),
    ({"seed": -1}, "seed: received -1, expected an integer >= 0"),
    ({"seed": 1.5}, "seed: received 1.5"),
    ({"seed": "a"}, "seed: received 'a'"),
]


@pytest.mark.parametrize(("settings", "message"), BAD_SETTINGS, ids=[each[1] for each in BAD_SETTINGS])
def test_bad_setting_leaves_the_nodes_free(settings: dict[str, object], message: str) -> None:
    x = Input(2)
    y = Dense(1)(x)
    with pytest.raises(mg.ArgumentError, match=re.escape(message)):
        Network(x, y, **settings)  # type: ignore[call-overload]
    assert (x.name, y.name, x.children) == ("input", "dense", (y,))
    assert Network(x, y).predict([[0, 0]]).shape == (1, 1)


def test_refused_graph_leaves_the_nodes_free() -> None:
    x, y = pair()
    with pytest.raises(mg.GraphError):
        Network([x, Input(1)], y)
    assert y.name == "y"
    assert Network(x, y).node("y") is y


def test_order_is_that_of_parents_then_of_listing() -> None:
    first, second = Input(1, name="first"), Input(1, name="second")
    late = Dense(1, name="late")(second)
    early = Dense(1, name="early")(first)
    y = Concat(name="y")([late, early, first])
    net = Network([first, second], [y, late], cost="squared_error")
    assert [node.name for node in net.nodes] == ["first", "second", "late", "early", "y"]
    assert [node.position for node in net.nodes] == [1, 2, 3, 4, 5]
    assert net.inputs == (first, second)
    assert net.outputs == (y, late)
    assert [layer.name for layer in net.layers] == ["late", "early"]
    assert first.children == (early, y)
    assert y.parents == (late, early, first)


def test_children_outside_the_network_are_forgotten() -> None:
    x, y = pair()
    Dense(3, name="elsewhere")(x)
    assert [child.name for child in x.children] == ["y", "elsewhere"]
    Network(x, y)
    assert [child.name for child in x.children] == ["y"]


def test_names_tell_kind_and_position_unless_given() -> None:
    x = Input(2)
    h = Dense(2)(x)
    taken = Dense(2, name="activate4")(h)
    y = Add()([Activate("tanh")(taken), h])
    net = Network(x, y, cost="squared_error")
    assert [node.name for node in net.nodes] == ["input1", "dense2", "activate4", "activate4_", "add5"]
    assert all(net.node(node.name) is node for node in net.nodes)
    assert all(net.node(position) is node for position, node in enumerate(net.nodes, start=1))


def test_names_of_custom_layers_do_not_collide_with_others() -> None:
    class Copy(Layer):
        kind = "dense1"

        def output_size(self, sizes: Sequence[int]) -> int:
            return sizes[0]

        def forward(self, at: Buffers) -> None:
            np.copyto(at.z, at.inputs[0][1:])

        def error(self, at: Buffers, parent: int, out: Array) -> None:
            np.copyto(out, at.delta)

    x = node = Input(1)
    node = Copy()(node)  # "dense1" and position 2
    for _ in range(10):
        node = Dense(1)(node)  # the last is "dense" and position 12
    net = Network(x, node)
    names = [each.name for each in net.nodes]
    assert len(set(names)) == 12
    assert (names[1], names[-1]) == ("dense12", "dense12_")
    assert net.node("dense12_") is node


def test_node_that_is_not_there() -> None:
    net = Network(*pair())
    with pytest.raises(mg.ArgumentError, match=re.escape("key: received 'z', expected a node's name; Choices: x, y")):
        net.node("z")
    for key in (0, 3, True, 1.0, None):
        with pytest.raises(mg.ArgumentError, match=f"key: received {key!r}, expected a position from 1 to 2 or a name"):
            net.node(key)  # type: ignore[arg-type]


def test_thousands_of_inputs_are_sorted_in_linear_time() -> None:
    """Counted, not timed: how often nodes are hashed, for sets and dicts, or compared, in lists."""
    looks = 0

    class Counting(Node):
        def __hash__(self) -> int:
            nonlocal looks
            looks += 1
            return id(self)

        def __eq__(self, other: object) -> bool:
            nonlocal looks
            looks += 1
            return self is other

    inputs = [Counting(Input(1).layer, (), 1, f"x{i}") for i in range(2000)]
    net = Network(inputs, Dense(1)(Concat()(inputs)))
    assert len(net.inputs) == 2000
    assert looks < 50 * 2000

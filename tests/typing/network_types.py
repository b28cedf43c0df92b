"""What type checkers infer; never run, read by mypy together with everything else."""

from typing import assert_type

import numpy as np

import minigraph as mg
from minigraph import Activation, AnyNetwork, Array, Edge, Initializer, Layer, Network, Node, Unit

x = mg.Input(2, name="x")
assert_type(x, Node)

dense = mg.Dense(3, "tanh", initializer=mg.He(), links=[[True, False]] * 3)
assert_type(dense.units, int)
assert_type(dense.activation, Activation)
assert_type(dense.initializer, Initializer)
assert_type(dense(x), Node)
assert_type(mg.Add()([x, x]), Node)
assert_type(mg.Dropout(0.5).rate, float)

one = mg.Network(x, dense(x))
assert_type(one, Network[Array])
assert_type(one.forward([[1, 2]]), Array)
assert_type(one.predict(np.zeros((1, 2))), Array)
assert_type(one.copy("float32").predict([[1, 2]]), Array)

several = mg.Network([x], [dense(x), dense(x)], cost=["cross_entropy", mg.SquaredError()])
assert_type(several, Network[tuple[Array, ...]])
assert_type(several.forward({"x": [[1, 2]]}), tuple[Array, ...])
assert_type(several.copy().predict([[[1, 2]]]), tuple[Array, ...])

assert_type(mg.mlp([2, 3, 1]), Network[Array])
assert_type(one.cost([[1, 2]], [1]), float)
assert_type(one.cost_and_gradient([[1, 2]], [1]), tuple[float, Array])
assert_type(one.backward([1]), None)
assert_type(one.unroll(), Array)
assert_type(one.nodes, tuple[Node, ...])
assert_type(one.layers, tuple[Layer, ...])
assert_type(one.node(1), Node)
assert_type(one.node("x"), Node)
assert_type(one.summary(), str)
assert_type(one.l2, float)

assert_type(x.a, Array)
assert_type(x.delta, Array)
assert_type(x.parents, tuple[Node, ...])
assert_type(x.unit(1), Unit)
assert_type(x.units, tuple[Unit, ...])
assert_type(x.unit(1).a, Array)
assert_type(x.unit(1).bias, float)
assert_type(x.unit(1).inputs, tuple[Edge, ...])
assert_type(x.unit(1).inputs[0].weight, float)
assert_type(x.unit(1).inputs[0].gradient, float)
assert_type(x.unit(1).inputs[0].source, Unit)
assert_type(dense.theta, Array)
assert_type(dense.gradient, Array)

assert_type(mg.unroll([dense.theta]), Array)
assert_type(mg.reshape([1, 2], [(1, 2)]), list[Array])


def takes_any(net: AnyNetwork) -> None:
    assert_type(net.cost([[1, 2]], [1]), float)


takes_any(one)
takes_any(several)

"""Random networks that have everything a network can have, the same for the same seed."""

from typing import cast, get_args

import numpy as np

import minigraph as mg
from minigraph.functions.activations import ACTIVATIONS
from minigraph.functions.costs import CostName

NAMES = ("x", "Θ^(1)", "a b", "ünï", "層", "'quoted\"", "back\\slash", "🧠")


def random_network(seed: int, dtype: str | None = None) -> mg.AnyNetwork:
    """Build a graph with shared layers, links, several inputs and outputs, names, classes and dropout."""
    return _Maker(seed).network(dtype)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = np.random.default_rng(seed)
        self.shared: dict[int, list[mg.Layer]] = {}
        self.names = list(self.random.permutation(NAMES))

    def network(self, dtype: str | None) -> mg.AnyNetwork:
        inputs = [mg.Input(self.size(), name=self.name()) for _ in range(self.random.integers(1, 4))]
        if self.chance():
            inputs[0].unit_names = [f"feature {j}" for j in range(inputs[0].size)]
        nodes = list(inputs)
        for _ in range(self.random.integers(2, 10)):
            nodes.append(self.step(nodes))
        loose = [node for node in nodes if not node.children]
        outputs = [node for node in loose if node not in inputs][: self.random.integers(1, 4)]
        rest = [node for node in loose if node not in outputs]
        if rest or not outputs:
            end = mg.Dense(self.size(), self.activation(), name=self.name())(mg.Concat()(rest or nodes[-1:]))
            outputs.append(end)
        one = len(outputs) == 1 and self.chance()
        costs = [cast("CostName", self.random.choice(get_args(CostName))) for _ in outputs]
        net: mg.AnyNetwork = mg.Network(
            inputs,
            outputs[0] if one else outputs,
            costs,
            l2=float(self.random.choice([0.0, 0.1, 3.0])),
            dtype=dtype or str(self.random.choice(["float32", "float64"])),
            seed=self.seed,
        )
        if len(outputs) == 1 and self.chance():
            count = max(2, outputs[0].size)
            kinds: list[list[str | int | float | bool]] = [[f"class {k}", k - 1, k + 0.5] for k in range(count)]
            net.classes = [kind[self.seed % 3] for kind in kinds]
        return net

    def step(self, nodes: list[mg.Node]) -> mg.Node:
        node = nodes[self.random.integers(len(nodes))]
        kind = self.random.integers(7)
        if kind == 0:
            return mg.Dropout(float(self.random.choice([0.0, 0.1, 0.5])), name=self.name())(node)
        if kind == 1:
            return mg.Activate(self.activation(), name=self.name())(node)
        if kind == 2:
            equal = [each for each in nodes if each.size == node.size]
            return mg.Add(name=self.name())([equal[i] for i in self.random.integers(len(equal), size=3)])
        if kind == 3:
            return mg.Concat()([nodes[i] for i in self.random.integers(len(nodes), size=2)])
        layers = self.shared.setdefault(node.size, [])
        if kind == 4 and layers:
            return layers[self.random.integers(len(layers))](node)
        layers.append(self.dense(node.size))
        return layers[-1](node)

    def dense(self, s_in: int) -> mg.Dense:
        units = self.size()
        links = self.random.random((units, s_in)) < 0.6 if self.chance() else None
        initializers = (None, mg.Uniform(0.5), mg.Normal(0.3), mg.He(), mg.Constant(0.1), mg.Zeros())
        return mg.Dense(
            units,
            self.activation(),
            initializer=initializers[self.random.integers(len(initializers))],
            links=links,
            name=self.name(),
        )

    def activation(self) -> mg.Activation:
        if self.random.random() < 0.1:
            return mg.LeakyRelu(0.3)
        return ACTIVATIONS[str(self.random.choice(sorted(ACTIVATIONS)))]

    def size(self) -> int:
        return int(self.random.integers(1, 6))

    def name(self) -> str | None:
        return str(self.names.pop()) if self.names and self.chance() else None

    def chance(self) -> bool:
        return bool(self.random.random() < 0.5)

"""The network that an ONNX graph stands for, planned before anything is built.

Only what the outputs need is built, so the steps of an activation leave nothing behind. A
dense layer takes over the activation behind it if its z serves nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array, Float, is_finite
from minigraph.errors import GraphError, ModelFormatError
from minigraph.functions.activations import Activation, Identity, Sigmoid, Softmax
from minigraph.functions.costs import Cost, CostName
from minigraph.graph.layers import Activate, Add, Concat, Dense, Input
from minigraph.graph.node import Node
from minigraph.network.network import AnyNetwork, Network

Constants: TypeAlias = Mapping[str, NDArray[np.generic]]
Costs: TypeAlias = CostName | Cost | Sequence[CostName | Cost]


class Kind(Enum):
    """What a planned node does, where no more needs to be known."""

    INPUT = "input"
    ADD = "add"
    CONCAT = "concat"


@dataclass(frozen=True)
class ThetaSource:
    """How Θ of a dense layer is made of constants: equal sources mean one layer, used several times."""

    weights: str
    transposed: bool
    """Whether the constant has a row per unit of the layer before."""
    alpha: float = 1.0
    """The factor of the weights."""
    bias: str = ""
    """Empty for none."""
    beta: float = 1.0
    """The factor of the bias."""

    def theta(self, constants: Constants, dtype: np.dtype[Float]) -> Array:
        """Compute Θ.

        Raises:
            ModelFormatError: an entry is not finite.
        """
        weights = constants[self.weights].T if self.transposed else constants[self.weights]
        theta: Array = np.zeros((weights.shape[0], 1 + weights.shape[1]), dtype)
        parts = [(self.weights, weights, self.alpha, theta[:, 1:])]
        if self.bias:
            parts.append((self.bias, constants[self.bias].reshape(-1), self.beta, theta[:, 0]))
        for name, constant, factor, part in parts:
            with np.errstate(all="ignore"):
                np.multiply(constant, factor, out=part, casting="same_kind")
            if not is_finite(part):
                raise ModelFormatError(f"initializer {name!r}: contains infinity or NaN in {dtype}, times {factor}")
        return theta


Rule: TypeAlias = Kind | ThetaSource | Activation


@dataclass(eq=False)
class Planned:
    """A node to build."""

    name: str
    size: int
    rule: Rule
    parents: Sequence[Planned] = ()


class Plan:
    """Collects planned nodes, parents first, and builds the network of those that its outputs need."""

    def __init__(self) -> None:
        self.inputs: list[Planned] = []
        self.outputs: list[Planned] = []
        self._nodes: list[Planned] = []

    def add(self, name: str, size: int, rule: Rule, parents: Sequence[Planned] = ()) -> Planned:
        """Plan a node."""
        node = Planned(name, size, rule, parents)
        self._nodes.append(node)
        if rule is Kind.INPUT:
            self.inputs.append(node)
        return node

    def add_output(self, name: str, node: Planned) -> None:
        """Make a node an output of this name; an input or another output is passed on by a node of its own."""
        if node.rule is Kind.INPUT or node in self.outputs:
            node = self.add(name, node.size, Identity(), [node])
        node.name = name
        self.outputs.append(node)

    def needed(self) -> list[Planned]:
        """Return the inputs and all nodes that the outputs depend on, parents first."""
        found = set(self.inputs)
        stack = list(self.outputs)
        while stack:
            node = stack.pop()
            if node not in found:
                found.add(node)
                stack.extend(node.parents)
        return [node for node in self._nodes if node in found]

    def require_bytes(self, limit: int, dtype: np.dtype[Float]) -> None:
        """Raise ModelFormatError if the parameters take more bytes than the limit; the message names the node."""
        count = 0
        seen: set[ThetaSource] = set()
        for node in self.needed():
            if isinstance(node.rule, ThetaSource) and node.rule not in seen:
                seen.add(node.rule)
                count += node.size * (1 + node.parents[0].size)
                if count * dtype.itemsize > limit:
                    raise ModelFormatError(
                        f"tensor {node.name!r}: up to this layer the parameters take {count * dtype.itemsize} bytes,"
                        f" more than the limit of {limit} for a model of this size"
                    )

    def network(self, constants: Constants, dtype: np.dtype[Float], costs: Costs | None) -> AnyNetwork:
        """Build the network.

        Args:
            constants: that Θ is made of.
            dtype: of the network.
            costs: of the outputs; None takes for each the one that goes with its activation.

        Raises:
            ModelFormatError: the nodes form no network, or a parameter is not finite.
            ArgumentError: an unknown cost, or another number of them than of outputs.
        """
        nodes, layers = self._build()
        outputs = [nodes[each] for each in self.outputs]
        usual: list[CostName | Cost] = [_usual_cost(node) for node in outputs]
        try:
            net: AnyNetwork = Network.restored(
                [nodes[each] for each in self.inputs],
                outputs[0] if len(outputs) == 1 else outputs,
                usual if costs is None else costs,
                0.0,
                dtype,
            )
        except GraphError as error:
            raise ModelFormatError(str(error)) from error
        for source, layer in layers.items():
            layer.theta = source.theta(constants, dtype)
        return net

    def _build(self) -> tuple[dict[Planned, Node], dict[ThetaSource, Dense]]:
        """Return the node of each planned one, and the layers with Θ."""
        needed = self.needed()
        absorbed = _absorbed(needed, self.outputs)
        nodes: dict[Planned, Node] = {}
        layers: dict[ThetaSource, Dense] = {}
        for planned in needed:
            if planned in nodes:
                continue
            parents = [nodes[each] for each in planned.parents]
            last = absorbed.get(planned, planned)
            if isinstance(planned.rule, ThetaSource):
                activation = Identity() if last is planned else cast("Activation", last.rule)
                if planned.rule not in layers:
                    layers[planned.rule] = Dense(planned.size, activation)
                node = layers[planned.rule](parents)
            elif planned.rule is Kind.INPUT:
                node = Input(planned.size)
            elif isinstance(planned.rule, Activation):
                node = Activate(planned.rule)(parents)
            else:
                node = (Add() if planned.rule is Kind.ADD else Concat())(parents)
            node.name = last.name
            nodes[planned] = nodes[last] = node
        return nodes, layers


def _absorbed(needed: Sequence[Planned], outputs: Sequence[Planned]) -> dict[Planned, Planned]:
    """Return the activations that dense layers take over, by the planned node of z."""
    uses = Counter(parent for node in needed for parent in node.parents)
    uses.update(outputs)
    calls = Counter(node.rule for node in needed)
    return {
        z: node
        for node in needed
        if isinstance(node.rule, Activation)
        for z in node.parents
        if isinstance(z.rule, ThetaSource) and uses[z] == 1 and calls[z.rule] == 1
    }


def _usual_cost(node: Node) -> CostName:
    if isinstance(node.layer.activation, Sigmoid):
        return "cross_entropy"
    return "categorical_cross_entropy" if isinstance(node.layer.activation, Softmax) else "squared_error"

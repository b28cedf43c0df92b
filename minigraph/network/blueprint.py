"""The data from which a copied or pickled network is rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array, Float
from minigraph.functions.costs import Cost
from minigraph.graph.node import Node, NodePlan, build_nodes, plan_nodes
from minigraph.network.wiring import Wiring


@dataclass(frozen=True)
class Blueprint:
    """A network without views of shared memory; nodes refer to each other by index, so that any depth works."""

    nodes: tuple[NodePlan, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    has_one_output: bool
    costs: tuple[Cost, ...]
    l2: float
    dtype: np.dtype[Float]
    vector: Array
    """All parameters, unrolled."""
    generator: np.random.Generator

    @classmethod
    def of(cls, wiring: Wiring, l2: float, vector: Array, generator: np.random.Generator) -> Blueprint:
        """Return the blueprint of a network with this graph and these parameters."""
        place = {node: index for index, node in enumerate(wiring.nodes)}
        return cls(
            plan_nodes(wiring.nodes),
            tuple(place[node] for node in wiring.inputs),
            tuple(place[node] for node in wiring.outputs),
            wiring.has_one_output,
            wiring.costs,
            l2,
            vector.dtype,
            vector,
            generator,
        )

    def new_ends(self) -> tuple[Sequence[Node], Node | Sequence[Node]]:
        """Return inputs and outputs of the same graph with new nodes, as `Network` takes them."""
        nodes = build_nodes(self.nodes)
        outputs = [nodes[index] for index in self.outputs]
        return [nodes[index] for index in self.inputs], outputs[0] if self.has_one_output else outputs

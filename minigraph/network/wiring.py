"""Sorting, naming and validation of the graph of a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minigraph.errors import ArgumentError, GraphError
from minigraph.functions.costs import Cost, CostName, as_cost
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Layer, Node, Owner, as_nodes
from minigraph.graph.topology import topological_order


@dataclass(frozen=True)
class Wiring:
    """A validated graph; its nodes have not been modified yet."""

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    costs: tuple[Cost, ...]
    nodes: tuple[Node, ...]
    by_name: dict[str, Node]
    """All nodes in topological order."""
    theta_shapes: dict[Layer, tuple[int, int]]
    has_one_output: bool
    """Whether a single output was given, not a sequence."""


def connect(
    inputs: Node | Sequence[Node],
    outputs: Node | Sequence[Node],
    cost: CostName | Cost | Sequence[CostName | Cost],
) -> Wiring:
    """Sort and check the graph between inputs and outputs.

    Raises:
        GraphError: see `Network`.
        ArgumentError: a cost is unknown, or the number of costs differs from that of outputs.
    """
    sources = _as_ends(inputs, "inputs")
    targets = _as_ends(outputs, "outputs")
    costs = _as_costs(cost, len(targets))
    nodes = _inputs_first(topological_order(targets, lambda node: node.parents, lambda node: repr(node.name)), sources)
    _check_ends(nodes, sources, targets)
    shapes: dict[Layer, tuple[int, int]] = {}
    for node in nodes:
        if node.layer.owner is not None:
            raise GraphError(
                f"outputs: node {node.name!r} belongs to another network already, expected new nodes;"
                " net.copy() gives an independent network"
            )
        shape = node.layer.theta_shape(node.parent_sizes) if node.parents else None
        if shape is not None:
            shapes.setdefault(node.layer, shape)
    return Wiring(sources, targets, costs, tuple(nodes), _names(nodes), shapes, isinstance(outputs, Node))


def attach(wiring: Wiring, owner: Owner) -> None:
    """Set owner, positions and names of the nodes, and keep only children that belong to the network."""
    children: dict[Node, list[Node]] = {node: [] for node in wiring.nodes}
    for node in wiring.nodes:
        for parent in dict.fromkeys(node.parents):
            children[parent].append(node)
    for position, (name, node) in enumerate(wiring.by_name.items(), start=1):
        node.attach(owner, position, name, children[node])


def _as_ends(value: Node | Sequence[Node], argument: str) -> tuple[Node, ...]:
    nodes = as_nodes(value, argument, " such as mg.Input(3)")
    for node, count in Counter(nodes).items():
        if count > 1:
            raise GraphError(f"{argument}: received node {node.name!r} {count} times, expected it once")
    return nodes


def _as_costs(cost: CostName | Cost | Sequence[CostName | Cost], count: int) -> tuple[Cost, ...]:
    if isinstance(cost, (str, Cost)) or not isinstance(cost, Iterable):
        return (as_cost(cost),) * count
    costs = tuple(as_cost(each, f"cost[{index}]") for index, each in enumerate(cost))
    if len(costs) != count:
        raise ArgumentError(f"cost: received {len(costs)} costs, expected one or {count}, one for each output")
    return costs


def _inputs_first(nodes: Sequence[Node], inputs: Sequence[Node]) -> list[Node]:
    """Move the inputs to the front, in the given order, so that node 1 is an input."""
    members, first = set(nodes), dict.fromkeys(inputs)
    return [node for node in first if node in members] + [node for node in nodes if node not in first]


def _check_ends(nodes: Sequence[Node], inputs: Sequence[Node], outputs: Sequence[Node]) -> None:
    members, given = set(nodes), set(inputs)
    for node in inputs:
        if not isinstance(node.layer, InputLayer):
            raise GraphError(f"inputs: received node {node.name!r} of {node.layer!r}, expected a node of mg.Input")
        if node in outputs:
            raise GraphError(f"outputs: node {node.name!r} is an input; expected a node that depends on an input")
        if node not in members:
            raise GraphError(f"inputs: node {node.name!r} reaches no output; connect it or leave it out")
    for node in nodes:
        if not node.parents and node not in given:
            feeds = next(output.name for output in outputs if _depends_on(output, node))
            raise GraphError(
                f"inputs: output {feeds!r} depends on node {node.name!r}, which is not among the inputs"
                f" {[each.name for each in inputs]}; add it"
            )


def _depends_on(node: Node, ancestor: Node) -> bool:
    return ancestor in topological_order([node], lambda each: each.parents)


def _names(nodes: Sequence[Node]) -> dict[str, Node]:
    """Return all nodes by name: the given name, or the layer's kind and the position; names must be unique."""
    names: dict[str, Node] = {}
    for node in nodes:
        if node.given_name is not None:
            if node.given_name in names:
                raise GraphError(f"two nodes are named {node.given_name!r}; expected distinct names")
            names[node.given_name] = node
    ordered: dict[str, Node] = {}
    for position, node in enumerate(nodes, start=1):
        name = node.given_name or f"{node.layer.kind}{position}"
        while node.given_name is None and (name in names or name in ordered):
            name += "_"
        ordered[name] = node
    return ordered

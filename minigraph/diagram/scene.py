"""Everything that a drawing of units shows, read once: selections, values, links, and the scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Array
from minigraph.diagram.links import Connection, connections
from minigraph.diagram.options import Options
from minigraph.diagram.selection import Selection, select
from minigraph.diagram.themes import Theme, theme_named
from minigraph.diagram.values import NodeValues, layer_slices, read_layer, read_node
from minigraph.diagram.wishes import Shown
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork


@dataclass(frozen=True)
class Scale:
    """The values at which lines are thickest and units fullest."""

    edge: float
    delta: float
    a: dict[str, float]
    """By the node's name."""

    def joined(self, other: Scale) -> Scale:
        """Return the scale that serves both drawings."""
        a = {name: max(self.a.get(name, 0.0), other.a.get(name, 0.0)) for name in {**self.a, **other.a}}
        return Scale(max(self.edge, other.edge), max(self.delta, other.delta), a)


@dataclass(frozen=True)
class EdgeValues:
    """The matrices of a layer that edges show, like Θ; None where not computed."""

    shown: dict[Shown, Array | None]
    before: Array | None = None
    after: Array | None = None
    errors: Array | None = None

    @property
    def main(self) -> Array | None:
        """What colour and width stand for."""
        if self.errors is not None:
            return self.errors
        if self.before is not None and self.after is not None:
            change: Array = self.after - self.before
            return change
        return next(iter(self.shown.values()), None)


@dataclass(frozen=True)
class Scene:
    """What is to be drawn."""

    net: AnyNetwork
    options: Options
    theme: Theme
    selections: dict[Node, Selection]
    values: dict[Node, NodeValues]
    links: list[Connection]
    edge_values: dict[Layer, EdgeValues]
    scale: Scale
    ranks: Mapping[Layer, Array] | None = None
    """By which the strongest weights are chosen, so that frames of one film agree; None: by their values."""


def read_scene(net: AnyNetwork, options: Options, scale: Scale | None = None) -> Scene:
    """Read what the network holds, as far as the drawing will show it."""
    biased = _nodes_with_bias(net)
    selections = {
        node: select(node, options.units_of(node), node in biased, options.focus_in(node)) for node in net.nodes
    }
    edge_values = read_edges(net, options)
    links: list[Connection] = []
    if options.on_edges or "links" in options.show or options.errors is not None or options.before is not None:
        for node in net.nodes:
            links += connections(node, selections, read_layer(node.layer, "weights"))
    else:
        links = [Connection(node, slot) for node in net.nodes for slot in range(len(node.parents))]
    values = {node: read_node(node, options.example) for node in net.nodes}
    own = _scale(selections, values, edge_values)
    theme = theme_named(options.theme)
    return Scene(net, options, theme, selections, values, links, edge_values, scale or own)


def read_edges(net: AnyNetwork, options: Options) -> dict[Layer, EdgeValues]:
    """Read the matrices that edges show."""
    result = {}
    for layer, part in layer_slices(net).items():
        shape = layer.parameters().shape

        def cut(vector: Array | None, part: slice = part, shape: tuple[int, ...] = shape) -> Array | None:
            return None if vector is None else vector[part].reshape(shape)

        result[layer] = EdgeValues(
            {what: read_layer(layer, what) for what in options.on_edges},
            cut(options.before),
            cut(options.after),
            cut(options.errors),
        )
    return result


def _nodes_with_bias(net: AnyNetwork) -> set[Node]:
    """Return the nodes of which some child uses the bias unit."""
    found = set()
    for node in net.nodes:
        sizes = [parent.size for parent in node.parents]
        if sizes:
            found |= {node.parents[slot] for slot, i, _ in node.layer.links_into(1, sizes) if i == 0}
    return found


def _scale(
    selections: dict[Node, Selection], values: dict[Node, NodeValues], edge_values: dict[Layer, EdgeValues]
) -> Scale:
    edge = max((largest(each.main) for each in edge_values.values()), default=0.0)
    delta, a = 0.0, {}
    for node, selection in selections.items():
        held = values[node]
        if held.delta is not None:
            delta = max([delta, *(abs(held.delta[j - 1]) for j in selection.shown)])
        if held.a is not None:
            a[node.name] = max(map(abs, held.a))
    return Scale(edge, delta, a)


def largest(values: Array | None) -> float:
    """Return the largest absolute value, 0 if there is none."""
    if values is None or not values.size or np.isnan(values).all():
        return 0.0
    return float(np.nanmax(np.abs(values)))

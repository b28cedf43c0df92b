"""Everything that a drawing of units shows, read once: selections, values, edges, texts, and the scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minigraph.base.arrays import Array
from minigraph.diagram.canvas.themes import Theme
from minigraph.diagram.options import Options, Shown
from minigraph.diagram.scene.captions import Caption, column_caption
from minigraph.diagram.scene.parent_edges import ParentEdges, edges_into
from minigraph.diagram.scene.readings import NodeValues, read_layer, read_node
from minigraph.diagram.scene.selection import Selection, select
from minigraph.diagram.scene.thetas import Thetas
from minigraph.errors import ArgumentError
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork

MOST_EDGES = 25_000
"""What a drawing may hold: some 6 MB of SVG."""


@dataclass(frozen=True)
class Scale:
    """The values at which edges are thickest and units fullest."""

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
    change: tuple[Array, Array] | None = None
    """Θ before and after."""
    errors: Array | None = None

    @property
    def main(self) -> Array | None:
        """What colour and width stand for."""
        if self.errors is not None:
            return self.errors
        if self.change is not None:
            difference: Array = self.change[1] - self.change[0]
            return difference
        return next(iter(self.shown.values()), None)


@dataclass(frozen=True, eq=False)
class Scene:
    """What is to be drawn."""

    options: Options
    selections: dict[Node, Selection]
    values: dict[Node, NodeValues]
    edges: list[ParentEdges]
    edge_values: dict[Layer, EdgeValues]
    thetas: Thetas
    scale: Scale
    ranks: Mapping[Layer, Array] | None = None
    """By which the strongest weights are chosen, so that all frames agree; None: by their values."""

    @property
    def net(self) -> AnyNetwork:
        """The network."""
        return self.options.net

    @property
    def theme(self) -> Theme:
        """The colours."""
        return self.options.colours

    @property
    def shows_means(self) -> bool:
        """Whether units show means over the batch rather than one example."""
        return self.options.example == "mean"

    @cached_property
    def captions(self) -> dict[Node, Caption]:
        """What stands under each node."""
        return {node: column_caption(self.net, node, self.thetas) for node in self.net.nodes}

    @cached_property
    def pictured(self) -> list[Node]:
        """The nodes whose incoming weights are drawn as pictures: those that see exactly the pixels of an input."""
        shape = self.options.image_shape
        if shape is None or not self.options.thumbnails:
            return []
        return [
            node
            for node in self.net.nodes
            if node.layer in self.edge_values
            and node.layer.parameters().shape[1] == 1 + shape[0] * shape[1]
            and not node.parents[0].parents
        ]


def read_scene(options: Options, scale: Scale | None = None, ranks: Mapping[Layer, Array] | None = None) -> Scene:
    """Read what the network holds, as far as the drawing will show it, on its own scale if none is given."""
    net = options.net
    biased = _nodes_with_bias(net)
    selections = {
        node: select(node, options.units_of(node), node in biased, options.focus_in(node)) for node in net.nodes
    }
    edge_values = _read_edge_values(options)
    edges: list[ParentEdges] = []
    for node in net.nodes:
        if options.shows_edges:
            edges += edges_into(node, selections, read_layer(node.layer, "weights"))
        else:
            edges += [ParentEdges(node, slot) for slot in range(len(node.parents))]
    if (count := sum(len(into.edges) for into in edges)) > MOST_EDGES:
        raise ArgumentError(
            f"max_units: received {options.max_units!r}, which draws {count:,} edges, expected at most {MOST_EDGES:,},"
            " more than which no browser copes with; choose fewer units, show='a' without edges, or detail='layers'"
        )
    values = {node: read_node(node, options.example) for node in net.nodes}
    scale = scale or Scale(_largest_on_edges(options, edges, edge_values), *_largest_in_units(selections, values))
    return Scene(options, selections, values, edges, edge_values, Thetas(net), scale, ranks)


def _read_edge_values(options: Options) -> dict[Layer, EdgeValues]:
    result, start = {}, 0
    for layer in options.net.layers:
        shape = layer.parameters().shape
        part = slice(start, start + shape[0] * shape[1])
        start = part.stop
        result[layer] = EdgeValues(
            {what: read_layer(layer, what) for what in options.on_edges},
            options.change and (options.change[0][part].reshape(shape), options.change[1][part].reshape(shape)),
            None if options.errors is None else options.errors[part].reshape(shape),
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


def _largest_on_edges(options: Options, edges: list[ParentEdges], edge_values: dict[Layer, EdgeValues]) -> float:
    """Return the largest magnitude on drawn edges; of a gradient check, on all, so that the worst is named."""
    if options.errors is not None:
        return _largest(options.errors)
    largest = 0.0
    for into in edges:
        values = edge_values.get(into.node.layer)
        if values is not None and values.main is not None and into.edges:
            _, rows, columns = np.array(into.edges, np.intp).T
            largest = max(largest, _largest(values.main[rows - 1, columns]))
    return largest


def _largest_in_units(
    selections: dict[Node, Selection], values: dict[Node, NodeValues]
) -> tuple[float, dict[str, float]]:
    """Return the largest |δ| of the units that are drawn, and the largest |a| of each node."""
    delta, a = 0.0, {}
    for node, selection in selections.items():
        held = values[node]
        if held.delta is not None:
            delta = max([delta, *(abs(held.delta[j - 1]) for j in selection.shown)])
        if held.a is not None:
            a[node.name] = max(map(abs, held.a))
    return delta, a


def _largest(values: Array | None) -> float:
    """Return the largest absolute value, 0 if there is none."""
    if values is None or not values.size or np.isnan(values).all():
        return 0.0
    return float(np.nanmax(np.abs(values)))

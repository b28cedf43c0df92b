"""The edges between two nodes as arrays: where they run, what they weigh, which are dropped or dimmed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array, Mask
from minigraph.diagram.layout.placement import BIAS_REACH, LANE_PITCH, MORE_REACH, Placement
from minigraph.diagram.layout.routes import Points, lane_routes, straight_routes
from minigraph.diagram.scene.parent_edges import ParentEdges
from minigraph.diagram.scene.scene import EdgeValues, Scene
from minigraph.diagram.scene.selection import Selection
from minigraph.graph.node import Node

_BOW = 9.0


@dataclass(frozen=True)
class RoutedEdges:
    """The drawn edges from one parent into a node; arrays have an entry per edge."""

    parent: Node
    node: Node
    suffix: str
    """Distinguishes the edges of a parent that occurs twice."""
    i: list[int]
    """Units of the parent, 0 for the bias."""
    j: list[int]
    """Units of the node."""
    points: Points
    """Bézier points on the page, (edges, points, 2)."""
    values: EdgeValues | None
    columns: NDArray[np.intp] | None
    """Columns of Θ; None if the weights are fixed."""
    main: Array | None
    """What colour and width stand for; None if there is nothing or it is not computed."""
    dropped: Mask
    dimmed: Mask

    @cached_property
    def ends(self) -> list[tuple[str, str]]:
        """The names of the units of each edge."""
        tail, head = f"a_{self.parent.position}_", f"a_{self.node.position}_"
        return [(f"{tail}{i}", f"{head}{j}") for i, j in zip(self.i, self.j, strict=True)]

    @cached_property
    def names(self) -> list[str]:
        """The id of each edge, as in a_1_3__a_2_1."""
        return [f"{tail}__{head}{self.suffix}" for tail, head in self.ends]


@dataclass(frozen=True)
class RoutedBundle:
    """A line that stands for edges that are not drawn one by one."""

    ends: tuple[str, str]
    points: Points
    tooltip: str


def route(placement: Placement, into: ParentEdges) -> tuple[RoutedEdges, list[RoutedBundle]]:
    """Route the edges from one parent into a node, and their bundles."""
    scene = placement.scene
    source, target = scene.selections[into.parent], scene.selections[into.node]
    i, j = [each[0] for each in into.edges], [each[1] for each in into.edges]
    pairs = [*zip(source.row_of[i].tolist(), target.row_of[j].tolist(), strict=True), *into.bundles]
    repeat = into.node.parents[: into.slot].count(into.parent)
    points = _routes(placement, into, np.array(pairs, np.intp).reshape(-1, 2), _BOW * repeat)
    values = scene.edge_values.get(into.node.layer)
    columns = np.array([each[2] for each in into.edges], np.intp) if values is not None and i else None
    matrix = None if values is None else values.main
    routed = RoutedEdges(
        into.parent,
        into.node,
        f"_{into.slot}" if repeat else "",
        i,
        j,
        points[: len(i)],
        values,
        columns,
        None if matrix is None or columns is None else matrix[np.array(j, np.intp) - 1, columns],
        _dropped(scene, into, i, j),
        _dimmed(scene, into, i, j),
    )
    return routed, [
        RoutedBundle((_row_name(source, here), _row_name(target, there)), curve, bundle.statement)
        for ((here, there), bundle), curve in zip(into.bundles.items(), points[len(i) :], strict=True)
    ]


def _routes(placement: Placement, into: ParentEdges, rows: NDArray[np.intp], bow: float) -> Points:
    """Return Bézier points on the page of edges between the given rows of the parent and of the node."""
    source, target = (placement.scene.selections[node] for node in (into.parent, into.node))
    radius, reach = placement.diameter / 2, placement.reach(into.parent)
    leave = np.array([_reach(unit, reach) for unit in source.rows])[rows[:, 0]]
    arrive = np.array([_reach(unit, radius) for unit in target.rows])[rows[:, 1]]
    starts = np.array(placement.rows[into.parent])[rows[:, 0]]
    ends = np.array(placement.rows[into.node])[rows[:, 1]]
    if reach > radius:  # edges begin at the far side of the pictures beside the units
        behind = np.where(leave == MORE_REACH, 0.0, leave)
        starts, leave = starts + np.stack([behind, np.zeros_like(behind)], axis=1), leave - behind
    lanes = placement.layering.paths[into.node, into.slot][1:-1]
    if not lanes:
        return placement.axes.pages(straight_routes(starts, ends, leave, arrive, bow))
    middles = [placement.columns[lane.column] for lane in lanes]
    stretches = [((u - radius, u + radius), lane.place) for u, lane in zip(middles, lanes, strict=True)]
    return placement.axes.pages(lane_routes(starts, ends, leave, arrive, stretches, _tracks(rows)))


def _tracks(rows: NDArray[np.intp]) -> Points:
    """Give every edge its place across a lane, in the order of the rows."""
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    tracks = np.empty(len(rows))
    tracks[order] = (np.arange(len(rows)) - (len(rows) - 1) / 2) * LANE_PITCH
    return tracks


def _reach(unit: int | None, otherwise: float) -> float:
    return MORE_REACH if unit is None else BIAS_REACH if unit == 0 else otherwise


def _dropped(scene: Scene, into: ParentEdges, i: list[int], j: list[int]) -> Mask:
    """Return which edges lead to or from a unit that dropped out."""
    result = np.zeros(len(i), np.bool_)
    for node, units in ((into.parent, i), (into.node, j)):
        kept = scene.values[node].kept
        if kept is not None:
            result |= ~np.array([True, *kept])[units]
    return result


def _dimmed(scene: Scene, into: ParentEdges, i: list[int], j: list[int]) -> Mask:
    """Return which edges do not touch the unit in focus."""
    focus = scene.options.focus
    touches = np.full(len(i), focus is None)
    for node, units in ((into.parent, i), (into.node, j)):
        if focus is not None and focus.node is node:
            touches |= np.array(units, np.intp) == focus.index
    return ~touches


def _row_name(selection: Selection, row: int) -> str:
    unit, l = selection.rows[row], selection.node.position  # noqa: E741
    return f"more_{l}_{row}" if unit is None else f"a_{l}_{unit}"

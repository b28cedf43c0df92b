"""The links of one connection as arrays: where they run, what they weigh, which are dropped or dimmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array, Mask
from minigraph.diagram.links import Connection
from minigraph.diagram.placement import LANE_PITCH, Placement
from minigraph.diagram.routes import Points, lane_ways, straight_ways
from minigraph.diagram.scene import EdgeValues, Scene
from minigraph.diagram.selection import Selection
from minigraph.graph.node import Node

BIAS_REACH, MORE_REACH = 11.0, 10.0
"""How far from the middle of a bias unit, or of a row of left-out units, lines begin and end."""
_BOW = 9.0


@dataclass(frozen=True)
class Strand:
    """The drawn links of one connection; arrays have an entry per link."""

    link: Connection
    suffix: str
    """Tells apart the links of a node that is the same node's parent twice."""
    i: list[int]
    """Units of the parent, 0 for the bias."""
    j: list[int]
    """Units of the node."""
    points: Points
    """Bézier points on the page, (links, points, 2)."""
    values: EdgeValues | None
    columns: NDArray[np.intp] | None
    """Columns of Θ; None if the weights are fixed."""
    main: Array | None
    """What colour and width stand for; None if there is nothing or it is not computed."""
    dropped: Mask
    dimmed: Mask

    def name(self, index: int) -> str:
        """Return the id of a link, as in a_1_3__a_2_1."""
        tail, head = self.link.parent.position, self.link.node.position
        return f"a_{tail}_{self.i[index]}__a_{head}_{self.j[index]}{self.suffix}"


@dataclass(frozen=True)
class BundleLine:
    """A line that stands for links that are not drawn one by one."""

    tail: str
    head: str
    points: list[list[float]]
    tooltip: str


def strand(
    scene: Scene, link: Connection, placement: Placement, reach: Mapping[Node, float], radius: float
) -> tuple[Strand, list[BundleLine]]:
    """Lay out the links of a connection, and its bundles.

    Args:
        scene: what is drawn.
        link: the connection.
        placement: of the rows.
        reach: how far from the middle of a node's unit its links begin.
        radius: how far from the middle of a unit links end.
    """
    source, target = scene.selections[link.parent], scene.selections[link.node]
    i, j = [each[0] for each in link.edges], [each[1] for each in link.edges]
    keys = list(link.bundles)
    rows = np.array([*zip(source.row_of[i].tolist(), target.row_of[j].tolist(), strict=True), *keys], np.intp).reshape(
        -1, 2
    )
    leave = np.array([_reach(source, row, reach[link.parent]) for row in range(len(source.rows))])[rows[:, 0]]
    arrive = np.array([_reach(target, row, radius) for row in range(len(target.rows))])[rows[:, 1]]
    starts = np.array(placement.rows[link.parent])[rows[:, 0]]
    ends = np.array(placement.rows[link.node])[rows[:, 1]]
    has_pictures = reach[link.parent] > radius
    if has_pictures:  # links begin at the far side of the pictures beside the units
        behind = np.where(leave == MORE_REACH, 0.0, leave)
        starts, leave = starts + np.stack([behind, np.zeros_like(behind)], axis=1), leave - behind
    repeat = link.node.parents[: link.slot].count(link.parent)
    lanes = placement.lanes[link.node, link.slot]
    if lanes:
        stretches = [
            ((placement.u[lane.column] - placement.half[lane.column],
              placement.u[lane.column] + placement.half[lane.column]), lane.place)
            for lane in lanes
        ]  # fmt: skip
        points = lane_ways(starts, ends, leave, arrive, stretches, _tracks(rows))
    else:
        points = straight_ways(starts, ends, leave, arrive, _BOW * repeat)
    points = placement.pages(points)
    count = len(i)
    values = scene.edge_values.get(link.node.layer)
    columns = np.array([each[2] for each in link.edges], np.intp) if values is not None and count else None
    main = None
    if values is not None and columns is not None and (matrix := values.main) is not None:
        main = matrix[np.array(j, np.intp) - 1, columns]
    drawn = Strand(
        link, f"_{link.slot}" if repeat else "", i, j, points[:count], values, columns, main,
        _dropped(scene, link, i, j), _dimmed(scene, link, i, j),
    )  # fmt: skip
    return drawn, [
        BundleLine(
            _row_name(source, here),
            _row_name(target, there),
            points[count + index].tolist(),
            link.bundles[here, there].statement,
        )
        for index, (here, there) in enumerate(keys)
    ]


def _tracks(rows: NDArray[np.intp]) -> Points:
    """Give every link its place across a lane, in the order of the rows."""
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    tracks = np.empty(len(rows))
    tracks[order] = (np.arange(len(rows)) - (len(rows) - 1) / 2) * LANE_PITCH
    return tracks


def _reach(selection: Selection, row: int, otherwise: float) -> float:
    unit = selection.rows[row]
    return MORE_REACH if unit is None else BIAS_REACH if unit == 0 else otherwise


def _dropped(scene: Scene, link: Connection, i: list[int], j: list[int]) -> Mask:
    """Tell which links lead to or from a unit that dropped out."""
    result = np.zeros(len(i), np.bool_)
    for node, units in ((link.parent, i), (link.node, j)):
        kept = scene.values[node].kept
        if kept is not None:
            result |= ~np.array([True, *kept])[units]
    return result


def _dimmed(scene: Scene, link: Connection, i: list[int], j: list[int]) -> Mask:
    """Tell which links do not touch the unit in focus."""
    focus = scene.options.focus
    if focus is None:
        return np.zeros(len(i), np.bool_)
    touches = np.zeros(len(i), np.bool_)
    for node, units in ((link.parent, i), (link.node, j)):
        if focus.node is node:
            touches |= np.array(units, np.intp) == focus.index
    return ~touches


def _row_name(selection: Selection, row: int) -> str:
    unit, l = selection.rows[row], selection.node.position  # noqa: E741
    return f"more_{l}_{row}" if unit is None else f"a_{l}_{unit}"

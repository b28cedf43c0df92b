"""What stands in a drawing of units, as rectangles that numbers on lines must keep clear of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minigraph.diagram.captions import Caption
from minigraph.diagram.dot import Point, Rectangle
from minigraph.diagram.placement import Measures, Placement
from minigraph.diagram.scene import Scene
from minigraph.graph.node import Node


def obstacles(
    scene: Scene,
    placement: Placement,
    measures: Measures,
    captions: Mapping[Node, Caption],
    pictured: Sequence[Node],
) -> list[Rectangle]:
    """Return the rectangles of units, bias units, rows of left-out units, captions and pictures of weights."""
    found = []
    side = measures.diameter
    for node in scene.net.nodes:
        selection = scene.selections[node]
        for row, (u, v) in enumerate(placement.rows[node]):
            unit = selection.rows[row]
            at = placement.page(u, v)
            if unit is None:
                found.append(around(at, 76, 50))
            elif unit == 0:
                found.append(around(at, 22, 22))
            else:
                found.append(around(at, side, side))
                if node in pictured:
                    found.append(around(placement.page(u + side + 3, v), side + 4, side + 4))
        found.append(around(caption_place(node, captions[node], placement, measures), *captions[node].size))
    return found


def caption_place(node: Node, caption: Caption, placement: Placement, measures: Measures) -> Point:
    """Return the middle of a node's caption: below its column, or before its row if the drawing runs down."""
    rows = [placement.page(*point) for point in placement.rows[node]]
    wide, high = caption.size
    x, y = placement.page(placement.u[placement.bands[node].column], placement.rows[node][-1][1])
    if placement.is_horizontal:
        return x, rows[-1][1] + measures.diameter / 2 + 8 + high / 2
    return rows[0][0] - measures.diameter / 2 - 12 - wide / 2, y


def around(at: Point, wide: float, high: float) -> Rectangle:
    """Return the rectangle about a point."""
    return at[0] - wide / 2, at[1] - high / 2, at[0] + wide / 2, at[1] + high / 2

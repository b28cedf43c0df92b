"""Where everything stands in a drawing of units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minigraph.diagram.canvas.dot import Point, Rectangle
from minigraph.diagram.layout.edge_numbers import EdgeNumber, number_edges, number_worst
from minigraph.diagram.layout.placement import Placement, place
from minigraph.diagram.layout.routed_edges import RoutedBundle, RoutedEdges, route
from minigraph.diagram.scene.scene import Scene

_WIDEST_GAP, _MOST_WEIGHTS = 400, 1000
"""Beyond these, columns are not moved apart for the sake of numbers on edges."""


@dataclass(frozen=True)
class Layout:
    """A scene, and where all of it stands."""

    scene: Scene
    placement: Placement
    edges: list[RoutedEdges]
    bundles: list[RoutedBundle]
    numbers: list[EdgeNumber]
    worst: str | None
    """The edge with the largest relative error of a gradient check."""

    @property
    def weights(self) -> int:
        """How many drawn edges have an entry of Θ."""
        return _count_weights(self.edges)


def lay_out(scene: Scene) -> Layout:
    """Give everything its place; columns move apart until every number on an edge can be read."""
    gap = _least_gap(scene)
    while True:
        placement = place(scene, gap)
        routes = [route(placement, into) for into in scene.edges]
        edges, bundles = [routed for routed, _ in routes], [bundle for _, more in routes for bundle in more]
        if scene.options.errors is not None:
            worst = number_worst(scene, edges)
            return Layout(scene, placement, edges, bundles, [worst] if worst else [], worst.edge if worst else None)
        numbers: list[EdgeNumber] = []
        has_room = True
        if scene.options.on_edges or scene.options.change is not None:
            numbers, has_room = number_edges(scene, edges, list(_obstacles(placement)))
        if has_room or gap > _WIDEST_GAP or _count_weights(edges) > _MOST_WEIGHTS:
            return Layout(scene, placement, edges, bundles, numbers, None)
        gap *= 1.2


def _least_gap(scene: Scene) -> float:
    """Return the room between columns to begin with: more for tall drawings, so that edges do not become steep."""
    rows = max(len(selection.rows) for selection in scene.selections.values())
    if not scene.options.on_edges and scene.options.change is None:
        return max(96.0, min(240.0, 11.0 * rows))
    most = max((len(into.edges) for into in scene.edges), default=0)
    return max(160.0 if most > 12 else 120.0, min(300.0, 17.0 * rows))


def _count_weights(edges: list[RoutedEdges]) -> int:
    return sum(len(routed.i) for routed in edges if routed.columns is not None)


def _obstacles(placement: Placement) -> Iterator[Rectangle]:
    """Yield the rectangles of units, bias units, rows of left-out units, and captions; numbers cannot meet pictures."""
    side = placement.diameter
    for node, selection in placement.scene.selections.items():
        for unit, at in zip(selection.rows, placement.page_rows(node), strict=True):
            if unit is None:
                yield _around(at, 76, 50)
            elif unit == 0:
                yield _around(at, 22, 22)
            else:
                yield _around(at, side, side)
        yield _around(placement.caption_place(node), *placement.scene.captions[node].size)


def _around(at: Point, wide: float, high: float) -> Rectangle:
    return at[0] - wide / 2, at[1] - high / 2, at[0] + wide / 2, at[1] + high / 2

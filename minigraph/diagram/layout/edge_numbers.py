"""Which edges get their numbers written on them, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array
from minigraph.diagram.canvas.dot import Point, Rectangle
from minigraph.diagram.canvas.labels import number, text_size
from minigraph.diagram.layout.label_placement import place_labels
from minigraph.diagram.layout.routed_edges import RoutedEdges
from minigraph.diagram.scene.scene import EdgeValues, Scene
from minigraph.diagram.scene.thetas import LETTERS

NUMBER_SIZE = 8
MOST_NUMBERED = 64
"""Edges of a Θ up to which every one gets its number, unless `top_k` says otherwise."""
NUMBERED_OF_MANY = 24


@dataclass(frozen=True)
class EdgeNumber:
    """A number on an edge."""

    edge: str
    at: Point
    text: str
    colour: str


def number_edges(
    scene: Scene, edges: Sequence[RoutedEdges], obstacles: Sequence[Rectangle]
) -> tuple[list[EdgeNumber], bool]:
    """Write the strongest weights of each Θ where they can be read, clear of obstacles.

    Returns:
        The numbers, and whether there was room for all of them.
    """
    numbers, taken, has_room = [], list(obstacles), True
    for routed in edges:
        if routed.values is None or routed.columns is None:
            continue
        chosen = _strongest(scene, routed)
        texts = [_text(routed, routed.values, index) for index in chosen.tolist()]
        sizes = [text_size("−0.000" if scene.ranks is not None else text, NUMBER_SIZE) for text in texts]
        ends = routed.points[:, [0, -1]]
        others = np.delete(ends, chosen, axis=0) if len(ends) < 400 else ends[:0]
        places = place_labels(ends[chosen], sizes, others, np.array(taken).reshape(-1, 4))
        for index, text, (wide, high), place in zip(chosen.tolist(), texts, sizes, places, strict=True):
            if place is None:
                has_room = False
                continue
            numbers.append(EdgeNumber(routed.names[index], place, text, _colour(scene, routed, index)))
            x, y = place
            taken.append((x - wide / 2 - 1, y - high / 2, x + wide / 2 + 1, y + high / 2))
    return numbers, has_room


def number_worst(scene: Scene, edges: Sequence[RoutedEdges]) -> EdgeNumber | None:
    """Name the edge with the largest relative error of a gradient check, if it is drawn."""
    for routed in edges:
        if routed.main is None:
            continue
        for index in np.flatnonzero(routed.main == scene.scale.edge)[:1].tolist():
            name = scene.thetas.name(routed.node.layer, indices=(routed.j[index], routed.i[index]))
            text = f"worst: {name} {float(routed.main[index]):.1e}".replace("-", "−")
            x, y = routed.points[index, [0, -1]].mean(axis=0).tolist()
            has_passed = scene.options.has_passed
            return EdgeNumber(routed.names[index], (x, y), text, scene.theme.ink if has_passed else scene.theme.warning)
    return None


def _colour(scene: Scene, routed: RoutedEdges, index: int) -> str:
    """Return the colour of the sign, or ink where several values share a label, or none has a sign."""
    values, main = routed.values, routed.main
    if values is None or main is None or main[index] == 0 or (values.change is None and len(values.shown) > 1):
        return scene.theme.ink
    return scene.theme.negative_text if main[index] < 0 else scene.theme.positive


def _strongest(scene: Scene, routed: RoutedEdges) -> NDArray[np.intp]:
    """Return the edges of one Θ that get numbers, the strongest first."""
    if scene.ranks is not None:
        ranks: Array = scene.ranks[routed.node.layer][np.array(routed.j, np.intp) - 1, routed.columns]
    else:
        ranks = np.zeros(len(routed.j)) if routed.main is None else np.abs(routed.main)
    free = np.flatnonzero(~(routed.dropped | routed.dimmed))
    order: NDArray[np.intp] = free[np.argsort(-ranks[free], kind="stable")]
    top_k = scene.options.top_k
    if top_k is None:
        top_k = len(order) if len(order) <= MOST_NUMBERED else NUMBERED_OF_MANY
    return order[:top_k]


def _text(routed: RoutedEdges, values: EdgeValues, index: int) -> str:
    assert routed.columns is not None
    place = (routed.j[index] - 1, int(routed.columns[index]))
    if values.change is not None:
        return " → ".join(number(float(theta[place])) for theta in values.change)
    texts = {
        LETTERS[what]: "—" if matrix is None else number(float(matrix[place])) for what, matrix in values.shown.items()
    }
    return "\n".join(text if len(texts) == 1 else f"{letter} {text}" for letter, text in texts.items())

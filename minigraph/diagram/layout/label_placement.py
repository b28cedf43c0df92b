"""Labels on edges where they can be read: staggered along the edges, none on top of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from minigraph.diagram.canvas.dot import Point

_STEPS = np.array([0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.19, 0.81, 0.46, 0.54, 0.38, 0.62, 0.3, 0.7, 0.22, 0.78])
"""Where along an edge a label may stand, best first."""


def place_labels(
    ends: NDArray[np.float64],
    sizes: Sequence[tuple[float, float]],
    others: NDArray[np.float64],
    taken: NDArray[np.float64],
) -> list[Point | None]:
    """Return the middle of each edge's label, None where it would cover something.

    Args:
        ends: of the straight edges, (edges, 2, 2), the most important first.
        sizes: width and height of each label.
        others: ends of further edges that a label should rather not cover.
        taken: rectangles that no label may touch, (rectangles, 4): left, top, right, bottom.
    """
    lines = np.concatenate([ends, others])
    count = len(taken)
    taken = np.concatenate([taken, np.empty((len(ends), 4))])
    places: list[Point | None] = []
    for index, (wide, high) in enumerate(sizes):
        middles = lines[index, 0] + _STEPS[:, None] * (lines[index, 1] - lines[index, 0])
        half = np.array([wide / 2 + 1, high / 2])
        boxes = np.hstack([middles - half, middles + half])
        free = np.flatnonzero(~_overlaps(boxes, taken[:count]))
        if not free.size:
            places.append(None)
            continue
        crossed = _crossed(boxes[free], lines)
        choice = free[int(np.argmin(crossed + 0.02 * free))]
        places.append((float(middles[choice, 0]), float(middles[choice, 1])))
        taken[count] = boxes[choice]
        count += 1
    return places


def _overlaps(boxes: NDArray[np.float64], taken: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which boxes (left, top, right, bottom) touch one of those taken."""
    apart = (
        (boxes[:, None, 2] <= taken[None, :, 0])
        | (boxes[:, None, 0] >= taken[None, :, 2])
        | (boxes[:, None, 3] <= taken[None, :, 1])
        | (boxes[:, None, 1] >= taken[None, :, 3])
    )
    return np.asarray((~apart).any(axis=1))


def _crossed(boxes: NDArray[np.float64], lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count the lines that pass through each box."""
    middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    half = (boxes[:, None, 2:] - boxes[:, None, :2]) / 2
    along = lines[None, :, 1] - lines[None, :, 0]
    offset = middle - lines[None, :, 0]
    cross = np.abs(along[..., 0] * offset[..., 1] - along[..., 1] * offset[..., 0])
    reach = np.abs(along[..., 0]) * half[..., 1] + np.abs(along[..., 1]) * half[..., 0]
    within = (np.abs(offset - along / 2) <= np.abs(along) / 2 + half).all(axis=-1)
    counts: NDArray[np.float64] = ((cross < reach) & within).sum(axis=1).astype(np.float64)
    return counts

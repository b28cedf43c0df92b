"""Routes of edges from unit to unit: straight between neighbouring columns, through lanes past the others.

Many edges are routed at once, as arrays of Bézier points of shape (edges, points, 2); the last axis is (u, v),
u along the direction of the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from minigraph.diagram.canvas.dot import Point

Points = NDArray[np.float64]


def straight_routes(starts: Points, ends: Points, leave: Points, arrive: Points, bow: float = 0.0) -> Points:
    """Return straight lines that touch the circles about their ends.

    Args:
        starts, ends: middles of the units, (edges, 2).
        leave, arrive: radii of the circles, (edges,).
        bow: how far the line bends aside, for the second of two equal edges.
    """
    along = ends - starts
    along = along / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    first, last = starts + leave[:, None] * along, ends - arrive[:, None] * along
    aside = bow * np.stack([-along[:, 1], along[:, 0]], axis=1)
    third = (last - first) / 3
    return np.stack([first, first + third + aside, last - third + aside, last], axis=1)


def lane_routes(
    starts: Points, ends: Points, leave: Points, arrive: Points, lanes: Sequence[tuple[Point, float]], tracks: Points
) -> Points:
    """Return smooth curves through lanes.

    Args:
        starts, ends: middles of the units, (edges, 2).
        leave, arrive: how far from them the curves begin and end, (edges,).
        lanes: of each lane where it begins and ends along u, and its middle along v.
        tracks: the place of each edge across the lanes, (edges,).
    """
    here = starts + np.stack([leave, np.zeros_like(leave)], axis=1)
    parts = [here[:, None]]
    for (enter, leaving), middle in lanes:
        for u, is_bend in ((enter, True), (leaving, False)):
            there = np.stack([np.full_like(tracks, u), middle + tracks], axis=1)
            parts.append(_bend(here, there) if is_bend else _level(here, there))
            here = there
    parts.append(_bend(here, ends - np.stack([arrive, np.zeros_like(arrive)], axis=1)))
    return np.concatenate(parts, axis=1)


def straight(start: Point, end: Point) -> list[Point]:
    """Return a straight line as a Bézier curve."""
    (x0, y0), (x1, y1) = start, end
    return [start, ((2 * x0 + x1) / 3, (2 * y0 + y1) / 3), ((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3), end]


def smooth(start: Point, end: Point) -> list[Point]:
    """Return one smooth curve that begins and ends along u."""
    half = (end[0] - start[0]) / 2
    return [start, (start[0] + half, start[1]), (end[0] - half, end[1]), end]


def _bend(here: Points, there: Points) -> Points:
    half = np.stack([(there[:, 0] - here[:, 0]) / 2, np.zeros(len(here))], axis=1)
    return np.stack([here + half, there - half, there], axis=1)


def _level(here: Points, there: Points) -> Points:
    third = (there - here) / 3
    return np.stack([here + third, there - third, there], axis=1)

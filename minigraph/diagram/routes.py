"""The way of a link from unit to unit: straight between neighbouring columns, through lanes past the others."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minigraph.diagram.dot import Point, straight


def clipped(start: Point, end: Point, leave: float, arrive: float) -> tuple[Point, Point]:
    """Shorten a line so that it touches the circles about its ends."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    return (x0 + leave * dx, y0 + leave * dy), (x1 - arrive * dx, y1 - arrive * dy)


def through_lanes(start: Point, lanes: Sequence[tuple[Point, Point]], end: Point) -> list[Point]:
    """Return a smooth curve along the direction u through lanes, each given by where it begins and ends."""
    points = [start]
    here = start
    for enter, leave in lanes:
        points += _bend(here, enter)
        points += straight(enter, leave)[1:]
        here = leave
    points += _bend(here, end)
    return points


def beside(start: Point, end: Point, offset: float) -> list[Point]:
    """Return a bow beside the straight line, for the second of two equal links."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = -offset * (y1 - y0) / length, offset * (x1 - x0) / length
    _, (x2, y2), (x3, y3), _ = straight(start, end)
    return [start, (x2 + dx, y2 + dy), (x3 + dx, y3 + dy), end]


def _bend(start: Point, end: Point) -> list[Point]:
    half = (end[0] - start[0]) / 2
    return [(start[0] + half, start[1]), (end[0] - half, end[1]), end]

"""The plot of the size of δ for each node, shared by `Diagnosis.plot` and `plots.delta_sizes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from minigraph.base.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_USUAL, _TROUBLED = "#0B6FB8", "#D9730D"


def draw_delta_sizes(
    names: Sequence[str], sizes: Sequence[float], troubled: Mapping[str, str], ax: Axes | None = None
) -> Axes:
    """Plot the root mean square of δ for each node on a logarithmic scale.

    Args:
        names: names of the nodes, in topological order.
        sizes: root mean squares, one per node.
        troubled: problems by node name.
        ax: axes to draw on; None creates a new figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    pyplot = require("matplotlib.pyplot", "plot")
    if ax is None:
        _, ax = pyplot.subplots(figsize=(6.4, 4.4), layout="constrained")
    places = range(len(names))
    positive = [size for size in sizes if size > 0]
    floor = min(positive, default=1.0) / 10
    ax.bar(
        places, [max(size, floor) - floor for size in sizes], bottom=floor,
        color=[_TROUBLED if name in troubled else _USUAL for name in names],
    )  # fmt: skip
    for place, name, size in zip(places, names, sizes, strict=True):
        if name in troubled:
            ax.annotate(
                troubled[name], (place, max(size, floor)), xytext=(0, 3), textcoords="offset points",
                ha="center", va="bottom", fontsize=8, rotation=90 if len(names) > 6 else 0,
            )  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(floor, max(positive, default=1.0) * 10)
    ax.set_xticks(places, names, rotation=90 if len(names) > 8 else 0)
    ax.set_ylabel("root mean square of δ")
    return ax

"""Plots of training and of networks; requires the extra `plot` (matplotlib).

All functions draw on the given Axes, or on those of a new figure, and return them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import integer, numeric
from minigraph.base.extras import require
from minigraph.base.notation import Symbol
from minigraph.errors import ArgumentError, ShapeError
from minigraph.graph.layers import InputLayer
from minigraph.inspection.delta_plot import draw_delta_sizes
from minigraph.network.checks import Data, check_inputs, check_targets
from minigraph.network.network import AnyNetwork
from minigraph.training.fitting import fit
from minigraph.training.history import COLOURS, History
from minigraph.training.optimizers import Optimizer, OptimizerName

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

_BLUE, _ORANGE = "#0B6FB8", "#D9730D"


def history(record: Mapping[str, Sequence[float]], names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Plot cost and metrics against epochs: costs on the left axis, metrics from 0 to 1 on the right axis.

    Validation curves are dashed, in the colour of the training curve.

    Args:
        record: a `History`, or its `to_dict()`.
        names: the series to plot; None means all but time and learning rate.
        ax: axes to draw on; None creates a new figure.

    Raises:
        ArgumentError: a name was not recorded.
        MissingExtraError: matplotlib is not installed.
    """
    shown = record
    if not isinstance(shown, History):
        shown = History()
        shown.restore(record, max((len(series) for series in record.values()), default=0))
    return shown.plot(ax, names)


def learning_curve(
    net: AnyNetwork,
    X: Data,
    Y: Data,
    validation: tuple[Data, Data],
    sizes: Sequence[int] | None = None,
    ax: Axes | None = None,
    *,
    optimizer: OptimizerName | Optimizer = "adam",
    epochs: int = 50,
    batch_size: int | None = 32,
    seed: int = 0,
) -> Axes:
    """Plot training and validation cost against the size of the training set.

    For each size, a copy of the network is trained from its current parameters; the costs exclude the
    regularization term. Two curves that meet at a high cost indicate bias, a persistent gap variance.

    Args:
        net: the network, which is not modified.
        X: inputs as in `net.forward`.
        Y: targets as in `net.backward`.
        validation: validation data (X, Y).
        sizes: sizes of the training sets, from 1 to the number of examples; None means eight of them.
        ax: axes to draw on; None creates a new figure.
        optimizer: as in `fit`.
        epochs: as in `fit`, for all examples; smaller sets get proportionally more.
        batch_size: as in `fit`.
        seed: seed of the choice of examples and of training.

    Raises:
        ArgumentError: a size is out of range.
        MissingExtraError: matplotlib is not installed.
    """
    inputs = check_inputs(net, X).arrays
    m = len(inputs[0])
    targets = check_targets(net, Y, m).arrays
    if sizes is None:
        sizes = sorted({max(1, round(m * share / 8)) for share in range(1, 9)})
    for size in sizes:
        if integer(size, "sizes") > m:
            raise ArgumentError(f"sizes: received {size}, expected at most {m}, the number of examples")
    ax = _axes(ax)
    order = np.random.default_rng(seed).permutation(m)
    costs = []
    for size in sizes:
        rows = order[:size]
        X_part, Y_part = [array[rows] for array in inputs], [array[rows] for array in targets]
        twin = net.copy()
        # equal numbers of steps: otherwise small training sets would look worse for lack of training
        fit(twin, X_part, Y_part, optimizer, math.ceil(epochs * m / size), batch_size, progress=False, seed=seed)
        twin.l2 = 0
        costs.append((twin.cost(X_part, Y_part), twin.cost(*validation)))
    ax.plot(sizes, [cost for cost, _ in costs], color=_BLUE, marker="o", label="training")
    ax.plot(sizes, [cost for _, cost in costs], color=_ORANGE, marker="o", linestyle="--", label="validation")
    ax.set_xlabel("size of the training set, m")
    ax.set_ylabel("cost without regularization")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return ax


def confusion_matrix(
    Y: ArrayLike, A: ArrayLike, classes: Sequence[object] | None = None, ax: Axes | None = None
) -> Axes:
    """Plot the confusion matrix: rows are true classes, columns predicted classes.

    Args:
        Y: targets, (m, s_L), or (m,) for one output unit.
        A: outputs of the same shape, as from `net.predict`.
        classes: class names in column order; for one output unit, those of 0 and 1. None numbers the classes.
        ax: axes to draw on; None creates a new figure.

    Raises:
        ShapeError: the shapes disagree.
        MissingExtraError: matplotlib is not installed.
    """
    true, predicted = (_classes(values, name) for values, name in ((Y, "Y"), (A, "A")))
    if true[0].shape != predicted[0].shape or true[1] != predicted[1]:
        raise ShapeError(f"A: received shape {np.shape(A)}, expected {np.shape(Y)} as Y has")
    K = true[1]
    names = [str(k) for k in (range(K) if classes is None else classes)]
    if len(names) != K:
        raise ShapeError(f"classes: received {len(names)} names, expected {K}")
    counts = np.zeros((K, K), dtype=np.int64)
    np.add.at(counts, (true[0], predicted[0]), 1)
    ax = _axes(ax)
    # Mistakes are rare: colours show the fraction of the true class, on a scale that reveals a few per cent.
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1.15)
    if K <= 20:
        for i, j in np.ndindex(K, K):
            if counts[i, j]:
                colour = "white" if shares[i, j] > 0.5 else "black"
                ax.text(j, i, str(counts[i, j]), ha="center", va="center", color=colour, fontsize=8)
    ax.set_xticks(range(K), names, rotation=90 if max(map(len, names)) > 3 else 0)
    ax.set_yticks(range(K), names)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    ax.set_title(f"{np.trace(counts)} of {counts.sum()} right", fontsize=10)
    return ax


def decision_boundary(
    net: AnyNetwork, X: ArrayLike, Y: ArrayLike, ax: Axes | None = None, *, resolution: int = 200
) -> Axes:
    """Plot the predicted class over the plane of two features, and the examples.

    Args:
        net: a network with one input of two units and one output.
        X: (m, 2).
        Y: targets, (m, s_L), or (m,) for one output unit.
        ax: axes to draw on; None creates a new figure.
        resolution: number of points along each axis, at least 2.

    Raises:
        ShapeError: the network does not have two features, or X or Y does not match it.
        MissingExtraError: matplotlib is not installed.
    """
    if len(net.inputs) != 1 or net.inputs[0].size != 2 or len(net.outputs) != 1:
        raise ShapeError(f"net: received {net!r}, expected one input of two units and one output")
    count = integer(resolution, "resolution", least=2)
    (points,) = check_inputs(net, X).arrays
    (targets,) = check_targets(net, Y, len(points)).arrays
    labels, K = _classes(targets, "Y")
    margin = 0.08 * np.maximum(np.ptp(points, axis=0), 1e-9)
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    across, up = (np.linspace(low[i], high[i], count) for i in range(2))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    outputs = net.engine.evaluate([grid.astype(net.dtype)], 4096)[0]
    regions = _classes(outputs, "output")[0].reshape(count, count)
    ax = _axes(ax)
    colours = [COLOURS[k % len(COLOURS)] for k in range(K)]
    for k in range(K):
        ax.contourf(across, up, regions == k, levels=[0.5, 1.5], colors=[colours[k]], alpha=0.18)
    ax.contour(across, up, regions, levels=np.arange(K - 1) + 0.5, colors="#444444", linewidths=1)
    markers = "osD^vP"
    for k in range(K):
        mine = points[labels == k]
        ax.scatter(
            mine[:, 0], mine[:, 1], s=22, color=colours[k], edgecolor="white", linewidth=0.6,
            marker=markers[k % len(markers)], label=f"class {k}",
        )  # fmt: skip
    ax.set_xlabel("x₁")
    ax.set_ylabel("x₂")
    ax.legend(frameon=True, framealpha=0.85, fontsize=8)
    return ax


def weights(
    net: AnyNetwork, layer: int = 1, shape: tuple[int, int] | None = None, ax: Axes | None = None, *, most: int = 64
) -> Axes:
    """Show Θ^(l) as one image per output unit of the layer, without the bias.

    Blue is positive, orange negative, white 0; one scale for all.

    Args:
        net: the network.
        layer: l, position of the layer in `net.layers`, 1 for the first.
        shape: (height, width) of the images, height · width = s_in; None means a square if possible.
        ax: axes to draw on; None creates a new figure.
        most: maximum number of units; the title states whether there are more.

    Raises:
        ArgumentError: there is no such layer.
        ShapeError: the shape does not match s_in.
        MissingExtraError: matplotlib is not installed.
    """
    if integer(layer, "layer") > len(net.layers):
        raise ArgumentError(f"layer: received {layer}, expected 1 to {len(net.layers)}")
    theta = net.layers[layer - 1].parameters()[:, 1:]
    s_in = theta.shape[1]
    if shape is None:
        side = math.isqrt(s_in)
        shape = (side, side) if side * side == s_in else (1, s_in)
    height, width = shape
    if height * width != s_in:
        raise ShapeError(f"shape: received {shape}, expected height · width = {s_in}")
    shown = min(len(theta), integer(most, "most"))
    columns = math.ceil(math.sqrt(shown * height / width)) if height >= width else max(1, round(math.sqrt(shown)))
    rows = math.ceil(shown / columns)
    mosaic = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for index in range(shown):
        top, left = index // columns * (height + 1), index % columns * (width + 1)
        mosaic[top : top + height, left : left + width] = theta[index].reshape(height, width)
    ax = _axes(ax)
    largest = float(np.abs(theta).max()) or 1.0
    image = ax.imshow(mosaic, cmap=_signed_colours(), vmin=-largest, vmax=largest, interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label=Symbol("Θ", layer=layer).text, shrink=0.8)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_frame_on(False)
    some = "" if shown == len(theta) else f", {shown} of {len(theta)} shown"
    ax.set_title(f"units 1 to {shown}{some}, row by row", fontsize=10)
    return ax


def histograms(net: AnyNetwork, what: Literal["z", "a", "delta"] = "a", ax: Axes | None = None) -> Axes:
    """Plot histograms of z, a or δ over units and examples, one row per node.

    Counts are on a logarithmic scale, so that a few large values are visible.

    Args:
        net: a network with a current forward pass, and for δ also a backward pass.
        what: the value to plot.
        ax: axes to draw on; None creates a new figure.

    Raises:
        StateError: the value is not computed or stale.
        ArgumentError: the name is unknown.
        MissingExtraError: matplotlib is not installed.
    """
    if what not in ("z", "a", "delta"):
        raise ArgumentError(f"what: received {what!r}, expected 'z', 'a' or 'delta'")
    nodes = [node for node in net.nodes if what == "a" or not isinstance(node.layer, InputLayer)]
    arrays = [getattr(node, what).ravel() for node in nodes]
    ax = _axes(ax)
    everything = np.concatenate(arrays)
    low, high = float(everything.min()), float(everything.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, 61)
    middles = (edges[:-1] + edges[1:]) / 2
    for row, values in enumerate(arrays):
        counts, _ = np.histogram(values, bins=edges)
        heights = 0.85 * np.log1p(counts) / np.log1p(counts.max())
        base = len(nodes) - 1 - row
        ax.fill_between(middles, base, base + heights, step="mid", color=_BLUE, alpha=0.7, linewidth=0)
        ax.axhline(base, color="#999999", linewidth=0.6)
        note = f"mean {values.mean():.2g}, deviation {values.std():.2g}"
        ax.annotate(
            note, (1, base + 0.55), xycoords=("axes fraction", "data"), xytext=(-4, 0), textcoords="offset points",
            ha="right", fontsize=8, color="#444444",
        )  # fmt: skip
    ax.set_yticks(range(len(nodes)), [node.name for node in reversed(nodes)])
    ax.set_ylim(-0.1, len(nodes))
    ax.set_xlabel({"z": "z", "a": "a", "delta": "δ"}[what])
    return ax


def delta_sizes(
    names: Sequence[str], sizes: Sequence[float], troubled: Mapping[str, str], ax: Axes | None = None
) -> Axes:
    """Plot the root mean square of δ for each node on a logarithmic scale, like `Diagnosis.plot`.

    Args:
        names: names of the nodes, in topological order.
        sizes: root mean squares, one per node.
        troubled: problems by node name.
        ax: axes to draw on; None creates a new figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    return draw_delta_sizes(names, sizes, troubled, ax)


def _axes(ax: Axes | None) -> Axes:
    require("matplotlib", "plot")
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, new = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    return new


def _signed_colours() -> LinearSegmentedColormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [_ORANGE, "white", _BLUE])


def _classes(values: ArrayLike, argument: str) -> tuple[np.ndarray, int]:
    array = numeric(values, argument)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ShapeError(f"{argument}: received shape {array.shape}, expected (m, s_L)")
    if array.shape[1] == 1:
        return (array[:, 0] >= 0.5).astype(np.intp), 2
    return array.argmax(axis=1), array.shape[1]

"""The history of a training run: numbers for each epoch."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from minigraph.base.atomic import write_atomically
from minigraph.base.extras import require
from minigraph.errors import ArgumentError, UnknownNameError, nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0B6FB8", "#D9730D", "#2E8B57", "#8E44AD", "#B03A2E", "#5D6D7E")
"""Colours of curves and classes, in this order."""


class History(Mapping[str, list[float]]):
    """The numbers recorded after each epoch of training: lists of equal length, keyed by name.

    `cost` is the mean of cost(i) over the mini-batches, while Θ changed and dropout was on, plus the
    regularization term at the start of the epoch; `J` is the cost of the whole training set at the end
    of the epoch with dropout off, if requested. `validation_cost` excludes the regularization term.
    Numbers that were not recorded in an epoch are NaN.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 3, 1], seed=0)
    >>> history = mg.fit(net, [[0, 1], [1, 0]], [1, 0], epochs=3, progress=False, seed=0)
    >>> history.epochs
    3
    >>> history["cost"][-1] < history["cost"][0]
    True
    """

    def __init__(self) -> None:
        self._series: dict[str, list[float]] = {}
        self.epochs: int = 0
        self.stopped: str | None = None
        """Why training stopped before its last epoch; None if it did not."""

    def record(self, values: Mapping[str, float]) -> None:
        """Append the numbers of an epoch."""
        for name in values:
            self._series.setdefault(name, [math.nan] * self.epochs)
        self.epochs += 1
        for name, series in self._series.items():
            series.append(float(values.get(name, math.nan)))

    def restore(self, series: Mapping[str, Sequence[float]], epochs: int) -> None:
        """Replace all series with these, which cover `epochs` epochs."""
        self._series = {name: list(values) for name, values in series.items()}
        self.epochs = epochs

    def to_dict(self) -> dict[str, list[float]]:
        """Return a copy of all series by name."""
        return {name: list(series) for name, series in self._series.items()}

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write a header and one line per epoch, and return the path.

        Numbers are written in full precision, so that they can be read back exactly.

        Args:
            path: path of the file; an existing one is replaced atomically.

        Raises:
            OSError: the file cannot be written; an existing one is unchanged.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["epoch", *self._series])
        for epoch, row in enumerate(zip(*self._series.values(), strict=True), start=1):
            writer.writerow([epoch, *(repr(value) for value in row)])
        write_atomically(path, text.getvalue().encode())
        return Path(path)

    def plot(self, ax: Axes | None = None, names: Sequence[str] | None = None) -> Axes:
        """Plot cost and metrics against epochs: costs on the left axis, metrics from 0 to 1 on the right axis.

        Validation curves are dashed, in the colour of the training curve. Requires the extra `plot`.

        Args:
            ax: axes to draw on; None creates a new figure.
            names: the series to plot; None means all but time and learning rate.

        Raises:
            ArgumentError: a name was not recorded.
            MissingExtraError: matplotlib is not installed.
        """
        chosen = [name for name in self if name not in ("seconds", "learning_rate")] if names is None else list(names)
        for name in chosen:
            if name not in self:
                raise ArgumentError(f"names: received {name!r}, expected some of {list(self)}")
        require("matplotlib", "plot")
        from matplotlib import pyplot as plt
        from matplotlib.ticker import MaxNLocator

        if ax is None:
            ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")[1]
        shares = [name for name in chosen if "accuracy" in name or "top_" in name]
        right = ax.twinx() if shares and len(shares) < len(chosen) else ax
        roots = list(dict.fromkeys(name.removeprefix("validation_") for name in chosen))
        lines = []
        for name in chosen:
            root = name.removeprefix("validation_")
            lines += (right if name in shares else ax).plot(
                range(1, self.epochs + 1),
                self[name],
                color=COLOURS[roots.index(root) % len(COLOURS)],
                linestyle="-" if name == root else "--",
                marker="o" if self.epochs == 1 else None,
                label=name.replace("_", " "),
            )
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylabel("share" if len(shares) == len(chosen) else "cost")
        if right is not ax:
            drawn = dict.fromkeys(name.removeprefix("validation_") for name in shares)
            right.set_ylabel(", ".join(name.replace("_", " ") for name in drawn))
        if lines:
            ax.legend(handles=lines, loc="center right", frameon=False)
        return ax

    def __getitem__(self, name: str) -> list[float]:
        if name not in self._series:
            raise UnknownNameError(f"name: received {name!r}, which was not recorded{nearest(name, self._series)}")
        return self._series[name]

    def __contains__(self, name: object) -> bool:
        return name in self._series

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {series[-1]:.4g}" for name, series in self._series.items() if series)
        return f"History({self.epochs} epochs; {last})" if last else "History(0 epochs)"

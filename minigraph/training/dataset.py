"""Inputs and targets for training, in memory or streamed: one column of rows per node."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, Float, matrix, numeric
from minigraph.base.sources import (
    Check,
    Column,
    Indices,
    InMemoryColumn,
    Rows,
    StreamedColumn,
    TrainingData,
    is_stream,
)
from minigraph.errors import ShapeError
from minigraph.graph.node import Node
from minigraph.network.checks import Endpoints, Share, check_target, names_of, split
from minigraph.network.column_names import ColumnNames


class Dataset:
    """Validated inputs and targets of m examples.

    Args:
        net: the network that they must match.
        X: inputs, as in `net.forward`, or sources of rows.
        Y: targets, as in `net.backward`, or sources of rows.
        arguments: names of X and Y in error messages.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: X or Y is invalid. For streams other than files, only the
            first row is checked here, the others when they are read.
    """

    def __init__(
        self, net: Endpoints, X: TrainingData, Y: TrainingData, arguments: tuple[str, str] = ("X", "Y")
    ) -> None:
        inputs, outputs = split(net.inputs, X, arguments[0]), split(net.outputs, Y, arguments[1])
        self.inputs: list[Column] = [
            _column(share, net.dtype, partial(_check_input, share.node, net.dtype)) for share in inputs
        ]
        self.targets: list[Column] = [
            _column(share, net.dtype, partial(check_target, share.node, cost, net.dtype))
            for share, cost in zip(outputs, net.costs, strict=True)
        ]
        self.names: ColumnNames = names_of([*inputs, *outputs])
        """The names to commit once nothing can fail anymore."""
        self.m: int = self.inputs[0].m
        for column in (*self.inputs, *self.targets):
            if column.m != self.m:
                raise ShapeError(
                    f"{column.label}: received {column.m} rows, expected {self.m} as in {self.inputs[0].label},"
                    " one per example"
                )
        for column in (*self.inputs, *self.targets):
            column.check_rows()


@dataclass(frozen=True)
class Examples:
    """A subset of a data set, with example weights."""

    dataset: Dataset
    rows: Indices
    """Indices of the examples, (m,)."""
    weights: Array | None
    """Weights of all examples of the data set; None if they are equal."""

    @property
    def m(self) -> int:
        """Number of examples."""
        return len(self.rows)

    @property
    def total_weight(self) -> float:
        """Sum of their weights, which replaces m in λ/m."""
        return float(self.m if self.weights is None else self.weights[self.rows].sum())


def _column(share: Share, dtype: np.dtype[Float], check: Check) -> Column:
    if is_stream(share.values):
        return StreamedColumn(share.label, cast(Rows, share.values), share.node.size, dtype, check)
    array = numeric(cast(ArrayLike, share.values), share.label)
    return InMemoryColumn(share.label, check(array, share.label, len(array) if array.ndim else 0))


def _check_input(node: Node, dtype: np.dtype[Float], values: ArrayLike, label: str, m: int) -> Array:
    return matrix(values, node.size, label, dtype)

"""Validation of X, Y and example weights: one array per node, and the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, Float, finite, matrix, numeric
from minigraph.base.sources import Source, TrainingData, is_stream
from minigraph.errors import ArgumentError, ShapeError, nearest
from minigraph.functions.costs import Cost
from minigraph.graph.node import Node
from minigraph.network.column_names import ColumnNames, check_column_names, column_names

Data: TypeAlias = ArrayLike | Sequence[ArrayLike] | Mapping[str, ArrayLike]
"""An array for a network with one input (or output); else a sequence in order, or a dict keyed by node name."""

_LARGEST_SUM = 1e150
"""Maximum sum of weights, so that weighted sums of costs stay finite."""


class Endpoints(Protocol):
    """The properties of a network that its data must match."""

    @property
    def inputs(self) -> Sequence[Node]:
        """The input nodes, which X is for."""

    @property
    def outputs(self) -> Sequence[Node]:
        """The output nodes, which Y is for."""

    @property
    def costs(self) -> Sequence[Cost]:
        """The cost of each output."""

    @property
    def dtype(self) -> np.dtype[Float]:
        """The dtype of all arrays."""


class Checked(NamedTuple):
    """Finite arrays (m, s), one per node, and the names to commit after success."""

    arrays: list[Array]
    names: ColumnNames


class Share(NamedTuple):
    """The data of one node, and their name in error messages."""

    node: Node
    label: str
    values: Source
    names: tuple[str, ...] | None


def check_inputs(net: Endpoints, X: Data) -> Checked:
    """Return X as one array per input node.

    Raises:
        ShapeError: an array has the wrong width, no rows, a different number of rows, or is ragged or not numeric.
        NonFiniteDataError: an array contains infinity or NaN.
        ArgumentError: the keys of a dict are not the names of the inputs, or the columns of a DataFrame are not
            the unit names of the input.
    """
    shares = split(net.inputs, X, "X")
    arrays = [matrix(cast(ArrayLike, values), node.size, label, net.dtype) for node, label, values, _ in shares]
    for node, array in zip(net.inputs, arrays, strict=True):
        if len(array) != len(arrays[0]):
            raise ShapeError(
                f"X: received {len(array)} examples for input {node.name!r},"
                f" expected {len(arrays[0])} as for input {net.inputs[0].name!r}"
            )
    return Checked(arrays, names_of(shares))


def check_targets(net: Endpoints, Y: Data, m: int) -> Checked:
    """Return Y as one array per output node, inside the domain of its cost.

    For an output with a single unit, a vector of m numbers is accepted too.

    Raises:
        ShapeError: an array has the wrong width or number of rows, or is ragged or not numeric.
        NonFiniteDataError: an array contains infinity or NaN.
        ArgumentError: a target is outside the domain of the cost, or a dict or DataFrame has wrong names.
    """
    shares = split(net.outputs, Y, "Y")
    arrays = [
        check_target(node, cost, net.dtype, cast(ArrayLike, values), label, m)
        for (node, label, values, _), cost in zip(shares, net.costs, strict=True)
    ]
    return Checked(arrays, names_of(shares))


def check_target(node: Node, cost: Cost, dtype: np.dtype[Float], values: ArrayLike, label: str, m: int) -> Array:
    """Return Y of one output, named `label` in messages, as an array (m, s); raises like `check_targets`."""
    array = numeric(values, label)
    if array.ndim == 1 and node.size == 1:
        array = array[:, None]
    elif array.ndim == 1 and len(array) == m:
        raise ShapeError(
            f"{label}: received shape {array.shape}, expected ({m}, {node.size});"
            " mg.one_hot(labels) converts labels to targets"
        )
    array = matrix(array, node.size, label, dtype)
    if len(array) != m:
        raise ShapeError(f"{label}: received {len(array)} rows, expected {m}, one per example")
    cost.check(array, label)
    return array


def check_weights(weights: ArrayLike | None, m: int, argument: str = "sample_weight") -> Array | None:
    """Return the example weights as m numbers >= 0, not all zero.

    Raises:
        ShapeError: the shape is wrong.
        ArgumentError: a weight is negative, none is positive, or their sum exceeds 1e150.
    """
    if weights is None:
        return None
    array = numeric(weights, argument)
    if array.shape != (m,):
        raise ShapeError(f"{argument}: received shape {array.shape}, expected ({m},)")
    array = finite(array, argument, np.dtype(np.float64))
    if array.min() < 0:
        worst = int(array.argmin())
        raise ArgumentError(f"{argument}: received {array[worst]} at index {worst}, expected weights >= 0")
    if array.max() == 0:
        raise ArgumentError(f"{argument}: received only zeros, expected at least one positive weight")
    with np.errstate(over="ignore"):
        total = array.sum()
    if total > _LARGEST_SUM:
        raise ArgumentError(
            f"{argument}: received weights up to {array.max():g}, expected a sum of at most {_LARGEST_SUM:g};"
            " only their ratios count, so divide them by the largest"
        )
    return array


def split(nodes: Sequence[Node], data: TrainingData, argument: str) -> list[Share]:
    """Return the data of each node, with column names checked against its unit names.

    Raises:
        ShapeError: there are several nodes, and `data` is not a sequence with one array for each.
        ArgumentError: a dict has wrong names, or a DataFrame has wrong columns.
    """
    if isinstance(data, Mapping):
        shares = _by_name(nodes, data, argument)
    elif len(nodes) == 1:
        shares = [_only_share(nodes[0], data, argument)]
    elif isinstance(data, (list, tuple)) and len(data) == len(nodes):
        pairs = enumerate(zip(nodes, data, strict=True))
        shares = [Share(node, f"{argument}[{i}]", values, column_names(values)) for i, (node, values) in pairs]
    else:
        received = f"{len(data)} arrays" if isinstance(data, (list, tuple)) else type(data).__name__
        kind = {"X": "inputs", "Y": "outputs"}.get(argument, "nodes")
        raise ShapeError(
            f"{argument}: received {received}, expected a sequence of {len(nodes)} arrays,"
            f" one for each of the {kind}: {', '.join(node.name for node in nodes)}"
        )
    for node, label, _, names in shares:
        if names is not None:
            check_column_names(node, names, label)
    return shares


def names_of(shares: Sequence[Share]) -> ColumnNames:
    """Return the column names of these data."""
    return ColumnNames({share.node: share.names for share in shares if share.names is not None})


def _only_share(node: Node, data: TrainingData, argument: str) -> Share:
    """Return `data` itself, or its only element if that is an array of rows."""
    if isinstance(data, (list, tuple)) and len(data) == 1:
        if is_stream(data[0]):
            return Share(node, argument, data[0], None)
        first = numeric(cast(ArrayLike, data[0]), argument)
        if first.ndim == 2:
            return Share(node, argument, first, column_names(data[0]))
    return Share(node, argument, cast(Source, data), column_names(data))


def _by_name(nodes: Sequence[Node], data: Mapping[str, Source], argument: str) -> list[Share]:
    names = [node.name for node in nodes]
    for name in data:
        if name not in names:
            raise ArgumentError(f"{argument}: received an array for {name!r}{nearest(name, names)}")
    missing = [name for name in names if name not in data]
    if missing:
        raise ArgumentError(f"{argument}: received nothing for {missing[0]!r}, expected {', '.join(names)}")
    values = [data[name] for name in names]
    return [
        Share(node, f"{argument}[{node.name!r}]", value, column_names(value))
        for node, value in zip(nodes, values, strict=True)
    ]

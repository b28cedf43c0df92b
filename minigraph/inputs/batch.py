"""What a user passes in as X and Y, checked and brought into one form: a list with one array per node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, Float, finite, matrix, numeric
from minigraph.errors import ArgumentError, ShapeError, nearest
from minigraph.functions.costs import Cost
from minigraph.graph.node import Node
from minigraph.inputs import columns

Data: TypeAlias = ArrayLike | Sequence[ArrayLike] | Mapping[str, ArrayLike]
"""One array for a network with one input (or output); else a sequence in order, or a dict by node name."""


def inputs(nodes: Sequence[Node], X: Data, dtype: np.dtype[Float]) -> list[Array]:
    """Return X as one finite array (m, s) per input node.

    Raises:
        ShapeError: wrong width, no rows, row counts that disagree, ragged or not numeric.
        NonFiniteDataError: infinity or not-a-number.
        ArgumentError: a dict with a name that is no input, or without one that is; or a DataFrame whose columns
            are not the units that the input is named after.
    """
    arrays = []
    for node, (label, values) in zip(nodes, split(nodes, X, "X"), strict=True):
        columns.check_columns(node, values, label)
        arrays.append(matrix(values, node.size, label, dtype))
    for node, array in zip(nodes, arrays, strict=True):
        if len(array) != len(arrays[0]):
            raise ShapeError(
                f"X: received {len(array)} examples for input {node.name!r},"
                f" expected {len(arrays[0])} as for input {nodes[0].name!r}"
            )
    return arrays


def targets(nodes: Sequence[Node], costs: Sequence[Cost], Y: Data, m: int, dtype: np.dtype[Float]) -> list[Array]:
    """Return Y as one array (m, s) per output node, inside the domain of its cost.

    An output with one unit takes a vector of m numbers too.

    Raises:
        ShapeError: wrong width or number of rows, ragged or not numeric.
        NonFiniteDataError: infinity or not-a-number.
        ArgumentError: a target outside the cost's domain, a dict with wrong names, or a DataFrame with wrong columns.
    """
    return [
        target(node, cost, values, label, m, dtype)
        for node, cost, (label, values) in zip(nodes, costs, split(nodes, Y, "Y"), strict=True)
    ]


def target(node: Node, cost: Cost, values: ArrayLike, label: str, m: int, dtype: np.dtype[Float]) -> Array:
    """Return one output's share of Y, called `label` in errors, as an array (m, s); errors as in `targets`."""
    columns.check_columns(node, values, label)
    array = numeric(values, label)
    if array.ndim == 1 and node.size == 1:
        array = array[:, None]
    elif array.ndim == 1 and len(array) == m:
        raise ShapeError(
            f"{label}: received shape {array.shape}, expected ({m}, {node.size});"
            " labels become targets with mg.one_hot(labels)"
        )
    array = matrix(array, node.size, label, dtype)
    if len(array) != m:
        raise ShapeError(f"{label}: received {len(array)} rows, expected {m}, one per example")
    cost.check(array, label)
    return array


def example_weights(weights: ArrayLike | None, m: int) -> Array | None:
    """Return the weights of the examples as m numbers >= 0, not all zero.

    Raises:
        ShapeError: another shape.
        ArgumentError: a negative weight, or no positive one.
    """
    if weights is None:
        return None
    array = numeric(weights, "sample_weight")
    if array.shape != (m,):
        raise ShapeError(f"sample_weight: received shape {array.shape}, expected ({m},)")
    array = finite(array, "sample_weight", np.dtype(np.float64))
    if array.min() < 0:
        worst = int(array.argmin())
        raise ArgumentError(f"sample_weight: received {array[worst]} at index {worst}, expected weights >= 0")
    if array.max() == 0:
        raise ArgumentError("sample_weight: received only zeros, expected at least one positive weight")
    return array


def name_units(nodes: Sequence[Node], data: Data, argument: str) -> None:
    """Let nodes without unit names take over those of the columns, where the checked `data` are DataFrames."""
    for node, (_, values) in zip(nodes, split(nodes, data, argument), strict=True):
        columns.name_units(node, values)


def split(nodes: Sequence[Node], data: Data, argument: str) -> list[tuple[str, ArrayLike]]:
    """Pair every node's share of `data` with what to call it in an error."""
    if isinstance(data, Mapping):
        return _by_name(nodes, data, argument)
    if len(nodes) == 1:
        lone = isinstance(data, (list, tuple)) and len(data) == 1 and numeric(data[0], argument).ndim == 2
        return [(argument, data[0] if lone else data)]  # type: ignore[index, list-item]
    kinds = {"X": "inputs", "Y": "outputs"}
    if not isinstance(data, (list, tuple)) or len(data) != len(nodes):
        received = f"{len(data)} arrays" if isinstance(data, (list, tuple)) else type(data).__name__
        raise ShapeError(
            f"{argument}: received {received}, expected a sequence of {len(nodes)} arrays,"
            f" one for each of the {kinds.get(argument, 'nodes')}: {', '.join(node.name for node in nodes)}"
        )
    return [(f"{argument}[{index}]", values) for index, values in enumerate(data)]


def _by_name(nodes: Sequence[Node], data: Mapping[str, ArrayLike], argument: str) -> list[tuple[str, ArrayLike]]:
    names = [node.name for node in nodes]
    for name in data:
        if name not in names:
            raise ArgumentError(f"{argument}: received an array for {name!r}{nearest(name, names)}")
    missing = [name for name in names if name not in data]
    if missing:
        raise ArgumentError(f"{argument}: received nothing for {missing[0]!r}, expected {', '.join(names)}")
    return [(f"{argument}[{name!r}]", data[name]) for name in names]

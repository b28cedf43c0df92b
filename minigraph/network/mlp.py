"""Shortcuts that build common networks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import DTypeLike

from minigraph.base.arrays import Array, integer
from minigraph.errors import ArgumentError
from minigraph.functions.activations import Activation, ActivationName, as_activation
from minigraph.functions.costs import Cost, CostName, as_cost
from minigraph.functions.initializers import Initializer
from minigraph.graph.layers import Dense, Dropout, Input
from minigraph.network.network import Network


def mlp(
    sizes: Sequence[int],
    activation: ActivationName | Activation = "sigmoid",
    output_activation: ActivationName | Activation | None = None,
    cost: CostName | Cost = "cross_entropy",
    dropout: float | Sequence[float] | None = None,
    l2: float = 0.0,
    dtype: DTypeLike = np.float64,
    seed: int | None = 0,
    *,
    initializer: Initializer | None = None,
) -> Network[Array]:
    """Build a chain of dense layers: s_1 inputs, hidden layers, s_L outputs.

    Args:
        sizes: s_1, …, s_L, at least two numbers; bias units are not counted.
        activation: activation of the hidden layers.
        output_activation: activation of the last layer; None means the one that is canonical with the cost.
        cost: a name or a `Cost`.
        dropout: dropout rate after each hidden layer, or a sequence of rates; None means no dropout.
        l2: λ >= 0.
        dtype: float64 or float32.
        seed: seed of initialization and dropout.
        initializer: initializer of all layers; None means `Uniform()`.

    Raises:
        ArgumentError: there are fewer than two sizes, a size is below 1, or another argument is out of range.

    >>> import minigraph as mg
    >>> net = mg.mlp([3, 6, 5, 5], seed=0)
    >>> [layer.theta.shape for layer in net.layers]
    [(6, 4), (5, 7), (5, 6)]
    """
    sizes = _sizes(sizes)
    the_cost = as_cost(cost)
    hidden = as_activation(activation)
    last = _canonical(the_cost) if output_activation is None else output_activation
    last = as_activation(last, "output_activation")
    rates = _rates(dropout, len(sizes) - 2)
    node = inputs = Input(sizes[0])
    for size, rate in zip(sizes[1:-1], rates, strict=True):
        node = Dense(size, hidden, initializer=initializer)(node)
        if rate > 0:
            node = Dropout(rate)(node)
    node = Dense(sizes[-1], last, initializer=initializer)(node)
    return Network(inputs, node, the_cost, l2, dtype, seed)


def _sizes(sizes: Sequence[int]) -> list[int]:
    if not isinstance(sizes, Iterable) or len(numbers := list(sizes)) < 2:
        raise ArgumentError(f"sizes: received {sizes!r}, expected at least two numbers, the input's and the output's")
    return [integer(size, f"sizes[{index}]") for index, size in enumerate(numbers)]


def _rates(dropout: float | Sequence[float] | None, count: int) -> list[float]:
    if dropout is None:
        return [0.0] * count
    rates = list(dropout) if isinstance(dropout, Iterable) else [dropout] * count
    if len(rates) != count:
        raise ArgumentError(f"dropout: received {len(rates)} rates, expected {count}, one for each hidden layer")
    for rate in rates:
        Dropout(rate)
    return rates


def _canonical(cost: Cost) -> ActivationName:
    if cost.canonical is None:
        raise ArgumentError(
            f"output_activation: received None, expected a name, since {cost!r} has no canonical activation"
        )
    return cost.canonical

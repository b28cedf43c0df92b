"""The layers: Input, Dense, Activate, Add, Concat, Dropout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.base.arrays import Array, Mask, integer, numeric
from minigraph.base.programs import Program, straight_line
from minigraph.errors import ArgumentError, GraphError, ShapeError
from minigraph.functions.activations import Activation, ActivationName, as_activation
from minigraph.functions.initializers import Initializer, Uniform
from minigraph.graph.buffers import Buffers
from minigraph.graph.names import checked_name
from minigraph.graph.node import Layer, Link, Node


class InputLayer(Layer):
    """The layer of an input node: a = x, without z and error."""

    kind = "input"
    _sizes = ()

    def output_size(self, sizes: Sequence[int]) -> int:
        raise GraphError("an input node has no parents; create it with mg.Input(units)")

    def forward(self, at: Buffers) -> None:
        """No-op: the batch is already loaded."""

    def error(self, at: Buffers, parent: int, out: Array) -> None:
        """No-op: there are no parents."""


def Input(units: int, name: str | None = None, *, unit_names: Iterable[str] | None = None) -> Node:
    """Create an input node: a^(1) = x.

    Args:
        units: number of features, at least 1; the bias unit is not counted.
        name: name for `net.node(name)`, drawings and messages.
        unit_names: names of the features, one per unit, for drawings and explanations.

    Raises:
        ArgumentError: units is not a positive integer, name is not a string, or unit_names are invalid.

    >>> import minigraph as mg
    >>> mg.Input(3, name="x")
    Node('x', 3 units)
    """
    node = Node(InputLayer(), (), integer(units, "units"), checked_name(name))
    node.unit_names = unit_names
    return node


class Dense(Layer):
    """A fully connected layer: z = Θ a with a_0 = 1, then g(z).

    Args:
        units: s_out, at least 1; the bias unit is not counted.
        activation: a name or an `Activation`.
        initializer: draws the initial Θ; None means `Uniform()`.
        links: bool, shape (units, s_in): False where there is no link; its weight stays 0. None means all links.
        name: name of the layer's nodes.

    Raises:
        ArgumentError: an argument is out of range, or a name is unknown.
        ShapeError: links have the wrong shape, now or when the layer is called.

    >>> import minigraph as mg
    >>> mg.Dense(6, "tanh")(mg.Input(3))
    Node('dense', 6 units)
    """

    kind = "dense"

    def __init__(
        self,
        units: int,
        activation: ActivationName | Activation = "sigmoid",
        *,
        initializer: Initializer | None = None,
        links: ArrayLike | None = None,
        name: str | None = None,
    ) -> None:
        self.units: int = integer(units, "units")
        self.activation: Activation = as_activation(activation)
        if initializer is not None and not isinstance(initializer, Initializer):
            raise ArgumentError(
                f"initializer: received {initializer!r}, expected an Initializer such as mg.Uniform(0.1)"
            )
        self.initializer: Initializer = Uniform() if initializer is None else initializer
        self.links: Mask | None = None if links is None else _links(links, self.units)
        self.name: str | None = checked_name(name)

    def output_size(self, sizes: Sequence[int]) -> int:
        if len(sizes) != 1:
            raise ShapeError(
                f"parents: received {len(sizes)} nodes, expected one for Dense; join them with mg.Concat()"
            )
        if self.links is not None and self.links.shape[1] != sizes[0]:
            raise ShapeError(
                f"links: received shape {self.links.shape}, expected ({self.units}, {sizes[0]})"
                f" for a parent of {sizes[0]} units"
            )
        return self.units

    def theta_shape(self, sizes: Sequence[int]) -> tuple[int, int]:
        return self.units, 1 + sizes[0]

    @straight_line
    def forward(self, at: Buffers) -> Program:
        yield at.theta.dot, at.inputs[0], at.z  # z = Θ a; the method has half the overhead of np.dot

    @straight_line
    def error(self, at: Buffers, parent: int, out: Array) -> Program:
        # `out` is (Θᵀ δ)_{j≥1}, a view without row j = 0: dropping column 0 of Θ instead would make numpy copy Θ
        yield at.theta.T.dot, at.delta, at.errors[parent]

    @straight_line
    def accumulate(self, at: Buffers, out: Array) -> Program:
        yield at.delta.dot, at.inputs[0].T, out  # Δ = Σ_i δ aᵀ
        if self.links is not None:
            yield np.multiply, out[:, 1:], self.links, out[:, 1:]

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[Link]:
        yield 0, 0, 0
        for i in range(1, sizes[0] + 1):
            if self.has_link(j, i):
                yield 0, i, i

    def links_from(self, parents: Collection[int], j: int, sizes: Sequence[int]) -> Iterable[tuple[int, int | None]]:
        if type(self).links_into is not Dense.links_into:
            yield from super().links_from(parents, j, sizes)
            return
        # the inherited search would visit all of Θ for each unit
        for i in range(1, self.units + 1):
            if self.has_link(i, j):
                yield i, j

    def has_link(self, i: int, j: int) -> bool:
        """Return whether there is a link from unit j of the parent, 0 for the bias, to unit i."""
        return j == 0 or self.links is None or bool(self.links[i - 1, j - 1])

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"Dense({self.units}, {self.activation.name!r}{name})"


class Activate(Layer):
    """An activation as a separate node: z is the parent's a, then g(z).

    >>> import minigraph as mg
    >>> mg.Activate("relu")(mg.Input(3))
    Node('activate', 3 units)
    """

    kind = "activate"

    def __init__(self, activation: ActivationName | Activation, *, name: str | None = None) -> None:
        self.activation: Activation = as_activation(activation)
        self.name: str | None = checked_name(name)

    def output_size(self, sizes: Sequence[int]) -> int:
        return _one_parent(sizes, "Activate")

    @straight_line
    def forward(self, at: Buffers) -> Program:
        yield np.copyto, at.z, at.inputs[0][1:]

    @straight_line
    def error(self, at: Buffers, parent: int, out: Array) -> Program:
        yield np.copyto, out, at.delta

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[Link]:
        yield 0, j, None

    def __repr__(self) -> str:
        return f"Activate({self.activation.name!r})"


class Add(Layer):
    """The elementwise sum of several nodes of equal size; a node may occur twice.

    >>> import minigraph as mg
    >>> x = mg.Input(3)
    >>> mg.Add()([x, x])
    Node('add', 3 units)
    """

    kind = "add"

    def __init__(self, *, name: str | None = None) -> None:
        self.name: str | None = checked_name(name)

    def output_size(self, sizes: Sequence[int]) -> int:
        if len(set(sizes)) != 1:
            raise ShapeError(f"parents: received nodes of {list(sizes)} units, expected equal sizes for Add")
        return sizes[0]

    @straight_line
    def forward(self, at: Buffers) -> Program:
        yield np.copyto, at.z, at.inputs[0][1:]
        for values in at.inputs[1:]:
            yield np.add, at.z, values[1:], at.z

    @straight_line
    def error(self, at: Buffers, parent: int, out: Array) -> Program:
        yield np.copyto, out, at.delta

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[Link]:
        for parent in range(len(sizes)):
            yield parent, j, None


class Concat(Layer):
    """The concatenated units of several nodes, in order.

    >>> import minigraph as mg
    >>> mg.Concat()([mg.Input(3), mg.Input(2)])
    Node('concat', 5 units)
    """

    kind = "concat"

    def __init__(self, *, name: str | None = None) -> None:
        self.name: str | None = checked_name(name)

    def output_size(self, sizes: Sequence[int]) -> int:
        return sum(sizes)

    @straight_line
    def forward(self, at: Buffers) -> Program:
        start = 0
        for values in at.inputs:
            stop = start + len(values) - 1
            yield np.copyto, at.z[start:stop], values[1:]
            start = stop

    @straight_line
    def error(self, at: Buffers, parent: int, out: Array) -> Program:
        start = sum(len(values) - 1 for values in at.inputs[:parent])
        yield np.copyto, out, at.delta[start : start + len(out)]

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[Link]:
        for parent, size in enumerate(sizes):
            if j <= size:
                yield parent, j, None
                return
            j -= size


class Dropout(Layer):
    """Drop units at random during training: inverted dropout, z = mask ⊙ a / (1 − rate).

    Each training pass draws a new mask from the network's generator; in other passes the layer is the
    identity. `node.mask` contains the kept units.

    Args:
        rate: probability that a unit is dropped, 0 <= rate < 1.

    Raises:
        ArgumentError: the rate is out of range.

    >>> import minigraph as mg
    >>> mg.Dropout(0.2)(mg.Input(3))
    Node('dropout', 3 units)
    """

    kind = "dropout"
    is_random = True

    def __init__(self, rate: float, *, name: str | None = None) -> None:
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)) or not 0 <= rate < 1:
            raise ArgumentError(
                f"rate: received {rate!r}, expected 0 <= rate < 1, the probability that a unit drops out"
            )
        self.rate: float = float(rate)
        self.name: str | None = checked_name(name)

    def output_size(self, sizes: Sequence[int]) -> int:
        return _one_parent(sizes, "Dropout")

    def forward(self, at: Buffers) -> None:
        if at.generator is None:
            np.copyto(at.z, at.inputs[0][1:])
            return
        if at.mask.dtype == np.float32:
            at.generator.random(out=cast("NDArray[np.float32]", at.mask), dtype=np.float32)
        else:
            at.generator.random(out=cast("NDArray[np.float64]", at.mask))
        # ⌊u − rate⌋ + 1 is 1 where u >= rate, else 0; a comparison would need a buffer for its Booleans
        np.subtract(at.mask, self.rate, out=at.mask)
        np.floor(at.mask, out=at.mask)
        np.add(at.mask, 1, out=at.mask)
        np.multiply(at.mask, 1 / (1 - self.rate), out=at.mask)
        np.multiply(at.mask, at.inputs[0][1:], out=at.z)

    def error(self, at: Buffers, parent: int, out: Array) -> None:
        if at.generator is None:
            np.copyto(out, at.delta)
        else:
            np.multiply(at.mask, at.delta, out=out)

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[Link]:
        yield 0, j, None

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"


def _one_parent(sizes: Sequence[int], kind: str) -> int:
    if len(sizes) != 1:
        raise ShapeError(f"parents: received {len(sizes)} nodes, expected one for {kind}")
    return sizes[0]


def _links(links: ArrayLike, units: int) -> Mask:
    mask = numeric(links, "links")
    if mask.dtype != np.bool_ and not np.isin(mask, (0, 1)).all():
        raise ArgumentError(f"links: received values of type {mask.dtype}, expected True and False")
    if mask.ndim != 2 or mask.shape[0] != units:
        raise ShapeError(f"links: received shape {mask.shape}, expected ({units}, s_in)")
    links = mask.astype(np.bool_)
    links.flags.writeable = False
    return links

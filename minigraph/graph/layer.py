"""What a layer is: the rule that computes a node from its parents, with its parameters Θ and its activation g.

The rules use the arrays of `minigraph.buffers`, one row per unit and one column per example, so that
`z = Θ a` stands in them as the lecture has it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, Mask
from minigraph.base.config import Configurable
from minigraph.errors import GraphError, ShapeError, StateError
from minigraph.functions.activations import Activation, Identity
from minigraph.functions.initializers import Initializer, Uniform
from minigraph.graph.buffers import Buffers
from minigraph.graph.node import Node, as_nodes

Link: TypeAlias = tuple[int, int, int | None]
"""(which parent, which of its units with 0 for the bias, column of Θ or None for a fixed weight of 1)."""


class ParameterOwner(Protocol):
    """Who keeps the parameters of layers: the network they belong to."""

    def lend_theta(self, layer: Layer) -> Array:
        """Return the live view Θ of the layer."""

    def read_theta(self, layer: Layer) -> Array:
        """Return Θ of the layer, read-only."""

    def assign_theta(self, layer: Layer, theta: ArrayLike) -> None:
        """Check and copy new values into Θ of the layer."""

    def read_gradient(self, layer: Layer) -> Array:
        """Return D of the layer, or raise StateError if it is not current."""

    def read_accumulator(self, layer: Layer) -> Array:
        """Return Δ of the layer, or raise StateError if it is not current."""


class Layer(Configurable, ABC):
    """A reusable rule with its parameters Θ and its activation g.

    Derive from it and write `output_size`, `forward` and `error` to add a layer of your own; with
    parameters, write `theta_shape` and `accumulate` too. Column 0 of Θ is the bias: it is not regularized.
    `Configurable` says what lets it be saved.

    >>> import numpy as np, minigraph as mg
    >>> class Multiply(mg.Layer):
    ...     kind = "multiply"
    ...     def output_size(self, sizes):
    ...         return sizes[0]
    ...     def forward(self, at):
    ...         np.multiply(at.inputs[0][1:], at.inputs[1][1:], out=at.z)
    ...     def error(self, at, parent, out):
    ...         np.multiply(at.delta, at.inputs[1 - parent][1:], out=out)
    >>> x = mg.Input(2)
    >>> y = Multiply()([mg.Dense(3)(x), mg.Dense(3, "tanh")(x)])
    >>> net = mg.Network(x, y, cost="squared_error", seed=1)
    >>> mg.check_gradient(net, [[0.1, 0.2]], [[1.0, 0.0, 1.0]]).passed
    True
    """

    kind: str = "layer"
    """What the layer is called in default names and drawings."""
    activation: Activation = Identity()
    """g, applied to what `forward` computes."""
    initializer: Initializer = Uniform()
    """Draws the first Θ."""
    links: Mask | None = None
    """Which weights exist, shape (units, s_in); None for all."""
    is_random: bool = False
    """True if the layer draws from `at.generator` into `at.mask`."""
    name: str | None = None
    """The name given by the user, which the layer's nodes take over."""

    _owner: ParameterOwner | None = None
    _calls: int = 0
    _sizes: tuple[int, ...] | None = None

    def __call__(self, parents: Node | Sequence[Node]) -> Node:
        """Place the layer in the graph behind one or several nodes.

        Raises:
            GraphError: no parents, something that is no node, or a node or layer that a network already owns.
            ShapeError: the parents' sizes do not fit the layer, or an earlier call of it.
        """
        nodes = as_nodes(parents, "parents", "; an array goes to net.forward(X)")
        owned = [*(node for node in nodes if node._caches is not None), *([self] if self._owner is not None else [])]
        if owned:
            raise GraphError(f"{owned[0]!r} already belongs to a network; place new layers before building it")
        sizes = tuple(node.size for node in nodes)
        size = self.output_size(sizes)
        if self._sizes is not None and self.theta_shape(sizes) != self.theta_shape(self._sizes):
            raise ShapeError(
                f"parents: received nodes of {list(sizes)} units, expected {list(self._sizes)}:"
                f" {self!r} was called before and its nodes share one Θ"
            )
        self._sizes = sizes
        self._calls += 1
        name = self.name if self.name is None or self._calls == 1 else f"{self.name}_{self._calls}"
        return Node(self, nodes, size, name)

    @abstractmethod
    def output_size(self, sizes: Sequence[int]) -> int:
        """Return s, the number of units, for parents of these sizes; raise ShapeError if they don't fit."""

    @abstractmethod
    def forward(self, at: Buffers) -> None:
        """Compute `at.z` from `at.inputs`."""

    @abstractmethod
    def error(self, at: Buffers, parent: int, out: Array) -> None:
        """Write into `out` (s_parent, m) what `at.delta` makes of ∂cost/∂a of that parent."""

    def theta_shape(self, sizes: Sequence[int]) -> tuple[int, int] | None:
        """Return the shape (s_out, 1 + s_in) of Θ for parents of these sizes, None for a layer without."""
        return None

    def accumulate(self, at: Buffers, out: Array) -> None:
        """Write Δ of this node, ∂(Σ_i cost(i))/∂Θ, into `out`; only for layers with Θ."""

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[Link]:
        """Yield the links into unit j, as people look at them, for parents of these sizes."""
        return ()

    @property
    def theta(self) -> Array:
        """Θ, shape (s_out, 1 + s_in): a live view; writing to it makes z, a and δ stale.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
        """
        return self._owned("theta").lend_theta(self)

    @theta.setter
    def theta(self, theta: ArrayLike) -> None:
        self._owned("theta").assign_theta(self, theta)

    @property
    def gradient(self) -> Array:
        """D = ∂J/∂Θ, shape like Θ: a read-only view that the next backward pass overwrites.

        Raises:
            StateError: not computed or stale, the layer has no Θ, or belongs to no network yet.
        """
        return self._owned("gradient").read_gradient(self)

    @property
    def accumulator(self) -> Array:
        """Δ = Σ_i δ aᵀ over the examples and the nodes that share the layer, shape like Θ: a read-only view.

        Raises:
            StateError: not computed or stale, the layer has no Θ, or belongs to no network yet.
        """
        return self._owned("accumulator").read_accumulator(self)

    def parameters(self) -> Array:
        """Return Θ as a read-only view.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
        """
        return self._owned("theta").read_theta(self)

    def _owned(self, what: str) -> ParameterOwner:
        if self._sizes is not None and self.theta_shape(self._sizes) is None:
            raise StateError(f"{self!r} has no parameters, so it has no {what}")
        if self._owner is None:
            raise StateError(f"{self!r} belongs to no network yet, so it has no {what}; build mg.Network first")
        return self._owner

    def __getstate__(self) -> dict[str, object]:
        """Copy and pickle the rule without the network that it belongs to, which keeps Θ."""
        return {name: value for name, value in vars(self).items() if name != "_owner"}

    def __repr__(self) -> str:
        name = "" if self.name is None else f"name={self.name!r}"
        return f"{type(self).__name__}({name})"

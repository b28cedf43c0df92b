"""The graph that people look at: nodes, their units, and the edges between units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np

from minigraph.base.arrays import Array, Mask
from minigraph.errors import ArgumentError, GraphError, StateError

if TYPE_CHECKING:
    from minigraph.graph.layer import Layer

Cached: TypeAlias = Literal["z", "a", "delta", "mask", "target"]


class Caches(Protocol):
    """Who keeps the values of nodes: the network they belong to."""

    def cached(self, node: Node, what: Cached) -> Array:
        """Return a view of shape (m, s), or raise StateError if the value is not current."""


class HasNodes(Protocol):
    """What a network is to its nodes."""

    nodes: tuple[Node, ...]


class Node:
    """One place in the graph: one call of a layer.

    It owns z, a and δ and knows its parents and children. A layer called twice gives two nodes that
    share Θ. Nodes are made by `Input` and by calling a layer, not directly.

    >>> import minigraph as mg
    >>> x = mg.Input(2, name="x")
    >>> h = mg.Dense(3, "tanh", name="h")(x)
    >>> h.size, h.parents
    (3, (Node('x', 2 units),))
    """

    def __init__(self, layer: Layer, parents: Sequence[Node], size: int, name: str | None = None) -> None:
        self.layer = layer
        self.parents: tuple[Node, ...] = tuple(parents)
        self.size = size
        self._name = name
        self._unit_names: tuple[str, ...] | None = None
        self._children: list[Node] = []
        self._caches: Caches | None = None
        self._network: HasNodes | None = None
        self._position: int | None = None
        for parent in dict.fromkeys(self.parents):
            parent._children.append(self)

    @property
    def name(self) -> str:
        """The given name; without one, the layer's kind and, in a network, the node's position, as 'dense2'.

        It can be set until the node belongs to a network.
        """
        if self._name is not None:
            return self._name
        return f"{self.layer.kind}{self._position or ''}"

    @name.setter
    def name(self, name: str) -> None:
        if self._network is not None:
            raise GraphError(f"name: received {name!r} for a node of a network; expected a name before it is built")
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"name: received {name!r}, expected a non-empty string")
        self._name = name

    @property
    def unit_names(self) -> tuple[str, ...] | None:
        """What units 1 to s stand for, features at an input and classes at an output; None if nobody said.

        Drawings and explanations show these names. An input without takes over the columns of the first
        DataFrame that it is given.

        Raises:
            ArgumentError: set to something else than s distinct, non-empty strings, or None.

        >>> import minigraph as mg
        >>> x = mg.Input(2)
        >>> x.unit_names = ["age", "height"]
        >>> x.unit(2).name
        'height'
        """
        return self._unit_names

    @unit_names.setter
    def unit_names(self, names: Iterable[str] | None) -> None:
        self._unit_names = None if names is None else _checked_unit_names(names, self)

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes that have this one as a parent: within the network, once it belongs to one."""
        return tuple(self._children)

    @property
    def position(self) -> int:
        """The 1-based position l of the node in its network's topological order.

        Raises:
            StateError: the node belongs to no network yet.
        """
        if self._position is None:
            raise StateError(f"node {self.name!r} belongs to no network yet; build mg.Network(inputs, outputs)")
        return self._position

    @property
    def z(self) -> Array:
        """Pre-activation z, shape (m, s): a copy.

        Raises:
            StateError: no forward pass yet, parameters changed since, or an input node, which has no z.
        """
        return self._read("z").copy()

    @property
    def a(self) -> Array:
        """Activation a = g(z), shape (m, s): a copy, without the bias unit a_0 = 1.

        Raises:
            StateError: no forward pass yet, or parameters changed since.
        """
        return self._read("a").copy()

    @property
    def delta(self) -> Array:
        """Error δ = ∂cost(i)/∂z, shape (m, s), one row per example i, not divided by m: a copy.

        After a backward pass with weights of the examples, row i is times the weight of example i.

        Raises:
            StateError: no backward pass since the last forward pass, or an input node, which has no error.
        """
        return self._read("delta").copy()

    @property
    def target(self) -> Array:
        """Target y of the last backward pass, shape (m, s): a copy.

        Raises:
            StateError: no backward pass since the last forward pass, or the node is not an output.
        """
        return self._read("target").copy()

    @property
    def mask(self) -> Mask | None:
        """Which units of a Dropout node stayed in, shape (m, s): True if kept.

        None where nothing was dropped: another layer, or a pass with dropout off.

        Raises:
            StateError: no forward pass yet, or parameters changed since.
        """
        factors = self._read("mask")
        kept: Mask = factors != 0
        return kept if factors.size else None

    def unit(self, j: int) -> Unit:
        """Return unit j of the node, 1 <= j <= s; unit 0 is the bias unit.

        Raises:
            ArgumentError: no such unit.
        """
        if isinstance(j, bool) or not isinstance(j, (int, np.integer)) or not 0 <= j <= self.size:
            raise ArgumentError(
                f"j: received {j!r}, expected a unit of node {self.name!r}, from 1 to {self.size}, or 0 for the bias"
            )
        return Unit(self, int(j))

    @property
    def units(self) -> tuple[Unit, ...]:
        """Units 1 to s; the bias unit is not counted."""
        return tuple(Unit(self, j) for j in range(1, self.size + 1))

    def _read(self, what: Cached) -> Array:
        if self._caches is None:
            raise StateError(
                f"node {self.name!r} belongs to no network yet, so {what} is not computed;"
                " build mg.Network(inputs, outputs) and call its forward(X)"
            )
        return self._caches.cached(self, what)

    def __repr__(self) -> str:
        return f"Node({self.name!r}, {self.size} unit{'s' if self.size != 1 else ''})"


class Unit:
    """One neuron of a node: a light view on the node's arrays. Unit 0 is the bias unit, whose a is 1.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 1], seed=0)
    >>> a = net.forward([[1.0, 0.0]])
    >>> unit = net.node(2).unit(1)
    >>> bool(unit.z[0] == unit.bias + unit.weights[0])
    True
    """

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int) -> None:
        self.node: Node = node
        self.index: int = index

    @property
    def name(self) -> str | None:
        """What the unit stands for, from `node.unit_names`; None if nobody said, and for the bias unit."""
        names = self.node.unit_names
        return None if names is None or self.is_bias else names[self.index - 1]

    @property
    def is_bias(self) -> bool:
        """True for unit 0."""
        return self.index == 0

    @property
    def z(self) -> Array:
        """Pre-activation of this unit, shape (m,).

        Raises:
            StateError: not computed or stale, or the bias unit, which has none.
        """
        return self._column("z")

    @property
    def a(self) -> Array:
        """Activation of this unit, shape (m,); all ones for the bias unit.

        Raises:
            StateError: not computed or stale.
        """
        if self.is_bias:
            values = self.node._read("a")
            return np.ones(len(values), dtype=values.dtype)
        return self._column("a")

    @property
    def delta(self) -> Array:
        """Error δ = ∂cost(i)/∂z of this unit, shape (m,).

        Raises:
            StateError: not computed or stale, or a bias unit, which has none.
        """
        return self._column("delta")

    @property
    def bias(self) -> float:
        """Θ_i0, the weight from the parent's bias unit.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
        """
        return float(self._row()[0])

    @property
    def weights(self) -> Array:
        """Θ_ij for j >= 1, the weights from the parent's units, shape (s_in,): a copy.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
        """
        weights: Array = self._row()[1:].copy()
        return weights

    @property
    def inputs(self) -> tuple[Edge, ...]:
        """The edges that end here, the bias unit's first."""
        if self.is_bias:
            return ()
        return tuple(
            Edge(Unit(self.node.parents[parent], j), self, column)
            for parent, j, column in self.node.layer.links_into(self.index, _sizes(self.node))
        )

    @property
    def outputs(self) -> tuple[Edge, ...]:
        """The edges that start here, child by child."""
        return tuple(
            Edge(self, Unit(child, i), column)
            for child in self.node.children
            for i in range(1, child.size + 1)
            for parent, j, column in child.layer.links_into(i, _sizes(child))
            if j == self.index and child.parents[parent] is self.node
        )

    def _column(self, what: Cached) -> Array:
        if self.is_bias:
            raise StateError(f"the bias unit of node {self.node.name!r} has no {what}: its a is always 1")
        values: Array = self.node._read(what)[:, self.index - 1].copy()
        return values

    def _row(self) -> Array:
        if self.is_bias:
            raise StateError(f"the bias unit of node {self.node.name!r} has no incoming weights")
        row: Array = self.node.layer.parameters()[self.index - 1]
        return row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unit) and other.node is self.node and other.index == self.index

    def __hash__(self) -> int:
        return hash((id(self.node), self.index))

    def __repr__(self) -> str:
        return f"Unit({self.node.name!r}, {self.index})"


class Edge:
    """One weight between two units: Θ_ij, from unit j of the parent (0 is the bias) to unit i.

    An edge into a node without Θ (Add, Concat, Activate, Dropout) has the fixed weight 1.

    >>> import minigraph as mg
    >>> edge = mg.mlp([2, 1], seed=0).node(2).unit(1).inputs[1]
    >>> edge
    Edge(Unit('input1', 1) -> Unit('dense2', 1))
    >>> edge.weight == edge.target.weights[0]
    np.True_
    """

    __slots__ = ("column", "source", "target")

    def __init__(self, source: Unit, target: Unit, column: int | None) -> None:
        self.source: Unit = source
        self.target: Unit = target
        self.column: int | None = column

    @property
    def is_trainable(self) -> bool:
        """True if the weight is an entry of Θ."""
        return self.column is not None

    @property
    def weight(self) -> float:
        """The weight Θ_ij; 1 if the target's layer has no Θ."""
        if self.column is None:
            return 1.0
        return float(self.target.node.layer.parameters()[self.target.index - 1, self.column])

    @property
    def gradient(self) -> float:
        """∂J/∂Θ_ij, summed over all nodes that share the layer.

        Raises:
            StateError: not computed or stale, or a fixed weight, which is no parameter.
        """
        if self.column is None:
            raise StateError(f"{self!r} has the fixed weight 1, which is no parameter and has no gradient")
        return float(self.target.node.layer.gradient[self.target.index - 1, self.column])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edge) and (self.source, self.target, self.column) == (
            other.source,
            other.target,
            other.column,
        )

    def __hash__(self) -> int:
        return hash((self.source, self.target, self.column))

    def __repr__(self) -> str:
        return f"Edge({self.source!r} -> {self.target!r})"


def as_nodes(value: Node | Iterable[Node], argument: str, hint: str = "") -> tuple[Node, ...]:
    """Return one node, or several, as a tuple of at least one.

    Raises:
        GraphError: there is none, or something else among them.
    """
    nodes = (value,) if isinstance(value, Node) or not isinstance(value, Iterable) else tuple(value)
    for node in nodes:
        if not isinstance(node, Node):
            raise GraphError(f"{argument}: received {node!r}, expected a node or a sequence of nodes{hint}")
    if not nodes:
        raise GraphError(f"{argument}: received none, expected at least one node")
    return nodes


def _checked_unit_names(names: Iterable[str], node: Node) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ArgumentError(f"unit_names: received {names!r}, expected a sequence of {node.size} names")
    given = tuple(names)
    seen: set[str] = set()
    for j, name in enumerate(given, start=1):
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"unit_names: received {name!r} for unit {j}, expected a non-empty string")
        if name in seen:
            raise ArgumentError(f"unit_names: received {name!r} twice, expected distinct names")
        seen.add(name)
    if len(given) != node.size:
        raise ArgumentError(
            f"unit_names: received {len(given)} names, expected {node.size}, one for each unit of node {node.name!r}"
        )
    return tuple(str(name) for name in given)


def _sizes(node: Node) -> tuple[int, ...]:
    return tuple(parent.size for parent in node.parents)

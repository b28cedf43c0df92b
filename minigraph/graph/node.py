"""The graph as users see it: nodes, their units, the edges between units, and the layers that create nodes.

A node is one call of a layer, so the two classes depend on each other. The rules of layers use the arrays of
`minigraph.graph.buffers`, one row per unit and one column per example, so that they read `z = Θ a` as in the
lecture.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, Mask, integer, numeric, real
from minigraph.base.config import Configurable
from minigraph.errors import ArgumentError, GraphError, ShapeError, StateError
from minigraph.functions.activations import Activation, Identity
from minigraph.functions.initializers import Initializer, Uniform
from minigraph.graph.buffers import Buffers
from minigraph.graph.names import checked_name, checked_unit_names
from minigraph.graph.topology import topological_order

Cached: TypeAlias = Literal["z", "a", "delta", "mask", "target"]
Matrix: TypeAlias = Literal["theta", "gradient", "accumulator"]
Link: TypeAlias = tuple[int, int, int | None]
"""(index of the parent, its unit or 0 for the bias, column of Θ or None for a fixed weight of 1)."""
NodePlan: TypeAlias = tuple["Layer", tuple[int, ...], int, str | None, tuple[str, ...] | None]
"""(layer, indices of the parents in topological order, size, name, unit names) of a node."""


class Owner(Protocol):
    """The network as its nodes and layers see it: it owns their values."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes of the network, in topological order."""

    def value_of(self, node: Node, what: Cached) -> Array:
        """Return a view (m, s) of a node's value, or raise StateError if it is not current."""

    def matrix_of(self, layer: Layer, what: Matrix) -> Array:
        """Return Θ, D or Δ of a layer, read-only, or raise StateError if it is not current."""

    def borrow_theta(self, layer: Layer) -> Array:
        """Return Θ of a layer as a live view whose modification is detected."""

    def assign_theta(self, layer: Layer, theta: ArrayLike) -> None:
        """Check new values of Θ of a layer and copy them."""


class Node:
    """One place in the graph: one call of a layer.

    It owns z, a and δ and knows its parents and children. Calling a layer twice creates two nodes that
    share Θ. Create nodes with `Input` or by calling a layer, not directly.

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
        self._position: int | None = None
        self.owner: Owner | None = None
        """The network that the node belongs to; None until one is built."""
        for parent in dict.fromkeys(self.parents):
            parent.add_child(self)

    def add_child(self, node: Node) -> None:
        """Register a node that was created with this one as a parent."""
        self._children.append(node)

    def attach(self, owner: Owner, position: int, name: str, children: Iterable[Node]) -> None:
        """Attach the node and its layer to a network, with its position, name and children there."""
        self.owner = self.layer.owner = owner
        self._position, self._name, self._children = position, name, list(children)

    @property
    def name(self) -> str:
        """The given name; by default, the layer's kind and, in a network, the node's position, as in 'dense2'.

        It can be set only before the node belongs to a network.
        """
        if self._name is not None:
            return self._name
        return f"{self.layer.kind}{self._position or ''}"

    @name.setter
    def name(self, name: str) -> None:
        if self.owner is not None:
            raise GraphError(f"name: received {name!r} for a node of a network; expected a name before it is built")
        self._name = checked_name(name)

    @property
    def given_name(self) -> str | None:
        """The name given by the user or by a network; None if there is none yet."""
        return self._name

    @property
    def unit_names(self) -> tuple[str, ...] | None:
        """Names of units 1 to s: features of an input, classes of an output; None if unnamed.

        Drawings and explanations show these names. An input without names adopts the columns of the first
        DataFrame passed to it.

        Raises:
            ArgumentError: set to anything other than s distinct, non-empty strings, or None.

        >>> import minigraph as mg
        >>> x = mg.Input(2)
        >>> x.unit_names = ["age", "height"]
        >>> x.unit(2).name
        'height'
        """
        return self._unit_names

    @unit_names.setter
    def unit_names(self, names: Iterable[str] | None) -> None:
        self._unit_names = None if names is None else checked_unit_names(names, self.size, self.name)

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes that have this one as a parent; once it belongs to a network, only nodes of that network."""
        return tuple(self._children)

    @property
    def parent_sizes(self) -> tuple[int, ...]:
        """The number of units of each parent, in order."""
        return tuple(parent.size for parent in self.parents)

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
            StateError: z is not computed or stale, or the node is an input, which has no z.
        """
        return self.view("z").copy()

    @property
    def a(self) -> Array:
        """Activation a = g(z), shape (m, s): a copy, without the bias unit a_0 = 1.

        Raises:
            StateError: a is not computed or stale.
        """
        return self.view("a").copy()

    @property
    def delta(self) -> Array:
        """Error δ = ∂cost(i)/∂z, shape (m, s), one row per example i, not divided by m: a copy.

        After a backward pass with example weights, row i is multiplied by the weight of example i.

        Raises:
            StateError: δ is not computed or stale, or the node is an input, which has no error.
        """
        return self.view("delta").copy()

    @property
    def target(self) -> Array:
        """Target y of the last backward pass, shape (m, s): a copy.

        Raises:
            StateError: there was no backward pass since the last forward pass, or the node is not an output.
        """
        return self.view("target").copy()

    @property
    def mask(self) -> Mask | None:
        """Mask of the kept units of a Dropout node, shape (m, s).

        None if nothing was dropped: for other layers, and for passes with dropout off.

        Raises:
            StateError: the mask is not computed or stale.
        """
        factors = self.view("mask")
        kept: Mask = factors != 0
        return kept if factors.size else None

    def unit(self, j: int) -> Unit:
        """Return unit j of the node, 1 <= j <= s; unit 0 is the bias unit.

        Raises:
            ArgumentError: there is no such unit.
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

    def view(self, what: Cached) -> Array:
        """Return a read-only view of a cached value, shape (m, s), valid until the next pass.

        Args:
            what: z, a, delta, target, or the dropout factors, whose shape is (0, s) if nothing was dropped.

        Raises:
            StateError: the value is not computed or stale, or the node has no such value.
        """
        if self.owner is None:
            raise StateError(
                f"node {self.name!r} belongs to no network yet, so {what} is not computed;"
                " build mg.Network(inputs, outputs) and call its forward(X)"
            )
        return self.owner.value_of(self, what)

    def __reduce__(self) -> tuple[Callable[..., Node], tuple[object, ...]]:
        """Copy and pickle a node by its position in its network; without a network, with its ancestors."""
        if self.owner is not None:
            return _node_at, (self.owner, self.position)
        return _last_node, (plan_nodes(topological_order([self], lambda node: node.parents)),)

    def __repr__(self) -> str:
        return f"Node({self.name!r}, {self.size} unit{'s' if self.size != 1 else ''})"


class Unit:
    """One neuron of a node: a lightweight view of the node's arrays. Unit 0 is the bias unit with a = 1.

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
        """Name of the unit in `node.unit_names`; None if unnamed, and for the bias unit."""
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
            StateError: z is not computed or stale, or this is the bias unit, which has no z.
        """
        return self._column("z")

    @property
    def a(self) -> Array:
        """Activation of this unit, shape (m,); all ones for the bias unit.

        Raises:
            StateError: a is not computed or stale.
        """
        if self.is_bias:
            values = self.node.view("a")
            return np.ones(len(values), dtype=values.dtype)
        return self._column("a")

    @property
    def delta(self) -> Array:
        """Error δ = ∂cost(i)/∂z of this unit, shape (m,).

        Raises:
            StateError: δ is not computed or stale, or this is the bias unit, which has no δ.
        """
        return self._column("delta")

    @property
    def bias(self) -> float:
        """Θ_i0, the weight from the parent's bias unit; setting it makes z, a and δ stale.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
            ArgumentError: set to something that is not a finite number.
        """
        return float(self._row()[0])

    @bias.setter
    def bias(self, bias: float) -> None:
        self._assign(0, real(bias, "bias", "a finite number"))

    @property
    def weights(self) -> Array:
        """Θ_ij for j >= 1, the weights from the parent's units, shape (s_in,): a copy.

        Setting them makes z, a and δ stale; weights of absent links stay 0.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
            ShapeError: set to another number of weights.
            NonFiniteDataError: set to infinity or NaN.

        >>> import minigraph as mg
        >>> net = mg.mlp([2, 1])
        >>> both = net.node(2).unit(1)
        >>> both.bias, both.weights = -30, [20, 20]
        >>> net.predict([[0, 1], [1, 1]]).round(3).tolist()
        [[0.0], [1.0]]
        """
        weights: Array = self._row()[1:].copy()
        return weights

    @weights.setter
    def weights(self, weights: ArrayLike) -> None:
        values, expected = numeric(weights, "weights"), self._row()[1:].shape
        if values.shape != expected:
            raise ShapeError(
                f"weights: received shape {values.shape}, expected {expected}, one for each unit of the parent"
            )
        self._assign(slice(1, None), values)

    @property
    def inputs(self) -> tuple[Edge, ...]:
        """The incoming edges, starting with that of the bias unit."""
        if self.is_bias:
            return ()
        return tuple(
            Edge(Unit(self.node.parents[parent], j), self, column)
            for parent, j, column in self.node.layer.links_into(self.index, self.node.parent_sizes)
        )

    @property
    def outputs(self) -> tuple[Edge, ...]:
        """The outgoing edges, child by child."""
        return tuple(
            Edge(self, Unit(child, i), column)
            for child in self.node.children
            for i, column in child.layer.links_from(
                [index for index, parent in enumerate(child.parents) if parent is self.node],
                self.index,
                child.parent_sizes,
            )
        )

    def _column(self, what: Cached) -> Array:
        if self.is_bias:
            raise StateError(f"the bias unit of node {self.node.name!r} has no {what}: its a is always 1")
        values: Array = self.node.view(what)[:, self.index - 1].copy()
        return values

    def _row(self) -> Array:
        if self.is_bias:
            raise StateError(f"the bias unit of node {self.node.name!r} has no incoming weights")
        row: Array = self.node.layer.parameters()[self.index - 1]
        return row

    def _assign(self, columns: int | slice, values: float | Array) -> None:
        if self.is_bias:
            raise StateError(f"the bias unit of node {self.node.name!r} has no incoming weights")
        self.node.layer.assign_entries(self.index - 1, columns, values)

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
        """The weight Θ_ij; 1 if the target's layer has no Θ. Setting it makes z, a and δ stale.

        Raises:
            StateError: set, although the weight is fixed.
            ArgumentError: set to something that is not a finite number.
        """
        if self.column is None:
            return 1.0
        return float(self.target.node.layer.parameters()[self.target.index - 1, self.column])

    @weight.setter
    def weight(self, weight: float) -> None:
        if self.column is None:
            raise StateError(f"{self!r} has the fixed weight 1, which is not a parameter and cannot be set")
        weight = real(weight, "weight", "a finite number")
        self.target.node.layer.assign_entries(self.target.index - 1, self.column, weight)

    @property
    def gradient(self) -> float:
        """∂J/∂Θ_ij, summed over all nodes that share the layer.

        Raises:
            StateError: the gradient is not computed or stale, or the weight is fixed.
        """
        if self.column is None:
            raise StateError(f"{self!r} has the fixed weight 1, which is not a parameter and has no gradient")
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


class Layer(Configurable, ABC):
    """A reusable rule with its parameters Θ and its activation g.

    To define your own, subclass it and implement `output_size`, `forward` and `error`; for a layer with
    parameters, also `theta_shape` and `accumulate`. Column 0 of Θ is the bias, which is not regularized.
    See `Configurable` on how layers are saved.

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
    """Kind of the layer in default names and drawings."""
    activation: Activation = Identity()
    """g, applied to the result of `forward`."""
    initializer: Initializer = Uniform()
    """Draws the initial Θ."""
    links: Mask | None = None
    """Mask of existing weights, shape (units, s_in); None for all."""
    is_random: bool = False
    """True if the layer draws from `at.generator` into `at.mask`."""
    name: str | None = None
    """Name given by the user, inherited by the layer's nodes."""

    owner: Owner | None = None
    """The network that the layer belongs to; None until one is built."""

    if not TYPE_CHECKING:  # checkers would take every attribute for assignable

        def __setattr__(self, name: str, value: object) -> None:
            if name in ("activation", "links") and self.owner is not None:
                raise GraphError(f"{name}: {self!r} belongs to a network, which was built with it; build a new network")
            super().__setattr__(name, value)

    _calls: int = 0
    _sizes: tuple[int, ...] | None = None

    def __call__(self, parents: Node | Sequence[Node]) -> Node:
        """Apply the layer to one or several nodes; the result is a new node of the graph.

        Raises:
            GraphError: there are no parents, a parent is not a node, or a network already owns a node or the layer.
            ShapeError: the parents' sizes do not match the layer, or an earlier call of it.
        """
        nodes = as_nodes(parents, "parents", "; pass arrays to net.forward(X)")
        for each in [*(node for node in nodes if node.owner is not None), *([self] if self.owner is not None else [])]:
            raise GraphError(f"{each!r} already belongs to a network; place new layers before building it")
        sizes = tuple(node.size for node in nodes)
        size = integer(self.output_size(sizes), f"output_size of {self!r}")
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
        """Return s, the number of units, for parents of these sizes; raise ShapeError if the layer cannot take them."""

    @abstractmethod
    def forward(self, at: Buffers) -> None:
        """Compute `at.z` from `at.inputs`."""

    @abstractmethod
    def error(self, at: Buffers, parent: int, out: Array) -> None:
        """Write the contribution of `at.delta` to ∂cost/∂a of that parent into `out`, (s_parent, m)."""

    def theta_shape(self, sizes: Sequence[int]) -> tuple[int, int] | None:
        """Return the shape (s_out, 1 + s_in) of Θ for parents of these sizes; None for a layer without Θ."""
        return None

    def accumulate(self, at: Buffers, out: Array) -> None:
        """Write Δ of this node, ∂(Σ_i cost(i))/∂Θ, into `out`; only for layers with Θ."""

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[Link]:
        """Yield the links into unit j, for parents of these sizes."""
        return ()

    def links_from(self, parents: Collection[int], j: int, sizes: Sequence[int]) -> Iterable[tuple[int, int | None]]:
        """Yield (unit, column of Θ) of the links from unit j of these parents: the inverse of `links_into`."""
        for i in range(1, self.output_size(sizes) + 1):
            for parent, unit, column in self.links_into(i, sizes):
                if unit == j and parent in parents:
                    yield i, column

    @property
    def theta(self) -> Array:
        """Θ, shape (s_out, 1 + s_in): a live view; writing to it makes z, a and δ stale.

        To detect that, the network copies all parameters when the first live view is created, and compares them
        whenever a cached value is read. `parameters()` returns a read-only view at no cost.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
        """
        return self._owned("theta").borrow_theta(self)

    @theta.setter
    def theta(self, theta: ArrayLike) -> None:
        self._owned("theta").assign_theta(self, theta)

    @property
    def gradient(self) -> Array:
        """D = ∂J/∂Θ, shape like Θ: a read-only view that the next backward pass overwrites.

        Raises:
            StateError: D is not computed or stale, or the layer has no Θ or belongs to no network yet.
        """
        return self._owned("gradient").matrix_of(self, "gradient")

    @property
    def accumulator(self) -> Array:
        """Δ = Σ_i δ aᵀ over the examples and the nodes that share the layer, shape like Θ: a read-only view.

        Raises:
            StateError: Δ is not computed or stale, or the layer has no Θ or belongs to no network yet.
        """
        return self._owned("accumulator").matrix_of(self, "accumulator")

    def parameters(self) -> Array:
        """Return Θ as a read-only view, which reflects later changes.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
        """
        return self._owned("theta").matrix_of(self, "theta")

    def assign_entries(self, row: int, columns: int | slice, values: float | Array) -> None:
        """Replace entries of a row of Θ; the remaining entries stay as they are.

        Raises:
            StateError: the layer has no Θ, or belongs to no network yet.
            NonFiniteDataError: Θ would contain an infinity or NaN.
        """
        theta = self.parameters().copy()
        theta[row, columns] = values
        self.theta = theta

    def _owned(self, what: str) -> Owner:
        if self._sizes is not None and self.theta_shape(self._sizes) is None:
            raise StateError(f"{self!r} has no parameters, so it has no {what}")
        if self.owner is None:
            raise StateError(f"{self!r} belongs to no network yet, so it has no {what}; build mg.Network first")
        return self.owner

    def __getstate__(self) -> dict[str, object]:
        """Copy and pickle the rule without its network, which owns Θ."""
        return {name: value for name, value in vars(self).items() if name != "owner"}

    def __repr__(self) -> str:
        name = "" if self.name is None else f"name={self.name!r}"
        return f"{type(self).__name__}({name})"


def as_nodes(value: Node | Iterable[Node], argument: str, hint: str = "") -> tuple[Node, ...]:
    """Return one or several nodes as a non-empty tuple.

    Raises:
        GraphError: there are no nodes, or one of them is something else.
    """
    nodes = (value,) if isinstance(value, Node) or not isinstance(value, Iterable) else tuple(value)
    for node in nodes:
        if not isinstance(node, Node):
            raise GraphError(f"{argument}: received {node!r}, expected a node or a sequence of nodes{hint}")
    if not nodes:
        raise GraphError(f"{argument}: received none, expected at least one node")
    return nodes


def plan_nodes(nodes: Sequence[Node]) -> tuple[NodePlan, ...]:
    """Describe nodes in topological order, each by its layer and the indices of its parents.

    This allows copying a chain of any length without recursion.
    """
    place = {node: index for index, node in enumerate(nodes)}
    return tuple(
        (node.layer, tuple(place[parent] for parent in node.parents), node.size, node.given_name, node.unit_names)
        for node in nodes
    )


def build_nodes(plans: Iterable[NodePlan]) -> list[Node]:
    """Return new nodes from the result of `plan_nodes`; they belong to no network."""
    nodes: list[Node] = []
    for layer, parents, size, name, unit_names in plans:
        node = Node(layer, [nodes[index] for index in parents], size, name)
        node.unit_names = unit_names
        nodes.append(node)
    return nodes


def _node_at(owner: Owner, position: int) -> Node:
    return owner.nodes[position - 1]


def _last_node(plans: Iterable[NodePlan]) -> Node:
    return build_nodes(plans)[-1]

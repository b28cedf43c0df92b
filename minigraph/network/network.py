"""The network: the sorted graph between inputs and outputs, with a cost and all parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeAlias, cast, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from minigraph.base.arrays import Array, Float, finite, float_dtype, integer, real
from minigraph.engine.engine import Engine
from minigraph.engine.objective import Objective
from minigraph.engine.parameters import Parameters
from minigraph.errors import ArgumentError, MinigraphError, ModelFormatError, nearest
from minigraph.functions.costs import Cost, CostName
from minigraph.graph.names import Label
from minigraph.graph.node import Cached, Layer, Matrix, Node
from minigraph.network.blueprint import Blueprint
from minigraph.network.checks import Data, check_inputs, check_targets, check_weights
from minigraph.network.classes import checked_classes
from minigraph.network.column_names import ColumnNames
from minigraph.network.summary import summary
from minigraph.network.wiring import Wiring, attach, connect

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from minigraph.architecture.architecture import Architecture
    from minigraph.architecture.registry import Custom
    from minigraph.base.strict_json import Json

    Out_co = TypeVar("Out_co", bound="Array | tuple[Array, ...]", default=Array, covariant=True)
else:
    from typing import TypeVar

    Out_co = TypeVar("Out_co")


class Network(Generic[Out_co]):
    """The graph between inputs and outputs, in topological order, with its cost and its parameters.

    Args:
        inputs: the input node, or a sequence of them.
        outputs: the output node, or a sequence of them. For a node, `forward` and `predict` return an
            array; for a sequence, a tuple of arrays.
        cost: a name or a `Cost`, or a sequence with one for each output.
        l2: λ >= 0, weight of the regularization term (λ/2m) Σ Θ_ij², j >= 1.
        dtype: float64 or float32, for all numbers of the network.
        seed: seed of initialization and dropout; None draws one from the operating system.

    Raises:
        GraphError: there is a cycle, an input that reaches no output, an output that depends on no input, two
            nodes with the same name, or a node of another network.
        ArgumentError: the cost is unknown, l2 is negative, or the dtype is not supported.

    >>> import minigraph as mg
    >>> x = mg.Input(2, name="x")
    >>> y = mg.Dense(1, name="y")(mg.Dense(2, "tanh", name="h")(x))
    >>> net = mg.Network(x, y, seed=0)
    >>> [node.name for node in net.nodes]
    ['x', 'h', 'y']
    >>> net.forward([[0.0, 1.0]]).shape
    (1, 1)
    """

    @overload
    def __init__(
        self: Network[Array],
        inputs: Node | Sequence[Node],
        outputs: Node,
        cost: CostName | Cost | Sequence[CostName | Cost] = ...,
        l2: float = ...,
        dtype: DTypeLike = ...,
        seed: int | None = ...,
    ) -> None: ...

    @overload
    def __init__(
        self: Network[tuple[Array, ...]],
        inputs: Node | Sequence[Node],
        outputs: Sequence[Node],
        cost: CostName | Cost | Sequence[CostName | Cost] = ...,
        l2: float = ...,
        dtype: DTypeLike = ...,
        seed: int | None = ...,
    ) -> None: ...

    def __init__(
        self,
        inputs: Node | Sequence[Node],
        outputs: Node | Sequence[Node],
        cost: CostName | Cost | Sequence[CostName | Cost] = "cross_entropy",
        l2: float = 0.0,
        dtype: DTypeLike = np.float64,
        seed: int | None = 0,
    ) -> None:
        self._build(connect(inputs, outputs, cost), l2, dtype, _generator(seed), draw=True)

    @classmethod
    def restored(
        cls,
        inputs: Sequence[Node],
        outputs: Node | Sequence[Node],
        costs: CostName | Cost | Sequence[CostName | Cost],
        l2: float,
        dtype: DTypeLike,
        generator: np.random.Generator | None = None,
    ) -> AnyNetwork:
        """Return a network with all parameters 0, to be filled by the caller; no initializer is called.

        Args:
            inputs: as in `Network`.
            outputs: as in `Network`.
            costs: the cost of each output.
            l2: λ >= 0.
            dtype: float64 or float32.
            generator: random generator for dropout; None means the one with seed 0.

        Raises:
            GraphError, ArgumentError: as in `Network`.
        """
        self = cls.__new__(cls)
        self._build(connect(inputs, outputs, costs), l2, dtype, generator or _generator(0), draw=False)
        return cast("AnyNetwork", self)

    def _build(
        self, wiring: Wiring, l2: float, dtype: DTypeLike, generator: np.random.Generator, *, draw: bool
    ) -> None:
        """Create the parameters, drawn or 0, and attach the nodes once nothing can fail anymore."""
        self._l2 = _checked_l2(l2)
        parameters = Parameters(wiring.theta_shapes, float_dtype(dtype))
        if draw:
            parameters.initialize(generator)
        self.engine: Engine = Engine(wiring.nodes, wiring.outputs, wiring.costs, parameters)
        self.generator: np.random.Generator = generator
        self._classes: tuple[Label, ...] | None = None
        self._wiring = wiring
        attach(wiring, self)

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The input nodes, in the given order."""
        return self._wiring.inputs

    @property
    def outputs(self) -> tuple[Node, ...]:
        """The output nodes, in the given order."""
        return self._wiring.outputs

    @property
    def costs(self) -> tuple[Cost, ...]:
        """The cost of each output."""
        return self._wiring.costs

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes in topological order: the inputs first, then parents before children."""
        return self._wiring.nodes

    @property
    def has_one_output(self) -> bool:
        """Whether `forward` and `predict` return an array, not a tuple."""
        return self._wiring.has_one_output

    @property
    def dtype(self) -> np.dtype[Float]:
        """The dtype of all numbers of the network, float64 or float32."""
        return self.engine.parameters.vector.dtype

    @property
    def l2(self) -> float:
        """λ, the weight of the regularization term; 0 disables it. Setting it makes δ and D stale."""
        return self._l2

    @l2.setter
    def l2(self, l2: float) -> None:
        l2 = _checked_l2(l2)
        self.engine.forget_backward()
        self._l2 = l2

    @property
    def classes(self) -> tuple[Label, ...] | None:
        """The label of each class, saved with the network; None if there are no labels.

        A network with one output has one label per unit, or two for a single unit: the labels of 0 and 1.

        Raises:
            ArgumentError: set to the wrong number of labels, to labels that are not distinct, or to
                anything other than strings, finite numbers and Booleans.

        >>> import minigraph as mg
        >>> net = mg.mlp([2, 3, 1])
        >>> net.classes = ["no", "yes"]
        >>> net.classes
        ('no', 'yes')
        """
        return self._classes

    @classes.setter
    def classes(self, classes: Iterable[Label] | None) -> None:
        self._classes = None if classes is None else checked_classes(classes, self.outputs)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that own Θ^(1), Θ^(2), …, in the order in which `unroll` lists them."""
        return self.engine.parameters.layers

    def node(self, key: int | str) -> Node:
        """Return a node by its 1-based position l in `nodes`, or by its name.

        Raises:
            ArgumentError: there is no such node.
        """
        if isinstance(key, str):
            by_name = self._wiring.by_name
            if key not in by_name:
                raise ArgumentError(f"key: received {key!r}, expected a node's name{nearest(key, by_name)}")
            return by_name[key]
        if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or not 1 <= key <= len(self.nodes):
            raise ArgumentError(f"key: received {key!r}, expected a position from 1 to {len(self.nodes)} or a name")
        return self.nodes[key - 1]

    def forward(self, X: Data, training: bool = False) -> Out_co:
        """Compute z and a of all nodes: a^(1) = x, z^(l+1) = Θ^(l) a^(l), a^(l+1) = g(z^(l+1)).

        Args:
            X: shape (m, s_1), an array or a DataFrame, whose columns then name the input's units; for several
                inputs, a sequence of these, or a dict keyed by name.
            training: True enables dropout.

        Returns:
            a of the output, shape (m, s_L); a tuple of arrays if the outputs were given as a sequence.

        Raises:
            ShapeError, NonFiniteDataError, ArgumentError: X is invalid; nothing has changed.
            NonFiniteError: the result is infinite or NaN; the message names the node.
        """
        arrays, names = check_inputs(self, X)
        results = self.engine.forward(arrays, self.generator if training else None)
        names.commit()
        return self._shaped(results)

    def backward(self, Y: Data, sample_weight: ArrayLike | None = None) -> None:
        """Compute δ of all nodes, last to first, and from it Δ and D of all layers.

        δ^(L) = a^(L) − y for a canonical pair; δ^(l) = (Θ^(l)ᵀ δ^(l+1))_{j≥1} ⊙ g′(z^(l));
        Δ^(l) = Σ_i δ^(l+1) a^(l)ᵀ; D_ij = Δ_ij/m + (λ/m) Θ_ij for j >= 1, D_i0 = Δ_i0/m.
        Calling it twice changes nothing.

        Args:
            Y: shape (m, s_L), or (m,) for one output unit; for several outputs, a sequence or a dict keyed by name.
            sample_weight: shape (m,), example weights >= 0; their sum replaces m.

        Raises:
            StateError: there was no forward pass yet, or parameters changed since.
            ShapeError, NonFiniteDataError, ArgumentError: Y is invalid; nothing has changed.
            NonFiniteError: the gradient is not finite; the message names the node.
        """
        objective, names = self._objective(Y, sample_weight, self.engine.current_batch())
        self.engine.backward(objective)
        names.commit()

    def cost(self, X: Data, Y: Data, sample_weight: ArrayLike | None = None) -> float:
        """Return J(Θ) = (1/m) Σ_i cost(i) + (λ/2m) Σ_l Σ_i Σ_{j≥1} (Θ_ij^(l))²; the caches are unchanged.

        Args:
            X: as in `forward`; dropout is off.
            Y: as in `backward`.
            sample_weight: as in `backward`.

        Raises:
            ShapeError, NonFiniteDataError, ArgumentError: X or Y is invalid.
            NonFiniteError: J is not finite.
        """
        arrays = check_inputs(self, X).arrays
        objective, _ = self._objective(Y, sample_weight, len(arrays[0]))
        return self.engine.evaluate_cost(arrays, objective)

    def cost_and_gradient(self, X: Data, Y: Data, sample_weight: ArrayLike | None = None) -> tuple[float, Array]:
        """Return J(Θ) and the unrolled ∂J/∂Θ, from a forward pass without dropout and a backward pass.

        Args:
            X: as in `forward`.
            Y: as in `backward`.
            sample_weight: as in `backward`.

        Raises:
            ShapeError, NonFiniteDataError, ArgumentError: X or Y is invalid; nothing has changed.
            NonFiniteError: J or the gradient is not finite.
        """
        arrays, input_names = check_inputs(self, X)
        objective, output_names = self._objective(Y, sample_weight, len(arrays[0]))
        self.engine.forward(arrays, None)
        J = self.engine.cost(objective)
        self.engine.backward(objective)
        input_names.commit()
        output_names.commit()
        return J, self.engine.parameters.gradient_vector.copy()

    def predict(self, X: Data, batch_size: int | None = None) -> Out_co:
        """Return a of the output without changing the caches; dropout is off.

        Args:
            X: as in `forward`.
            batch_size: number of examples at a time, to limit memory; None means all at once.

        Raises:
            ShapeError, NonFiniteDataError, ArgumentError: X is invalid.
            NonFiniteError: the result is infinite or NaN; the message names the node.
        """
        size = None if batch_size is None else integer(batch_size, "batch_size")
        arrays = check_inputs(self, X).arrays
        return self._shaped(self.engine.evaluate(arrays, size or len(arrays[0])))

    def __call__(self, X: Data) -> Out_co:
        """Return what `predict` returns.

        >>> import minigraph as mg
        >>> net = mg.mlp([2, 1])
        >>> net([[0, 1]]) == net.predict([[0, 1]])
        array([[ True]])
        """
        return self.predict(X)

    def predict_classes(self, X: Data, batch_size: int | None = None) -> NDArray[np.generic]:
        """Return the class of each example: the unit with the largest a; for a single unit, a >= 0.5 is class 1.

        Args:
            X: as in `forward`.
            batch_size: as in `predict`.

        Returns:
            Shape (m,): labels from `classes` if the network has any, else indices from 0.

        Raises:
            ArgumentError: the network has several outputs, or X is invalid.
            ShapeError, NonFiniteDataError, NonFiniteError: as in `predict`.

        >>> import minigraph as mg
        >>> net = mg.mlp([2, 1])
        >>> net.assign([-30, 20, 20])
        >>> net.predict_classes([[0, 1], [1, 1]]).tolist()
        [0, 1]
        >>> net.classes = ["not both", "both"]
        >>> net.predict_classes([[0, 1], [1, 1]]).tolist()
        ['not both', 'both']
        """
        if len(self.outputs) > 1:
            raise ArgumentError(f"net: received a network with {len(self.outputs)} outputs, expected one with classes")
        a = self.predict(X, batch_size)
        values = a if isinstance(a, np.ndarray) else a[0]
        indices = (values[:, 0] >= 0.5).astype(np.intp) if values.shape[1] == 1 else values.argmax(axis=1)
        if self.classes is None:
            return indices
        labels: NDArray[np.generic] = np.array(self.classes)
        if labels.tolist() != list(self.classes) or len({type(label) for label in self.classes}) > 1:
            labels = np.array(self.classes, object)  # numpy has no type that holds them all
        chosen: NDArray[np.generic] = labels[indices]
        return chosen

    def unroll(self) -> Array:
        """Return all parameters as a new vector: Θ^(1), Θ^(2), … row by row."""
        return self.engine.parameters.vector.copy()

    def assign(self, vector: ArrayLike) -> None:
        """Set all parameters from a vector in the order of `unroll`; z, a and δ become stale.

        Weights of absent links stay 0, regardless of the vector.

        Raises:
            ShapeError: the number of entries differs, or they are not numbers.
            NonFiniteDataError: the vector contains infinity or NaN.
        """
        self.engine.assign(vector)

    def initialize(self, seed: int | None = None) -> None:
        """Reinitialize all parameters, as in a new network with this seed; z, a and δ become stale.

        Raises:
            ArgumentError: the seed is not an integer >= 0.
        """
        generator = _generator(seed)
        self.engine.initialize(generator)
        self.generator = generator

    def value_of(self, node: Node, what: Cached) -> Array:
        """Return a read-only view of z, a, δ or another value of a node, (m, s); used by `node.z` etc.

        Raises:
            StateError: the value is not computed or stale, or the node has no such value.
        """
        return self.engine.value_of(node, what)

    def matrix_of(self, layer: Layer, what: Matrix) -> Array:
        """Return a read-only view of Θ, D or Δ of a layer; used by `layer.gradient` etc.

        Raises:
            StateError: the matrix is not computed or stale.
        """
        return self.engine.matrix_of(layer, what)

    def borrow_theta(self, layer: Layer) -> Array:
        """Return Θ of a layer as a live view whose modification makes cached values stale; used by `layer.theta`."""
        return self.engine.parameters.borrow(layer)

    def assign_theta(self, layer: Layer, theta: ArrayLike) -> None:
        """Set Θ of a layer; z, a and δ become stale.

        Raises:
            ShapeError: the shape is wrong, or the values are not numeric.
            NonFiniteDataError: a value is infinity or NaN.
        """
        self.engine.assign_theta(layer, theta)

    def summary(self) -> str:
        """Return a table of the nodes: position, name, layer, units, parents, parameters."""
        return summary(self.nodes, self.engine.parameters.vector.size)

    def copy(self, dtype: DTypeLike | None = None) -> Network[Out_co]:
        """Return an independent network with the same graph and parameters, optionally in another dtype.

        Raises:
            NonFiniteDataError: a parameter is too large for the dtype.

        >>> import minigraph as mg
        >>> net = mg.mlp([3, 2], seed=0)
        >>> twin = net.copy("float32")
        >>> twin.dtype, bool(abs(twin.unroll() - net.unroll()).max() < 1e-7)
        (dtype('float32'), True)
        """
        blueprint = copy.deepcopy(self._blueprint())
        if dtype is not None:
            target = float_dtype(dtype)
            vector = finite(blueprint.vector, "parameters", target)
            blueprint = replace(blueprint, dtype=target, vector=vector)
        twin = self._rebuilt(blueprint)
        twin.classes = self.classes
        return cast("Network[Out_co]", twin)

    def to_dict(self) -> dict[str, Json]:
        """Return the architecture as plain data for JSON, without the parameters.

        `minigraph.architecture.schema()` is its JSON schema.

        Raises:
            ArgumentError: a custom layer, activation, cost or initializer cannot be described; see `Configurable`.

        >>> import json, minigraph as mg
        >>> net = mg.mlp([3, 6, 5], "tanh", seed=0)
        >>> text = json.dumps(net.to_dict())
        >>> mg.Network.from_dict(json.loads(text), seed=0).unroll().tolist() == net.unroll().tolist()
        True
        """
        from minigraph.architecture import writing

        return writing.to_dict(self)

    @staticmethod
    def from_dict(data: Mapping[str, object], custom: Iterable[Custom] = (), seed: int | None = 0) -> AnyNetwork:
        """Return a new network with an architecture from `to_dict`.

        Args:
            data: the architecture.
            custom: custom classes used by the architecture.
            seed: seed of initialization and dropout.

        Raises:
            ModelFormatError: the data are not an architecture, or use a class that is neither minigraph's nor in
                `custom`; the message gives the position.
            ArgumentError: `custom` contains anything but such classes, or the seed is not an integer >= 0.
        """
        from minigraph.architecture import parsing

        net = Network.from_architecture(parsing.read(data, custom))
        net.initialize(seed)
        return net

    @staticmethod
    def from_architecture(plan: Architecture) -> AnyNetwork:
        """Return a network with this architecture and all parameters 0, to be filled by the caller.

        Raises:
            ModelFormatError: the nodes do not form a complete network.
        """
        outputs = plan.outputs[0] if plan.has_one_output else plan.outputs
        try:
            net = Network.restored(plan.inputs, outputs, plan.costs, plan.l2, plan.dtype)
            net.classes = plan.classes
        except MinigraphError as error:
            raise ModelFormatError(str(error)) from error
        if len(net.nodes) != len(plan.nodes):
            unused = len(plan.nodes) - len(net.nodes)
            raise ModelFormatError(f"nodes: {unused} of {len(plan.nodes)} reach no output")
        return net

    def _blueprint(self) -> Blueprint:
        return Blueprint.of(self._wiring, self.l2, self.unroll(), self.generator)

    @classmethod
    def _rebuilt(cls, blueprint: Blueprint) -> AnyNetwork:
        inputs, outputs = blueprint.new_ends()
        net = cls.restored(inputs, outputs, blueprint.costs, blueprint.l2, blueprint.dtype, blueprint.generator)
        net.engine.parameters.vector[:] = blueprint.vector
        return net

    def __copy__(self) -> Network[Out_co]:
        return self.copy()

    def __getstate__(self) -> dict[str, object]:
        """Return the state of a copy besides its blueprint: the classes, and attributes added by the user."""
        return {name: value for name, value in vars(self).items() if name not in ("_wiring", "engine")}

    def __reduce__(self) -> tuple[Callable[..., AnyNetwork], tuple[object, ...], dict[str, object]]:
        """Copy and pickle the blueprint of the network, not its memory, whose views would no longer be shared."""
        return self._rebuilt, (self._blueprint(),), self.__getstate__()

    def _objective(self, Y: Data, sample_weight: ArrayLike | None, m: int) -> tuple[Objective, ColumnNames]:
        """Check Y and the weights; targets get one column per example, as in the engine."""
        targets, names = check_targets(self, Y, m)
        return Objective([target.T for target in targets], self.l2, check_weights(sample_weight, m)), names

    def _shaped(self, results: list[Array]) -> Out_co:
        return cast("Out_co", results[0] if self.has_one_output else tuple(results))

    def __repr__(self) -> str:
        sizes = "-".join(str(node.size) for node in self.nodes[:6]) + ("-…" if len(self.nodes) > 6 else "")
        return f"Network({len(self.nodes)} nodes {sizes}, {self.engine.parameters.vector.size} parameters)"


AnyNetwork: TypeAlias = Network[Array | tuple[Array, ...]]
"""A network with any number of outputs."""


def _checked_l2(l2: float) -> float:
    return real(l2, "l2", "a finite number >= 0", least=0)


def _generator(seed: int | None) -> np.random.Generator:
    return np.random.default_rng(None if seed is None else integer(seed, "seed", least=0))

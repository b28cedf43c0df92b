"""Turn the operators of an ONNX graph into nodes and layers."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx

from minigraph.architecture.architecture import MAX_UNITS
from minigraph.base.arrays import Array, is_finite
from minigraph.errors import ArgumentError, GraphError, ModelFormatError
from minigraph.functions.activations import Activation, Identity, LeakyRelu, Sigmoid, Softmax
from minigraph.functions.costs import Cost, CostName
from minigraph.graph.layers import Activate, Add, Concat, Dense, Input
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork, Network
from minigraph.onnx.elementwise import OPERATORS, POINTS, Function, identify, number
from minigraph.onnx.source import Constant, Source, describe, read_constant, require

_PASSED_ON = ("Cast", "Dropout", "Flatten", "Identity", "Reshape", "ZipMap")
"""Operators that don't change the numbers of a network that is not in training."""
_KNOWN = sorted({*OPERATORS, *_PASSED_ON, "Concat", "Constant", "Gemm", "MatMul", "Softmax"})
_FEWEST_INPUTS = {"Constant": 0, "Gemm": 2, "MatMul": 2, "Reshape": 2}


@dataclass(eq=False)
class Theta:
    """What a dense layer computes z with."""

    weights: Array
    """(units, s_in)."""
    bias: Array | None
    names: tuple[str, str]
    """Of weights and bias: who has the same shares Θ."""


@dataclass(eq=False)
class Base:
    """What elementwise operators start from: a node, or, as long as `theta` is given, z of a layer behind it."""

    name: str
    size: int
    node: Node
    theta: Theta | None = None


@dataclass(eq=False)
class Value:
    """A tensor of the graph: a function of each number of a base."""

    name: str
    base: Base
    samples: Constant = field(default_factory=POINTS.copy)
    """The function at `POINTS`; these themselves for the base."""
    operators: frozenset[int] = frozenset()
    """Positions of the operators that make up the function."""
    of_two_classes: Value | None = None
    """If this is 1 − p beside p: p."""

    @property
    def activation(self) -> Activation | None:
        """The activation that the function is; None if it is none, perhaps only half of one."""
        return identify(self.samples) if self.operators else Identity()


class Translator:
    """Translates one model."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._source = Source(model)
        self._values: dict[str, Value] = {}
        self._layers: dict[tuple[str, str], Dense] = {}
        self._thetas: dict[Layer, Theta] = {}

    def network(self, cost: CostName | Cost | Sequence[CostName | Cost] | None) -> AnyNetwork:
        """Return the network of the graph.

        Raises:
            ModelFormatError: the graph is none that is known.
            ArgumentError: an unknown cost, or another number of them than of outputs.
        """
        inputs = [self._input(port) for port in self._source.inputs]
        for index in self._source.needed:
            self._translate(index)
        outputs: list[Node] = []
        for name in self._source.outputs:
            outputs.append(self._output(name, outputs))
        usual: list[CostName | Cost] = [_usual_cost(node) for node in outputs]
        try:
            net = Network.restored(
                inputs,
                outputs[0] if len(outputs) == 1 else outputs,
                usual if cost is None else cost,
                0.0,
                self._source.dtype(),
            )
        except GraphError as error:
            raise ModelFormatError(str(error)) from error
        for layer, theta in self._thetas.items():
            target = net.engine.parameters.theta[layer]
            target[:, 1:] = theta.weights
            target[:, 0] = 0 if theta.bias is None else theta.bias
        if not is_finite(net.engine.parameters.vector):
            raise ModelFormatError("an initializer holds infinity or not-a-number")
        for labels in self._source.class_labels():
            with contextlib.suppress(ArgumentError):
                net.classes = labels
        return net

    def _translate(self, index: int) -> None:
        node = self._source.graph.node[index]
        where = describe(node)
        if node.domain not in ("", "ai.onnx", "ai.onnx.ml") or node.op_type not in _KNOWN or not node.output:
            raise ModelFormatError(f"{where} is not known; known are {', '.join(_KNOWN)}")
        try:
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        except ValueError as error:
            raise ModelFormatError(f"{where}: {error}") from error
        fewest = _FEWEST_INPUTS.get(node.op_type, 1)
        require(len(node.input) >= fewest, where, f"with fewer than {fewest} inputs")
        name = node.output[0]
        if node.op_type == "Constant":
            self._source.constants[name] = read_constant(attributes, where)
        elif node.op_type in _PASSED_ON:
            self._pass_on(node, attributes, where)
        elif node.op_type in ("Gemm", "MatMul"):
            self._values[name] = self._linear(node, attributes, where)
        elif node.op_type == "Softmax":
            require(attributes.get("axis", -1) in (-1, 1), where, "over another axis than the units")
            value = self._value(node.input[0], where)
            placed = self._place(value, Softmax(), frozenset({index}), name)
            self._values[name] = self._start(placed, name)
        elif node.op_type == "Concat":
            require(attributes.get("axis") in (-1, 1), where, "along another axis than the units")
            self._values[name] = self._concat([self._value(each, where) for each in node.input], name)
        else:
            self._values[name] = self._elementwise(index, OPERATORS[node.op_type](attributes), where)

    def _pass_on(self, node: onnx.NodeProto, attributes: Mapping[str, object], where: str) -> None:
        if node.op_type == "Cast":
            kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
            require(attributes.get("to") in kinds, where, "to another type than float32 or float64")
        if node.op_type == "Flatten":
            require(attributes.get("axis", 1) == 1, where, "along another axis than the examples")
        if node.op_type == "Reshape":
            shape = self._source.constants.get(node.input[1], np.zeros(0)).tolist()
            sizes = (-1, self._value(node.input[0], where).base.size)
            require(len(shape) == 2 and shape[0] in (-1, 0) and shape[1] in sizes, where, f"to the shape {shape}")
        if node.op_type == "Dropout" and len(node.input) > 2:
            training = self._source.constants.get(node.input[2])
            require(training is not None and not training.any(), where, "in training")
        if node.input[0] in self._source.constants:
            self._source.constants[node.output[0]] = self._source.constants[node.input[0]]
        else:
            self._values[node.output[0]] = self._value(node.input[0], where)

    def _linear(self, node: onnx.NodeProto, attributes: Mapping[str, object], where: str) -> Value:
        """z = Θ a: by Gemm, or by MatMul with a bias perhaps added later."""
        parent = self._value(node.input[0], where)
        weights = self._source.weights(node.input[1], where)
        bias = None
        names = (node.input[1], "")
        require(weights.ndim == 2, where, f"with weights of shape {weights.shape}")
        if node.op_type == "Gemm":
            require(not attributes.get("transA"), where, "with transA")
            weights = weights if attributes.get("transB") else weights.T
            weights = weights * number(attributes, "alpha", 1.0)
            if len(node.input) > 2 and node.input[2]:
                bias = self._source.weights(node.input[2], where) * number(attributes, "beta", 1.0)
                names = (node.input[1], node.input[2])
        else:
            weights = weights.T
        units, s_in = weights.shape
        require(s_in == parent.base.size, where, f"with weights for {s_in} units behind {parent.base.size}")
        require(0 < units <= MAX_UNITS, where, f"with {units} units")
        if bias is not None:
            require(bias.size in (1, units), where, f"with a bias of shape {bias.shape} for {units} units")
            bias = bias.reshape(-1)
        name = node.output[0]
        return Value(name, Base(name, units, self._node(parent, where), Theta(weights, bias, names)))

    def _elementwise(self, index: int, function: Function, where: str) -> Value:
        node = self._source.graph.node[index]
        name = node.output[0]
        operands = [
            self._source.constants[each] if each in self._source.constants else self._value(each, where)
            for each in node.input
        ]
        values = [each for each in operands if isinstance(each, Value)]
        constants = [each for each in operands if not isinstance(each, Value)]
        require(bool(values), where, "of constants only")
        if node.op_type in ("Add", "Sum") and (len(values), len(constants)) == (1, 1):
            biased = self._add_bias(
                values[0], constants[0], next(each for each in node.input if each in self._source.constants), name
            )
            if biased is not None:
                return biased
        require(all(each.size == 1 for each in constants), where, "with a vector, other than as a bias behind MatMul")
        require(len({each.base.size for each in values}) == 1, where, "of nodes with different numbers of units")
        is_sum = node.op_type in ("Add", "Sum") and not constants
        if len({each.base for each in values}) > 1:
            require(is_sum, where, "of two nodes")
            return self._sum(values, name, where)
        samples = [each.samples if isinstance(each, Value) else each.reshape(()) for each in operands]
        try:
            with np.errstate(all="ignore"):
                result = np.broadcast_to(function(*samples), POINTS.shape)
        except (TypeError, ValueError) as error:
            raise ModelFormatError(f"{where}: {error}") from error
        operators = frozenset({index}).union(*(each.operators for each in values))
        made = Value(name, values[0].base, result, operators)
        if all(each.activation is not None for each in values):
            # No activation, and if it is on the way to one, then to an activation of a node of its own. The same
            # goes for what leaves an activation as it is, as the absolute value of a softplus.
            begins_anew = made.activation is None or np.array_equal(result, values[0].samples)
            if begins_anew and is_sum:
                return self._sum(values, name, where)
            if begins_anew and len(set(values)) == 1 and values[0].operators:
                self._node(values[0], where)
                return self._elementwise(index, function, where)
        return made

    def _add_bias(self, value: Value, bias: Constant, bias_name: str, name: str) -> Value | None:
        """Return z with its bias, if that is what is added."""
        base = value.base
        if value.operators or base.theta is None or base.theta.bias is not None:
            return None
        if bias.size not in (1, base.size) or self._source.uses[base.name] > 1 or base.name in self._source.outputs:
            return None
        names = (base.theta.names[0], bias_name)
        theta = Theta(base.theta.weights, self._source.weights(bias_name, name).reshape(-1), names)
        return Value(name, Base(name, base.size, base.node, theta))

    def _sum(self, values: Sequence[Value], name: str, where: str) -> Value:
        return self._start(Add()([self._node(each, where) for each in values]), name)

    def _concat(self, values: Sequence[Value], name: str) -> Value:
        if len(values) == 2 and values[0].base is values[1].base and values[0].base.size == 1:
            no, yes = (each.samples.astype(np.float64) for each in values)
            if np.allclose(no, 1 - yes, atol=1e-7):
                return Value(name, Base(name, 2, values[1].base.node), of_two_classes=values[1])
        return self._start(Concat()([self._node(each, f"operator Concat, output {name!r},") for each in values]), name)

    def _start(self, node: Node, name: str) -> Value:
        node.name = name
        require(node.size <= MAX_UNITS, f"tensor {name!r}", f"of {node.size} units")
        return Value(name, Base(name, node.size, node))

    def _node(self, value: Value, where: str) -> Node:
        """Return the node of a tensor."""
        if value.operators or value.base.theta is not None or value.of_two_classes is not None:
            activation = value.activation
            require(value.of_two_classes is None, where, "behind 1 − p beside p")
            if activation is None:
                raise ModelFormatError(f"{where} needs {value.name!r}, whose operators together are no activation")
            node = self._place(value, activation, value.operators, value.name)
            value.base, value.operators = Base(value.name, node.size, node), frozenset()
            value.samples = POINTS.copy()
        return value.base.node

    def _place(self, value: Value, activation: Activation, operators: frozenset[int], name: str) -> Node:
        """Apply an activation that consists of the operators: in the dense layer if z is used for nothing else."""
        base = value.base
        if isinstance(activation, Softmax) and value.operators:
            base = self._start(self._node(value, name), value.name).base
        if isinstance(activation, LeakyRelu) and self._source.dtype() == np.float32:
            activation = LeakyRelu(float(str(np.float32(activation.slope))))
        if base.theta is not None:
            inside = sum(base.name in self._source.graph.node[index].input for index in operators)
            alone = self._source.uses[base.name] == inside and base.name not in self._source.outputs
            shared = self._source.uses[base.theta.names[0]] > 1
            if alone and not shared:
                return self._dense(base, base.theta, activation, name)
            base.node, base.theta = self._dense(base, base.theta, Identity(), base.name), None
        if isinstance(activation, Identity):
            return base.node
        node = Activate(activation)(base.node)
        node.name = name
        return node

    def _dense(self, base: Base, theta: Theta, activation: Activation, name: str) -> Node:
        layer = self._layers.get(theta.names) if self._source.uses[theta.names[0]] > 1 else None
        if layer is None:
            layer = self._layers[theta.names] = Dense(base.size, activation)
        self._thetas[layer] = theta
        node = layer(base.node)
        node.name = name
        return node

    def _input(self, port: onnx.ValueInfoProto) -> Node:
        tensor = port.type.tensor_type
        sizes = tensor.shape.dim
        if len(sizes) != 2 or not 0 < sizes[1].dim_value <= MAX_UNITS:
            shape = [each.dim_value or each.dim_param or "?" for each in sizes]
            raise ModelFormatError(f"input {port.name!r}: received shape {shape}, expected (examples, units)")
        node = Input(sizes[1].dim_value, name=port.name or "x")
        self._values[port.name] = Value(port.name, Base(port.name, node.size, node))
        return node

    def _output(self, name: str, others: Sequence[Node]) -> Node:
        value = self._value(name, "the graph")
        node = self._node(value.of_two_classes or value, "the graph")
        if not node.parents or node in others:
            node = Activate("identity")(node)  # an input, or another output, passed on
        node.name = name
        return node

    def _value(self, name: str, where: str) -> Value:
        if name not in self._values:
            what = "a constant" if name in self._source.constants else "computed by nothing before it"
            raise ModelFormatError(f"{where} takes {name!r}, which is {what}")
        return self._values[name]


def _usual_cost(node: Node) -> CostName:
    if isinstance(node.layer.activation, Sigmoid):
        return "cross_entropy"
    return "categorical_cross_entropy" if isinstance(node.layer.activation, Softmax) else "squared_error"

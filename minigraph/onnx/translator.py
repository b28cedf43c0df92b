"""Turn the operators of an ONNX graph into a plan of nodes and layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import onnx

from minigraph.architecture.architecture import MAX_UNITS
from minigraph.errors import ModelFormatError
from minigraph.functions.activations import ACTIVATIONS, Softmax
from minigraph.onnx.forms import Attributes, Call
from minigraph.onnx.operators import (
    PASSING,
    describe,
    read_attributes,
    require,
)
from minigraph.onnx.plan import Kind, Plan, Planned, Rule, ThetaSource
from minigraph.onnx.recognizer import Recognizer, State, Z
from minigraph.onnx.source import Source


@dataclass(eq=False)
class Tensor:
    """A tensor of the graph: a function of each number of a planned node."""

    name: str
    start: Planned
    state: State = Z
    """What the function is; `Z` for the numbers of the node themselves."""
    node: Planned | None = None
    """The node that the tensor is, once it has been planned."""

    def starts_from(self, node: Planned) -> bool:
        """Return whether the tensor is known as a function of the node."""
        return node in (self.start, self.node)

    def state_from(self, node: Planned) -> State:
        """Return which function of the node the tensor is."""
        return self.state if node is self.start else Z


class Translator:
    """Translates one graph into `plan`.

    Args:
        source: the graph, of valid operators that are supported.
        recognizer: of activations.

    Raises:
        ModelFormatError: something that is not supported; the message names the operator.
    """

    def __init__(self, source: Source, recognizer: Recognizer) -> None:
        self.plan: Plan = Plan()
        self._source = source
        self._recognizer = recognizer
        self._tensors: dict[str, Tensor] = {}
        self._complements: dict[str, Tensor] = {}
        """p by the name of 1 − p."""
        self._pairs: dict[str, Tensor] = {}
        """p by the name of 1 − p beside p."""
        for port in source.inputs:
            self._add_input(port)
        for node in source.operators:
            self._translate(node)
        for name in source.outputs:
            tensor = self._pairs[name] if name in self._pairs else self._tensor(name, "the graph")
            self.plan.add_output(name, self._node(tensor, "the graph"))

    def _add_input(self, port: onnx.ValueInfoProto) -> None:
        dims = port.type.tensor_type.shape.dim
        if len(dims) != 2 or not 0 < dims[1].dim_value <= MAX_UNITS or not port.name:
            shape = [each.dim_value or each.dim_param or "?" for each in dims]
            raise ModelFormatError(f"input {port.name!r}: received shape {shape}, expected (examples, units)")
        self._add(port.name, dims[1].dim_value, Kind.INPUT)

    def _translate(self, node: onnx.NodeProto) -> None:
        where = describe(node)
        attributes = read_attributes(node, where)
        if node.op_type in PASSING:
            self._pass_on(node, attributes, where)
        elif node.op_type in ("Gemm", "MatMul"):
            self._add_dense(node, attributes, where)
        elif node.op_type == "Softmax":
            require(attributes.get("axis", -1) in (-1, 1), where, "over an axis other than the units")
            parent = self._node(self._tensor(node.input[0], where), where)
            self._add(node.output[0], parent.size, Softmax(), [parent])
        elif node.op_type == "Concat":
            require(attributes.get("axis") in (-1, 1), where, "along an axis other than the units")
            self._concatenate(node, where)
        elif not self._add_bias(node, where):
            self._compute_elementwise(node, attributes, where)

    def _pass_on(self, node: onnx.NodeProto, attributes: Attributes, where: str) -> None:
        name, output, constants = node.input[0], node.output[0], self._source.constants
        require(name not in constants, where, "of a constant")
        if node.op_type == "Cast":
            kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
            require(attributes.get("to") in kinds, where, "to a type other than float32 or float64")
        p = self._pairs.get(name)
        tensor = self._tensor(name, where) if p is None else p
        size = tensor.start.size if p is None else 2
        if node.op_type == "Flatten":
            require(attributes.get("axis", 1) == 1, where, "along an axis other than the examples")
        if node.op_type == "Reshape":
            shape = constants[node.input[1]].tolist() if node.input[1] in constants else "of a tensor"
            kept = shape in ([-1, size], [0, size], [0, -1]) and not attributes.get("allowzero")
            require(kept, where, f"to the shape {shape}")
        if node.op_type == "Dropout" and len(node.input) > 2 and node.input[2]:
            training = constants.get(node.input[2])
            require(training is not None and not training.any(), where, "in training")
        if p is None:
            self._tensors[output] = tensor
        else:
            self._pairs[output] = p

    def _add_dense(self, node: onnx.NodeProto, attributes: Attributes, where: str) -> None:
        """z = Θ a: by Gemm, or by MatMul with a bias perhaps added later."""
        parent = self._node(self._tensor(node.input[0], where), where)
        weights = self._source.floats(node.input[1], where)
        require(weights.ndim == 2, where, f"with weights of shape {weights.shape}")
        require(not attributes.get("transA"), where, "with transA")
        transposed = not attributes.get("transB")
        s_in, units = weights.shape if transposed else weights.shape[::-1]
        require(s_in == parent.size, where, f"with weights for {s_in} units behind {parent.size}")
        require(0 < units <= MAX_UNITS, where, f"with {units} units")
        theta = ThetaSource(node.input[1], transposed, _number(attributes, "alpha"))
        if node.op_type == "Gemm" and len(node.input) > 2 and node.input[2]:
            self._require_bias(node.input[2], units, where)
            theta = replace(theta, bias=node.input[2], beta=_number(attributes, "beta"))
        self._add(node.output[0], units, theta, [parent])

    def _add_bias(self, node: onnx.NodeProto, where: str) -> bool:
        """Return whether the operator adds a bias to z of a dense layer without, and plan that layer if so."""
        constants = [name for name in node.input if name in self._source.constants]
        others = [name for name in node.input if name not in constants]
        if node.op_type not in ("Add", "Sum") or (len(constants), len(others)) != (1, 1):
            return False
        tensor = self._tensor(others[0], where)
        theta = tensor.start.rule
        if tensor.state != Z or not isinstance(theta, ThetaSource) or theta.bias:
            return False
        self._require_bias(constants[0], tensor.start.size, where)
        self._add(node.output[0], tensor.start.size, replace(theta, bias=constants[0]), tensor.start.parents)
        return True

    def _require_bias(self, name: str, units: int, where: str) -> None:
        """Refuse what broadcasting would not take as a number per unit, the same for all examples."""
        shape = self._source.floats(name, where).shape
        fits = shape in ((), (1,), (1, 1), (units,), (1, units))
        require(fits, where, f"with a bias of shape {shape} for {units} units")

    def _compute_elementwise(self, node: onnx.NodeProto, attributes: Attributes, where: str) -> None:
        output = node.output[0]
        require(any(name not in self._source.constants for name in node.input), where, "of constants only")
        operands = [self._operand(name, where) for name in node.input]
        tensors = list(dict.fromkeys(each for each in operands if isinstance(each, Tensor)))
        sizes = sorted({each.start.size for each in tensors})
        require(len(sizes) == 1, where, f"of nodes with different numbers of units, {sizes}")
        for start in self._common_starts(tensors):
            states = [each.state_from(start) if isinstance(each, Tensor) else each for each in operands]
            state = self._recognizer.follow(Call(node.op_type, tuple(states), attributes))
            if state is not None:
                unchanged = [each for each in tensors if each.state_from(start) == state]
                self._tensors[output] = unchanged[0] if unchanged else Tensor(output, start, state)
                return
        if node.op_type in ("Add", "Sum") and all(isinstance(each, Tensor) for each in operands):
            parents = [self._node(each, where) for each in operands if isinstance(each, Tensor)]
            self._add(output, parents[0].size, Kind.ADD, parents)
        elif node.op_type == "Sub" and operands[0] == 1.0 and sizes == [1]:
            self._complements[output] = tensors[0]
        else:
            raise ModelFormatError(
                f"{where} is not a step of any activation as PyTorch, TensorFlow, scikit-learn and minigraph write it;"
                f" supported are {', '.join(sorted(ACTIVATIONS))}"
            )

    def _operand(self, name: str, where: str) -> Tensor | float:
        if name not in self._source.constants:
            return self._tensor(name, where)
        values = self._source.floats(name, where)
        scalar = values.size == 1 and values.ndim <= 2
        require(scalar, where, f"with an array of shape {values.shape}, other than as a bias behind MatMul")
        return float(values.item())

    def _common_starts(self, tensors: Sequence[Tensor]) -> Iterator[Planned]:
        """Yield the planned nodes of which all tensors are functions, the most distant first."""
        starts = dict.fromkeys(each.start for each in tensors)
        yield from (start for start in starts if all(each.starts_from(start) for each in tensors))
        for tensor in tensors:
            if self._recognizer.activation(tensor.state) is not None:
                node = self._node(tensor, "")
                if node not in starts and all(each.starts_from(node) for each in tensors):
                    yield node

    def _concatenate(self, node: onnx.NodeProto, where: str) -> None:
        first, last = node.input[0], node.input[-1]
        p = self._complements.get(first)
        if p is not None and len(node.input) == 2 and self._tensors.get(last) is p:
            self._pairs[node.output[0]] = p
            return
        parents = [self._node(self._tensor(name, where), where) for name in node.input]
        self._add(node.output[0], sum(each.size for each in parents), Kind.CONCAT, parents)

    def _tensor(self, name: str, where: str) -> Tensor:
        if name in self._tensors:
            return self._tensors[name]
        if name in self._complements or name in self._pairs:
            raise ModelFormatError(f"{where} takes {name!r}, which is 1 − p or 1 − p beside p: expected as an output")
        what = "a constant" if name in self._source.constants else "computed by nothing before it"
        raise ModelFormatError(f"{where} takes {name!r}, which is {what}")

    def _node(self, tensor: Tensor, where: str) -> Planned:
        """Return the planned node that a tensor is."""
        if tensor.node is None:
            activation = self._recognizer.activation(tensor.state)
            if activation is None:
                raise ModelFormatError(f"{where} takes {tensor.name!r}, which is only a part of an activation")
            tensor.node = self.plan.add(tensor.name, tensor.start.size, activation, [tensor.start])
        return tensor.node

    def _add(self, name: str, size: int, rule: Rule, parents: Sequence[Planned] = ()) -> None:
        require(size <= MAX_UNITS, f"tensor {name!r}", f"of {size} units")
        node = self.plan.add(name, size, rule, parents)
        self._tensors[name] = Tensor(name, node, Z, node)


def _number(attributes: Attributes, name: str) -> float:
    return float(cast("float", attributes.get(name, 1.0)))

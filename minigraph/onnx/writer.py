"""Write a network as an ONNX model."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

import numpy as np
import onnx

from minigraph.base.arrays import Array, Float, is_finite
from minigraph.base.atomic import write_atomically
from minigraph.base.strict_json import canonical, is_unicode
from minigraph.errors import ArgumentError, NonFiniteError
from minigraph.functions.activations import (
    Activation,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from minigraph.graph.layers import Activate, Add, Concat, Dense, Dropout, InputLayer
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork

OPSET = 20
"""The first with Gelu."""
IR_VERSION = 9
"""The one that came with it."""
KEY = "minigraph"
"""Of the metadata entry that holds the architecture."""
_LARGEST = 2**31 - 2**20
"""Bytes of parameters: protobuf, the format below, ends at 2 GiB."""


def export(net: AnyNetwork, path: str | os.PathLike[str]) -> None:
    """Write a network as an ONNX file (opset 20), for any number of examples at a time.

    The output of every node has the node's name; dropout is left out. The architecture is kept among the
    metadata, so that `minigraph.onnx.load` gives back the same network.

    Args:
        net: of layers and activations of minigraph; its costs, which ONNX does not have, may be your own.
        path: of the file; an older one is replaced as a whole, or not at all.

    Raises:
        ArgumentError: a layer or an activation that ONNX does not know, a name that is no Unicode, or
            more parameters than such a file can hold.
        NonFiniteError: a parameter is infinity or not-a-number.
        OSError: the file cannot be written.
    """
    write_atomically(path, to_model(net).SerializeToString(deterministic=True))


def to_model(net: AnyNetwork) -> onnx.ModelProto:
    """Return what `export` writes, as an object of the onnx package.

    Raises:
        ArgumentError, NonFiniteError: as in `export`.
    """
    vector = net.engine.parameters.vector
    if vector.nbytes > _LARGEST:
        raise ArgumentError(f"net: received {vector.nbytes} bytes of parameters, an ONNX file holds {_LARGEST}")
    if not is_finite(vector):
        raise NonFiniteError("net: a parameter is infinity or not-a-number, which is not exported")
    net.engine.parameters.apply_link_mask()
    return Writer(net).model


class Writer:
    """Writes one network; afterwards `model` is there, and `parameters` tells where each Θ went."""

    def __init__(self, net: AnyNetwork) -> None:
        self.parameters: dict[Layer, tuple[str, str]] = {}
        """The names of the weights and of the bias of each layer."""
        self.dtype: np.dtype[Float] = net.dtype
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._constants: dict[float, str] = {}
        self._taken = {node.name for node in net.nodes}
        self._counts: Counter[str] = Counter()
        self._tensors: dict[Node, str] = {}
        for node in net.nodes:
            if not is_unicode(node.name):
                raise ArgumentError(f"node {node.name!r}: its name is no valid Unicode, as ONNX wants it")
            self._write(node, node in net.outputs)
        graph = onnx.helper.make_graph(
            self._nodes, "minigraph", self._ports(net.inputs), self._ports(net.outputs), self._initializers
        )
        opset = onnx.helper.make_opsetid("", OPSET)
        self.model: onnx.ModelProto = onnx.helper.make_model(
            graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="minigraph"
        )
        onnx.helper.set_model_props(self.model, {KEY: canonical(net.to_dict())})

    def op(self, kind: str, inputs: Sequence[str], output: str, **attributes: float) -> str:
        """Add an operator and return the name of its output."""
        self._nodes.append(onnx.helper.make_node(kind, list(inputs), [output], output, None, None, None, **attributes))
        return output

    def steps(self, name: str) -> Callable[..., str]:
        """Return a function that adds an operator on the way to the tensor of this name."""

        def one(kind: str, *inputs: str | float) -> str:
            names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
            return self.op(kind, names, self.name(f"{name}.{kind.lower()}"))

        return one

    def constant(self, value: float) -> str:
        """Return the name of a constant."""
        if value not in self._constants:
            name = self.name(f"constant {value:g}")
            self._constants[value] = self.tensor(np.array(value, self.dtype), name)
        return self._constants[value]

    def tensor(self, values: Array, name: str) -> str:
        """Add an initializer and return its name."""
        self._initializers.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def name(self, wish: str) -> str:
        """Return a name that nothing has yet, as close to the wish as possible."""
        name = wish
        while name in self._taken:
            self._counts[wish] += 1
            name = f"{wish}_{self._counts[wish] + 1}"
        self._taken.add(name)
        return name

    def _ports(self, nodes: Sequence[Node]) -> list[onnx.ValueInfoProto]:
        kind = onnx.helper.np_dtype_to_tensor_dtype(self.dtype)
        return [onnx.helper.make_tensor_value_info(node.name, kind, ["batch", node.size]) for node in nodes]

    def _write(self, node: Node, is_output: bool) -> None:
        parents = [self._tensors[parent] for parent in node.parents]
        self._tensors[node] = node.name
        if isinstance(node.layer, InputLayer):
            return
        if type(node.layer) is Dropout and not is_output:
            self._tensors[node] = parents[0]
            return
        if type(node.layer) not in _LAYERS:
            raise ArgumentError(
                f"node {node.name!r}: received a layer {type(node.layer).__name__}, which ONNX does not know;"
                f" expected one of {', '.join(sorted(each.__name__ for each in _LAYERS))}"
            )
        activation = type(node.layer.activation)
        if activation not in _ACTIVATIONS:
            raise ArgumentError(
                f"node {node.name!r}: received the activation {activation.__name__}, which ONNX does not know;"
                f" expected one of {', '.join(sorted(each.__name__ for each in _ACTIVATIONS))}"
            )
        z = node.name
        if activation is not Identity:
            z = parents[0] if type(node.layer) is Activate else self.name(f"{node.name}.z")
        if type(node.layer) is not Activate or activation is Identity:
            _LAYERS[type(node.layer)](self, node.layer, parents, z)
        if activation is not Identity:
            _ACTIVATIONS[activation](self, node.layer.activation, z, node.name)


def _dense(writer: Writer, layer: Layer, parents: list[str], z: str) -> None:
    if layer not in writer.parameters:
        theta = layer.parameters()
        name = z.removesuffix(".z")
        weights = writer.tensor(theta[:, 1:], writer.name(f"{name}.weights"))
        writer.parameters[layer] = weights, writer.tensor(theta[:, 0], writer.name(f"{name}.bias"))
    writer.op("Gemm", [*parents, *writer.parameters[layer]], z, transB=1)  # z = a Wᵀ + b, a row per example


def _leaky_relu(writer: Writer, activation: Activation, z: str, a: str) -> None:
    slope = cast("LeakyRelu", activation).slope
    if writer.dtype == np.float32:
        writer.op("LeakyRelu", [z], a, alpha=slope)
    else:  # alpha has the precision of float32 in every file
        writer.op("Max", [z, writer.steps(a)("Mul", z, slope)], a)


def _elu(writer: Writer, activation: Activation, z: str, a: str) -> None:
    if writer.dtype == np.float32:
        writer.op("Elu", [z], a)
        return
    # onnxruntime has no Elu of float64. With t = tanh(z/2), e^z − 1 = 2t/(1 − t), without cancellation.
    one = writer.steps(a)
    t = one("Tanh", one("Min", one("Mul", z, 0.5), 0.0))
    writer.op("Add", [one("Relu", z), one("Div", one("Add", t, t), one("Sub", 1.0, t))], a)


def _softplus(writer: Writer, activation: Activation, z: str, a: str) -> None:
    if writer.dtype == np.float32:
        writer.op("Softplus", [z], a)
        return
    # onnxruntime has no Softplus of float64. log(1 + e^z) = max(z, 0) + log(1 + e^−|z|) never overflows.
    one = writer.steps(a)
    rest = one("Log", one("Add", one("Exp", one("Neg", one("Abs", z))), 1.0))
    writer.op("Add", [one("Relu", z), rest], a)


def _gelu(writer: Writer, activation: Activation, z: str, a: str) -> None:
    if writer.dtype == np.float32:
        writer.op("Gelu", [z], a)
        return
    # No runtime has an erf of float64. z Φ(z) = max(z, 0) − |z| Φ(−|z|), and Φ(−|z|) = e^(−x²) erfcx(x)/2 with
    # x = |z|/√2. There, 1/√π + 2 p(Z)/(L + x) is erfcx(x) (L + x), for Z = (L − x)/(L + x) and a polynomial p:
    # J. A. C. Weideman, "Computation of the complex error function", SIAM J. Numer. Anal. 31 (1994).
    L, coefficients = _weideman(36)
    one = writer.steps(a)
    size = one("Abs", z)
    x = one("Mul", size, math.sqrt(0.5))
    sum_ = one("Add", x, L)
    Z = one("Div", one("Sub", L, x), sum_)
    p: str | float = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        p = one("Add", one("Mul", Z, p), coefficient)
    erfcx = one("Div", one("Add", one("Div", one("Mul", p, 2.0), sum_), 1 / math.sqrt(math.pi)), sum_)
    tail = one("Mul", one("Exp", one("Neg", one("Mul", x, x))), erfcx)
    writer.op("Sub", [one("Relu", z), one("Mul", one("Mul", size, 0.5), tail)], a)


def _weideman(count: int) -> tuple[float, list[float]]:
    """Return L and the coefficients of p, the constant first; 36 of them give erfcx to 1e-15."""
    L = math.sqrt(count / math.sqrt(2))
    points = [L * math.tan(k * math.pi / (4 * count)) for k in range(1 - 2 * count, 2 * count)]
    weights = [math.exp(-t * t) * (L * L + t * t) for t in points]
    coefficients = []
    for n in range(1, count + 1):
        angles = (n * k * math.pi / (2 * count) for k in range(1 - 2 * count, 2 * count))
        terms = (weight * math.cos(angle) for weight, angle in zip(weights, angles, strict=True))
        coefficients.append(math.fsum(terms) / (4 * count))
    return L, coefficients


def _silu(writer: Writer, activation: Activation, z: str, a: str) -> None:
    writer.op("Mul", [z, writer.steps(a)("Sigmoid", z)], a)


_WriteLayer: TypeAlias = Callable[[Writer, Layer, list[str], str], object]
_WriteActivation: TypeAlias = Callable[[Writer, Activation, str, str], object]

_LAYERS: dict[type[Layer], _WriteLayer] = {
    Dense: _dense,
    Activate: lambda writer, layer, parents, z: writer.op("Identity", parents, z),
    Add: lambda writer, layer, parents, z: writer.op("Sum", parents, z),
    Concat: lambda writer, layer, parents, z: writer.op("Concat", parents, z, axis=1),
    Dropout: lambda writer, layer, parents, z: writer.op("Identity", parents, z),
}

_ACTIVATIONS: dict[type[Activation], _WriteActivation] = {
    Identity: lambda writer, activation, z, a: None,
    Sigmoid: lambda writer, activation, z, a: writer.op("Sigmoid", [z], a),
    Tanh: lambda writer, activation, z, a: writer.op("Tanh", [z], a),
    Relu: lambda writer, activation, z, a: writer.op("Relu", [z], a),
    LeakyRelu: _leaky_relu,
    Elu: _elu,
    Softplus: _softplus,
    Silu: _silu,
    Gelu: _gelu,
    Softmax: lambda writer, activation, z, a: writer.op("Softmax", [z], a, axis=1),
}

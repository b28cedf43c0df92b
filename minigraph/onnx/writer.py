"""Write a network as an ONNX model."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import onnx

from minigraph.base.arrays import Array, Float, is_finite
from minigraph.base.atomic import write_atomically
from minigraph.base.strict_json import canonical, is_unicode
from minigraph.errors import ArgumentError, NonFiniteError
from minigraph.functions.activations import Identity
from minigraph.graph.layers import Activate, Add, Concat, Dense, Dropout, InputLayer
from minigraph.graph.node import Layer, Node
from minigraph.network.network import AnyNetwork
from minigraph.onnx.forms import WRITABLE, Form, written_form

OPSET = 20
"""The first with Gelu."""
IR_VERSION = 9
"""The one that came with it."""
KEY = "minigraph"
"""Of the metadata entry that holds the architecture."""
_LARGEST = 2**31 - 2**20
"""Bytes of parameters: protobuf, the format below, ends at 2 GiB."""


def export(net: AnyNetwork, path: str | os.PathLike[str]) -> None:
    """Write a network as an ONNX file (opset 20) with a dynamic batch size.

    The output of each node has the node's name; dropout is omitted. The architecture is stored in the
    metadata, so that `minigraph.onnx.load` restores the same network.

    Args:
        net: a network with layers and activations of minigraph; costs, which ONNX lacks, may be custom.
        path: path of the file; an existing one is replaced atomically.

    Raises:
        ArgumentError: ONNX lacks a layer or an activation, a name is not valid Unicode, or there are more
            parameters than an ONNX file can store.
        NonFiniteError: a parameter is infinity or NaN.
        OSError: the file cannot be written.
    """
    write_atomically(path, to_model(net).SerializeToString(deterministic=True))


def to_model(net: AnyNetwork) -> onnx.ModelProto:
    """Return the model written by `export`, as an object of the onnx package.

    Raises:
        ArgumentError, NonFiniteError: as in `export`.
    """
    thetas = [layer.parameters() for layer in net.layers]
    size = sum(theta.nbytes for theta in thetas)
    if size > _LARGEST:
        raise ArgumentError(f"net: received {size} bytes of parameters, an ONNX file holds {_LARGEST}")
    if not all(is_finite(theta) for theta in thetas):
        raise NonFiniteError("net: a parameter is infinity or NaN, which is not exported")
    return Writer(net).model


class Writer:
    """Writes one network; `model` is the result, and `parameters` says where each Θ went."""

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
                raise ArgumentError(f"node {node.name!r}: its name is not valid Unicode, which ONNX requires")
            self._write(node, node in net.outputs)
        graph = onnx.helper.make_graph(
            self._nodes, "minigraph", self._ports(net.inputs), self._ports(net.outputs), self._initializers
        )
        opset = onnx.helper.make_opsetid("", OPSET)
        self.model: onnx.ModelProto = onnx.helper.make_model(
            graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="minigraph"
        )
        onnx.helper.set_model_props(self.model, {KEY: canonical(net.to_dict())})

    def op(self, operator: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        """Add an operator and return the name of its output."""
        self._nodes.append(onnx.helper.make_node(operator, inputs, [output], output, None, None, None, **attributes))
        return output

    def tensor(self, values: Array, base: str) -> str:
        """Add an initializer and return its name, which is the given one if nothing else has it."""
        name = self._unused_name(base)
        self._initializers.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _constant(self, value: float) -> str:
        if value not in self._constants:
            self._constants[value] = self.tensor(np.array(value, self.dtype), f"constant {value:g}")
        return self._constants[value]

    def _unused_name(self, base: str) -> str:
        name = base
        while name in self._taken:
            self._counts[base] += 1
            name = f"{base}_{self._counts[base] + 1}"
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
                f"node {node.name!r}: received a layer {type(node.layer).__name__}, which ONNX does not have;"
                f" expected one of {', '.join(sorted(each.__name__ for each in _LAYERS))}"
            )
        activation = node.layer.activation
        if type(activation) is Identity:
            _LAYERS[type(node.layer)](self, node.layer, parents, node.name)
            return
        form = written_form(activation, self.dtype)
        if form is None:
            raise ArgumentError(
                f"node {node.name!r}: received the activation {type(activation).__name__}, which ONNX does not have;"
                f" expected one of {', '.join(WRITABLE)}"
            )
        z = parents[0]
        if type(node.layer) is not Activate:
            z = self._unused_name(f"{node.name}.z")
            _LAYERS[type(node.layer)](self, node.layer, parents, z)
        self._write_activation(form, z, node.name)

    def _write_activation(self, form: Form, z: str, a: str) -> None:
        def apply(operator: str, *operands: str | float) -> str:
            names = self._names(operands)
            return self.op(operator, names, self._unused_name(f"{a}.{operator.lower()}"))

        last = form(apply, z)
        self.op(last.operator, self._names(last.operands), a, **last.attributes)

    def _names(self, operands: Sequence[str | float]) -> list[str]:
        return [each if isinstance(each, str) else self._constant(each) for each in operands]


def _dense(writer: Writer, layer: Layer, parents: list[str], z: str) -> None:
    if layer not in writer.parameters:
        theta = layer.parameters()
        name = z.removesuffix(".z")
        weights = theta[:, 1:] if layer.links is None else np.where(layer.links, theta[:, 1:], 0)
        writer.parameters[layer] = (
            writer.tensor(weights, f"{name}.weights"),
            writer.tensor(theta[:, 0], f"{name}.bias"),
        )
    writer.op("Gemm", [*parents, *writer.parameters[layer]], z, transB=1)  # z = a Wᵀ + b, a row per example


_WriteLayer: TypeAlias = Callable[[Writer, Layer, list[str], str], object]

_LAYERS: dict[type[Layer], _WriteLayer] = {
    Dense: _dense,
    Activate: lambda writer, layer, parents, z: writer.op("Identity", parents, z),
    Add: lambda writer, layer, parents, z: writer.op("Sum", parents, z),
    Concat: lambda writer, layer, parents, z: writer.op("Concat", parents, z, axis=1),
    Dropout: lambda writer, layer, parents, z: writer.op("Identity", parents, z),
}

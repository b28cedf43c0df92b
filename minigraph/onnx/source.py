"""An ONNX graph, as far as it is read without knowing what its operators do."""

from __future__ import annotations

from typing import cast

import numpy as np
import onnx

from minigraph.base.arrays import Array, Float
from minigraph.errors import ModelFormatError
from minigraph.onnx.operators import Constant, describe, read_array, read_attributes, read_constant

_FLOATS: dict[object, np.dtype[Float]] = {
    onnx.TensorProto.FLOAT: np.dtype(np.float32),
    onnx.TensorProto.DOUBLE: np.dtype(np.float64),
}


class Source:
    """The constants of a graph, its outputs with numbers, and the operators these need.

    Operators that only serve other outputs, such as labels, are left out.
    """

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph: onnx.GraphProto = graph
        self.constants: dict[str, Constant] = {
            tensor.name: read_array(tensor, f"initializer {tensor.name!r}") for tensor in graph.initializer
        }
        self.inputs: list[onnx.ValueInfoProto] = [port for port in graph.input if port.name not in self.constants]
        self.outputs: list[str] = self._numeric_outputs()
        self.operators: list[onnx.NodeProto] = []
        """Those that are needed, in the order of the file; without those that only give `constants`."""
        for node in self._needed():
            constant = self._constant(node) if node.domain in ("", "ai.onnx") else None
            if constant is None:
                self.operators.append(node)
            else:
                self.constants[node.output[0]] = constant
        self.dtype: np.dtype[Float] = self._dtype()

    def floats(self, name: str, where: str) -> Array:
        """Return a constant of floats."""
        if name not in self.constants:
            raise ModelFormatError(f"{where} takes {name!r} as weights, which is not a constant")
        if self.constants[name].dtype not in (np.float32, np.float64):
            raise ModelFormatError(
                f"{where} takes the constant {name!r}: received {self.constants[name].dtype},"
                " expected float32 or float64"
            )
        return cast("Array", self.constants[name])

    def class_labels(self) -> list[list[str | int]]:
        """Return what may be the labels of the classes: scikit-learn's exports have them in one of two operators."""
        found: list[list[str | int]] = []
        for node in self.graph.node:
            labels: list[str | int] = []
            if node.op_type == "ZipMap":
                labels += [text.decode("utf-8", "replace") for each in node.attribute for text in each.strings]
                labels += [number for each in node.attribute for number in each.ints]
            elif node.op_type == "ArrayFeatureExtractor" and node.input and node.input[0] in self.constants:
                labels += self.constants[node.input[0]].ravel().tolist()
            if labels:
                found.append(labels)
        return found

    def _constant(self, node: onnx.NodeProto) -> Constant | None:
        """Return the value of an operator that gives a constant, or passes one on; None for any other operator."""
        if node.op_type == "Constant":
            return read_constant(node)
        values = self.constants.get(node.input[0]) if len(node.input) == 1 else None
        if values is None or node.op_type == "Identity":
            return values
        to = read_attributes(node, describe(node)).get("to") if node.op_type == "Cast" else None
        if values.dtype not in _FLOATS.values() or not isinstance(to, int) or to not in _FLOATS:
            return None
        with np.errstate(over="ignore"):  # infinity is refused where it is used
            return values.astype(_FLOATS[to])

    def _dtype(self) -> np.dtype[Float]:
        """Return float64 if any constant in use has it, or without constants any input, else float32."""
        names = {name for node in self.operators for name in node.input}
        kinds = {self.constants[name].dtype for name in names if name in self.constants}
        if not any(kind.kind == "f" for kind in kinds):
            elements = {port.type.tensor_type.elem_type for port in self.inputs}
            return np.dtype(np.float64 if onnx.TensorProto.DOUBLE in elements else np.float32)
        return np.dtype(np.float64 if np.dtype(np.float64) in kinds else np.float32)

    def _numeric_outputs(self) -> list[str]:
        """Return the outputs that hold numbers: tensors of floats, and what ZipMap makes of them."""
        kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
        names = [
            port.name
            for port in self.graph.output
            if port.type.WhichOneof("value") != "tensor_type" or port.type.tensor_type.elem_type in kinds
        ]
        if not names:
            raise ModelFormatError("no output holds numbers of float32 or float64")
        return names

    def _needed(self) -> list[onnx.NodeProto]:
        makers = {name: index for index, node in enumerate(self.graph.node) for name in node.output if name}
        found: set[int] = set()
        names = list(self.outputs)
        while names:
            index = makers.get(names.pop())
            if index is not None and index not in found:
                found.add(index)
                names.extend(self.graph.node[index].input)
        return [self.graph.node[index] for index in sorted(found)]

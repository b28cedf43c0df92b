"""An ONNX graph, as far as it is read without knowing what its operators do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias, cast

import numpy as np
import onnx
from numpy.typing import NDArray

from minigraph.base.arrays import Array, Float
from minigraph.errors import ModelFormatError

Constant: TypeAlias = NDArray[np.generic]


class Source:
    """The constants of a graph, its outputs with numbers, and the operators these need.

    Operators that only serve other outputs, such as labels, are left out.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.graph: onnx.GraphProto = model.graph
        self.constants: dict[str, Constant] = {tensor.name: read_array(tensor) for tensor in model.graph.initializer}
        self.outputs: list[str] = self._numeric_outputs()
        self.needed: list[int] = self._reach()
        """Positions of the operators."""
        self.uses: Counter[str] = Counter(name for index in self.needed for name in set(self.graph.node[index].input))
        """How many of them take each tensor."""

    @property
    def inputs(self) -> list[onnx.ValueInfoProto]:
        """The inputs that are no constants."""
        return [port for port in self.graph.input if port.name not in self.constants]

    def weights(self, name: str, where: str) -> Array:
        """Return a constant of floats."""
        if name not in self.constants:
            raise ModelFormatError(f"{where} takes {name!r} as weights, which are no constant")
        if self.constants[name].dtype not in (np.float32, np.float64):
            raise ModelFormatError(f"initializer {name!r}: received {self.constants[name].dtype}, expected floats")
        return cast("Array", self.constants[name])

    def dtype(self) -> np.dtype[Float]:
        """Return float64 if any weights have it, or without weights any input, else float32."""
        used = {name for index in self.needed for name in self.graph.node[index].input}
        weights = [self.constants[name] for name in used if name in self.constants]
        kinds = {each.dtype for each in weights if each.dtype.kind == "f"}
        if not kinds:
            double = onnx.TensorProto.DOUBLE
            return np.dtype(np.float64 if self.graph.input[0].type.tensor_type.elem_type == double else np.float32)
        return np.dtype(np.float64 if np.dtype(np.float64) in kinds else np.float32)

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

    def _reach(self) -> list[int]:
        """Return the operators that those outputs depend on, in the order of the file."""
        makers = {name: index for index, node in enumerate(self.graph.node) for name in node.output}
        found: set[int] = set()
        names = list(self.outputs)
        while names:
            index = makers.get(names.pop())
            if index is not None and index not in found:
                found.add(index)
                names.extend(self.graph.node[index].input)
        return sorted(found)


def read_array(tensor: onnx.TensorProto) -> Constant:
    """Return the numbers or texts of a tensor."""
    try:
        return cast("Constant", onnx.numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as error:
        raise ModelFormatError(f"initializer {tensor.name!r}: {error}") from error


def read_constant(attributes: Mapping[str, object], where: str) -> Constant:
    """Return what an operator Constant holds."""
    if isinstance(attributes.get("value"), onnx.TensorProto):
        return read_array(cast("onnx.TensorProto", attributes["value"]))
    values = [
        attributes[key] for key in ("value_float", "value_floats", "value_int", "value_ints") if key in attributes
    ]
    require(len(values) == 1, where, "without a value")
    return np.asarray(values[0], np.float32 if isinstance(values[0], float) else None)


def describe(node: onnx.NodeProto) -> str:
    """Return what to call an operator in an error."""
    kind = f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
    return f"operator {kind}, output {', '.join(map(repr, node.output))},"


def require(condition: bool, where: str, what: str) -> None:
    """Raise ModelFormatError unless the condition holds."""
    if not condition:
        raise ModelFormatError(f"{where} is {what}, which is not known")

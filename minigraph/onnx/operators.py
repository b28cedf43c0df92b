"""Single operators: their attributes, their constants, what to call them in errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, cast

import numpy as np
import onnx
from numpy.typing import NDArray

from minigraph.errors import ModelFormatError
from minigraph.onnx.forms import Attributes

Constant: TypeAlias = NDArray[np.generic]

STANDARD_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
PASSING = ("Cast", "Dropout", "Flatten", "Identity", "Reshape", "ZipMap")
"""Operators that don't change the numbers of a network that is not in training."""
_OTHERS = ("Concat", "Gemm", "MatMul", "Softmax", "Sum")


def describe(node: onnx.NodeProto) -> str:
    """Return what to call an operator in an error."""
    kind = f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
    name = f" {node.name!r}" if node.name else ""
    return f"operator {kind}{name}, output {', '.join(map(repr, node.output))},"


def require_supported(nodes: Iterable[onnx.NodeProto], elementwise: Iterable[str]) -> None:
    """Raise ModelFormatError at the first operator that is not supported.

    Args:
        nodes: the operators.
        elementwise: names of those that activations consist of.
    """
    supported = sorted({*PASSING, *_OTHERS, *elementwise})
    for node in nodes:
        if node.domain not in STANDARD_DOMAINS or node.op_type not in supported:
            raise ModelFormatError(f"{describe(node)} is not supported; supported are {', '.join(supported)}")


def require(condition: bool, where: str, problem: str) -> None:
    """Raise ModelFormatError unless the condition holds."""
    if not condition:
        raise ModelFormatError(f"{where} is {problem}, which is not supported")


def read_attributes(node: onnx.NodeProto, where: str) -> Attributes:
    """Return the attributes of an operator."""
    try:
        return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    except ValueError as error:
        raise ModelFormatError(f"{where}: {error}") from error


def read_constant(node: onnx.NodeProto) -> Constant:
    """Return what an operator Constant holds."""
    where = describe(node)
    for name, value in read_attributes(node, where).items():
        if isinstance(value, onnx.TensorProto):
            return read_array(value, where)
        if name in ("value_float", "value_floats", "value_int", "value_ints"):
            return np.asarray(value, np.float32 if "float" in name else np.int64)
    raise ModelFormatError(f"{where} holds no tensor, float or integer, and nothing else is supported")


def read_array(tensor: onnx.TensorProto, where: str) -> Constant:
    """Return the numbers or texts of a tensor."""
    try:
        return cast("Constant", onnx.numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as error:
        raise ModelFormatError(f"{where}: {error}") from error

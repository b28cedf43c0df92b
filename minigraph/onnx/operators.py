"""What is known of single operators: their attributes, what to call them in errors, their constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

import numpy as np
import onnx
from numpy.typing import NDArray

from minigraph.errors import ModelFormatError
from minigraph.onnx.forms import Attributes

Constant: TypeAlias = NDArray[np.generic]

PASSING = ("Cast", "Dropout", "Flatten", "Identity", "Reshape", "ZipMap")
"""Operators that don't change the numbers of a network that is not in training."""
STRUCTURAL = (*PASSING, "Concat", "Constant", "Gemm", "MatMul", "Softmax", "Sum")
"""Those that are no part of an activation."""

_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "Cast": ("to", "saturate"),
    "Concat": ("axis",),
    "Constant": ("value", "value_float", "value_floats", "value_int", "value_ints"),
    "Dropout": ("ratio", "seed"),
    "Elu": ("alpha",),
    "Flatten": ("axis",),
    "Gelu": ("approximate",),
    "Gemm": ("alpha", "beta", "transA", "transB"),
    "LeakyRelu": ("alpha",),
    "Reshape": ("allowzero",),
    "Softmax": ("axis",),
    "Swish": ("alpha",),
    "ZipMap": ("classlabels_int64s", "classlabels_strings"),
}
"""Those of each operator whose meaning is known; others, as in the first opsets, may change what it computes."""
_FEWEST_INPUTS = {"Constant": 0, "Gemm": 2, "MatMul": 2, "Reshape": 2}


def describe(node: onnx.NodeProto) -> str:
    """Return what to call an operator in an error."""
    kind = f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
    name = f" {node.name!r}" if node.name else ""
    return f"operator {kind}{name}, output {', '.join(map(repr, node.output))},"


def require(condition: bool, where: str, problem: str) -> None:
    """Raise ModelFormatError unless the condition holds."""
    if not condition:
        raise ModelFormatError(f"{where} is {problem}, which is not supported")


def read_attributes(node: onnx.NodeProto, where: str) -> Attributes:
    """Return the attributes of an operator, and make sure that it has inputs, an output and nothing unknown."""
    fewest = _FEWEST_INPUTS.get(node.op_type, 1)
    require(len(node.input) >= fewest, where, f"with fewer than {fewest} inputs")
    require(bool(node.output) and bool(node.output[0]), where, "without an output")
    known = _ATTRIBUTES.get(node.op_type, ())
    for attribute in node.attribute:
        require(attribute.name in known, where, f"with an attribute {attribute.name!r}")
    try:
        return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    except ValueError as error:
        raise ModelFormatError(f"{where}: {error}") from error


def number(attributes: Attributes, name: str, default: float, where: str) -> float:
    """Return an attribute that is a number."""
    value = attributes.get(name, default)
    if not isinstance(value, (int, float)):
        raise ModelFormatError(f"{where}: attribute {name!r}: received {value!r}, expected a number")
    return float(value)


def read_constant(attributes: Attributes, where: str) -> Constant:
    """Return what an operator Constant holds."""
    require(len(attributes) == 1, where, "without exactly one value")
    ((name, value),) = attributes.items()
    if isinstance(value, onnx.TensorProto):
        return read_array(value, where)
    return np.asarray(value, np.float32 if "float" in name else np.int64)


def read_array(tensor: onnx.TensorProto, where: str) -> Constant:
    """Return the numbers or texts of a tensor."""
    try:
        return cast("Constant", onnx.numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as error:
        raise ModelFormatError(f"{where}: {error}") from error

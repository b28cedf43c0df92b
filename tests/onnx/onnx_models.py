"""ONNX models made by hand, and what other runtimes compute from a model."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

import minigraph as mg
import minigraph.onnx

Arrays = list[NDArray[Any]]


def batch(net: mg.AnyNetwork, seed: int = 0, m: int = 4) -> Arrays:
    random = np.random.default_rng(seed)
    return [random.normal(size=(m, node.size)).astype(net.dtype) for node in net.inputs]


def predictions(net: mg.AnyNetwork, X: Arrays) -> Arrays:
    outputs = net.predict(X if len(X) > 1 else X[0])
    return list(outputs) if isinstance(outputs, tuple) else [outputs]


def by_reference(model: onnx.ModelProto, X: Arrays) -> Arrays:
    feeds = {port.name: values for port, values in zip(model.graph.input, X, strict=True)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of overflow in the evaluator's own sigmoid
        return list(ReferenceEvaluator(model).run(None, feeds))


def by_onnxruntime(model: onnx.ModelProto, X: Arrays) -> Arrays:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, {port.name: values for port, values in zip(model.graph.input, X, strict=True)}))


def relative_error(found: Sequence[Any], expected: Sequence[Any]) -> float:
    """Return the largest difference, relative to the largest number of its array."""
    errors = [0.0]
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        errors.append(float(np.abs(one - other).max()) / max(float(np.abs(other).max()), 1e-30))
    return max(errors)


def graph(
    *nodes: onnx.NodeProto,
    units: int = 2,
    shape: Sequence[Any] = ("batch", 2),
    opset: int = 18,
    dtype: Any = np.float32,
    **arrays: Any,
) -> bytes:
    """Return a file with input x, output y, and the arrays as initializers."""
    tensors = [onnx.numpy_helper.from_array(np.asarray(values), name) for name, values in arrays.items()]
    ports = [
        [onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), dims)]
        for name, dims in (("x", shape), ("y", ("batch", units)))
    ]
    made = onnx.helper.make_graph(list(nodes), "g", ports[0], ports[1], tensors)
    return onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", opset)]).SerializeToString()


def op(kind: str, inputs: str, output: str = "y", **attributes: Any) -> onnx.NodeProto:
    return onnx.helper.make_node(kind, inputs.split(), [output], **attributes)


def load(content: bytes, folder: Path, **options: Any) -> mg.AnyNetwork:
    """Write a file and load it."""
    path = folder / "net.onnx"
    path.write_bytes(content)
    return minigraph.onnx.load(path, **options)

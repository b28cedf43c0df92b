"""Read an ONNX model as a network."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from minigraph.architecture.registry import Custom, registry
from minigraph.errors import ArgumentError, MinigraphError, ModelFormatError
from minigraph.functions.costs import Cost, CostName
from minigraph.network.network import AnyNetwork
from minigraph.onnx.exported import restore_export
from minigraph.onnx.operators import STANDARD_DOMAINS, require_supported
from minigraph.onnx.plan import Costs
from minigraph.onnx.recognizer import Recognizer
from minigraph.onnx.source import Source
from minigraph.onnx.translator import Translator


def load(
    path: str | os.PathLike[str],
    *,
    cost: CostName | Cost | Sequence[CostName | Cost] | None = None,
    custom: Iterable[Custom] = (),
) -> AnyNetwork:
    """Read an ONNX file as a network.

    A file written by `export` restores the network, including dropout, cost and names. Other supported files
    are multilayer perceptrons exported from PyTorch, TensorFlow and scikit-learn: Gemm, or MatMul and Add, with the
    activations of minigraph in the forms written by these exporters, Softmax, Add, Concat, Dropout.
    Two-class probabilities [1 − p, p] become a single output unit p; class labels become `net.classes`.
    Layers built from the same tensors in the same way become a single shared layer.

    Nothing named in the file is executed, and no other file is read.

    Args:
        path: path of the file.
        cost: cost of the outputs, which other exporters do not store; None means the one that matches the
            activation: cross_entropy for sigmoid, categorical_cross_entropy for softmax, else squared_error.
        custom: custom classes (costs and initializers) that a network written by `export` may use.

    Raises:
        ModelFormatError: the file is not ONNX, or not such a network; the message names the first operator
            that is not supported.
        ArgumentError: the cost is unknown, or `custom` contains anything but classes.
        OSError: the file cannot be read.
    """
    known = tuple(custom)
    registry(known)
    content = Path(path).read_bytes()
    net = None
    try:
        model = _parse(content)
        _require_data_inside(model)
        if cost is None:
            net = restore_export(model, known)
    except MinigraphError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from error
    try:
        return translate(model, cost) if net is None else net
    except ModelFormatError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from error


def translate(model: onnx.ModelProto, costs: Costs | None = None) -> AnyNetwork:
    """Return the network that the operators of a model compute, whatever its metadata say.

    Raises:
        ModelFormatError, ArgumentError: as in `load`.
    """
    source = Source(model.graph)
    recognizer = Recognizer(source.dtype)
    require_supported(source.operators, recognizer.operators)
    _require_valid(model, with_types=False)
    plan = Translator(source, recognizer).plan
    _require_valid(model, with_types=True)
    plan.require_bytes(_FREE_BYTES + _BYTES_PER_BYTE * model.ByteSize(), source.dtype)
    net = plan.network(source.constants, source.dtype, costs)
    for labels in source.class_labels():
        with contextlib.suppress(ArgumentError):
            net.classes = labels
    return net


_OLDEST_OPSET = 7
"""The first whose operators broadcast as NumPy does, and whose Dropout does nothing outside training."""
_BYTES_PER_BYTE = 4
_FREE_BYTES = 2**20
"""Parameters may take this and so many bytes for each byte of the model, which is more than any exporter needs. Layers
that take one tensor times many different factors could otherwise fill memory from a small file."""


def _parse(content: bytes) -> onnx.ModelProto:
    try:
        model = onnx.ModelProto.FromString(content)
    except DecodeError as error:
        raise ModelFormatError(f"received {len(content)} bytes that are not an ONNX model ({error})") from error
    graph = model.graph
    texts: list[object] = [each.name for each in graph.initializer]
    texts += [port.name for port in (*graph.input, *graph.output)]
    texts += [text for node in graph.node for text in (node.name, node.op_type, node.domain, *node.input, *node.output)]
    texts += [attribute.name for node in graph.node for attribute in node.attribute]
    texts += [entry.value for entry in model.metadata_props]
    for text in texts:
        if not isinstance(text, str):  # protobuf leaves as bytes what is no UTF-8
            raise ModelFormatError(f"received the name {text!r}, expected UTF-8")
    return model


def _require_data_inside(model: onnx.ModelProto) -> None:
    """Refuse tensors that lie in other files, whose names could lead anywhere."""
    attributes = [attribute for node in model.graph.node for attribute in node.attribute]
    tensors = [*model.graph.initializer, *(attribute.t for attribute in attributes if attribute.HasField("t"))]
    for tensor in tensors:
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise ModelFormatError(
                f"initializer {tensor.name!r}: its data are in another file, which is not read;"
                " save the model with them inside"
            )


def _require_valid(model: onnx.ModelProto, *, with_types: bool) -> None:
    """Refuse what the ONNX specification does not allow, and operators as they were before opset 7.

    Args:
        model: to check.
        with_types: whether types and shapes are inferred as well.
    """
    for function in model.functions:
        if function.domain in STANDARD_DOMAINS:
            raise ModelFormatError(f"operator {function.name} is redefined by the model, which is not supported")
    versions = [opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")]
    if not versions or min(versions) < _OLDEST_OPSET:
        raise ModelFormatError(f"received opsets {versions}, expected one of version >= {_OLDEST_OPSET}")
    try:
        onnx.checker.check_model(model, full_check=with_types)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError) as error:
        raise ModelFormatError(f"the model is not valid ONNX: {' '.join(str(error).split())}") from error

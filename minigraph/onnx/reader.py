"""Read an ONNX model as a network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import onnx
from google.protobuf.message import DecodeError

from minigraph.architecture.parsing import read
from minigraph.architecture.registry import Custom, registry
from minigraph.base.strict_json import parse
from minigraph.errors import ArgumentError, MinigraphError, ModelFormatError
from minigraph.functions.costs import Cost, CostName
from minigraph.network.network import AnyNetwork, Network
from minigraph.onnx.translator import Translator
from minigraph.onnx.writer import KEY, Writer


def load(
    path: str | os.PathLike[str],
    *,
    cost: CostName | Cost | Sequence[CostName | Cost] | None = None,
    custom: Iterable[Custom] = (),
) -> AnyNetwork:
    """Read an ONNX file as a network.

    A file of `export` gives back the network as it was, dropout, cost and names included. Of others, what
    PyTorch and scikit-learn write for multilayer perceptrons is read: Gemm, or MatMul and Add, with the
    activations of minigraph however they are composed, Softmax, Add, Concat, Dropout. Two-class
    probabilities, 1 − p beside p, become the one output unit p; class labels become `net.classes`.

    Nothing that the file names is run, and no other file is read.

    Args:
        path: of the file.
        cost: of the outputs, which other files don't tell; None takes for each output what goes with its
            activation: cross_entropy with sigmoid, categorical_cross_entropy with softmax, else squared_error.
        custom: your own classes that a network of `export` may use: costs and initializers.

    Raises:
        ModelFormatError: no ONNX, or something that is no such network: the message names the first operator
            that is not known.
        ArgumentError: an unknown cost, or something else than classes in `custom`.
        OSError: the file cannot be read.
    """
    known = tuple(custom)
    registry(known)
    content = Path(path).read_bytes()
    try:
        model = _parse(content)
        _require_data_inside(model)
        net = _of_export(model, known) if cost is None else None
        return Translator(model).network(cost) if net is None else net
    except ArgumentError:
        raise
    except MinigraphError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from error


def _parse(content: bytes) -> onnx.ModelProto:
    try:
        model = onnx.ModelProto.FromString(content)
    except DecodeError as error:
        raise ModelFormatError(f"received {len(content)} bytes that are no ONNX model ({error})") from error
    graph = model.graph
    texts: list[object] = [each.name for each in graph.initializer]
    texts += [port.name for port in (*graph.input, *graph.output)]
    texts += [name for node in graph.node for name in (node.op_type, node.domain, *node.input, *node.output)]
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


def _of_export(model: onnx.ModelProto, custom: Sequence[Custom]) -> AnyNetwork | None:
    """Return the network that `export` wrote; None if the model is another's, or was changed since.

    The metadata are believed only if exporting the network again gives this very graph.
    """
    texts = [entry.value for entry in model.metadata_props if entry.key == KEY]
    if len(texts) != 1:
        return None
    data = parse(texts[0], KEY)
    plan = read(cast("dict[str, object]", data), custom)
    arrays = {tensor.name: tensor for tensor in model.graph.initializer}
    parameters = sum(rows * columns for rows, columns in plan.theta_shapes.values())
    if parameters * plan.dtype.itemsize > model.ByteSize():
        return None
    net = Network.from_architecture(plan)
    try:
        written = Writer(net)
    except ArgumentError:
        return None
    for layer, names in written.parameters.items():
        theta = net.engine.parameters.theta[layer]
        for name, part in zip(names, (theta[:, 1:], theta[:, 0]), strict=True):
            if name not in arrays or tuple(arrays[name].dims) != part.shape:
                return None
            try:
                part[...] = onnx.numpy_helper.to_array(arrays[name])
            except (ValueError, TypeError, KeyError):
                return None
    return net if Writer(net).model.graph == model.graph else None

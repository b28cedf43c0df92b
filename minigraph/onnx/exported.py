"""Give back the network that `export` wrote, by the architecture among the metadata of its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import onnx

from minigraph.architecture.parsing import read
from minigraph.architecture.registry import Custom
from minigraph.base.strict_json import parse
from minigraph.errors import ArgumentError
from minigraph.network.network import AnyNetwork, Network
from minigraph.onnx.writer import KEY, Writer


def restore_export(model: onnx.ModelProto, custom: Sequence[Custom]) -> AnyNetwork | None:
    """Return the network of a model by `export`; None if something else wrote the model or changed it since.

    The metadata are believed only if exporting the network again gives this very graph.

    Raises:
        ModelFormatError: the metadata are not an architecture that can be read.
    """
    texts = [entry.value for entry in model.metadata_props if entry.key == KEY]
    if len(texts) != 1:
        return None
    plan = read(cast("Mapping[str, object]", parse(texts[0], KEY)), custom)
    parameters = sum(rows * columns for rows, columns in plan.theta_shapes.values())
    if parameters * plan.dtype.itemsize > model.ByteSize():
        return None
    net = Network.from_architecture(plan)
    try:
        written = Writer(net)
    except ArgumentError:
        return None
    arrays = {tensor.name: tensor for tensor in model.graph.initializer}
    for layer, names in written.parameters.items():
        shape = layer.parameters().shape
        if any(name not in arrays for name in names):
            return None
        weights, bias = (arrays[name] for name in names)
        if tuple(weights.dims) != (shape[0], shape[1] - 1) or tuple(bias.dims) != shape[:1]:
            return None
        try:
            layer.theta = np.column_stack([onnx.numpy_helper.to_array(bias), onnx.numpy_helper.to_array(weights)])
        except (ValueError, TypeError, KeyError):  # no data of that shape and type, or not finite
            return None
    return net if Writer(net).model.graph == model.graph else None

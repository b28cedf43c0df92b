"""The architecture of a network as plain data, ready for JSON, and back.

`schema.json` describes the data; `schema()` returns it. What is not in the data are the
parameters. Reading makes only objects of classes that are known beforehand: those of this package, and
those the caller passes in.
"""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np

from minigraph.architecture.parser import KEYS, VERSION, Graph, build, checked_list, checked_mask, checked_object
from minigraph.base.arrays import Mask
from minigraph.base.config import Configurable
from minigraph.base.strict_json import INTEGERS, Json, is_unicode
from minigraph.errors import ArgumentError, MinigraphError, ModelFormatError
from minigraph.functions.activations import ACTIVATIONS, Activation
from minigraph.functions.costs import COSTS, Cost
from minigraph.functions.initializers import Constant, He, Initializer, Normal, Uniform, Zeros
from minigraph.graph.layers import Activate, Add, Concat, Dense, Dropout, InputLayer
from minigraph.graph.node import Layer
from minigraph.network.network import AnyNetwork, Network

Custom: TypeAlias = type[Layer] | type[Activation] | type[Cost] | type[Initializer]
"""A user's own class, as `load` and `from_dict` take it."""

_CLASSES: tuple[type[Configurable], ...] = (
    *(Dense, Activate, Add, Concat, Dropout),
    *(type(activation) for activation in ACTIVATIONS.values()),
    *(type(cost) for cost in COSTS.values()),
    *(Uniform, Normal, He, Constant, Zeros),
)
BUILT_IN = {cls.__name__: cls for cls in _CLASSES}


@dataclass(frozen=True)
class Description:
    """A network written down: the data, and the links of the layers whose entry says `"links": true`."""

    data: dict[str, Json]
    layers: list[Layer]
    links: dict[int, Mask]
    """By the layer's position in `data["layers"]`."""


def schema() -> dict[str, Json]:
    """Return the JSON schema (draft 2020-12) of what `Network.to_dict` gives.

    >>> schema()["title"]
    'Architecture of a minigraph network'
    """
    text = Path(__file__).with_name("schema.json").read_text("utf-8")
    return cast("dict[str, Json]", json.loads(text))


def to_dict(net: AnyNetwork) -> dict[str, Json]:
    """Return the architecture of a network; see `Network.to_dict`."""
    description = describe(net)
    layers = cast("list[dict[str, Json]]", description.data["layers"])
    for index, links in description.links.items():
        layers[index]["links"] = ["".join("01"[link] for link in row) for row in links.tolist()]
    return description.data


def from_dict(data: Mapping[str, object], custom: Iterable[Custom] = (), seed: int | None = 0) -> AnyNetwork:
    """Return a network of the given architecture; see `Network.from_dict`."""
    net = restore(read(data, custom))
    net.initialize(seed)
    return net


def read(data: Mapping[str, object], custom: Iterable[Custom] = ()) -> Graph:
    """Return the nodes and layers of the given architecture, without memory for parameters."""
    data = dict(checked_object(data, "data", KEYS))
    masks: dict[int, Mask] = {}
    entries: list[object] = []
    for index, entry in enumerate(checked_list(data["layers"], "layers")):
        links = entry.get("links") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and links is not None:
            masks[index] = checked_mask(links, f"layers[{index}].links")
            entry = entry | {"links": True}
        entries.append(entry)
    data["layers"] = entries
    return build(data, masks, registry(custom))


def describe(net: AnyNetwork) -> Description:
    """Write a network down, and make sure that it can be read again.

    Raises:
        ArgumentError: a setting that cannot be written as JSON, a class that does not come back as it was,
            or a network beyond the limits.
    """
    layers = {layer: index for index, layer in enumerate(dict.fromkeys(node.layer for node in net.nodes))}
    sizes = {node.layer: node.size for node in net.nodes}
    masks: dict[int, Mask] = {}
    entries: list[Json] = []
    for layer, index in layers.items():
        entry, links = _write_layer(layer, sizes[layer], f"layers[{index}]")
        entries.append(entry)
        if links is not None:
            masks[index] = links
    places = {node: index for index, node in enumerate(net.nodes)}
    outputs: list[Json] = [places[node] for node in net.outputs]
    data: dict[str, Json] = {
        "version": VERSION,
        "dtype": str(net.dtype),
        "l2": net.l2,
        "layers": entries,
        "nodes": [
            {
                "name": _write(node.name, "name"),
                "layer": layers[node.layer],
                "parents": [places[parent] for parent in node.parents],
                "unit_names": _write(node.unit_names, "unit_names"),
            }
            for node in net.nodes
        ],
        "inputs": [places[node] for node in net.inputs],
        "outputs": outputs[0] if net.has_one_output else outputs,
        "costs": [_write(cost, f"costs[{index}]") for index, cost in enumerate(net.costs)],
        "classes": None if net.classes is None else [_write(label, "classes") for label in net.classes],
    }
    _check_reading(data, dict(masks), net)
    return Description(data, list(layers), masks)


def restore(graph: Graph) -> AnyNetwork:
    """Return the network of a graph, with all parameters 0.

    Raises:
        ModelFormatError: the graph is not the whole of a network.
    """
    try:
        net: AnyNetwork = Network.restored(graph.inputs, graph.outputs, graph.costs, graph.l2, graph.dtype)
        net.classes = graph.classes
    except MinigraphError as error:
        raise ModelFormatError(str(error)) from error
    if len(net.nodes) != graph.size:
        raise ModelFormatError(f"nodes: {graph.size - len(net.nodes)} of {graph.size} reach no output")
    return net


def registry(custom: Iterable[Custom] = ()) -> dict[str, type[Configurable]]:
    """Return the classes that a description may name.

    Raises:
        ArgumentError: no class of a layer, activation, cost or initializer, or one of a name that is taken.
    """
    classes: dict[str, type[Configurable]] = dict(BUILT_IN)
    for index, cls in enumerate(custom):
        if not isinstance(cls, type) or not issubclass(cls, (Layer, Activation, Cost, Initializer)):
            raise ArgumentError(
                f"custom[{index}]: received {cls!r}, expected a class derived from Layer, Activation, Cost"
                " or Initializer"
            )
        if classes.setdefault(cls.__name__, cls) is not cls or cls.__name__ == "Input":
            raise ArgumentError(f"custom[{index}]: received another class named {cls.__name__!r}, expected a new name")
    return classes


def theta_shape(layer: Layer) -> tuple[int, int] | None:
    """Return the shape of Θ of a layer that has been placed; None if it has none."""
    return None if not layer._sizes else layer.theta_shape(layer._sizes)


def _write_layer(layer: Layer, units: int, where: str) -> tuple[dict[str, Json], Mask | None]:
    if isinstance(layer, InputLayer):
        return {"type": "Input", "units": units}, None
    config = layer.to_config()
    has_links = "links" in config
    links = config.pop("links", None)
    entry = _write_object(layer, config, where)
    if has_links:
        entry["links"] = None if links is None else True
    return entry, None if links is None else np.ascontiguousarray(cast("Mask", links), np.bool_)


def _write_object(value: Configurable, config: Mapping[str, object], where: str) -> dict[str, Json]:
    name = type(value).__name__
    if name == "Input" or BUILT_IN.get(name, type(value)) is not type(value):
        raise ArgumentError(f"{where}: received a class of your own named {name!r}, as one of minigraph; rename it")
    if "type" in config:
        raise ArgumentError(f"{where}: received a setting of {name} named 'type', expected another name")
    return {"type": name} | {key: _write(each, f"{where}.{key}") for key, each in config.items()}


def _write(value: object, where: str) -> Json:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Configurable):
        return _write_object(value, value.to_config(), where)
    if isinstance(value, (list, tuple)):
        return [_write(each, f"{where}[{index}]") for index, each in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value in INTEGERS:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, str) and is_unicode(value):
        return str(value)
    raise ArgumentError(
        f"{where}: received {reprlib.repr(value)}, which cannot be saved; expected None, a boolean, a finite number"
        " of 64 bits, a string of valid Unicode, a list of these, an activation, an initializer or a cost"
    )


def _check_reading(data: dict[str, Json], masks: dict[int, Mask], net: AnyNetwork) -> None:
    """Read back what was written: settings that a class of the user loses are found now, not when loading."""
    own: set[type[Configurable]] = set()
    found: list[object] = [*net.costs, *(node.layer for node in net.nodes if not isinstance(node.layer, InputLayer))]
    while found:
        value = found.pop()
        if isinstance(value, Configurable):
            own.add(type(value))
            found.extend(value.to_config().values())
    try:
        graph = build(data, masks, registry(cast("set[Custom]", own - set(BUILT_IN.values()))))
    except ModelFormatError as error:
        raise ArgumentError(f"net: cannot be written down: {error}") from error
    for index, (layer, entry) in enumerate(zip(graph.layers, cast("list[Json]", data["layers"]), strict=True)):
        if not isinstance(layer, InputLayer) and _write_layer(layer, 0, "")[0] != entry:
            raise ArgumentError(
                f"layers[{index}]: {type(layer).__name__}.from_config gave another layer than the one that to_config"
                f" described: {_write_layer(layer, 0, '')[0]!r} instead of {entry!r}"
            )

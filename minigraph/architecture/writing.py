"""Describe the architecture of a network as plain data, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from minigraph.architecture.architecture import VERSION, HasArchitecture
from minigraph.architecture.parsing import build
from minigraph.architecture.registry import BUILT_IN, Custom, registry
from minigraph.base.arrays import Mask
from minigraph.base.config import Configurable
from minigraph.base.strict_json import Json, scalar
from minigraph.errors import ArgumentError, ModelFormatError
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Layer


@dataclass(frozen=True)
class Description:
    """An architecture as plain data, beside the links of the layers whose entry says `"links": true`."""

    data: dict[str, Json]
    layers: list[Layer]
    links: dict[int, Mask]
    """By the layer's position in `data["layers"]`."""


def to_dict(net: HasArchitecture) -> dict[str, Json]:
    """Return the architecture of a network; see `Network.to_dict`."""
    description = describe(net)
    layers = cast("list[dict[str, Json]]", description.data["layers"])
    for index, links in description.links.items():
        layers[index]["links"] = ["".join("01"[link] for link in row) for row in links.tolist()]
    return description.data


def describe(net: HasArchitecture) -> Description:
    """Describe a network, and make sure that reading the description gives the same network.

    Raises:
        ArgumentError: a setting that cannot be written as JSON, a class that does not come back as it was,
            or a network beyond the limits.
    """
    description = _describe(net)
    try:
        read = build(description.data, dict(description.links), registry(_custom_classes(net)))
    except ModelFormatError as error:
        raise ArgumentError(f"net: cannot be described: {error}") from error
    again = _describe(read)
    for kind in ("layers", "costs"):
        entries = zip(cast("list[Json]", description.data[kind]), cast("list[Json]", again.data[kind]), strict=True)
        for index, (entry, returned) in enumerate(entries):
            if entry != returned:
                name = cast("dict[str, Json]", entry)["type"]
                raise ArgumentError(
                    f"{kind}[{index}]: {name}.from_config returned another object than the one that to_config"
                    f" described: {returned!r} instead of {entry!r}"
                )
    for index, links in description.links.items():
        if not np.array_equal(links, again.links[index]):
            raise ArgumentError(f"layers[{index}].links: {read.layers[index]!r} came back from from_config with others")
    return description


def _describe(net: HasArchitecture) -> Description:
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
    return Description(data, list(layers), masks)


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
    return scalar(value, where, "a list of these, an activation, an initializer or a cost")


def _custom_classes(net: HasArchitecture) -> set[Custom]:
    """Return the classes that are not minigraph's, of layers, costs and their settings."""
    found: set[type[Configurable]] = set()
    values: list[object] = [*net.costs, *(node.layer for node in net.nodes if not isinstance(node.layer, InputLayer))]
    while values:
        value = values.pop()
        if isinstance(value, Configurable):
            found.add(type(value))
            values.extend(value.to_config().values())
        elif isinstance(value, (list, tuple)):
            values.extend(value)
    return cast("set[Custom]", found - set(BUILT_IN.values()))

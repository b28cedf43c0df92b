"""Parse the untrusted description of an architecture into nodes and layers.

Only objects of known classes are created: minigraph's own, and those passed by the caller.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from minigraph.architecture.architecture import (
    KEYS,
    MAX_NESTING,
    MAX_NODES,
    MAX_PARENTS,
    MAX_UNITS,
    VERSION,
    Architecture,
)
from minigraph.architecture.registry import Custom, registry
from minigraph.base.arrays import Float, Mask, float_dtype
from minigraph.base.config import Configurable
from minigraph.base.strict_json import (
    checked_integer,
    checked_list,
    checked_number,
    checked_object,
    checked_string,
    checked_version,
)
from minigraph.errors import ModelFormatError, nearest
from minigraph.functions.costs import Cost
from minigraph.graph.layers import Input
from minigraph.graph.names import Label
from minigraph.graph.node import Layer, Node


def read(data: Mapping[str, object], custom: Iterable[Custom] = ()) -> Architecture:
    """Return the architecture that `to_dict` described, whose links are rows of digits.

    Raises:
        ModelFormatError: the data are no architecture that this version knows.
        ArgumentError: `custom` holds something else than classes, or names that are taken.
    """
    classes = registry(custom)
    data = dict(checked_object(data, "data", KEYS))
    masks: dict[int, Mask] = {}
    entries: list[object] = []
    for index, entry in enumerate(checked_list(data["layers"], "layers")):
        links = entry.get("links") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and links is not None:
            masks[index] = _mask(links, f"layers[{index}].links")
            entry = entry | {"links": True}
        entries.append(entry)
    data["layers"] = entries
    return build(data, masks, classes)


def build(
    data: Mapping[str, object], masks: dict[int, Mask], classes: Mapping[str, type[Configurable]]
) -> Architecture:
    """Turn a description into nodes and layers, without allocating parameters.

    Takes the masks out of their dict one by one, so that the caller's array and a layer's copy of it never
    exist for all layers at once.

    Raises:
        ModelFormatError: the data are no architecture that this version knows.
    """
    checked_object(data, "data", KEYS)
    checked_version(data["version"], VERSION)
    entries = checked_list(data["layers"], "layers", MAX_NODES)
    rows = [
        checked_object(row, f"nodes[{index}]", ("name", "layer", "parents", "unit_names"))
        for index, row in enumerate(checked_list(data["nodes"], "nodes", MAX_NODES))
    ]
    layers = [_layer(entry, index, masks, classes) for index, entry in enumerate(entries)]
    nodes = _place(rows, layers)
    shapes = {node.layer: shape for node in nodes if (shape := _theta_shape(node)) is not None}
    outputs, labels = data["outputs"], data["classes"]
    costs = enumerate(checked_list(data["costs"], "costs"))
    return Architecture(
        layers=tuple(layer if isinstance(layer, Layer) else layer.layer for layer in layers),
        nodes=tuple(nodes),
        inputs=_pick(nodes, checked_list(data["inputs"], "inputs"), "inputs"),
        outputs=_pick(nodes, outputs if isinstance(outputs, list) else [outputs], "outputs"),
        has_one_output=not isinstance(outputs, list),
        costs=tuple(_cost(_setting(cost, f"costs[{index}]", classes), f"costs[{index}]") for index, cost in costs),
        l2=checked_number(data["l2"], "l2"),
        dtype=_dtype(data["dtype"]),
        classes=None if labels is None else tuple(map(_label, checked_list(labels, "classes", MAX_UNITS))),
        theta_shapes=shapes,
    )


def _layer(
    entry: object, index: int, masks: dict[int, Mask], classes: Mapping[str, type[Configurable]]
) -> Layer | Node:
    """Return a layer, or the node of an input."""
    where = f"layers[{index}]"
    entry = checked_object(entry, where)
    if entry.get("type") == "Input":
        checked_object(entry, where, ("type", "units"))
        return Input(checked_integer(entry["units"], f"{where}.units", 1, MAX_UNITS))
    config = {key: value for key, value in entry.items() if key not in ("type", "links")}
    settings = _settings(config, where, classes, 0)
    links = masks.pop(index, None)
    if (entry.get("links") is True) != (links is not None) or entry.get("links") not in (None, True):
        raise ModelFormatError(f"{where}.links: received {reprlib.repr(entry.get('links'))}, expected null or true")
    if "links" in entry:
        settings["links"] = links
    layer = _make(entry.get("type"), settings, where, classes)
    if not isinstance(layer, Layer):
        raise ModelFormatError(f"{where}: received type {entry['type']!r}, expected one of a layer")
    return layer


def _setting(value: object, where: str, classes: Mapping[str, type[Configurable]], nesting: int = 0) -> object:
    """Return a setting: a plain value, a list, or an object."""
    if isinstance(value, dict) and nesting < MAX_NESTING:
        config = {key: each for key, each in value.items() if key != "type"}
        return _make(value.get("type"), _settings(config, where, classes, nesting + 1), where, classes)
    if isinstance(value, list) and nesting < MAX_NESTING:
        return [_setting(each, f"{where}[{index}]", classes, nesting + 1) for index, each in enumerate(value)]
    if isinstance(value, str):
        return checked_string(value, where)
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ModelFormatError(
        f"{where}: received {reprlib.repr(value)}, expected a setting, nested at most {MAX_NESTING} deep"
    )


def _settings(
    config: Mapping[str, object], where: str, classes: Mapping[str, type[Configurable]], nesting: int
) -> dict[str, object]:
    return {key: _setting(each, f"{where}.{key}", classes, nesting) for key, each in config.items()}


def _make(
    name: object, settings: Mapping[str, object], where: str, classes: Mapping[str, type[Configurable]]
) -> Configurable:
    if not isinstance(name, str) or name not in classes:
        raise ModelFormatError(
            f"{where}: received type {reprlib.repr(name)}, which this version does not know;"
            f" a class of your own is passed in as custom=[TheClass]{nearest(name, classes)}"
        )
    try:
        return classes[name].from_config(settings)
    except Exception as error:  # a class, possibly custom, may raise anything for wrong settings
        raise ModelFormatError(f"{where}: {name} cannot be made with these settings: {error}") from error


def _place(rows: Sequence[dict[str, object]], layers: Sequence[Layer | Node]) -> list[Node]:
    """Call the layers, node by node."""
    nodes: list[Node] = []
    used: set[int] = set()
    names: set[str] = set()
    count = 0
    for index, row in enumerate(rows):
        where = f"nodes[{index}]"
        position = checked_integer(row["layer"], f"{where}.layer", 0, len(layers) - 1)
        parents = checked_list(row["parents"], f"{where}.parents")
        count += len(parents)
        if count > MAX_PARENTS:
            raise ModelFormatError(f"{where}.parents: more than {MAX_PARENTS} parents in all")
        node = _call(layers[position], _pick(nodes, parents, f"{where}.parents"), position in used, where)
        if node.size > MAX_UNITS:
            raise ModelFormatError(f"{where}: has {node.size} units, expected at most {MAX_UNITS}")
        name = checked_string(row["name"], f"{where}.name")
        if not name or name in names:
            raise ModelFormatError(f"{where}.name: received {reprlib.repr(name)}, expected a name of its own")
        node.name = name
        node.unit_names = _unit_names(row["unit_names"], node.size, f"{where}.unit_names")
        used.add(position)
        names.add(name)
        nodes.append(node)
    if len(used) < len(layers):
        unused = min(set(range(len(layers))) - used)
        raise ModelFormatError(f"layers[{unused}]: no node uses it")
    return nodes


def _call(layer: Layer | Node, parents: Sequence[Node], again: bool, where: str) -> Node:
    if isinstance(layer, Node):
        if parents or again:
            raise ModelFormatError(f"{where}: an input has no parents and is one node")
        return layer
    try:
        return layer(parents)
    except Exception as error:  # a class, possibly custom, may raise anything for wrong parents
        raise ModelFormatError(f"{where}: {error}") from error


def _theta_shape(node: Node) -> tuple[int, int] | None:
    try:
        return node.layer.theta_shape([parent.size for parent in node.parents]) if node.parents else None
    except Exception as error:  # a custom class may raise anything for wrong settings
        raise ModelFormatError(f"node {node.name!r}: {error}") from error


def _unit_names(value: object, size: int, where: str) -> list[str] | None:
    if value is None:
        return None
    names = [checked_string(name, where) for name in checked_list(value, where)]
    if len(names) != size or len(set(names)) != size or not all(names):
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected {size} distinct names")
    return names


def _mask(rows: object, where: str) -> Mask:
    """Return rows of the digits 0 and 1 as an array."""
    texts = [checked_string(row, where) for row in checked_list(rows, where)]
    if len({len(text) for text in texts}) != 1 or any(set(text) - {"0", "1"} for text in texts):
        raise ModelFormatError(f"{where}: received {reprlib.repr(rows)}, expected rows of equal length of 0 and 1")
    return np.array([[digit == "1" for digit in text] for text in texts], np.bool_)


def _pick(nodes: Sequence[Node], positions: Sequence[object], where: str) -> tuple[Node, ...]:
    return tuple(nodes[checked_integer(position, where, 0, len(nodes) - 1)] for position in positions)


def _cost(value: object, where: str) -> Cost:
    if not isinstance(value, Cost):
        raise ModelFormatError(f"{where}: received {value!r}, expected a cost")
    return value


def _dtype(value: object) -> np.dtype[Float]:
    if value not in ("float64", "float32"):
        raise ModelFormatError(f"dtype: received {reprlib.repr(value)}, expected 'float64' or 'float32'")
    return float_dtype(value)


def _label(value: object) -> Label:
    if isinstance(value, str):
        return checked_string(value, "classes")
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ModelFormatError(f"classes: received {reprlib.repr(value)}, expected strings, numbers or booleans")

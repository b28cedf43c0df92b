"""Turn the plain data of `minigraph.architecture` into nodes and layers, trusting none of it."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from minigraph.base.arrays import Float, Mask, float_dtype
from minigraph.base.config import Configurable
from minigraph.base.strict_json import is_unicode
from minigraph.errors import ModelFormatError, nearest
from minigraph.functions.costs import Cost
from minigraph.graph.layers import Input
from minigraph.graph.node import Layer, Node

VERSION = 1
KEYS = ("version", "dtype", "l2", "layers", "nodes", "inputs", "outputs", "costs", "classes")
MAX_NODES = 12_000
MAX_UNITS = 2**24
"""Of one node."""
MAX_PARENTS = 100_000
"""Of all nodes together."""
_MAX_NESTING = 8
"""Of settings that are made with settings of their own."""


@dataclass(frozen=True)
class Graph:
    """A description turned into objects again; its nodes belong to no network yet."""

    layers: list[Layer]
    inputs: list[Node]
    outputs: Node | list[Node]
    costs: list[Cost]
    l2: float
    dtype: np.dtype[Float]
    classes: tuple[str | int | float | bool, ...] | None
    size: int
    """Number of nodes."""


def build(data: Mapping[str, object], masks: dict[int, Mask], classes: Mapping[str, type[Configurable]]) -> Graph:
    """Turn data into nodes and layers, without taking memory for parameters.

    Takes the masks out of their dict one by one, so that the caller's array and a layer's copy of it never
    exist for all layers at once.

    Raises:
        ModelFormatError: the data are no architecture that this version knows.
    """
    checked_object(data, "data", KEYS)
    version = _integer(data["version"], "version", 1)
    if version > VERSION:
        raise ModelFormatError(f"version: received {version}, expected {VERSION} or less; written by a newer minigraph")
    reader = _Reader(classes)
    entries = checked_list(data["layers"], "layers", MAX_NODES)
    rows = [
        checked_object(row, f"nodes[{index}]", ("name", "layer", "parents", "unit_names"))
        for index, row in enumerate(checked_list(data["nodes"], "nodes", MAX_NODES))
    ]
    layers = [reader.layer(entry, index, masks) for index, entry in enumerate(entries)]
    nodes = _place(rows, layers)
    outputs = data["outputs"]
    costs = [reader.read(cost, f"costs[{index}]") for index, cost in enumerate(checked_list(data["costs"], "costs"))]
    labels = data["classes"]
    return Graph(
        [layer if isinstance(layer, Layer) else layer.layer for layer in layers],
        _pick(nodes, checked_list(data["inputs"], "inputs"), "inputs"),
        _pick(nodes, outputs, "outputs") if isinstance(outputs, list) else _pick(nodes, [outputs], "outputs")[0],
        [_a_cost(cost, f"costs[{index}]") for index, cost in enumerate(costs)],
        _number(data["l2"], "l2"),
        _dtype(data["dtype"]),
        None if labels is None else tuple(_label(label) for label in checked_list(labels, "classes", MAX_UNITS)),
        len(nodes),
    )


class _Reader:
    """Makes objects of the known classes."""

    def __init__(self, classes: Mapping[str, type[Configurable]]) -> None:
        self._classes = classes

    def layer(self, entry: object, index: int, masks: dict[int, Mask]) -> Layer | Node:
        """Return a layer, or the node that stands for an input."""
        where = f"layers[{index}]"
        entry = checked_object(entry, where)
        if entry.get("type") == "Input":
            checked_object(entry, where, ("type", "units"))
            return Input(_integer(entry["units"], f"{where}.units", 1, MAX_UNITS))
        config = {key: value for key, value in entry.items() if key not in ("type", "links")}
        settings = self._settings(config, where, 0)
        links = masks.pop(index, None)
        if (entry.get("links") is True) != (links is not None) or entry.get("links") not in (None, True):
            raise ModelFormatError(f"{where}.links: received {reprlib.repr(entry.get('links'))}, expected null or true")
        if "links" in entry:
            settings["links"] = links
        layer = self._make(entry.get("type"), settings, where)
        if not isinstance(layer, Layer):
            raise ModelFormatError(f"{where}: received type {entry['type']!r}, expected one of a layer")
        return layer

    def read(self, value: object, where: str, nesting: int = 0) -> object:
        """Return a setting: a plain value, a list, or an object."""
        if isinstance(value, dict) and nesting < _MAX_NESTING:
            entry = checked_object(value, where)
            config = {key: each for key, each in entry.items() if key != "type"}
            return self._make(entry.get("type"), self._settings(config, where, nesting + 1), where)
        if isinstance(value, list) and nesting < _MAX_NESTING:
            return [self.read(each, f"{where}[{index}]", nesting + 1) for index, each in enumerate(value)]
        if isinstance(value, str):
            return _string(value, where)
        if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
            return value
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a setting")

    def _settings(self, config: Mapping[str, object], where: str, nesting: int) -> dict[str, object]:
        return {key: self.read(each, f"{where}.{key}", nesting) for key, each in config.items()}

    def _make(self, name: object, settings: Mapping[str, object], where: str) -> Configurable:
        if not isinstance(name, str) or name not in self._classes:
            hint = nearest(name, self._classes)
            raise ModelFormatError(
                f"{where}: received type {reprlib.repr(name)}, which this version does not know;"
                f" a class of your own is passed in as custom=[TheClass]{hint}"
            )
        try:
            return self._classes[name].from_config(settings)
        except Exception as error:  # whatever a class, also one of the user, makes of wrong settings
            raise ModelFormatError(f"{where}: {name} cannot be made with these settings: {error}") from error


def _place(rows: list[dict[str, object]], layers: list[Layer | Node]) -> list[Node]:
    """Call the layers, node by node."""
    nodes: list[Node] = []
    used: set[int] = set()
    names: set[str] = set()
    count = 0
    for index, row in enumerate(rows):
        where = f"nodes[{index}]"
        position = _integer(row["layer"], f"{where}.layer", 0, len(layers) - 1)
        parents = checked_list(row["parents"], f"{where}.parents")
        count += len(parents)
        if count > MAX_PARENTS:
            raise ModelFormatError(f"{where}.parents: more than {MAX_PARENTS} parents in all")
        node = _call(layers[position], _pick(nodes, parents, f"{where}.parents"), position in used, where)
        if node.size > MAX_UNITS:
            raise ModelFormatError(f"{where}: has {node.size} units, expected at most {MAX_UNITS}")
        name = _string(row["name"], f"{where}.name")
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


def _unit_names(value: object, size: int, where: str) -> list[str] | None:
    if value is None:
        return None
    names = [_string(name, where) for name in checked_list(value, where)]
    if len(names) != size or len(set(names)) != size or not all(names):
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected {size} distinct names")
    return names


def _call(layer: Layer | Node, parents: list[Node], again: bool, where: str) -> Node:
    if isinstance(layer, Node):
        if parents or again:
            raise ModelFormatError(f"{where}: an input has no parents and is one node")
        return layer
    try:
        return layer(parents)
    except Exception as error:  # whatever a class, also one of the user, makes of wrong parents
        raise ModelFormatError(f"{where}: {error}") from error


def checked_mask(rows: object, where: str) -> Mask:
    """Return rows of the digits 0 and 1 as an array."""
    texts = [_string(row, where) for row in checked_list(rows, where)]
    widths = {len(text) for text in texts}
    if len(widths) != 1 or any(set(text) - {"0", "1"} for text in texts):
        raise ModelFormatError(f"{where}: received {reprlib.repr(rows)}, expected rows of equal length of 0 and 1")
    return np.array([[digit == "1" for digit in text] for text in texts], np.bool_)


def _pick(nodes: list[Node], positions: list[object], where: str) -> list[Node]:
    return [nodes[_integer(position, where, 0, len(nodes) - 1)] for position in positions]


def _a_cost(value: object, where: str) -> Cost:
    if not isinstance(value, Cost):
        raise ModelFormatError(f"{where}: received {value!r}, expected a cost")
    return value


def _dtype(value: object) -> np.dtype[Float]:
    if value not in ("float64", "float32"):
        raise ModelFormatError(f"dtype: received {reprlib.repr(value)}, expected 'float64' or 'float32'")
    return float_dtype(value)


def checked_object(value: object, where: str, keys: tuple[str, ...] | None = None) -> dict[str, object]:
    """Return `value` if it is an object, with exactly these keys if any are given."""
    if not isinstance(value, dict) or (keys is not None and set(value) != set(keys)):
        received = sorted(map(str, value)) if isinstance(value, dict) else value
        expected = f"the keys {', '.join(keys)}" if keys else "an object"
        raise ModelFormatError(f"{where}: received {reprlib.repr(received)}, expected {expected}")
    return value


def checked_list(value: object, where: str, most: int | None = None) -> list[object]:
    """Return `value` if it is a list of at most so many entries."""
    if not isinstance(value, list):
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a list")
    if most is not None and len(value) > most:
        raise ModelFormatError(f"{where}: received {len(value)}, expected at most {most}")
    return value


def _string(value: object, where: str) -> str:
    if not isinstance(value, str) or not is_unicode(value):
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a string of valid Unicode")
    return value


def _integer(value: object, where: str, least: int, most: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        within = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a whole number {within}")
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ModelFormatError(f"{where}: received {reprlib.repr(value)}, expected a finite number >= 0")
    return float(value)


def _label(value: object) -> str | int | float | bool:
    if isinstance(value, str):
        return _string(value, "classes")
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ModelFormatError(f"classes: received {reprlib.repr(value)}, expected strings, numbers or booleans")

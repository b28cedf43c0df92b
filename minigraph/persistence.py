"""Saving networks to files and loading them.

The file is a `tensor_file` of the kind "architecture" (see `minigraph.architecture`). Its array `theta.3` is Θ of
layer 3 of the architecture, `links.3` its links. Loading makes only objects of known classes, and reads each Θ
straight to its place in the network.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO, cast

import numpy as np

from minigraph.architecture.architecture import Architecture
from minigraph.architecture.parsing import build
from minigraph.architecture.registry import Custom, registry
from minigraph.architecture.writing import describe
from minigraph.base.arrays import Array, Mask, is_finite
from minigraph.base.atomic import write_atomically
from minigraph.base.config import Configurable
from minigraph.base.tensor_file import Entry, Tensor, TensorFile, encode, opened, read_content, require_finite
from minigraph.errors import ModelFormatError, NonFiniteError
from minigraph.graph.node import Layer
from minigraph.network.network import AnyNetwork, Network

_KIND = "architecture"


def save(net: AnyNetwork, path: str | os.PathLike[str]) -> None:
    """Write a network to a file: architecture, parameters, cost, l2, names, dtype and class labels.

    Equal networks give equal bytes. The state of `net.generator`, which dropout uses, is not saved.
    An error, a full disk or a killed process leaves an existing file intact. The format is safetensors,
    so that other readers see each Θ as a tensor.

    Args:
        net: the network; custom layers, activations, costs and initializers must be reconstructible from
            their settings, see `Configurable`.
        path: path of the file; the usual extension is `.safetensors`.

    Raises:
        ArgumentError: a part cannot be described, or the network exceeds the limits of `load`.
        NonFiniteError: a parameter is infinity or NaN.
        OSError: the file cannot be written; an existing one is unchanged.
        MissingExtraError: safetensors is not installed.

    >>> import tempfile, minigraph as mg
    >>> net = mg.mlp([3, 6, 5], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mg.save(net, folder + "/net.safetensors")
    ...     twin = mg.load(folder + "/net.safetensors")
    >>> bool((twin.unroll() == net.unroll()).all())
    True
    """
    write_atomically(path, to_bytes(net))


def load(path: str | os.PathLike[str], custom: Iterable[Custom] = ()) -> AnyNetwork:
    """Load a network written by `save`; all numbers are bitwise equal.

    Nothing named in the file is imported or executed, so that files from untrusted sources can be loaded.
    Loading takes little more memory than the network itself. Dropout draws as in a network with seed 0.

    Args:
        path: path of the file.
        custom: custom classes of layers, activations, costs and initializers that the network may use.

    Raises:
        ModelFormatError: the file does not contain a network, is damaged, exceeds the limits, or uses a class
            that is neither minigraph's nor in `custom`.
        ArgumentError: `custom` contains anything but such classes.
        OSError: the file cannot be read; FileNotFoundError if there is none.
    """
    classes = registry(custom)
    with opened(path) as file:
        return _read(file, classes)


def to_bytes(net: AnyNetwork) -> bytes:
    """Return the bytes written by `save`."""
    net.engine.parameters.apply_link_mask()
    description = describe(net)
    arrays = _arrays(description.layers, net)
    for name, array in arrays.items():
        if not is_finite(cast("Array", array)):
            raise NonFiniteError(f"{name}: contains infinity or NaN, which is not saved")
    return encode(_KIND, description.data, arrays)


def _read(file: BinaryIO, classes: Mapping[str, type[Configurable]]) -> AnyNetwork:
    content, arrays = read_content(file, _KIND)
    masks = {index: _read_links(arrays, f"links.{index}") for index in _numbers(arrays.entries, "links")}
    plan = build(content, masks, classes)
    del content  # it takes as much memory as the nodes
    _compare(arrays.entries, plan)
    net = Network.from_architecture(plan)
    for index, layer in enumerate(plan.layers):
        if layer in net.engine.parameters.theta:
            theta = net.engine.parameters.theta[layer]
            arrays.read_into(f"theta.{index}", theta)
            require_finite(f"theta.{index}", theta)
    arrays.verify(_arrays(plan.layers, net))
    net.engine.parameters.apply_link_mask()
    return net


def _arrays(layers: Sequence[Layer], net: AnyNetwork) -> dict[str, Tensor]:
    """Return the arrays of the file, contiguous and in the order of the layers."""
    arrays: dict[str, Tensor] = {}
    for index, layer in enumerate(layers):
        if layer.links is not None:
            arrays[f"links.{index}"] = np.ascontiguousarray(layer.links)
        if layer in net.engine.parameters.theta:
            arrays[f"theta.{index}"] = np.ascontiguousarray(net.engine.parameters.theta[layer])
    return arrays


def _numbers(names: Iterable[str], kind: str) -> list[int]:
    """Return the numbers of the arrays `KIND.0`, `KIND.1`, …"""
    digits = [name.removeprefix(f"{kind}.") for name in names if name.startswith(f"{kind}.")]
    return [int(each) for each in digits if each.isdecimal() and len(each) < 8 and str(int(each)) == each]


def _read_links(arrays: TensorFile, name: str) -> Mask:
    entry = arrays.entries[name]
    if entry.dtype != np.bool_ or len(entry.shape) != 2:
        raise ModelFormatError(f"{name}: received {entry.dtype} {entry.shape}, expected a matrix of bool")
    return cast("Mask", arrays.read(name))


def _compare(entries: Mapping[str, Entry], plan: Architecture) -> None:
    """Check the arrays of the file against those required by the architecture."""
    expected: dict[str, tuple[np.dtype[np.generic], tuple[int, ...]]] = {}
    for index, layer in enumerate(plan.layers):
        if layer in plan.theta_shapes:
            expected[f"theta.{index}"] = plan.dtype, plan.theta_shapes[layer]
        if layer.links is not None and f"links.{index}" in entries:
            expected[f"links.{index}"] = np.dtype(np.bool_), layer.links.shape
    for name in sorted(set(expected) ^ set(entries)):
        raise ModelFormatError(f"{name}: {'is missing' if name in expected else 'belongs to no layer'}")
    for name, (dtype, shape) in expected.items():
        if (entries[name].dtype, entries[name].shape) != (dtype, shape):
            received = f"{entries[name].dtype} {entries[name].shape}"
            raise ModelFormatError(f"{name}: received {received}, expected {dtype} {shape}")

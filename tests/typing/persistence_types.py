"""What a type checker knows of saving and loading; checked by mypy, not run."""

from typing import assert_type

import minigraph as mg
import minigraph.onnx

net = mg.mlp([2, 3, 1])
assert_type(mg.save(net, "net.safetensors"), None)
loaded = mg.load("net.safetensors")
assert_type(loaded, mg.AnyNetwork)
assert_type(loaded.predict([[1, 2]]), mg.Array | tuple[mg.Array, ...])
assert_type(loaded.classes, tuple[str | int | float | bool, ...] | None)
assert_type(mg.Network.from_dict(net.to_dict()), mg.AnyNetwork)
assert_type(minigraph.onnx.load("net.onnx"), mg.AnyNetwork)
net.classes = ["no", "yes"]


class Scale(mg.Layer):
    """A layer that takes the place of any: what custom= accepts."""


mg.load("net.safetensors", custom=[Scale])
mg.load("net.safetensors", custom=[3])  # type: ignore[list-item]
mg.load("net.safetensors", custom=[Scale(1)])  # type: ignore[abstract, call-arg, list-item]

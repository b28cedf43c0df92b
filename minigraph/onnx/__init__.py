"""Export of networks to ONNX files, and import of ONNX files as networks.

Importing this module requires the extra: pip install 'minigraph[onnx]'.

>>> import tempfile, minigraph as mg, minigraph.onnx
>>> net = mg.mlp([3, 6, 5], seed=0)
>>> with tempfile.TemporaryDirectory() as folder:
...     minigraph.onnx.export(net, folder + "/net.onnx")
...     twin = minigraph.onnx.load(folder + "/net.onnx")
>>> bool((twin.unroll() == net.unroll()).all())
True
"""

from minigraph.base import extras

extras.require("onnx", "onnx")

from minigraph.onnx.reader import load  # noqa: E402
from minigraph.onnx.writer import export, to_model  # noqa: E402

__all__ = ["export", "load", "to_model"]

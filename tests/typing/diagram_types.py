"""What a type checker knows of drawings, whose signature is made from their options; checked by mypy, not run."""

from typing import assert_type

import minigraph as mg

net = mg.mlp([2, 3, 1])
assert_type(mg.diagram(net), mg.Diagram)
assert_type(mg.diagram(net, "units", ("weights", "a"), 0, {"input1": [1, 2]}, "TB", "dark", top_k=3), mg.Diagram)
assert_type(mg.diagram(net=net, detail="layers", example="mean", classes=["no"], engine="dot"), mg.Diagram)
assert_type(mg.diagram_frames(net, [[1, 2]], [1], 5, show="a", focus=net.node(2).unit(1)), mg.DiagramFrames)

mg.diagram()  # type: ignore[call-arg]
mg.diagram(net, "unit")  # type: ignore[arg-type]
mg.diagram(net, shown="a")  # type: ignore[call-arg]
mg.diagram(net, show="weigths")  # type: ignore[arg-type]
mg.diagram(net, "units", "a", 0, 12, "LR", "light", 3)  # type: ignore[call-arg]
mg.diagram_frames(net, [[1, 2]], [1], detail="layers")  # type: ignore[call-arg]
mg.diagram_frames(net, [[1, 2]], [1], theme="drak")  # type: ignore[arg-type]

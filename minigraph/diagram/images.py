"""Pictures beside units: the example that an input holds, and the weights that lead into a unit."""

from __future__ import annotations

from minigraph.diagram.dot import Canvas
from minigraph.diagram.pictures import picture
from minigraph.diagram.placement import Measures, Placement
from minigraph.diagram.scene import Scene
from minigraph.graph.node import Node


def pictured_nodes(scene: Scene) -> list[Node]:
    """Return the nodes whose incoming weights are drawn: those that see exactly the pixels of an input."""
    shape = scene.options.image_shape
    if shape is None or not scene.options.thumbnails:
        return []
    pixels = shape[0] * shape[1]
    return [
        node
        for node in scene.net.nodes
        if node.layer in scene.edge_values
        and node.layer.parameters().shape[1] == 1 + pixels
        and not node.parents[0].parents
    ]


def draw_weights(canvas: Canvas, scene: Scene, node: Node, placement: Placement, measures: Measures) -> None:
    """Draw the incoming weights of each unit as a picture beside it."""
    shape = scene.options.image_shape or (1, 1)
    pixel = max(1, int(measures.diameter / max(shape)))
    theta = node.layer.parameters()
    for row, j in enumerate(scene.selections[node].rows):
        if j:
            u, v = placement.rows[node][row]
            at = placement.page(u + measures.diameter + 3, v)
            label = picture(theta[j - 1, 1:].tolist(), shape, pixel, scene.theme, signed=True)
            canvas.node(
                f"weights_{node.position}_{j}",
                at,
                (pixel * shape[1], pixel * shape[0]),
                label,
                tooltip=f"incoming weights of unit {j} of {node.name}, the largest {abs(theta[j - 1, 1:]).max():.3g}",
                shape="box",
                color=scene.theme.faint,
            )


def draw_images(
    canvas: Canvas, scene: Scene, placement: Placement, measures: Measures, outer: dict[Node, float]
) -> None:
    """Draw the example as a picture beside the input whose units are its pixels."""
    shape = scene.options.image_shape
    if shape is None:
        return
    pixel = max(2, round(112 / max(shape)))
    for node in scene.net.inputs:
        values = scene.values[node].a
        if node.size != shape[0] * shape[1]:
            continue
        wide, high = pixel * shape[1], pixel * shape[0]
        rows = placement.rows[node]
        u, v = rows[0][0], (rows[0][1] + rows[-1][1]) / 2
        extent = wide if placement.is_horizontal else high
        at = placement.page(u - measures.diameter / 2 - outer[node] - 24 - extent / 2, v)
        label = "" if values is None else picture(values, shape, pixel, scene.theme, signed=min(values) < 0)
        what = "mean |a|" if scene.options.example == "mean" else f"example {scene.options.example}"
        canvas.node(
            f"image_{node.position}",
            at,
            (wide, high),
            label or "—",
            tooltip=f"{what} as a picture of {shape[0]}×{shape[1]}",
            shape="box",
            color=scene.theme.muted,
            penwidth=0.8,
        )
        canvas.text(
            f"image_{node.position}_caption", (at[0], at[1] + high / 2 + 10), what, size=8.5, colour=scene.theme.muted
        )

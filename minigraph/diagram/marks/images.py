"""Pictures beside units: the example that an input holds, and the weights that lead into a unit."""

from __future__ import annotations

import numpy as np

from minigraph.diagram.canvas.dot import Canvas
from minigraph.diagram.canvas.heatmap import heatmap
from minigraph.diagram.layout.unit_layout import Layout
from minigraph.graph.node import Node


def draw_weights(canvas: Canvas, layout: Layout, node: Node) -> None:
    """Draw the incoming weights of each unit as a picture beside it."""
    placement, scene = layout.placement, layout.scene
    shape = scene.options.image_shape or (1, 1)
    pixel = max(1, int(placement.diameter / max(shape)))
    theta = node.layer.parameters()
    largest = float(np.abs(theta[:, 1:]).max())
    for j, (u, v) in zip(scene.selections[node].rows, placement.rows[node], strict=True):
        if j:
            weights = theta[j - 1, 1:]
            canvas.node(
                f"weights_{node.position}_{j}",
                placement.axes.page(u + placement.diameter + 3, v),
                (pixel * shape[1], pixel * shape[0]),
                heatmap(weights.tolist(), shape, pixel, scene.theme, signed=True, largest=largest),
                tooltip=f"incoming weights of unit {j} of {node.name}, the largest {abs(weights).max():.3g}",
                shape="box",
                color=scene.theme.faint,
            )


def draw_images(canvas: Canvas, layout: Layout) -> None:
    """Draw the example as a picture beside the input whose units are its pixels."""
    placement, scene = layout.placement, layout.scene
    shape = scene.options.image_shape
    if shape is None:
        return
    pixel = max(2, round(112 / max(shape)))
    wide, high = pixel * shape[1], pixel * shape[0]
    extent = wide if placement.axes.is_horizontal else high
    what = "mean |a|" if scene.shows_means else f"example {scene.options.example}"
    for node in scene.net.inputs:
        if node.size != shape[0] * shape[1]:
            continue
        values, rows, name = scene.values[node].a, placement.rows[node], f"image_{node.position}"
        u = rows[0][0] - placement.diameter / 2 - placement.beside[node] - 24 - extent / 2
        x, y = placement.axes.page(u, (rows[0][1] + rows[-1][1]) / 2)
        canvas.node(
            name,
            (x, y),
            (wide, high),
            "—" if values is None else heatmap(values, shape, pixel, scene.theme, signed=min(values) < 0),
            tooltip=f"{what} as a picture of {shape[0]}×{shape[1]}",
            shape="box",
            color=scene.theme.muted,
            penwidth=0.8,
        )
        canvas.text(f"{name}_caption", (x, y + high / 2 + 10), what, size=8.5, colour=scene.theme.muted)

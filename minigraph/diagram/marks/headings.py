"""Text about things: a node's caption, and the title and caption of the drawing."""

from __future__ import annotations

from minigraph.diagram.canvas.dot import Canvas, Point
from minigraph.diagram.canvas.labels import text_size, wrap
from minigraph.diagram.options import Options
from minigraph.diagram.scene.captions import LINE_SIZE, Caption
from minigraph.graph.node import Node

_TITLE_SIZE, _CAPTION_SIZE = 14, 10
_LEAST_ROOM = 260.0


def write_node_caption(
    canvas: Canvas, node: Node, caption: Caption, at: Point, height: float, background: str | None = None
) -> None:
    """Write the name of a node and the lines below it, about a point."""
    x, y = at
    top = y - height / 2
    canvas.text(
        f"name_{node.position}",
        (x, top + caption.name_height / 2),
        caption.name,
        size=caption.name_size,
        bold=True,
        background=background,
    )
    canvas.text(
        f"rule_{node.position}",
        (x, top + caption.name_height + (height - caption.name_height) / 2),
        caption.lines,
        size=LINE_SIZE,
        colour=canvas.theme.muted,
        background=background,
    )


def write_title_and_caption(canvas: Canvas, options: Options) -> None:
    """Write the title above and the caption below what is drawn so far."""
    bounds = canvas.bounds
    room = max(_LEAST_ROOM, bounds.right - bounds.left)
    middle, top, bottom = (bounds.left + bounds.right) / 2, bounds.top, bounds.bottom
    if options.title:
        text = wrap(options.title, room, _TITLE_SIZE, bold=True)
        at = (middle, top - 14 - text_size(text, _TITLE_SIZE)[1] / 2)
        canvas.text("title", at, text, size=_TITLE_SIZE, bold=True)
    if options.caption:
        text = wrap(options.caption, room, _CAPTION_SIZE)
        at = (middle, bottom + 12 + text_size(text, _CAPTION_SIZE)[1] / 2)
        canvas.text("caption", at, text, size=_CAPTION_SIZE, colour=canvas.theme.muted)

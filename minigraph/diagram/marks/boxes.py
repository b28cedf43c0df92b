"""The drawing at layer level: a box per node, lines of boxes like lines of text, for any size of network."""

from __future__ import annotations

from minigraph.diagram.canvas.dot import Canvas, Rectangle
from minigraph.diagram.canvas.labels import text_size, wrap
from minigraph.diagram.layout.box_layout import BOX_WIDTH, BoxLayout, box_height, lay_out_boxes
from minigraph.diagram.marks.headings import write_node_caption, write_title_and_caption
from minigraph.diagram.options import Options
from minigraph.diagram.scene.captions import box_caption
from minigraph.diagram.scene.folding import Block, fold, unfolded
from minigraph.diagram.scene.thetas import Thetas
from minigraph.graph.node import Node

_FOLD_FROM = 13
"""Nodes from which on repeated blocks are folded."""
_STATEMENT_SIZE = 8.5


def draw_boxes(options: Options) -> str:
    """Return the DOT text of a drawing at layer level."""
    net, canvas, thetas = options.net, Canvas(options.colours), Thetas(options.net)
    folding = fold(net) if options.fold and len(net.nodes) >= _FOLD_FROM else unfolded(net)
    captions = {node: box_caption(net, alike, thetas) for node, alike in folding.alike.items()}
    layout = lay_out_boxes(folding, captions, options.direction)
    for block, line, frame in layout.frames:
        _frame(canvas, block, line, frame)
    for parent, node, points in layout.arrows:
        canvas.arrow(f"layer_{parent.position}", f"layer_{node.position}", points)
    for node in layout.boxes:
        _box(canvas, node, layout)
    write_title_and_caption(canvas, options)
    return canvas.source(options.title or "")


def _box(canvas: Canvas, node: Node, layout: BoxLayout) -> None:
    theme, caption, at = canvas.theme, layout.captions[node], layout.boxes[node]
    canvas.node(
        f"layer_{node.position}",
        at,
        (BOX_WIDTH, box_height(caption)),
        tooltip=f"{node.name}\n{caption.lines}",
        shape="box",
        style="rounded,filled",
        fillcolor=theme.panel if node.parents else theme.background,
        color=theme.muted,
    )
    write_node_caption(canvas, node, caption, at, caption.size[1])


def _frame(canvas: Canvas, block: Block, line: int, frame: Rectangle) -> None:
    """Draw a frame about a folded block, and state what it stands for."""
    left, top, right, bottom = frame
    name, colour = f"block_{block.nodes[0].position}_{line}", canvas.theme.warning
    middle, size = ((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top)
    canvas.node(name, middle, size, shape="box", style="rounded,dashed", color=colour)
    text = wrap(block.statement, right - left, _STATEMENT_SIZE)
    at = (left + 2, bottom + 3 + text_size(text, _STATEMENT_SIZE)[1] / 2)
    canvas.text(f"{name}_repeats", at, text, size=_STATEMENT_SIZE, align="left", colour=colour)

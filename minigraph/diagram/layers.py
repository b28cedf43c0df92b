"""The drawing at layer level: a box per node, of any network size."""

from __future__ import annotations

from minigraph.diagram.captions import rule, sharers, theta_line
from minigraph.diagram.columns import Band, arrange, depths
from minigraph.diagram.dot import Canvas, Point, straight, text_size
from minigraph.diagram.labels import wrap
from minigraph.diagram.legend import write_title
from minigraph.diagram.options import Options
from minigraph.diagram.themes import theme_named
from minigraph.layers import Layer
from minigraph.network import AnyNetwork
from minigraph.node import Node

ROOM = 150.0


def draw_layers(net: AnyNetwork, options: Options) -> str:
    """Return the DOT text of a drawing at layer level."""
    canvas = Canvas(theme_named(options.theme))
    using = sharers(net)
    columns: list[list[Band]] = []
    bands: dict[Node, Band] = {}
    column_of = depths(net.nodes)
    columns = [[] for _ in range(max(column_of.values()) + 1)]
    texts = {node: box_text(net, node, using) for node in net.nodes}
    for node in net.nodes:
        high = text_size(texts[node], 9)[1] + 14
        band = Band(column_of[node], high / 2, high / 2, node)
        bands[node] = band
        columns[band.column].append(band)
    for node in net.nodes:
        for parent in node.parents:
            bands[node].neighbours.append(bands[parent])
            bands[parent].neighbours.append(bands[node])
    arrange(columns, 18)
    for node in net.nodes:
        band = bands[node]
        at: Point = (band.column * (ROOM + 60), band.place)
        canvas.node(f"layer_{node.position}", at, (ROOM, band.before + band.after), texts[node], shape="box",
                    style="rounded,filled", fillcolor=canvas.theme.panel)  # fmt: skip
        for parent in node.parents:
            source = bands[parent]
            start = (source.column * (ROOM + 60) + ROOM / 2, source.place)
            canvas.curve(f"layer_{parent.position}", f"layer_{node.position}",
                         straight(start, (at[0] - ROOM / 2, at[1])), "arrowhead=normal arrowsize=0.6")  # fmt: skip
    write_title(canvas, options.title, options.caption)
    return canvas.source(options.title or "")


def box_text(net: AnyNetwork, node: Node, using: dict[Layer, list[Node]]) -> str:
    """Return what stands in the box of a node."""
    lines = [node.name, f"{node.size} units", *rule(node), theta_line(net, node, using)]
    return "\n".join(wrap(line, ROOM - 12, 9) for line in lines if line)

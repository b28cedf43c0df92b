"""A network as a table of text."""

from __future__ import annotations

from collections.abc import Sequence

from minigraph.functions.activations import Identity
from minigraph.graph.layers import Dropout
from minigraph.graph.node import Layer, Node

_HEADER = ("l", "node", "layer", "activation", "units", "parents", "parameters")


def summary(nodes: Sequence[Node], parameters: int) -> str:
    """Return one line per node, and the number of parameters Σ s_{l+1} (s_l + 1)."""
    owners: dict[Layer, str] = {}
    rows: list[tuple[str, ...]] = [_HEADER]
    for position, node in enumerate(nodes, start=1):
        rows.append((str(position), *_describe(node, owners)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    absent = sum(int((~layer.links).sum()) for layer in owners if layer.links is not None)
    note = f", of which {absent} belong to absent links and stay 0" if absent else ""
    return "\n".join([*lines, "", f"{parameters} parameters{note}"])


def _describe(node: Node, owners: dict[Layer, str]) -> tuple[str, ...]:
    layer = node.layer
    shape = layer.theta_shape(node.parent_sizes) if node.parents else None
    if shape is None:
        count = "-"
    elif layer in owners:
        count = f"shares Θ of {owners[layer]}"
    else:
        owners[layer] = node.name
        count = f"{shape[0]}×{shape[1]} = {shape[0] * shape[1]}"
    activation = "-" if isinstance(layer.activation, Identity) and shape is None else layer.activation.name
    kind = f"{layer.kind} {layer.rate:g}" if isinstance(layer, Dropout) else layer.kind
    parents = ", ".join(parent.name for parent in node.parents) or "-"
    return node.name, kind, activation, str(node.size), parents, count

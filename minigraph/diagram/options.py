"""What a drawing is asked to show: the arguments of `diagram`, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, finite, numeric
from minigraph.diagram.themes import ThemeName, theme_named
from minigraph.diagram.wishes import Detail, Direction, Example, GradientReport, MaxUnits, Shown, UnitChoice
from minigraph.errors import ArgumentError, ShapeError, StateError, nearest
from minigraph.graph.node import Node, Unit
from minigraph.network.network import AnyNetwork

OF_UNITS: tuple[Shown, ...] = ("z", "a", "delta")
OF_EDGES: tuple[Shown, ...] = ("weights", "gradient", "accumulator")
DEFAULT_MAX_UNITS = 12
_MOST_NODES_AS_UNITS = 16


@dataclass(frozen=True)
class Options:
    """The checked arguments of `diagram`."""

    detail: Literal["units", "layers"]
    show: frozenset[Shown]
    example: Example
    max_units: MaxUnits
    direction: Direction
    theme: ThemeName
    top_k: int | None
    focus: Unit | None
    tables: bool
    image_shape: tuple[int, int] | None
    thumbnails: bool
    names: Mapping[Node, Sequence[str]]
    title: str | None
    caption: str | None
    legend: bool
    fold: bool
    errors: Array | None
    """Relative error of every parameter, nan where none was checked."""
    before: Array | None
    after: Array | None

    def units_of(self, node: Node) -> UnitChoice:
        """Return how many, or which, units of a node are to be shown."""
        if isinstance(self.max_units, Mapping):
            return self.max_units.get(node.name, DEFAULT_MAX_UNITS)
        return self.max_units

    def focus_in(self, node: Node) -> int:
        """Return the number of the unit in focus if it is one of this node, else 0."""
        return self.focus.index if self.focus is not None and self.focus.node is node else 0

    @property
    def on_edges(self) -> tuple[Shown, ...]:
        """The values asked for on edges, in a fixed order."""
        return tuple(each for each in OF_EDGES if each in self.show)

    @property
    def in_units(self) -> tuple[Shown, ...]:
        """The values asked for in units, in a fixed order."""
        return tuple(each for each in OF_UNITS if each in self.show)


def resolve_detail(detail: Detail, net: AnyNetwork) -> Literal["units", "layers"]:
    """Turn "auto" into units for a network of few nodes, else layers."""
    if detail not in get_args(Detail):
        raise ArgumentError(f"detail: received {detail!r}, expected a name{nearest(detail, get_args(Detail))}")
    if detail == "auto":
        return "units" if len(net.nodes) <= _MOST_NODES_AS_UNITS else "layers"
    return detail


def checked_show(show: Shown | Sequence[Shown]) -> frozenset[Shown]:
    """Return the set of what is to be shown."""
    items = (show,) if isinstance(show, str) else tuple(show)
    for item in items:
        if item not in get_args(Shown):
            raise ArgumentError(f"show: received {item!r}, expected names{nearest(item, get_args(Shown))}")
    return frozenset(items)


def checked_example(example: Example, net: AnyNetwork) -> Example:
    """Return the example, which must be in the batch that the caches hold, if they hold one."""
    if example == "mean":
        return example
    if isinstance(example, bool) or not isinstance(example, (int, np.integer)) or example < 0:
        raise ArgumentError(f"example: received {example!r}, expected a whole number from 0, or 'mean' over the batch")
    try:
        m = net.engine.current_batch()
    except StateError:
        return int(example)
    if example >= m:
        raise ArgumentError(f"example: received {example}, expected 0 to {m - 1}: the last forward pass had m = {m}")
    return int(example)


def checked_max_units(max_units: MaxUnits, net: AnyNetwork) -> MaxUnits:
    """Check how many, or which, units are to be shown."""
    if isinstance(max_units, Mapping):
        for name, choice in max_units.items():
            _check_choice(choice, f"max_units[{name!r}]", net.node(name).size)
        return dict(max_units)
    _check_choice(max_units, "max_units", max(node.size for node in net.nodes))
    return max_units


def _check_choice(choice: UnitChoice, argument: str, size: int) -> None:
    if choice is None:
        return
    if isinstance(choice, (int, np.integer)) and not isinstance(choice, bool):
        if choice < 1:
            raise ArgumentError(f"{argument}: received {choice!r}, expected at least 1, or None for all units")
        return
    if isinstance(choice, (str, bool)) or not isinstance(choice, Sequence):
        raise ArgumentError(f"{argument}: received {choice!r}, expected a whole number, unit numbers, or None for all")
    if not choice:
        raise ArgumentError(f"{argument}: received no units, expected at least one")
    for j in choice:
        if isinstance(j, bool) or not isinstance(j, (int, np.integer)) or not 1 <= j <= size:
            raise ArgumentError(f"{argument}: received unit {j!r}, expected units from 1 to {size}")


def checked_names(
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None, net: AnyNetwork
) -> dict[Node, Sequence[str]]:
    """Return the units' names by node, from `unit_names` or as given; a plain list names those of the only output."""
    named: dict[Node, Sequence[str]] = {node: node.unit_names for node in net.nodes if node.unit_names is not None}
    if classes is None:
        return named
    if not isinstance(classes, Mapping):
        if len(net.outputs) != 1:
            choices = [node.name for node in net.outputs]
            raise ArgumentError(f"classes: received a list, expected names by node, since the outputs are {choices}")
        classes = {net.outputs[0].name: classes}
    for name, labels in classes.items():
        node = net.node(name)
        if isinstance(labels, str):
            raise ArgumentError(f"classes: received {labels!r} for node {name!r}, expected a list of names")
        if len(labels) != node.size:
            raise ArgumentError(
                f"classes: received {len(labels)} names for node {name!r}, expected {node.size}, one for each unit"
            )
        named[node] = [str(label) for label in labels]
    return named


def checked_image_shape(shape: tuple[int, int] | None, net: AnyNetwork) -> tuple[int, int] | None:
    """Return (rows, columns) of the picture that an input's units are."""
    if shape is None:
        return None
    whole = isinstance(shape, Sequence) and all(isinstance(side, (int, np.integer)) and side >= 1 for side in shape)
    if not whole or len(shape) != 2:
        raise ArgumentError(f"image_shape: received {shape!r}, expected (rows, columns) such as (8, 8)")
    rows, columns = int(shape[0]), int(shape[1])
    if all(node.size != rows * columns for node in net.inputs):
        sizes = [node.size for node in net.inputs]
        raise ShapeError(
            f"image_shape: received {rows}×{columns} = {rows * columns} pixels,"
            f" expected as many as an input has units: {sizes}"
        )
    return rows, columns


def checked_focus(focus: Unit | None, net: AnyNetwork) -> Unit | None:
    """Check that the unit belongs to the network."""
    if focus is not None and (not isinstance(focus, Unit) or focus.node not in net.nodes):
        raise ArgumentError(f"focus: received {focus!r}, expected a unit of this network such as net.node(2).unit(1)")
    return focus


def checked_top_k(top_k: int | None) -> int | None:
    """Check how many of the strongest weights are to be numbered."""
    if top_k is not None and (isinstance(top_k, bool) or not isinstance(top_k, (int, np.integer)) or top_k < 0):
        raise ArgumentError(f"top_k: received {top_k!r}, expected a whole number from 0, or None")
    return None if top_k is None else int(top_k)


def checked_vectors(
    before: ArrayLike | None, after: ArrayLike | None, net: AnyNetwork
) -> tuple[Array | None, Array | None]:
    """Return the two parameter vectors of a comparison; a missing one is what the network has now."""
    if before is None and after is None:
        return None, None
    pair = []
    for argument, vector in (("before", before), ("after", after)):
        values = net.unroll() if vector is None else finite(numeric(vector, argument), argument, np.dtype(np.float64))
        if values.shape != (net.unroll().size,):
            raise ShapeError(
                f"{argument}: received shape {values.shape}, expected ({net.unroll().size},) as net.unroll() gives it"
            )
        pair.append(values)
    return pair[0], pair[1]


def checked_errors(report: GradientReport | None, net: AnyNetwork) -> Array | None:
    """Spread the relative errors of a gradient check over all parameters; nan where none was checked."""
    if report is None:
        return None
    errors = np.full(net.engine.parameters.vector.size, np.nan)
    try:
        indices, values = np.asarray(report.indices), np.asarray(report.errors)
    except AttributeError:
        raise ArgumentError(
            f"gradient_check: received {report!r}, expected what mg.check_gradient(net, X, Y) returns"
        ) from None
    if indices.size and indices.max() >= errors.size:
        raise ArgumentError(
            f"gradient_check: received a report on at least {int(indices.max()) + 1} parameters,"
            f" expected one on this network, which has {errors.size}"
        )
    errors[indices] = values
    return errors


def checked_text(text: str | None, argument: str) -> str | None:
    """Check a title or a caption."""
    if text is not None and not isinstance(text, str):
        raise ArgumentError(f"{argument}: received {text!r}, expected a string or None")
    return text or None


def checked_direction(direction: Direction) -> Direction:
    """Check where the drawing runs to."""
    if direction not in get_args(Direction):
        raise ArgumentError(f"direction: received {direction!r}, expected one of {', '.join(get_args(Direction))}")
    return direction


def checked_theme(theme: ThemeName) -> ThemeName:
    """Check the name of a theme."""
    theme_named(theme)
    return theme

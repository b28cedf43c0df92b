"""Validated options of a drawing: the arguments of `diagram`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, get_args

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, finite, numeric
from minigraph.diagram.canvas.themes import THEMES, Theme, ThemeName
from minigraph.errors import ArgumentError, ShapeError, StateError, nearest
from minigraph.graph.node import Node, Unit
from minigraph.network.network import AnyNetwork, Network

if TYPE_CHECKING:
    from minigraph.inspection.gradient_check import GradientCheck

Detail: TypeAlias = Literal["auto", "units", "layers"]
Direction: TypeAlias = Literal["LR", "RL", "TB", "BT"]
Shown: TypeAlias = Literal["weights", "z", "a", "delta", "gradient", "accumulator", "target", "links"]
Example: TypeAlias = int | Literal["mean"]
UnitChoice: TypeAlias = int | Sequence[int] | None
"""How many units of a node are shown, or which; None for all."""
MaxUnits: TypeAlias = UnitChoice | Mapping[str, UnitChoice]
EngineName: TypeAlias = Literal["dot", "graphviz-pure"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
"""In the order in which they are tried."""

_IN_UNITS: tuple[Shown, ...] = ("z", "a", "delta")
_ON_EDGES: tuple[Shown, ...] = ("weights", "gradient", "accumulator")
_DEFAULT_MAX_UNITS = 12
_MOST_NODES_AS_UNITS = 16


class FrameArguments(TypedDict, total=False):
    """The arguments of `diagram` that `diagram_frames` also accepts."""

    show: Shown | Sequence[Shown]
    example: Example
    max_units: MaxUnits
    direction: Direction
    theme: ThemeName
    top_k: int | None
    focus: Unit | None
    tables: bool
    image_shape: tuple[int, int] | None
    thumbnails: bool
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None
    title: str | None
    caption: str | None
    legend: bool
    engine: EngineName | None
    timeout: float


@dataclass(frozen=True, eq=False)
class Options:
    """The validated arguments of `diagram`, whose signature is derived from these fields."""

    net: AnyNetwork
    detail: Detail = "auto"
    show: Shown | Sequence[Shown] = ("weights", "z", "a", "delta")
    example: Example = 0
    max_units: MaxUnits = _DEFAULT_MAX_UNITS
    direction: Direction = "LR"
    theme: ThemeName = "light"
    _: KW_ONLY
    top_k: int | None = None
    focus: Unit | None = None
    tables: bool = False
    image_shape: tuple[int, int] | None = None
    thumbnails: bool = False
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None = None
    title: str | None = None
    caption: str | None = None
    legend: bool = True
    fold: bool = True
    gradient_check: GradientCheck | None = None
    before: ArrayLike | None = None
    after: ArrayLike | None = None
    engine: EngineName | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        """Validate all arguments."""
        net = self.net
        check_network(net)
        _check_names("detail", [self.detail], get_args(Detail))
        _check_names("show", self.shown, get_args(Shown))
        _check_names("direction", [self.direction], get_args(Direction))
        _check_names("theme", [self.theme], get_args(ThemeName))
        _check_names("engine", [self.engine] if self.engine is not None else [], ENGINES)
        if isinstance(self.timeout, bool) or not self.timeout > 0:
            raise ArgumentError(f"timeout: received {self.timeout!r}, expected seconds > 0")
        if self.top_k is not None and not _is_integer(self.top_k, 0):
            raise ArgumentError(f"top_k: received {self.top_k!r}, expected an integer from 0, or None")
        for argument, text in (("title", self.title), ("caption", self.caption)):
            if text is not None and not isinstance(text, str):
                raise ArgumentError(f"{argument}: received {text!r}, expected a string or None")
        if self.focus is not None and (not isinstance(self.focus, Unit) or self.focus.node not in net.nodes):
            raise ArgumentError(
                f"focus: received {self.focus!r}, expected a unit of this network such as net.node(2).unit(1)"
            )
        _check_example(self.example, net)
        _check_max_units(self.max_units, net)
        _check_image_shape(self.image_shape, net)
        _ = self.unit_names, self.errors, self.change

    @property
    def is_at_unit_level(self) -> bool:
        """Whether units are drawn, rather than boxes; "auto" draws them for a network of few nodes."""
        return self.detail == "units" or (self.detail == "auto" and len(self.net.nodes) <= _MOST_NODES_AS_UNITS)

    @property
    def colours(self) -> Theme:
        """The colours of the theme; "auto" is light, and its SVG turns dark where the reader's system is."""
        return THEMES["light" if self.theme == "auto" else self.theme]

    @cached_property
    def shown(self) -> tuple[Shown, ...]:
        """The values to show, as a sequence."""
        return (self.show,) if isinstance(self.show, str) else tuple(self.show)

    @property
    def on_edges(self) -> tuple[Shown, ...]:
        """The values to show on edges, in a fixed order."""
        return tuple(each for each in _ON_EDGES if each in self.shown)

    @property
    def shows_edges(self) -> bool:
        """Whether edges are drawn at all."""
        return bool(
            self.on_edges or "links" in self.shown or self.gradient_check is not None or self.change is not None
        )

    @property
    def in_units(self) -> tuple[Shown, ...]:
        """The values to show in units, in a fixed order."""
        return tuple(each for each in _IN_UNITS if each in self.shown)

    def units_of(self, node: Node) -> UnitChoice:
        """Return the number of units of a node to show, or which ones."""
        if isinstance(self.max_units, Mapping):
            return self.max_units.get(node.name, _DEFAULT_MAX_UNITS)
        return self.max_units

    def focus_in(self, node: Node) -> int:
        """Return the number of the unit in focus if it is one of this node, else 0."""
        return self.focus.index if self.focus is not None and self.focus.node is node else 0

    @cached_property
    def unit_names(self) -> dict[Node, Sequence[str]]:
        """Unit names by node, given or from `node.unit_names`; a plain list names the units of the only output."""
        net, classes = self.net, self.classes
        named: dict[Node, Sequence[str]] = {node: node.unit_names for node in net.nodes if node.unit_names is not None}
        if classes is None:
            return named
        if not isinstance(classes, Mapping):
            if len(net.outputs) != 1:
                names = [node.name for node in net.outputs]
                raise ArgumentError(f"classes: received a list, expected names by node, since the outputs are {names}")
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

    @cached_property
    def change(self) -> tuple[Array, Array] | None:
        """The two parameter vectors of a comparison; a missing one is that of the network."""
        if self.before is None and self.after is None:
            return None
        now = self.net.unroll()
        pair = []
        for argument, vector in (("before", self.before), ("after", self.after)):
            values = now if vector is None else finite(numeric(vector, argument), argument, np.dtype(np.float64))
            if values.shape != now.shape:
                raise ShapeError(
                    f"{argument}: received shape {values.shape}, expected {now.shape} as net.unroll() gives it"
                )
            pair.append(values)
        return pair[0], pair[1]

    @property
    def has_passed(self) -> bool:
        """Whether the gradient check that is drawn has passed."""
        return self.gradient_check is not None and self.gradient_check.passed

    @cached_property
    def errors(self) -> Array | None:
        """The relative error of each parameter in a gradient check, NaN for unchecked ones."""
        report = self.gradient_check
        if report is None:
            return None
        errors = np.full(self.net.engine.parameters.vector.size, np.nan)
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


def check_network(net: object) -> None:
    """Check that the argument is a network."""
    if not isinstance(net, Network):
        raise ArgumentError(f"net: received {net!r}, expected a Network")


def _check_names(argument: str, names: Iterable[object], choices: Sequence[str]) -> None:
    for name in names:
        if name not in choices:
            raise ArgumentError(f"{argument}: received {name!r}, expected a name{nearest(name, choices)}")


def _is_integer(value: object, least: int) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)


def _check_example(example: Example, net: AnyNetwork) -> None:
    """Check that the example is in the cached batch, if any."""
    if example == "mean":
        return
    if not _is_integer(example, 0):
        raise ArgumentError(f"example: received {example!r}, expected an integer from 0, or 'mean' over the batch")
    try:
        m = net.engine.current_batch()
    except StateError:
        return
    if example >= m:
        raise ArgumentError(f"example: received {example}, expected 0 to {m - 1}: the last forward pass had m = {m}")


def _check_max_units(max_units: MaxUnits, net: AnyNetwork) -> None:
    if isinstance(max_units, Mapping):
        for name, choice in max_units.items():
            _check_unit_choice(choice, f"max_units[{name!r}]", net.node(name).size)
    else:
        _check_unit_choice(max_units, "max_units", max(node.size for node in net.nodes))


def _check_unit_choice(choice: UnitChoice, argument: str, size: int) -> None:
    if choice is None or _is_integer(choice, 1):
        return
    if isinstance(choice, str) or not isinstance(choice, Sequence):
        raise ArgumentError(
            f"{argument}: received {choice!r}, expected an integer from 1, unit numbers, or None for all"
        )
    if not choice:
        raise ArgumentError(f"{argument}: received no units, expected at least one")
    for j in choice:
        if not _is_integer(j, 1) or j > size:
            raise ArgumentError(f"{argument}: received unit {j!r}, expected units from 1 to {size}")


def _check_image_shape(shape: tuple[int, int] | None, net: AnyNetwork) -> None:
    """Check (rows, columns) of an input whose units are pixels."""
    if shape is None:
        return
    if not isinstance(shape, Sequence) or len(shape) != 2 or not all(_is_integer(side, 1) for side in shape):
        raise ArgumentError(f"image_shape: received {shape!r}, expected (rows, columns) such as (8, 8)")
    rows, columns = shape
    if all(node.size != rows * columns for node in net.inputs):
        sizes = [node.size for node in net.inputs]
        raise ShapeError(
            f"image_shape: received {rows}×{columns} = {rows * columns} pixels,"
            f" expected as many as an input has units: {sizes}"
        )

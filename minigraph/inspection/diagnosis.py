"""`diagnose`: find the problems that prevent a network from learning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array
from minigraph.engine.workspace import quiet
from minigraph.functions.activations import Activation, Relu, Sigmoid, Tanh
from minigraph.graph.layers import InputLayer
from minigraph.graph.node import Node
from minigraph.inspection.delta_plot import draw_delta_sizes
from minigraph.network.checks import Data
from minigraph.network.network import AnyNetwork

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Trouble: TypeAlias = Literal["symmetric", "dead", "saturated", "vanishing", "exploding"]

_FLAT = 0.01
"""A sigmoid or tanh is saturated if its slope is below this fraction of the maximum."""
_MOSTLY = 0.9
"""A unit is saturated if it is for this fraction of the examples."""
_FAR = 1000.0
"""δ vanishes or explodes if its size differs from that of the outputs by this factor."""


@dataclass(frozen=True)
class Finding:
    """A problem of a node."""

    trouble: Trouble
    node: str
    """Name of the node."""
    units: tuple[int, ...]
    """The affected units, counted from 1; all of them for vanishing and exploding δ."""
    message: str

    def __str__(self) -> str:
        return f"node {self.node!r}: {self.message}"


@dataclass(frozen=True)
class NodeSizes:
    """Root mean squares over the units of a node and the examples; NaN if there is no such value."""

    node: str
    z: float
    a: float
    delta: float


@dataclass(frozen=True)
class Diagnosis:
    """The result of `diagnose`; prints as a table."""

    nodes: tuple[NodeSizes, ...]
    """Sizes in topological order."""
    findings: tuple[Finding, ...]
    examples: int

    @property
    def healthy(self) -> bool:
        """True if nothing was found."""
        return not self.findings

    @property
    def text(self) -> str:
        """The sizes of z, a and δ for each node, followed by the findings."""
        width = max(4, *(len(each.node) for each in self.nodes))
        lines = [f"{'node':<{width}}  {'rms z':>9}  {'rms a':>9}  {'rms δ':>9}   ({self.examples} examples)"]
        lines += [f"{n.node:<{width}}  {_short(n.z)}  {_short(n.a)}  {_short(n.delta)}" for n in self.nodes]
        return "\n".join([*lines, *(str(finding) for finding in self.findings or ("nothing to report",))])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Plot the size of δ for each node on a logarithmic scale, nodes with findings in orange.

        Args:
            ax: axes to draw on; None creates a new figure.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        troubled: dict[str, str] = {}
        for finding in self.findings:
            troubled[finding.node] = ", ".join(filter(None, (troubled.get(finding.node), finding.trouble)))
        shown = [each for each in self.nodes if not math.isnan(each.delta)]
        return draw_delta_sizes([each.node for each in shown], [each.delta for each in shown], troubled, ax)

    def __str__(self) -> str:
        return self.text


def diagnose(net: AnyNetwork, X: Data, Y: Data, sample_weight: ArrayLike | None = None) -> Diagnosis:
    """Find problems that prevent a network from learning, with a forward and a backward pass without dropout.

    - symmetric: units of a node with the same a and δ for all examples, which stay identical in every step;
    - dead: ReLU units that are 0 for all examples, so that their gradient is 0;
    - saturated: hidden sigmoid or tanh units whose slope is below 1 % of the maximum for 90 % of the examples;
    - vanishing, exploding: hidden nodes whose δ is 1000 times smaller or larger than that of the outputs.

    Args:
        net: the network, which is not modified.
        X: inputs as in `net.forward`; a few hundred examples suffice.
        Y: targets as in `net.backward`.
        sample_weight: as in `net.backward`.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: X or Y is invalid.
        NonFiniteError: the numbers overflow; the message names the node.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 3, 1], initializer=mg.Zeros(), seed=0)
    >>> print(mg.diagnose(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1]))
    node        rms z      rms a      rms δ   (4 examples)
    input1          —      0.707          —
    dense2          0        0.5          0
    dense3          0        0.5        0.5
    node 'dense2': units 1, 2, 3 have the same a and δ for every example and will stay alike; draw Θ at random
    node 'dense2': δ vanishes: rms 0, at the outputs 0.5
    """
    twin = net.copy()
    twin.forward(X)
    twin.backward(Y, sample_weight)
    findings: list[Finding] = []
    output_size = math.sqrt(np.mean([_size(node.delta) ** 2 for node in twin.outputs]))
    for node in twin.nodes:
        if isinstance(node.layer, InputLayer):
            continue
        a, delta = node.a, node.delta
        findings += _symmetric(node, a, delta)
        if isinstance(node.layer.activation, Relu):
            findings += _dead(node, a)
        if node.children:
            findings += _saturated(node) + _abnormal_delta(node, delta, output_size)
    sizes = tuple(
        NodeSizes(node.name, math.nan, _size(node.a), math.nan)
        if isinstance(node.layer, InputLayer)
        else NodeSizes(node.name, _size(node.z), _size(node.a), _size(node.delta))
        for node in twin.nodes
    )
    return Diagnosis(sizes, tuple(findings), len(twin.nodes[0].a))


def _symmetric(node: Node, a: Array, delta: Array) -> list[Finding]:
    """Find units that agree in all examples; only in nodes with Θ, which could make them differ."""
    if node.size < 2 or not node.layer.theta_shape(node.parent_sizes):
        return []
    digits = np.finfo(a.dtype).precision - 3
    rounded = [np.round(values / (np.abs(values).max() or 1), digits) for values in (a, delta)]
    columns = np.ascontiguousarray(np.concatenate(rounded).T + 0.0)
    groups: dict[bytes, list[int]] = {}
    for j, column in enumerate(columns, start=1):
        groups.setdefault(column.tobytes(), []).append(j)
    dead = {j for j in range(1, node.size + 1) if not delta[:, j - 1].any() and not a[:, j - 1].any()}
    alike = [group for group in groups.values() if len(group) > 1 and not dead.issuperset(group)]
    return [
        Finding(
            "symmetric", node.name, tuple(group),
            f"{_units(group)} have the same a and δ for every example and will stay alike; draw Θ at random",
        )
        for group in alike
    ]  # fmt: skip


def _dead(node: Node, a: Array) -> list[Finding]:
    units = [int(j) + 1 for j in np.flatnonzero(~a.any(axis=0))]
    if not units:
        return []
    text = f"{_units(units)} of {node.size} dead: relu gives 0 for every example, so no step changes them"
    return [Finding("dead", node.name, tuple(units), text)]


def _saturated(node: Node) -> list[Finding]:
    activation, z = node.layer.activation, node.z
    if not isinstance(activation, (Sigmoid, Tanh)):  # which saturate on both sides, and are steepest at 0
        return []
    shares = (_slope(activation, z) < _FLAT * _slope(activation, np.zeros_like(z))).mean(axis=0)
    units = [int(j) + 1 for j in np.flatnonzero(shares >= _MOSTLY)]
    if not units:
        return []
    text = (
        f"{_units(units)} of {node.size} saturated: the slope of {node.layer.activation.name} is below"
        f" {_FLAT:.0%} of the steepest for {shares.mean():.0%} of units and examples; scale X or draw smaller Θ"
    )
    return [Finding("saturated", node.name, tuple(units), text)]


def _slope(activation: Activation, z: Array) -> Array:
    """Return g′(z)."""
    a, slope, scratch = np.empty_like(z), np.ones_like(z), np.empty_like(z)
    with quiet():
        activation.value(z, a, scratch)
        activation.vjp(z, a, slope, scratch)
    return slope


def _abnormal_delta(node: Node, delta: Array, output_size: float) -> list[Finding]:
    size, units = _size(delta), tuple(range(1, node.size + 1))
    numbers = f"rms {size:.3g}, at the outputs {output_size:.3g}"
    if size * _FAR < output_size:
        return [Finding("vanishing", node.name, units, f"δ vanishes: {numbers}")]
    if size > output_size * _FAR:
        return [Finding("exploding", node.name, units, f"δ explodes: {numbers}")]
    return []


def _size(values: Array) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _units(units: Sequence[int]) -> str:
    shown = ", ".join(map(str, units[:8])) + (f", … ({len(units)})" if len(units) > 8 else "")
    return f"unit{'s' if len(units) > 1 else ''} {shown}"


def _short(value: float) -> str:
    return f"{'—' if math.isnan(value) else format(value, '.3g'):>9}"

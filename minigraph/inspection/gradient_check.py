"""Gradient checking: compare backpropagation with numerical differentiation of J, parameter by parameter."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.base.arrays import Array, finite, numeric
from minigraph.engine.objective import Objective
from minigraph.errors import ArgumentError, GradientCheckError, ShapeError
from minigraph.inspection.differences import Difference, Differences
from minigraph.network.checks import Data, check_inputs, check_targets
from minigraph.network.network import AnyNetwork


@dataclass(frozen=True)
class ParameterCheck:
    """One parameter Θ^(layer)_row,column: its derivative by backpropagation and by differences.

    `row` is the number of the unit, from 1; `column` is j, 0 for the bias. `error` is |D − difference|
    over the largest derivative. `kink` is True if J is not differentiable there, so that any value between
    the two one-sided derivatives is correct.
    """

    layer: int
    name: str
    row: int
    column: int
    analytic: float
    numeric: float
    error: float
    kink: bool = False

    def __str__(self) -> str:
        return (
            f"Θ^({self.layer})_{self.row},{self.column} ({self.name!r}):"
            f" backpropagation {self.analytic:.10g}, difference {self.numeric:.10g}, error {self.error:.2g}"
        )


@dataclass(frozen=True)
class LayerCheck:
    """The largest errors of a layer, separately for the bias column; None if nothing was checked."""

    layer: int
    name: str
    checked: int
    bias_error: float | None
    weight_error: float | None

    @property
    def max_error(self) -> float:
        """The larger of the two; 0 if nothing was checked."""
        return max(self.bias_error or 0.0, self.weight_error or 0.0)


@dataclass(frozen=True)
class GradientCheck:
    """The result of `check_gradient`.

    Attributes:
        indices: positions of the checked parameters in the unrolled vector.
        analytic, numeric, errors: one entry per checked parameter.
        kinks: parameters at a kink of J, decided by one-sided differences.
        hint: a pattern in the differences, if any.
    """

    tolerance: float
    total: int
    indices: NDArray[np.intp]
    analytic: Array
    numeric: Array
    errors: Array
    worst: ParameterCheck
    by_layer: tuple[LayerCheck, ...]
    kinks: tuple[ParameterCheck, ...]
    hint: str = ""

    @property
    def max_error(self) -> float:
        """The largest error of all checked parameters."""
        return float(self.errors.max())

    @property
    def passed(self) -> bool:
        """True if all errors are within the tolerance."""
        return self.max_error <= self.tolerance

    def raise_if_failed(self) -> None:
        """Raise GradientCheckError, which names the worst parameter, unless the check passed."""
        if not self.passed:
            raise GradientCheckError(str(self))

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        lines = [
            f"gradient check {verdict}: {len(self.indices)} of {self.total} parameters,"
            f" largest error {self.max_error:.2g}, tolerance {self.tolerance:.2g}",
            f"worst: {self.worst}",
        ]
        if self.kinks:
            lines.append(f"{len(self.kinks)} at a kink, decided by one-sided differences; first: {self.kinks[0]}")
        if self.hint:
            lines.append(self.hint)
        for layer in self.by_layer:
            bias, weights = (
                "not checked" if error is None else f"{error:.2g}" for error in (layer.bias_error, layer.weight_error)
            )
            lines.append(f"  Θ^({layer.layer}) {layer.name!r}: bias column {bias}, weights {weights}")
        return "\n".join(lines)


def check_gradient(
    net: AnyNetwork,
    X: Data,
    Y: Data,
    step: float = 1e-4,
    tolerance: float = 1e-7,
    sample: int | None = None,
    *,
    seed: int = 0,
    gradient: ArrayLike | None = None,
) -> GradientCheck:
    """Compare ∂J/∂Θ by backpropagation with (J(Θ + step) − J(Θ − step)) / (2 step).

    The check uses a copy in float64 with dropout off, and does not modify the network. If the two
    disagree, smaller steps distinguish a coarse step from a wrong derivative, and one-sided differences
    distinguish a kink, as of ReLU, from a mistake.

    Args:
        net: the network, with its l2.
        X: as in `net.forward`.
        Y: as in `net.backward`.
        step: ε of the differences, > 0.
        tolerance: maximum error, relative to the largest derivative.
        sample: number of parameters to check, drawn at random; None checks all.
        seed: seed of the draw.
        gradient: an unrolled gradient to check instead of that of backpropagation.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: an argument is invalid.
        NonFiniteError: J is not finite.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 3, 1], l2=0.1, seed=0)
    >>> check = mg.check_gradient(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    >>> check.passed, len(check.indices)
    (True, 13)
    """
    for name, value in (("step", step), ("tolerance", tolerance)):
        if not (math.isfinite(value) and value > 0):
            raise ArgumentError(f"{name}: received {value!r}, expected a positive finite number")
    twin = net.copy(np.float64)
    J, by_backpropagation = twin.cost_and_gradient(X, Y)
    analytic = by_backpropagation if gradient is None else _given(gradient, by_backpropagation.size)
    indices = _choose(_free_parameters(twin), sample, seed)
    function = _cost_function(twin, X, Y)
    scale = max(float(np.abs(analytic).max()), 1e-4 * abs(J), np.finfo(np.float64).tiny)
    differences = Differences(function, step, tolerance, scale, J)
    results = [differences.compare(int(index), float(analytic[index])) for index in indices]
    return _report(twin, indices, analytic[indices], results, tolerance)


def _given(gradient: ArrayLike, size: int) -> Array:
    vector = numeric(gradient, "gradient")
    if vector.shape != (size,):
        raise ShapeError(f"gradient: received shape {vector.shape}, expected ({size},), as net.unroll() has it")
    return finite(vector, "gradient", np.dtype(np.float64))


def _free_parameters(net: AnyNetwork) -> NDArray[np.intp]:
    """Return the positions of all parameters except those of absent links."""
    free = []
    for layer in net.layers:
        present = np.ones(layer.parameters().shape, dtype=bool)
        if layer.links is not None:
            present[:, 1:] = layer.links
        free.append(present.ravel())
    positions = np.flatnonzero(np.concatenate(free)) if free else np.zeros(0, np.intp)
    if not positions.size:
        raise ArgumentError("net: received a network without parameters, expected at least one layer with Θ")
    return positions


def _choose(positions: NDArray[np.intp], sample: int | None, seed: int) -> NDArray[np.intp]:
    if sample is None:
        return positions
    if isinstance(sample, bool) or not isinstance(sample, (int, np.integer)) or sample < 1:
        raise ArgumentError(f"sample: received {sample!r}, expected an integer >= 1 or None")
    count = min(int(sample), positions.size)
    return np.sort(np.random.default_rng(seed).choice(positions, size=count, replace=False))


def _cost_function(net: AnyNetwork, X: Data, Y: Data) -> Callable[[int, float], float]:
    """Return J as a function of one parameter's position and the change of that parameter."""
    arrays = check_inputs(net, X).arrays
    targets = check_targets(net, Y, len(arrays[0])).arrays
    objective = Objective([target.T for target in targets], net.l2)
    vector = net.engine.parameters.vector

    def cost(index: int, change: float) -> float:
        before = vector[index]
        vector[index] = before + change
        try:
            return net.engine.evaluate_cost(arrays, objective)
        finally:
            vector[index] = before

    return cost


def _report(
    net: AnyNetwork, indices: NDArray[np.intp], analytic: Array, results: list[Difference], tolerance: float
) -> GradientCheck:
    checks = [
        _name(net, int(index), float(value), result)
        for index, value, result in zip(indices, analytic, results, strict=True)
    ]
    errors = np.array([check.error for check in checks])
    differences = np.array([check.numeric for check in checks])
    worst = max(checks, key=lambda check: check.error)
    failed = worst.error > tolerance
    return GradientCheck(
        tolerance=tolerance,
        total=net.engine.parameters.vector.size,
        indices=indices,
        analytic=analytic,
        numeric=differences,
        errors=errors,
        worst=worst,
        by_layer=_by_layer(net, checks),
        kinks=tuple(check for check in checks if check.kink),
        hint=_hint(net, indices, analytic - differences, checks) if failed else "",
    )


def _name(net: AnyNetwork, index: int, analytic: float, result: Difference) -> ParameterCheck:
    """Return layer, row and column of a position in the unrolled vector."""
    ends = np.cumsum([layer.parameters().size for layer in net.layers])
    layer = int(np.searchsorted(ends, index, side="right"))
    shape = net.layers[layer].parameters().shape
    row, column = divmod(index - int(ends[layer]) + shape[0] * shape[1], shape[1])
    name = _node_name(net, layer + 1)
    return ParameterCheck(layer + 1, name, row + 1, column, analytic, result.numeric, result.error, result.kink)


def _node_name(net: AnyNetwork, number: int) -> str:
    layer = net.layers[number - 1]
    return next(node.name for node in net.nodes if node.layer is layer)


def _by_layer(net: AnyNetwork, checks: list[ParameterCheck]) -> tuple[LayerCheck, ...]:
    layers = []
    for number in range(1, len(net.layers) + 1):
        mine = [check for check in checks if check.layer == number]
        bias = [check.error for check in mine if check.column == 0]
        weights = [check.error for check in mine if check.column > 0]
        layers.append(
            LayerCheck(number, _node_name(net, number), len(mine), max(bias, default=None), max(weights, default=None))
        )
    return tuple(layers)


def _hint(net: AnyNetwork, indices: NDArray[np.intp], difference: Array, checks: list[ParameterCheck]) -> str:
    """Detect the most common mistake: a difference proportional to Θ is caused by the regularization term."""
    is_weight = np.array([check.column > 0 for check in checks])
    theta = net.unroll()[indices]
    for part, where in ((is_weight, "the weights"), (~is_weight, "the bias column"), (is_weight | True, "Θ")):
        if theta[part].any() and not difference[~part].round(6).any():
            factor = float(difference[part] @ theta[part] / (theta[part] @ theta[part]))
            residue = np.abs(difference[part] - factor * theta[part]).max()
            if residue <= 1e-3 * np.abs(difference[part]).max():
                return f"the difference is {factor:.4g} Θ_ij in {where}: look at the regularization term"
    return ""

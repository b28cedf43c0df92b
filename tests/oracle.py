"""An independent statement of what a network computes, for HIPS autograd to differentiate.

It knows the graph only by names, sizes, parents and Θ, and states every formula by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import autograd
import autograd.numpy as anp
import autograd.scipy.special
import numpy as np

from minigraph import Activate, Add, AnyNetwork, Array, Concat, Dense, Dropout, Node

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "tanh": lambda z: (anp.exp(z) - anp.exp(-z)) / (anp.exp(z) + anp.exp(-z)),
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: anp.where(z > 0, z, anp.exp(anp.where(z > 0, 0.0, z)) - 1),
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "silu": lambda z: z / (1 + anp.exp(-z)),
    "gelu": lambda z: z / 2 * (1 + autograd.scipy.special.erf(z / np.sqrt(2))),
    "softmax": lambda z: anp.exp(z) / anp.sum(anp.exp(z), axis=1, keepdims=True),
}


def cross_entropy(a: Array, y: Array) -> Array:
    costs: Array = -anp.sum(y * anp.log(a) + (1 - y) * anp.log(1 - a), axis=1)
    return costs


def categorical_cross_entropy(a: Array, y: Array) -> Array:
    costs: Array = -anp.sum(y * anp.log(a), axis=1)
    return costs


def squared_error(a: Array, y: Array) -> Array:
    costs: Array = anp.sum((a - y) ** 2, axis=1) / 2
    return costs


COSTS: dict[str, Callable[[Array, Array], Array]] = {
    "cross_entropy": cross_entropy,
    "categorical_cross_entropy": categorical_cross_entropy,
    "squared_error": squared_error,
}


@dataclass
class Oracle:
    """A network's graph with a batch: X and Y by name, row per example."""

    net: AnyNetwork
    X: dict[str, Array]
    Y: dict[str, Array]
    masks: dict[str, Array] = field(default_factory=dict)
    """Which units of Dropout nodes stay in; a node without one passes everything on."""
    weights: Array | None = None

    def activations(self, thetas: Sequence[Array], nudges: dict[str, Array] | None = None) -> dict[str, Array]:
        """Return a of every node; `nudges` are added to z, so that δ is the derivative by them."""
        by_layer = dict(zip(self.net.layers, thetas, strict=True))
        a: dict[str, Array] = {}
        for node in self.net.nodes:
            if node.name in self.X:
                a[node.name] = self.X[node.name]
                continue
            z = self._z(node, [a[parent.name] for parent in node.parents], by_layer.get(node.layer))
            if nudges is not None:
                z = z + nudges[node.name]
            a[node.name] = ACTIVATIONS[node.layer.activation.name](z)
        return a

    def summed_cost(self, thetas: Sequence[Array], nudges: dict[str, Array] | None = None) -> float:
        """Return Σ_i w_i cost(i) over the outputs."""
        a = self.activations(thetas, nudges)
        weights = self._weights()
        total = 0.0
        for node, cost in zip(self.net.outputs, self.net.costs, strict=True):
            total = total + anp.sum(weights * COSTS[cost.name](a[node.name], self.Y[node.name]))
        return total

    def J(self, thetas: Sequence[Array], nudges: dict[str, Array] | None = None) -> float:
        m = self._weights().sum()
        squares = sum(anp.sum(theta[:, 1:] ** 2) for theta in thetas)
        J: float = self.summed_cost(thetas, nudges) / m + self.net.l2 / (2 * m) * squares
        return J

    def derivatives(self) -> tuple[list[Array], dict[str, Array]]:
        """Return D of every layer and δ of every node but the inputs, which is m ∂J/∂z of an example."""
        m = len(self._weights())
        nudges = {node.name: np.zeros((m, node.size)) for node in self.net.nodes if node.name not in self.X}
        gradients, deltas = autograd.grad(lambda both: self.J(*both))((self._thetas(), nudges))
        for layer, gradient in zip(self.net.layers, gradients, strict=True):
            if layer.links is not None:
                gradient[:, 1:][~layer.links] = 0  # the weight of an absent link is not a parameter
        return gradients, {name: delta * self._weights().sum() for name, delta in deltas.items()}

    def value(self) -> float:
        return float(self.J(self._thetas()))

    def outputs(self) -> list[Array]:
        a = self.activations(self._thetas())
        return [a[node.name] for node in self.net.outputs]

    def _z(self, node: Node, parents: list[Array], theta: Array | None) -> Array:
        layer = node.layer
        if isinstance(layer, Dense):
            assert theta is not None
            links = np.ones((layer.units, parents[0].shape[1])) if layer.links is None else layer.links * 1.0
            z: Array = theta[:, 0] + anp.dot(parents[0], (theta[:, 1:] * links).T)
            return z
        if isinstance(layer, Activate):
            return parents[0]
        if isinstance(layer, Add):
            total: Array = anp.sum(anp.stack(parents), axis=0)
            return total
        if isinstance(layer, Concat):
            joined: Array = anp.concatenate(parents, axis=1)
            return joined
        assert isinstance(layer, Dropout)
        if node.name not in self.masks:
            return parents[0]
        return parents[0] * self.masks[node.name] / (1 - layer.rate)

    def _thetas(self) -> list[Array]:
        return [np.array(layer.parameters()) for layer in self.net.layers]

    def _weights(self) -> Array:
        return np.ones(len(next(iter(self.X.values())))) if self.weights is None else self.weights


def relative_error(found: Array, expected: Array, scale: float = 0.0) -> float:
    """Return the largest difference, as a part of the largest expected number, or of `scale` if that is larger."""
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), scale, 1e-300))


def assert_agrees(net: AnyNetwork, oracle: Oracle, bound: float = 1e-10) -> None:
    """Compare what the last passes of `net` left with the oracle: a, every δ, every D.

    Where δ or D is nothing but rounding (the δ of a softmax of one unit, say, is 0), it is measured by what it was
    computed from: a thousandth of the largest in the network.
    """
    a = oracle.activations(oracle._thetas())
    for node in net.nodes:
        assert relative_error(node.a, a[node.name]) <= bound, f"a of {node!r}"
    gradients, deltas = oracle.derivatives()
    largest = max(np.abs(delta).max() for delta in deltas.values())
    for name, delta in deltas.items():
        assert relative_error(net.node(name).delta, delta, 1e-3 * largest) <= bound, f"delta of {name}"
    largest = max(np.abs(gradient).max() for gradient in gradients)
    for layer, gradient in zip(net.layers, gradients, strict=True):
        assert relative_error(layer.gradient, gradient, 1e-3 * largest) <= bound, f"gradient of {layer!r}"


def differences(
    net: AnyNetwork, J: Callable[[], float], indices: Sequence[int] | None = None, step: float = 2e-4
) -> Array:
    """Return ∂J/∂θ by the five-point stencil, whose error is of the order step⁴."""
    vector = net.unroll()
    indices = range(vector.size) if indices is None else indices
    slopes = []
    for index in indices:
        values = {}
        for shift in (-2, -1, 1, 2):
            moved = vector.copy()
            moved[index] += shift * step
            net.assign(moved)
            values[shift] = J()
        slopes.append((values[-2] - 8 * values[-1] + 8 * values[1] - values[2]) / (12 * step))
    net.assign(vector)
    return np.array(slopes)

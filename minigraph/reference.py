"""The lecture's algorithm as on the slides, one example at a time, to be read alongside the lecture.

It shares no code with the engine, which must give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array


@dataclass(frozen=True)
class Reference:
    """The result of `backpropagation`: J, Δ^(l) and D^(l) of each layer, δ^(l) of the last example."""

    cost: float
    accumulators: list[Array]
    gradients: list[Array]
    deltas: list[Array]


def sigmoid(z: Array) -> Array:
    """Return g(z) = 1 / (1 + e^−z).

    >>> float(sigmoid(np.array(0.0)))
    0.5
    """
    return np.exp(-np.logaddexp(0, -z))


def forward(thetas: Sequence[Array], x: Array) -> list[Array]:
    """Return a^(1), …, a^(L) of an example, all but the last with a_0 = 1 prepended.

    Args:
        thetas: Θ^(1), …, Θ^(L−1), shape (s_{l+1}, 1 + s_l) each.
        x: shape (s_1,).
    """
    activations = [np.concatenate([[1.0], x])]  # a^(1) = x
    for theta in thetas:
        z = theta @ activations[-1]  # z^(l+1) = Θ^(l) a^(l)
        activations.append(np.concatenate([[1.0], sigmoid(z)]))  # a^(l+1) = g(z^(l+1))
    activations[-1] = activations[-1][1:]  # the output has no bias unit
    return activations


def backpropagation(thetas: Sequence[ArrayLike], X: ArrayLike, Y: ArrayLike, l2: float = 0.0) -> Reference:
    """Return J and ∂J/∂Θ of a chain of sigmoid layers with the one-vs-all cross entropy.

    Set Δ = 0. For each example: forward propagation; δ^(L) = a^(L) − y;
    δ^(l) = (Θ^(l)ᵀ δ^(l+1))_{j≥1} ⊙ a^(l) ⊙ (1 − a^(l)); Δ^(l) := Δ^(l) + δ^(l+1) a^(l)ᵀ.
    Then D_ij = Δ_ij/m + (λ/m) Θ_ij for j >= 1 and D_i0 = Δ_i0/m.

    Args:
        thetas: Θ^(1), …, Θ^(L−1), shape (s_{l+1}, 1 + s_l) each.
        X: shape (m, s_1).
        Y: shape (m, s_L), 0 or 1.
        l2: λ.

    >>> result = backpropagation([[[0.0, 0.0]]], [[1.0]], [[1.0]])
    >>> round(result.cost, 4), result.gradients
    (0.6931, [array([[-0.5, -0.5]])])
    """
    matrices = [np.asarray(theta, dtype=np.float64) for theta in thetas]
    examples, answers = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
    m = len(examples)
    J = 0.0
    accumulators: list[Array] = [np.zeros_like(theta) for theta in matrices]
    deltas: list[Array] = []
    for x, y in zip(examples, answers, strict=True):
        activations = forward(matrices, x)
        h = activations[-1]
        J += -np.sum(y * np.log(h) + (1 - y) * np.log(1 - h)) / m  # the lecture omits the minus sign of cost(i)
        delta = h - y  # δ^(L)
        deltas = [delta]
        for layer in reversed(range(len(matrices))):
            a = activations[layer]
            accumulators[layer] += np.outer(delta, a)  # Δ^(l) := Δ^(l) + δ^(l+1) a^(l)ᵀ
            if layer > 0:  # inputs have no error
                delta = (matrices[layer].T @ delta)[1:] * a[1:] * (1 - a[1:])
                deltas.insert(0, delta)
    gradients: list[Array] = []
    for theta, accumulator in zip(matrices, accumulators, strict=True):
        D = accumulator / m
        D[:, 1:] += l2 / m * theta[:, 1:]  # the lecture prints λ Θ, without the factor 1/m of its J
        J += l2 / (2 * m) * np.sum(theta[:, 1:] ** 2)
        gradients.append(D)
    return Reference(float(J), accumulators, gradients, deltas)


def numerical_gradient(cost: Callable[[Array], float], theta: Array, step: float = 1e-4) -> Array:
    """Return (J(θ + ε) − J(θ − ε)) / (2ε) for each entry of θ.

    Args:
        cost: J as a function of the unrolled parameters.
        theta: shape (n,).
        step: ε.

    >>> numerical_gradient(lambda theta: float(theta @ theta), np.array([1.0, 2.0])).round(6)
    array([2., 4.])
    """
    gradient = np.zeros_like(theta)
    for j in range(theta.size):
        change = np.zeros_like(theta)
        change[j] = step
        gradient[j] = (cost(theta + change) - cost(theta - change)) / (2 * step)
    return gradient

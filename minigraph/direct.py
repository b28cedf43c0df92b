"""The rules of the commonest layers, activations and costs as lists of numpy's own calls.

In a small network a Python call for every node and rule costs as much as the arithmetic: passes run these
lists instead. They say the same as the methods of the classes, which remain the place to read and to derive
from; anything else, subclasses too, is called through its methods.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from minigraph.activations import ONE, ZERO, Activation, Identity, Relu, Sigmoid, Tanh
from minigraph.arrays import Array
from minigraph.buffers import Buffers
from minigraph.layer import Layer
from minigraph.layers import Dense

Call: TypeAlias = tuple[Callable[..., object], tuple[object, ...]]
"""A function and its arguments."""


def forward(layer: Layer, at: Buffers) -> list[Call]:
    """Return what computes z of a node."""
    if type(layer) is Dense:
        return [(at.theta.dot, (at.inputs[0], at.z))]  # z = Θ a
    return [(layer.forward, (at,))]


def error(layer: Layer, at: Buffers, parent: int, out: Array) -> list[Call]:
    """Return what computes the error for one of the parents; `at.errors` is complete."""
    if type(layer) is Dense:
        return [(at.theta.T.dot, (at.delta, at.errors[parent]))]  # Θᵀ δ
    return [(layer.error, (at, parent, out))]


def accumulate(layer: Layer, at: Buffers, out: Array) -> list[Call]:
    """Return what computes Δ of a node."""
    if type(layer) is Dense and layer.links is None:
        return [(at.delta.dot, (at.inputs[0].T, out))]  # Δ = Σ_i δ aᵀ
    return [(layer.accumulate, (at, out))]


def value(activation: Activation, z: Array, a: Array, scratch: Array) -> list[Call]:
    """Return what computes a = g(z)."""
    kind, one, zero = type(activation), ONE[z.itemsize], ZERO[z.itemsize]
    if kind is Identity:
        return []  # z and a are the same memory
    if kind is Sigmoid:
        return [(np.negative, (z, a)), (np.exp, (a, a)), (np.add, (a, one, a)), (np.divide, (one, a, a))]
    if kind is Tanh:
        return [(np.tanh, (z, a))]
    if kind is Relu:
        return [(partial(np.maximum, out=a), (z, zero))]
    return [(activation.value, (z, a, scratch))]


def vjp(activation: Activation, z: Array, a: Array, delta: Array, scratch: Array) -> list[Call]:
    """Return what turns ∂cost/∂a in `delta` into ∂cost/∂z."""
    kind, one = type(activation), ONE[z.itemsize]
    times_slope: Call = (np.multiply, (delta, scratch, delta))
    if kind is Identity:
        return []
    if kind is Sigmoid:  # a(1 − a)
        return [(np.subtract, (one, a, scratch)), (np.multiply, (scratch, a, scratch)), times_slope]
    if kind is Tanh:  # 1 − a²
        return [(np.multiply, (a, a, scratch)), (np.subtract, (one, scratch, scratch)), times_slope]
    if kind is Relu:
        return [(np.sign, (a, scratch)), times_slope]
    return [(activation.vjp, (z, a, delta, scratch))]

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

from minigraph.base.arrays import Array
from minigraph.functions.activations import ONE, ZERO, Activation, Identity, Relu, Sigmoid, Tanh
from minigraph.graph.buffers import Buffers
from minigraph.graph.layer import Layer
from minigraph.graph.layers import Dense

Call: TypeAlias = tuple[Callable[..., object], tuple[object, ...]]
"""A function and its arguments."""

_BLOCK = 32_768
"""Entries of δ that go through g′ at a time: with the slopes they stay in the processor's cache."""


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
    if type(activation) is Identity:
        return []
    if type(activation) not in (Sigmoid, Tanh, Relu):
        return [(activation.vjp, (z, a, delta, scratch))]
    calls: list[Call] = []
    rows = max(1, _BLOCK // z.shape[1])
    for first in range(0, len(z), rows):
        part = slice(first, first + rows)
        slope = scratch[: len(a[part])]
        calls += _slope(activation, a[part], slope)
        calls.append((np.multiply, (delta[part], slope, delta[part])))
    return calls


def _slope(activation: Activation, a: Array, slope: Array) -> list[Call]:
    """Return what computes g′(z) from a = g(z)."""
    one = ONE[a.itemsize]
    if type(activation) is Sigmoid:  # a(1 − a)
        return [(np.subtract, (one, a, slope)), (np.multiply, (slope, a, slope))]
    if type(activation) is Tanh:  # 1 − a²
        return [(np.multiply, (a, a, slope)), (np.subtract, (one, slope, slope))]
    return [(np.sign, (a, slope))]  # relu

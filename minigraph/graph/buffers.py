"""The arrays of one node while a batch passes through: what a layer reads and writes."""

from __future__ import annotations

import numpy as np

from minigraph.base.arrays import Array


class Buffers:
    """The arrays of one node for m examples, written as in the lecture: a row per unit, a column per example.

    A layer's `forward` reads `inputs` and writes `z`; its `error` and `accumulate` read `delta`.
    """

    __slots__ = ("a", "delta", "errors", "generator", "inputs", "mask", "output", "scratch", "theta", "weights", "z")

    inputs: tuple[Array, ...]
    """The parents' activations, (1 + s_in, m) each, with the bias unit a_0 = 1 as row 0."""
    theta: Array
    """Θ of the layer, (s_out, 1 + s_in); empty if the layer has none."""
    weights: Array
    """Θ without its bias column, (s_out, s_in)."""
    z: Array
    """Pre-activation, (s, m); the same memory as `a` if the activation is the identity."""
    output: Array
    """a with the bias unit, (1 + s, m): an input of the children."""
    a: Array
    """Activation g(z), (s, m)."""
    delta: Array
    """δ = ∂cost(i)/∂z, (s, m); until all children are done, the part of ∂cost(i)/∂a known so far."""
    errors: tuple[Array, ...]
    """Where the errors that the node sends to its parents go, (1 + s_in, m) each; row 0, of the bias unit, is spare."""
    mask: Array
    """Dropout's factors, (s, m): 0 for a dropped unit, 1/(1 − rate) for the others."""
    scratch: Array
    """A spare array, (s, m), with arbitrary contents."""
    generator: np.random.Generator | None
    """Where a random layer draws from in this pass; None if dropout is off."""

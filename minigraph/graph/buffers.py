"""The arrays of a node that a layer reads and writes while a batch is processed."""

from __future__ import annotations

import numpy as np

from minigraph.base.arrays import Array


class Buffers:
    """The arrays of a node for m examples, laid out as in the lecture: one row per unit, one column per example.

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
    """Pre-activation, (s, m); shares memory with `a` if the activation is the identity."""
    output: Array
    """a with the bias unit, (1 + s, m): an input of the children."""
    a: Array
    """Activation g(z), (s, m)."""
    delta: Array
    """δ = ∂cost(i)/∂z, (s, m); until all children are done, the partial sum of ∂cost(i)/∂a."""
    errors: tuple[Array, ...]
    """The errors that the node propagates to its parents, (1 + s_in, m) each; row 0 (the bias unit) is unused."""
    mask: Array
    """Dropout factors, (s, m): 0 for dropped units, 1/(1 − rate) for the others."""
    scratch: Array
    """A work array, (s, m), with arbitrary contents."""
    generator: np.random.Generator | None
    """The generator for random layers in this pass; None if dropout is off."""

"""All parameters of a network in a contiguous vector θ, and their gradient in another.

The memory layout is the lecture's unrolling: Θ^(1), Θ^(2), … row by row, each a view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from minigraph.base.arrays import Array, Float, finite, numeric
from minigraph.errors import ShapeError
from minigraph.graph.node import Layer

_BLOCK = 16_384
"""Entries of Θ processed at a time, few enough to stay in the CPU cache."""


class Parameters:
    """θ with its views Θ, and the gradient with its views D, for layers in order."""

    def __init__(self, shapes: Mapping[Layer, tuple[int, int]], dtype: np.dtype[Float]) -> None:
        self.layers: tuple[Layer, ...] = tuple(shapes)
        self.vector: Array = np.zeros(sum(rows * columns for rows, columns in shapes.values()), dtype)
        self.gradient_vector: Array = np.zeros_like(self.vector)
        self.theta: dict[Layer, Array] = self.views(self.vector, shapes)
        self.gradient: dict[Layer, Array] = self.views(self.gradient_vector, shapes)
        self.accumulator: dict[Layer, Array] = {}
        self._shapes = dict(shapes)
        self._absent = [(layer, ~layer.links) for layer in self.layers if layer.links is not None]
        self._snapshot: Array | None = None

    @staticmethod
    def views(vector: Array, shapes: Mapping[Layer, tuple[int, int]]) -> dict[Layer, Array]:
        """Return one view per layer of `vector`."""
        views, start = {}, 0
        for layer, shape in shapes.items():
            stop = start + shape[0] * shape[1]
            views[layer] = vector[start:stop].reshape(shape)
            start = stop
        return views

    def initialize(self, generator: np.random.Generator, before: Callable[[], None] | None = None) -> None:
        """Draw each Θ with its layer's initializer; nothing changes if one of them fails.

        Args:
            generator: random generator for the initializers.
            before: called after drawing, before the first change.

        Raises:
            ShapeError: an initializer drew the wrong shape.
            NonFiniteDataError: an initializer drew infinity or NaN, in the network's dtype.
        """
        drawn = {layer: self._draw(layer, generator) for layer in self.layers}
        if before is not None:
            before()
        for layer, theta in drawn.items():
            self.theta[layer][...] = theta
        self.apply_link_mask()

    def apply_link_mask(self) -> None:
        """Set the weights of absent links to 0."""
        for layer, absent in self._absent:
            np.copyto(self.theta[layer][:, 1:], 0, where=absent)

    def borrow(self, layer: Layer) -> Array:
        """Return a writable view; from now on θ is compared with its last snapshot."""
        if self._snapshot is None:
            self._snapshot = self.vector.copy()
        return self.theta[layer]

    def snapshot(self) -> None:
        """Record the current θ as that of the cached values."""
        if self._snapshot is not None:
            np.copyto(self._snapshot, self.vector)

    def is_modified(self) -> bool:
        """Return whether θ was modified through a borrowed view since the last snapshot."""
        return self._snapshot is not None and not np.array_equal(self._snapshot, self.vector)

    def keep_accumulators(self) -> None:
        """Copy Δ, which a backward pass computes in the gradient's memory, before D overwrites it."""
        if not self.accumulator:
            self.accumulator = self.views(np.zeros_like(self.vector), self._shapes)
        for layer, accumulator in self.accumulator.items():
            np.copyto(accumulator, self.gradient[layer])

    def finish_gradient(self, scale: float, decay: float) -> None:
        """Turn Δ into D = scale Δ + decay Θ, the second term for j >= 1 only.

        The lecture prints D_ij = Δ_ij/m + λ Θ_ij, but its J implies (λ/m) Θ_ij.
        """
        np.multiply(self.gradient_vector, scale, out=self.gradient_vector)
        if decay:
            self.add_decay(decay)

    def add_decay(self, decay: float | Array) -> None:
        """Add decay Θ_ij, j >= 1, to the gradient: the derivative of the regularization term."""
        for gradient, theta, scratch in self._decay_blocks:
            np.multiply(theta, decay, out=scratch)
            scratch[:, 0] = 0  # faster than slicing off the first column
            np.add(gradient, scratch, out=gradient)

    def penalty(self) -> float:
        """Return Σ Θ_ij² over all layers, the bias column excluded (some slides print (ΣΘ)²)."""
        total = 0.0
        for theta in self.theta.values():
            weights = theta[:, 1:]
            total += float(np.einsum("ij,ij->", weights, weights, dtype=np.float64))
        return total

    def _draw(self, layer: Layer, generator: np.random.Generator) -> Array:
        what, shape = f"initializer {layer.initializer!r} of {layer!r}", self._shapes[layer]
        theta = numeric(layer.initializer.draw(shape, generator), what)
        if theta.shape != shape:
            raise ShapeError(f"{what}: received shape {theta.shape}, expected {shape}")
        return finite(theta, what, self.vector.dtype)

    @cached_property
    def _decay_blocks(self) -> list[tuple[Array, Array, Array]]:
        """Split each Θ into blocks of rows that share a small work array."""
        largest = max((min(rows * columns, _BLOCK + columns) for rows, columns in self._shapes.values()), default=0)
        scratch = np.empty(largest, self.vector.dtype)
        blocks = []
        for layer, (rows, columns) in self._shapes.items():
            height = max(1, _BLOCK // columns)
            for start in range(0, rows, height):
                theta = self.theta[layer][start : start + height]
                gradient = self.gradient[layer][start : start + height]
                blocks.append((gradient, theta, scratch[: theta.size].reshape(theta.shape)))
        return blocks

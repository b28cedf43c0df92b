"""Initializers of Θ: random ones, so that units differ, and constant ones, which show why that matters."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from minigraph.base.arrays import Array, real
from minigraph.base.config import Configurable


class Initializer(Configurable, ABC):
    """Draws the initial parameter matrix of a layer.

    To define your own, subclass it and implement `draw`.

    >>> import numpy as np, minigraph as mg
    >>> class Halves(mg.Initializer):
    ...     def draw(self, shape, generator):
    ...         return np.full(shape, 0.5)
    >>> mg.Network(x := mg.Input(2), mg.Dense(1, initializer=Halves())(x)).layers[0].theta
    array([[0.5, 0.5, 0.5]])
    """

    @abstractmethod
    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        """Return a new Θ of `shape` (s_out, 1 + s_in), drawn from `generator`; column 0 is the bias."""

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


class Uniform(Initializer):
    """Draw Θ_ij uniformly from [−ε, ε], the lecture's random initialization.

    Args:
        epsilon: ε > 0; None means √6 / √(s_in + s_out) (Glorot and Bengio, 2010).

    Raises:
        ArgumentError: ε is not a positive finite number.

    >>> Uniform(0.12)
    Uniform(epsilon=0.12)
    """

    def __init__(self, epsilon: float | None = None) -> None:
        self.epsilon: float | None = epsilon
        if epsilon is not None:
            self.epsilon = real(epsilon, "epsilon", "a finite number > 0", above=0)

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        s_out, s_in = shape[0], shape[1] - 1
        epsilon = math.sqrt(6.0 / (s_in + s_out)) if self.epsilon is None else self.epsilon
        return generator.uniform(-epsilon, epsilon, size=shape)


class Normal(Initializer):
    """Draw Θ_ij from a normal distribution with mean 0.

    Args:
        scale: standard deviation > 0.

    >>> Normal(0.01)
    Normal(scale=0.01)
    """

    def __init__(self, scale: float = 0.01) -> None:
        self.scale: float = real(scale, "scale", "a finite number > 0", above=0)

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        return generator.normal(0.0, self.scale, size=shape)


class He(Initializer):
    """Draw normal weights with variance 2 / s_in, biases 0: preserves the scale of a in ReLU layers (He et al., 2015).

    >>> He()
    He()
    """

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        theta = generator.normal(0.0, math.sqrt(2.0 / (shape[1] - 1)), size=shape)
        theta[:, 0] = 0.0
        return theta


class Constant(Initializer):
    """Set all Θ_ij to the same value, so that the units of a layer stay identical forever.

    Args:
        value: any finite number.

    >>> Constant(0.5)
    Constant(value=0.5)
    """

    def __init__(self, value: float) -> None:
        self.value: float = real(value, "value", "a finite number")

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        return np.full(shape, self.value)


class Zeros(Initializer):
    """Set all Θ_ij to zero: fine for logistic regression, whose J is convex; hidden units stay identical.

    >>> Zeros()
    Zeros()
    """

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> Array:
        return np.zeros(shape)

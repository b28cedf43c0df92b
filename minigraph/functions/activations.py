"""Activation functions g: the value g(z), and the product of an error with the derivative g′(z).

Inside the graph, arrays have the layout of the lecture's vectors: one row per unit, one column per example.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from minigraph.base.arrays import Array, real
from minigraph.base.config import Configurable
from minigraph.base.inheritance import reset_derived
from minigraph.base.programs import Program, straight_line
from minigraph.errors import ArgumentError, nearest
from minigraph.functions.normal import gelu_derivative, normal_cdf

ActivationName: TypeAlias = Literal[
    "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu", "identity", "softmax"
]


# Constants by itemsize: for numpy, arrays of the same type have half the overhead of Python scalars.
ZERO: dict[int, Array] = {4: np.zeros((), np.float32), 8: np.zeros((), np.float64)}
ONE: dict[int, Array] = {4: np.ones((), np.float32), 8: np.ones((), np.float64)}


class Activation(Configurable, ABC):
    """An activation function g, defined by its value and its vector-Jacobian product.

    To define your own, subclass it and implement `value` and `vjp`. All arrays have shape
    (units, examples); `scratch` is a work array of the same shape with arbitrary contents.

    >>> import numpy as np, minigraph as mg
    >>> class Square(mg.Activation):
    ...     name = "square"
    ...     def value(self, z, a, scratch):
    ...         np.multiply(z, z, out=a)
    ...     def vjp(self, z, a, error, scratch):
    ...         error *= 2 * z
    >>> net = mg.mlp([2, 3, 1], activation=Square(), cost="squared_error", seed=1)
    >>> mg.check_gradient(net, [[0.1, 0.2], [0.3, 0.4]], [[1.0], [0.0]]).passed
    True
    """

    name: str = "custom"
    kinked: bool = False
    """True if g′ is discontinuous, so that a numerical derivative across the kink is meaningless."""
    elementwise: bool = False
    """True if g(z)_k depends on z_k only, so that `vjp` can be applied to a subset of the units."""
    bounded: bool = False
    """True if |g(z)| <= |z| + 1, so that a is finite if z is."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Reset whatever was derived from a `value` or `vjp` that the subclass overrides."""
        super().__init_subclass__(**kwargs)
        reset_derived(cls, Activation, ("value", "vjp"), _DERIVED)

    if not TYPE_CHECKING:  # checkers would take every attribute for assignable

        def __setattr__(self, name: str, value: object) -> None:
            if name in ("value", "vjp", *_DERIVED):
                raise ArgumentError(f"{name}: cannot be set on {self!r}; derive a class that defines it")
            super().__setattr__(name, value)

    @abstractmethod
    def value(self, z: Array, a: Array, scratch: Array) -> None:
        """Write g(z) into `a`."""

    @abstractmethod
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        """Turn `error` from ∂cost/∂a into ∂cost/∂z, in place: for most g, error ⊙ g′(z)."""

    def log(self, z: Array, a: Array) -> Array:
        """Return log g(z), by default computed from `a`; overridden where z is more accurate."""
        return np.log(a)

    def log_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        """Turn `error` from ∂cost/∂(log a) into ∂cost/∂z, in place."""
        np.divide(error, a, out=error, where=error != 0)
        self.vjp(z, a, error, scratch)

    def log_complement(self, z: Array, a: Array) -> Array:
        """Return log(1 − g(z))."""
        return np.log1p(-a)

    def log_complement_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        """Turn `error` from ∂cost/∂(log(1 − a)) into ∂cost/∂z, in place."""
        np.divide(error, a - 1, out=error, where=error != 0)
        self.vjp(z, a, error, scratch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


_DERIVED = ("log", "log_vjp", "log_complement", "log_complement_vjp", "elementwise", "bounded")
"""Attributes that depend on `value` and `vjp` of the same class."""


class Identity(Activation):
    """g(z) = z; g′(z) = 1."""

    name = "identity"
    elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        if a is not z:
            yield np.copyto, a, z

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        yield from ()


class Sigmoid(Activation):
    """g(z) = 1 / (1 + e^−z); g′(z) = a(1 − a), the lecture's activation.

    For z < −709 (float64), e^−z overflows to infinity, and its reciprocal is correctly 0. Where a rounds to 1,
    g′ is 0; the costs of outputs compute their derivatives from z instead.
    """

    name = "sigmoid"
    elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        one = ONE[a.itemsize]
        yield np.negative, z, a
        yield np.exp, a, a
        yield np.add, a, one, a
        yield np.divide, one, a, a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        yield np.subtract, ONE[a.itemsize], a, scratch
        yield np.multiply, scratch, a, scratch  # a(1 − a)
        yield np.multiply, error, scratch, error

    def log(self, z: Array, a: Array) -> Array:
        return -softplus(-z)

    def log_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        self.value(-z, scratch, scratch)  # 1 − a without cancellation
        error *= scratch

    def log_complement(self, z: Array, a: Array) -> Array:
        return -softplus(z)

    def log_complement_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        error *= -a


class Tanh(Activation):
    """g(z) = tanh z; g′(z) = 1 − a², which is 0 where |a| rounds to 1."""

    name = "tanh"
    elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        yield np.tanh, z, a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        yield np.multiply, a, a, scratch
        yield np.subtract, ONE[a.itemsize], scratch, scratch  # 1 − a²
        yield np.multiply, error, scratch, error

    def log_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        # (1 − a²)/a = 1/(sinh z cosh z) = 2/sinh 2z
        with np.errstate(over="ignore"):
            np.divide(2 * error, np.sinh(2 * z), error, where=error != 0)

    def log_complement(self, z: Array, a: Array) -> Array:
        # 1 − tanh z = 2/(1 + e^2z)
        return math.log(2) - softplus(2 * z)

    def log_complement_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        error *= -(1 + a)


class Relu(Activation):
    """g(z) = max(z, 0); g′(z) = 1 for z > 0, else 0 (at the kink z = 0 too)."""

    name = "relu"
    kinked = elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        yield partial(np.maximum, out=a), z, ZERO[a.itemsize]

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        yield np.sign, a, scratch  # a = max(z, 0) is positive where z is
        yield np.multiply, error, scratch, error


class LeakyRelu(Activation):
    """g(z) = z for z > 0, else slope · z (Maas et al., 2013).

    Args:
        slope: slope for z < 0; 0 < slope < 1.

    >>> LeakyRelu(0.1)
    LeakyRelu(slope=0.1)
    """

    name = "leaky_relu"
    kinked = elementwise = bounded = True

    def __init__(self, slope: float = 0.01) -> None:
        self._slope = real(slope, "slope", "0 < slope < 1", above=0, below=1)

    @property
    def slope(self) -> float:
        """The slope of the negative side; it cannot be changed, since passes are planned with it."""
        return self._slope

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        yield np.multiply, z, self.slope, a
        yield partial(np.maximum, out=a), z, a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        yield np.heaviside, z, 0, scratch
        yield partial(np.maximum, out=scratch), scratch, self.slope
        yield np.multiply, error, scratch, error

    def __repr__(self) -> str:
        return f"LeakyRelu(slope={self.slope!r})"


class Elu(Activation):
    """g(z) = z for z > 0, else e^z − 1; g′(z) = 1 or e^z (Clevert et al., 2016)."""

    name = "elu"
    elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        zero = ZERO[a.itemsize]
        yield partial(np.minimum, out=a), z, zero
        yield np.expm1, a, a
        yield partial(np.maximum, out=scratch), z, zero
        yield np.add, a, scratch, a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        # e^z rather than a + 1, which cancels for z << 0
        yield partial(np.minimum, out=scratch), z, ZERO[a.itemsize]
        yield np.exp, scratch, scratch
        yield np.multiply, error, scratch, error


class Softplus(Activation):
    """g(z) = log(1 + e^z); g′(z) = 1 / (1 + e^−z)."""

    name = "softplus"
    elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        yield np.logaddexp, z, ZERO[a.itemsize], a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        yield SIGMOID.value, z, scratch, scratch
        yield np.multiply, error, scratch, error

    def log(self, z: Array, a: Array) -> Array:
        # log(log(1 + e^z)) → z as z → −∞, where a itself underflows
        return np.where(z < -30, z, np.log(np.logaddexp(np.maximum(z, -30), 0)))

    def log_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        # g′/g → 1 as z → −∞
        bounded = np.maximum(z, -30)
        SIGMOID.value(bounded, scratch, scratch)
        error *= scratch / np.logaddexp(bounded, 0)


class Silu(Activation):
    """g(z) = z σ(z), also called swish; g′(z) = a + σ(z)(1 − a) (Elfwing et al., 2018)."""

    name = "silu"
    elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        yield SIGMOID.value, z, a, scratch
        yield np.multiply, a, z, a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        # error (a + σ(1 − a)) = a (error − t) + t with t = error σ: a single work array suffices
        yield SIGMOID.value, z, scratch, scratch
        yield np.multiply, scratch, error, scratch
        yield np.subtract, error, scratch, error
        yield np.multiply, error, a, error
        yield np.add, error, scratch, error


class Gelu(Activation):
    """g(z) = z Φ(z) with the normal distribution function Φ; g′(z) = Φ(z) + z φ(z) (Hendrycks and Gimpel, 2016)."""

    name = "gelu"
    elementwise = bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        yield normal_cdf, z, a
        yield np.multiply, a, z, a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        yield gelu_derivative, z, scratch
        yield np.multiply, error, scratch, error


class Softmax(Activation):
    """g(z)_k = e^z_k / Σ_j e^z_j over the units of the node; its Jacobian is a_k (1[k = j] − a_j)."""

    name = "softmax"
    bounded = True

    @straight_line
    def value(self, z: Array, a: Array, scratch: Array) -> Program:
        row = scratch[0]
        yield partial(np.maximum.reduce, axis=0, out=row), z
        yield np.subtract, z, row, a  # the largest exponent is 0, so nothing overflows
        yield np.exp, a, a
        yield partial(np.add.reduce, axis=0, out=row), a
        yield np.divide, a, row, a

    @straight_line
    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> Program:
        row = scratch[0]
        yield partial(np.einsum, out=row), "ki,ki->i", error, a
        yield np.subtract, error, row, error
        yield np.multiply, error, a, error

    def log(self, z: Array, a: Array) -> Array:
        # z_k − log Σ_j e^z_j, with the largest z factored out of the sum: accurate for all z
        top, others = _beside_largest(z)
        result: Array = z - z[top] - np.log1p(np.exp(others).sum(axis=0))
        return result

    def log_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        error -= a * error.sum(axis=0)

    def log_complement(self, z: Array, a: Array) -> Array:
        # 1 − a cancels for the largest a only; there it equals Σ_{j≠k} e^z_j / Σ_j e^z_j
        top, others = _beside_largest(z)
        result: Array = np.log1p(-a)
        _, log_sum = _softmax_of_others(others)
        result[top] = log_sum - np.log1p(np.exp(others).sum(axis=0))
        return result

    def log_complement_vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        # ∂ log(1 − a_k)/∂z_j = a_j a_k/(1 − a_k), but −a_k for j = k; for the largest a_k,
        # a_j/(1 − a_k) is the softmax of the others
        top, others = _beside_largest(z)
        share, _ = _softmax_of_others(others)
        odds = error * a / (1 - a)
        odds[top] = 0
        error[...] = a * (odds.sum(axis=0) - odds - error) + share * (error[top] * a[top])


def softplus(z: Array) -> Array:
    """Return log(1 + e^z), exact where e^z overflows."""
    return np.logaddexp(z, 0)


def _beside_largest(z: Array) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], Array]:
    """Return the index of the largest z of each example, and z minus that z, with −∞ at the index itself."""
    top = (z.argmax(axis=0), np.arange(z.shape[1]))
    others: Array = z - z[top]
    others[top] = -np.inf
    return top, others


def _softmax_of_others(others: Array) -> tuple[Array, Array]:
    """Return the softmax over the units whose z is not −∞, and log Σ e^z; zeros and −∞ without such units."""
    largest = np.maximum(others.max(axis=0), np.finfo(others.dtype).min)
    share: Array = np.exp(others - largest)
    total = share.sum(axis=0)
    log_sum: Array = largest + np.log(total)
    return share / np.maximum(total, np.finfo(others.dtype).tiny), log_sum


SIGMOID = Sigmoid()

ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        SIGMOID, Tanh(), Relu(), LeakyRelu(), Elu(), Softplus(), Silu(), Gelu(), Identity(), Softmax()
    )
}  # fmt: skip
assert set(ACTIVATIONS) == set(get_args(ActivationName))


def as_activation(activation: ActivationName | Activation, argument: str = "activation") -> Activation:
    """Return the activation with that name, or the given object itself.

    Raises:
        ArgumentError: no activation has that name; the message gives the nearest one.

    >>> as_activation("tanh")
    Tanh()
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ArgumentError(
            f"{argument}: received {activation!r}, expected an Activation or a name{nearest(activation, ACTIVATIONS)}"
        )
    return ACTIVATIONS[activation]

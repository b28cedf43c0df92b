"""Optimizers: rules that update the parameters from a gradient.

A rule works elementwise on θ, the vector of all parameters. It is applied in blocks, which stay in the CPU
cache and need only a small work array.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np

from minigraph.base.arrays import Array, is_finite, real
from minigraph.base.inheritance import reset_derived
from minigraph.errors import ArgumentError, ModelFormatError, nearest
from minigraph.training.schedules import Schedule, checked_rate

OptimizerName: TypeAlias = Literal["gradient_descent", "rmsprop", "adam", "adamw"]

_BLOCK = 32_768
"""Entries of θ updated at a time: with gradient and state, they fit into the cache."""


class Optimizer(ABC):
    """A rule that updates θ elementwise, given the gradient and state vectors.

    An optimizer contains only settings; its state belongs to the training run, so that it can be reused.
    To define your own, subclass it and implement `update`, and `coefficients` if it needs more numbers
    than the learning rate.

    >>> import numpy as np, minigraph as mg
    >>> class SignDescent(mg.Optimizer):
    ...     def update(self, theta, gradient, state, scratch, coefficients):
    ...         np.sign(gradient, gradient)
    ...         gradient *= coefficients[0]
    ...         theta -= gradient
    >>> net = mg.mlp([2, 1], seed=0)
    >>> before = net.unroll()
    >>> history = mg.fit(net, [[0.0, 1.0]], [[1.0]], SignDescent(0.5), epochs=1, progress=False)
    >>> [round(float(change), 6) for change in net.unroll() - before]
    [0.5, 0.0, 0.5]
    """

    state_names: tuple[str, ...] = ()
    """Names of the state vectors, of the shape of θ, initially zero."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Reset the bound on the steps of an `update` that the subclass overrides."""
        super().__init_subclass__(**kwargs)
        reset_derived(cls, Optimizer, ("update", "coefficients", "state_names"), ("step_bound",))

    def __init__(self, learning_rate: float | Schedule) -> None:
        self.learning_rate: Schedule | float = learning_rate if callable(learning_rate) else checked_rate(learning_rate)

    @abstractmethod
    def update(
        self, theta: Array, gradient: Array, state: Sequence[Array], scratch: Array, coefficients: Sequence[Array]
    ) -> None:
        """Change `theta` and `state` in place.

        Args:
            theta: a block of the parameters, (n,).
            gradient: ∂J/∂θ, (n,); may be overwritten.
            state: a block (n,) of each vector in `state_names`.
            scratch: a work array (n,) with arbitrary contents.
            coefficients: the result of `coefficients` for this step, as arrays () with the dtype of θ.
        """

    def coefficients(self, rate: float, t: int) -> tuple[float, ...]:
        """Return the numbers that `update` needs.

        Args:
            rate: the learning rate of this step.
            t: number of the step, 1 for the first.
        """
        return (rate,)

    def step_bound(self, theta: float, gradient: float, tiny: float) -> float:
        """Return a bound on the change of any θ in a step with learning rate 1; infinity if there is none.

        With it, `fit` proves that most steps keep θ finite; it checks every number of all others.

        Args:
            theta: bound on |θ|.
            gradient: bound on |∂J/∂θ| since the state was zero.
            tiny: the smallest normal number of θ's dtype, below which squares lose precision.
        """
        return math.inf

    def rate(self, t: int) -> float:
        """Return the learning rate of step t >= 1; schedules count from 0."""
        return self.learning_rate if isinstance(self.learning_rate, float) else checked_rate(self.learning_rate(t - 1))


class GradientDescent(Optimizer):
    """θ := θ − α v with v := μ v + ∂J/∂θ; without momentum, v is the gradient.

    Nesterov's variant steps along ∂J/∂θ + μ v instead (Sutskever et al., 2013, as implemented in PyTorch).

    Args:
        learning_rate: α, a number or a schedule.
        momentum: μ, 0 <= μ < 1.
        nesterov: use Nesterov's variant; requires a momentum.

    Raises:
        ArgumentError: an argument is out of range.

    >>> GradientDescent(0.1, momentum=0.9)
    GradientDescent(learning_rate=0.1, momentum=0.9, nesterov=False)
    """

    def __init__(self, learning_rate: float | Schedule, momentum: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(learning_rate)
        self.momentum: float = _fraction(momentum, "momentum")
        self.nesterov: bool = bool(nesterov)
        if self.nesterov and not self.momentum:
            raise ArgumentError("nesterov: received True with momentum 0, expected a momentum > 0 such as 0.9")
        if self.momentum:
            self.state_names: tuple[str, ...] = ("velocity",)

    def coefficients(self, rate: float, t: int) -> tuple[float, ...]:
        return rate, self.momentum

    def step_bound(self, theta: float, gradient: float, tiny: float) -> float:
        return gradient / (1 - self.momentum)  # Σ μ^i |g|

    def update(
        self, theta: Array, gradient: Array, state: Sequence[Array], scratch: Array, coefficients: Sequence[Array]
    ) -> None:
        rate, momentum = coefficients
        direction = gradient
        if state:
            velocity = state[0]
            np.multiply(velocity, momentum, velocity)
            np.add(velocity, gradient, velocity)
            if self.nesterov:
                np.multiply(velocity, momentum, scratch)
                np.add(gradient, scratch, gradient)
            else:
                direction = velocity
        np.multiply(direction, rate, gradient)
        np.subtract(theta, gradient, theta)

    def __repr__(self) -> str:
        return (
            f"GradientDescent(learning_rate={self.learning_rate!r}, momentum={self.momentum!r},"
            f" nesterov={self.nesterov!r})"
        )


class RMSProp(Optimizer):
    """θ := θ − α g / (√v + ε) with v := ρ v + (1 − ρ) g² (Tieleman and Hinton, 2012).

    Args:
        learning_rate: α, a number or a schedule.
        rho: decay rate ρ of v, 0 <= ρ < 1.
        epsilon: ε > 0, which limits the step if v is small.

    Raises:
        ArgumentError: an argument is out of range.

    >>> RMSProp()
    RMSProp(learning_rate=0.01, rho=0.99, epsilon=1e-08)
    """

    state_names: tuple[str, ...] = ("mean_square",)

    def __init__(self, learning_rate: float | Schedule = 0.01, rho: float = 0.99, epsilon: float = 1e-8) -> None:
        super().__init__(learning_rate)
        self.rho: float = _fraction(rho, "rho")
        self.epsilon: float = _positive(epsilon, "epsilon")

    def coefficients(self, rate: float, t: int) -> tuple[float, ...]:
        return rate, self.rho, 1 - self.rho, self.epsilon

    def step_bound(self, theta: float, gradient: float, tiny: float) -> float:
        # v >= (1 − ρ) g², unless the square underflows
        return 2 / math.sqrt(1 - self.rho) + _lost(tiny, 1 - self.rho, self.epsilon)

    def update(
        self, theta: Array, gradient: Array, state: Sequence[Array], scratch: Array, coefficients: Sequence[Array]
    ) -> None:
        rate, rho, rest, epsilon = coefficients
        (mean_square,) = state
        np.multiply(gradient, gradient, scratch)
        np.multiply(scratch, rest, scratch)
        np.multiply(mean_square, rho, mean_square)
        np.add(mean_square, scratch, mean_square)
        np.sqrt(mean_square, scratch)
        np.add(scratch, epsilon, scratch)
        np.divide(gradient, scratch, scratch)
        np.multiply(scratch, rate, scratch)
        np.subtract(theta, scratch, theta)

    def __repr__(self) -> str:
        return f"RMSProp(learning_rate={self.learning_rate!r}, rho={self.rho!r}, epsilon={self.epsilon!r})"


class Adam(Optimizer):
    """θ := θ − α m̂ / (√v̂ + ε) with running means m of g and v of g² (Kingma and Ba, 2015).

    m := β₁ m + (1 − β₁) g, v := β₂ v + (1 − β₂) g², m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).

    Args:
        learning_rate: α, a number or a schedule.
        beta1: β₁, 0 <= β₁ < 1.
        beta2: β₂, 0 <= β₂ < 1.
        epsilon: ε > 0, which bounds the step where v is small.

    Raises:
        ArgumentError: an argument outside its range.

    >>> Adam()
    Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)
    """

    state_names: tuple[str, ...] = ("mean", "mean_square")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(learning_rate)
        self.beta1: float = _fraction(beta1, "beta1")
        self.beta2: float = _fraction(beta2, "beta2")
        self.epsilon: float = _positive(epsilon, "epsilon")

    def coefficients(self, rate: float, t: int) -> tuple[float, ...]:
        unbias1, unbias2 = 1 - self.beta1**t, 1 - self.beta2**t
        return (
            self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2,
            1 / math.sqrt(unbias2), self.epsilon, rate / unbias1,
        )  # fmt: skip

    def step_bound(self, theta: float, gradient: float, tiny: float) -> float:
        # By Cauchy and Schwarz, |m| = (1 − β₁) |Σ β₁^i g_i| <= (1 − β₁) √(Σ (β₁²/β₂)^i) √(v/(1 − β₂)).
        if self.beta1**2 >= self.beta2:
            return math.inf
        ratio = 1 / math.sqrt((1 - self.beta2) * (1 - self.beta1**2 / self.beta2))
        return 2 * ratio + _lost(tiny, 1 - self.beta2, self.epsilon) / (1 - self.beta1)

    def update(
        self, theta: Array, gradient: Array, state: Sequence[Array], scratch: Array, coefficients: Sequence[Array]
    ) -> None:
        beta1, rest1, beta2, rest2, unbias2, epsilon, rate = coefficients[:7]
        mean, mean_square = state
        np.multiply(gradient, rest1, scratch)
        np.multiply(mean, beta1, mean)
        np.add(mean, scratch, mean)
        np.multiply(gradient, gradient, scratch)
        np.multiply(scratch, rest2, scratch)
        np.multiply(mean_square, beta2, mean_square)
        np.add(mean_square, scratch, mean_square)
        np.sqrt(mean_square, scratch)
        np.multiply(scratch, unbias2, scratch)
        np.add(scratch, epsilon, scratch)
        np.divide(mean, scratch, scratch)
        np.multiply(scratch, rate, scratch)
        np.subtract(theta, scratch, theta)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(learning_rate={self.learning_rate!r}, beta1={self.beta1!r}, beta2={self.beta2!r},"
            f" epsilon={self.epsilon!r})"
        )


class AdamW(Adam):
    """Adam with decoupled weight decay: θ := (1 − α w) θ before Adam's step (Loshchilov and Hutter, 2019).

    As in PyTorch, the bias column decays too. In contrast, the network's `l2` excludes it and is part of J.

    Args:
        learning_rate: α, a number or a schedule.
        beta1: β₁, 0 <= β₁ < 1.
        beta2: β₂, 0 <= β₂ < 1.
        epsilon: ε > 0, which bounds the step where v is small.
        weight_decay: w, 0 <= w < 1.

    Raises:
        ArgumentError: an argument outside its range.

    >>> AdamW(weight_decay=0.1)
    AdamW(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.1)
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon)
        self.weight_decay: float = _fraction(weight_decay, "weight_decay")

    def coefficients(self, rate: float, t: int) -> tuple[float, ...]:
        return *super().coefficients(rate, t), 1 - rate * self.weight_decay

    def step_bound(self, theta: float, gradient: float, tiny: float) -> float:
        return super().step_bound(theta, gradient, tiny) + self.weight_decay * theta

    def update(
        self, theta: Array, gradient: Array, state: Sequence[Array], scratch: Array, coefficients: Sequence[Array]
    ) -> None:
        np.multiply(theta, coefficients[7], theta)
        super().update(theta, gradient, state, scratch, coefficients)

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, weight_decay={self.weight_decay!r})"


class Updates:
    """An optimizer applied to a vector: its state, and the blocks of θ."""

    def __init__(self, optimizer: Optimizer, theta: Array, gradient: Array) -> None:
        self.optimizer = optimizer
        self.state: dict[str, Array] = {name: np.zeros_like(theta) for name in optimizer.state_names}
        self.is_bounded: bool = True
        """Whether the state started with zeros and all steps were trusted, so that the bounds apply to the state."""
        self._dtype = theta.dtype
        self._numbers: tuple[float, ...] = ()
        self._coefficients: tuple[Array, ...] = ()
        self._updated = np.empty(0, theta.dtype)
        scratch = np.empty(min(_BLOCK, theta.size), theta.dtype)
        self._blocks = []
        for start in range(0, theta.size, _BLOCK):
            part = slice(start, start + _BLOCK)
            block = theta[part]
            state = tuple(vector[part] for vector in self.state.values())
            self._blocks.append((block, gradient[part], state, scratch[: block.size]))

    def step(self, t: int, trusted_rate: float = math.inf) -> int | None:
        """Update θ; if an entry would become non-finite, leave θ unchanged and return the index of the entry.

        Args:
            t: number of the step, starting at 1.
            trusted_rate: learning rate up to which θ is known to stay finite.
        """
        rate = self.optimizer.rate(t)
        numbers = self.optimizer.coefficients(rate, t)
        if numbers != self._numbers:
            self._set_coefficients(numbers)
        if not (rate <= trusted_rate and self.is_bounded):
            return self._checked_step()
        coefficients = self._coefficients
        update = self.optimizer.update
        for theta, gradient, state, scratch in self._blocks:
            update(theta, gradient, state, scratch, coefficients)
        return None

    def restore(self, state: Mapping[str, Array]) -> None:
        """Restore the state of an interrupted run, which has passed `check`."""
        for name, vector in self.state.items():
            vector[...] = state[name]
        self.is_bounded = False

    def check(self, state: Mapping[str, Array]) -> None:
        """Check the state of an interrupted run.

        Raises:
            ModelFormatError: the state belongs to another optimizer or network, or is not finite.
        """
        expected = {name: vector.shape for name, vector in self.state.items()}
        received = {name: np.shape(vector) for name, vector in state.items()}
        if received != expected:
            raise ModelFormatError(
                f"resume: received optimizer state {received}, expected {expected} for {self.optimizer!r}"
            )
        for name, vector in state.items():
            if not is_finite(vector):
                raise ModelFormatError(f"resume: received optimizer state {name!r} with infinity or NaN")

    def _checked_step(self) -> int | None:
        """Take the step on copies, stored in the memory of the gradient, which is no longer needed."""
        self.is_bounded = False
        if not self._updated.size:
            self._updated = np.empty(min(_BLOCK, sum(theta.size for theta, *_ in self._blocks)), self._dtype)
        for number, (theta, gradient, state, scratch) in enumerate(self._blocks):
            new = self._updated[: theta.size]
            np.copyto(new, theta)
            self.optimizer.update(new, gradient, state, scratch, self._coefficients)
            if not is_finite(new):
                return number * _BLOCK + int(np.argmin(np.isfinite(new)))
            np.copyto(gradient, new)
        for theta, gradient, _, _ in self._blocks:
            np.copyto(theta, gradient)
        return None

    def _set_coefficients(self, numbers: tuple[float, ...]) -> None:
        """Write the numbers to arrays (), which have half the overhead of Python floats in numpy."""
        if len(numbers) != len(self._numbers):
            self._coefficients = tuple(np.empty((), self._dtype) for _ in numbers)
        for array, number in zip(self._coefficients, numbers, strict=True):
            array[...] = number
        self._numbers = numbers


_USUAL: dict[str, Callable[[], Optimizer]] = {
    "gradient_descent": lambda: GradientDescent(0.1), "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW,
}  # fmt: skip
assert set(_USUAL) == set(get_args(OptimizerName))


def as_optimizer(optimizer: OptimizerName | Optimizer) -> Optimizer:
    """Return the optimizer with that name and default settings, or the given object itself.

    "gradient_descent" has the learning rate 0.1, the others their defaults.

    Raises:
        ArgumentError: no optimizer has that name; the message gives the nearest one.

    >>> as_optimizer("gradient_descent")
    GradientDescent(learning_rate=0.1, momentum=0.0, nesterov=False)
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if not isinstance(optimizer, str) or optimizer not in _USUAL:
        raise ArgumentError(
            f"optimizer: received {optimizer!r}, expected an Optimizer such as mg.Adam(0.001)"
            f" or a name{nearest(optimizer, _USUAL)}"
        )
    return _USUAL[optimizer]()


def _fraction(value: float, argument: str) -> float:
    return real(value, argument, f"0 <= {argument} < 1", least=0, below=1)


def _positive(value: float, argument: str) -> float:
    return real(value, argument, "a finite number > 0", above=0)


def _lost(tiny: float, share: float, epsilon: float) -> float:
    """Return a bound on |g|/ε where (1 − ρ) g² or the like underflows in its dtype, in which ε is finite."""
    return math.sqrt(tiny / share) / epsilon if epsilon > tiny else math.inf

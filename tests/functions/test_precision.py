"""The relative error of g and g′ against thirty digits of mpmath, in both types, from the roots to the tails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import mpmath
import numpy as np
import pytest

import minigraph as mg
from minigraph import ActivationName, Array
from minigraph.functions.activations import ACTIVATIONS

Function = Callable[[Any], Any]


def logistic(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def density(z: Any) -> Any:
    return mpmath.exp(-z * z / 2) / mpmath.sqrt(2 * mpmath.pi)


EXACT: dict[ActivationName, tuple[Function, Function]] = {
    "sigmoid": (logistic, lambda z: logistic(z) * logistic(-z)),
    "tanh": (mpmath.tanh, lambda z: 1 / mpmath.cosh(z) ** 2),
    "relu": (lambda z: max(z, mpmath.mpf(0)), lambda z: mpmath.mpf(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z * mpmath.mpf(0.01), lambda z: mpmath.mpf(1 if z > 0 else 0.01)),
    "elu": (lambda z: z if z > 0 else mpmath.expm1(z), lambda z: mpmath.exp(min(z, 0))),
    "softplus": (lambda z: mpmath.log1p(mpmath.exp(z)), logistic),
    "silu": (lambda z: z * logistic(z), lambda z: logistic(z) * (1 + z * logistic(-z))),
    "gelu": (lambda z: z * mpmath.ncdf(z), lambda z: mpmath.ncdf(z) + z * density(z)),
    "identity": (lambda z: z, lambda z: mpmath.mpf(1)),
}
SATURATED = ("sigmoid", "tanh")
"""Their g′ is taken from a, as the lecture has it: its absolute error is a rounding of a, which is near 1."""
CANCELLING = ("silu", "gelu")
"""Their g′ is a sum with a root, where only its terms are precise."""


def test_every_elementwise_activation_is_here() -> None:
    assert set(EXACT) == set(get_args(ActivationName)) - {"softmax"}


def points(dtype: type) -> Array:
    z = np.concatenate([-np.logspace(-6, 1.55, 60)[::-1], np.logspace(-6, 1.55, 60), [-20.0, 20.0]])
    exact: Array = z.astype(dtype)[None, :]
    return exact


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_value_and_derivative(name: ActivationName, dtype: type) -> None:
    activation, z = ACTIVATIONS[name], points(dtype)
    a, error, scratch = np.empty_like(z), np.ones_like(z), np.empty_like(z)
    activation.value(z, a, scratch)
    activation.vjp(z, a, error, scratch)
    eps = float(np.finfo(dtype).eps)
    with mpmath.workdps(30):
        for x, value, slope in zip(z[0].tolist(), a[0].tolist(), error[0].tolist(), strict=True):
            if name == "gelu" and abs(x) > 12 and dtype == np.float32:
                continue  # below the smallest normal number
            exact_value, exact_slope = (float(function(mpmath.mpf(x))) for function in EXACT[name])
            # The rounding of x²/2 in an exponent counts, and that of x itself in e^x.
            growth = 4 + 2 * abs(x) + x * x
            assert value == pytest.approx(exact_value, rel=growth * eps, abs=1e-37), x
            absolute = 1e-37
            if name in SATURATED:
                absolute = 2 * eps
            if name in CANCELLING:
                absolute = (
                    4 * eps * abs(x) * float(logistic(mpmath.mpf(x)) if name == "silu" else density(mpmath.mpf(x)))
                )
            assert slope == pytest.approx(exact_slope, rel=growth * eps, abs=absolute), x


def test_elu_keeps_a_small_derivative() -> None:
    """a + 1 is 0 here."""
    z = np.full((1, 1), -20, np.float32)
    a, error, scratch = np.empty_like(z), np.ones_like(z), np.empty_like(z)
    ACTIVATIONS["elu"].value(z, a, scratch)
    ACTIVATIONS["elu"].vjp(z, a, error, scratch)
    assert error[0, 0] == pytest.approx(2.0611536e-9, rel=1e-6)


def exact_gradient(name: ActivationName, net: mg.Network[Array], X: Array, Y: Array) -> list[float]:
    """Return ∂J/∂θ of a 2-3-1 network with cross entropy, by the chain rule in fifty digits."""
    g, derivative = EXACT[name]
    first, second = ([[mpmath.mpf(float(t)) for t in row] for row in layer.theta] for layer in net.layers)
    D1, D2 = [[mpmath.mpf(0)] * 3 for _ in first], [[mpmath.mpf(0)] * 4]
    for x, y in zip(X.tolist(), Y[:, 0].tolist(), strict=True):
        inputs = [1, *x]
        z = [mpmath.fdot(row, inputs) for row in first]
        hidden = [mpmath.mpf(1), *(g(each) for each in z)]
        delta = logistic(mpmath.fdot(second[0], hidden)) - y
        for i, each in enumerate(z):
            back = second[0][1 + i] * delta * derivative(each)
            D1[i] = [D + back * a / len(X) for D, a in zip(D1[i], inputs, strict=True)]
        D2[0] = [D + delta * a / len(X) for D, a in zip(D2[0], hidden, strict=True)]
    return [float(D) for row in [*D1, *D2] for D in row]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1, 20])
def test_gradients_also_of_large_weights(name: ActivationName, dtype: str, scale: float) -> None:
    net = mg.mlp([2, 3, 1], name, dtype=dtype, seed=3)
    net.assign(scale * net.unroll())
    generator = np.random.default_rng(4)
    X = generator.normal(size=(5, 2)).astype(net.dtype)
    Y = generator.integers(0, 2, size=(5, 1)).astype(net.dtype)
    _, gradient = net.cost_and_gradient(X, Y)
    with mpmath.workdps(50):
        exact = exact_gradient(name, net, X, Y)
    # The roundings of z count e^z-fold: |z| reaches some 60 at this scale.
    eps = 100 * scale * float(np.finfo(net.dtype).eps)
    np.testing.assert_allclose(gradient, exact, rtol=eps, atol=eps * max(map(abs, exact)))

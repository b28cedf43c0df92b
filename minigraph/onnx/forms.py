"""How activations are written in elementwise operators of ONNX: by `export`, and by other exporters.

A form is a function of two arguments: `op`, which applies an operator to tensors and constants and returns the
resulting tensor, and the tensor z. It returns the last operator, not yet applied. The writer passes an `op` that adds
operators to a graph, the recognizer one that learns them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, TypeAlias

import numpy as np

from minigraph.base.arrays import Float
from minigraph.functions.activations import (
    Activation,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)

Attributes: TypeAlias = Mapping[str, object]


class Apply(Protocol):
    """Applies an operator to tensors, given by name, and to constants."""

    def __call__(self, operator: str, *operands: str | float) -> str:
        """Return the name of the resulting tensor."""


@dataclass(frozen=True)
class Call:
    """An operator with its operands."""

    operator: str
    operands: tuple[str | float, ...]
    attributes: Attributes = field(default_factory=dict)


Form: TypeAlias = Callable[[Apply, str], Call]


def written_form(activation: Activation, dtype: np.dtype[Float]) -> Form | None:
    """Return the form in which `export` writes an activation; None if ONNX does not have it."""
    forms: Sequence[Form] | None = _WRITTEN.get(type(activation))
    if type(activation) is LeakyRelu:
        forms = leaky_relu_forms(activation.slope)
    return None if forms is None else forms[0 if dtype == np.float32 else 1]


def leaky_relu_forms(slope: float) -> tuple[Form, ...]:
    """Return the forms of a leaky ReLU.

    In every file the attribute alpha has the precision of float32, so `export` writes the second form in float64.
    The third is PyTorch's decomposition, the first what PyTorch and tf2onnx write directly.
    """

    def chosen(op: Apply, z: str) -> Call:
        return Call("Where", (op("Greater", z, 0.0), z, op("Mul", z, slope)))

    return (
        lambda op, z: Call("LeakyRelu", (z,), {"alpha": slope}),
        lambda op, z: Call("Max", (z, op("Mul", z, slope))),
        chosen,
    )


def _direct(operator: str, **attributes: object) -> Form:
    return lambda op, z: Call(operator, (z,), attributes)


def _silu(op: Apply, z: str) -> Call:
    return Call("Mul", (z, op("Sigmoid", z)))


def _elu_in_float64(op: Apply, z: str) -> Call:
    """onnxruntime has no Elu of float64. With t = tanh(z/2), e^z − 1 = 2t/(1 − t), without cancellation."""
    t = op("Tanh", op("Min", op("Mul", z, 0.5), 0.0))
    return Call("Add", (op("Relu", z), op("Div", op("Add", t, t), op("Sub", 1.0, t))))


def _softplus_in_float64(op: Apply, z: str) -> Call:
    """onnxruntime has no Softplus of float64. log(1 + e^z) = max(z, 0) + log(1 + e^−|z|) never overflows."""
    rest = op("Log", op("Add", op("Exp", op("Neg", op("Abs", z))), 1.0))
    return Call("Add", (op("Relu", z), rest))


def _softplus_of_pytorch(op: Apply, z: str) -> Call:
    """PyTorch takes log(1 + e^z) as z from its default threshold on, where they differ by 2e-9 at most."""
    softplus = op("Softplus", z)
    return Call("Where", (op("Greater", z, 20.0), z, softplus))


def _gelu_in_float64(op: Apply, z: str) -> Call:
    """No runtime has an erf of float64.

    z Φ(z) = max(z, 0) − |z| Φ(−|z|), and Φ(−|z|) = e^(−x²) erfcx(x)/2 with x = |z|/√2. There, 1/√π + 2 p(Z)/(L + x)
    is erfcx(x) (L + x), for Z = (L − x)/(L + x) and a polynomial p: J. A. C. Weideman, "Computation of the complex
    error function", SIAM J. Numer. Anal. 31 (1994).
    """
    L, coefficients = _weideman(36)
    size = op("Abs", z)
    x = op("Mul", size, math.sqrt(0.5))
    total = op("Add", x, L)
    Z = op("Div", op("Sub", L, x), total)
    p: str | float = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        p = op("Add", op("Mul", Z, p), coefficient)
    erfcx = op("Div", op("Add", op("Div", op("Mul", p, 2.0), total), 1 / math.sqrt(math.pi)), total)
    tail = op("Mul", op("Exp", op("Neg", op("Mul", x, x))), erfcx)
    return Call("Sub", (op("Relu", z), op("Mul", op("Mul", size, 0.5), tail)))


@cache
def _weideman(count: int) -> tuple[float, list[float]]:
    """Return L and the coefficients of p, the constant first; 36 of them give erfcx to 1e-15."""
    L = math.sqrt(count / math.sqrt(2))
    points = [L * math.tan(k * math.pi / (4 * count)) for k in range(1 - 2 * count, 2 * count)]
    weights = [math.exp(-t * t) * (L * L + t * t) for t in points]
    coefficients = []
    for n in range(1, count + 1):
        angles = (n * k * math.pi / (2 * count) for k in range(1 - 2 * count, 2 * count))
        terms = (weight * math.cos(angle) for weight, angle in zip(weights, angles, strict=True))
        coefficients.append(math.fsum(terms) / (4 * count))
    return L, coefficients


def _gelus_by_erf() -> list[Form]:
    """Return z (1 + erf(z/√2)) / 2 in the orders of PyTorch's exporters, old and new, and of TensorFlow.

    TensorFlow's optimizer makes a product of the division; the constants have the digits of float32 or float64.
    """

    def form(divide: bool, order: int, single: bool) -> Form:
        def gelu(op: Apply, z: str) -> Call:
            root = math.sqrt(2.0 if divide else 0.5)
            scaled = op("Div" if divide else "Mul", z, float(np.float32(root)) if single else root)
            twice = op("Add", op("Erf", scaled), 1.0)
            if order == 0:
                return Call("Mul", (op("Mul", z, twice), 0.5))
            return Call("Mul", (z, op("Mul", twice, 0.5)) if order == 1 else (op("Mul", z, 0.5), twice))

        return gelu

    return [form(bool(n % 2), n // 2 % 3, n >= 6) for n in range(12)]


_WRITTEN: dict[type[Activation], tuple[Form, Form]] = {
    Sigmoid: (_direct("Sigmoid"),) * 2,
    Tanh: (_direct("Tanh"),) * 2,
    Relu: (_direct("Relu"),) * 2,
    Elu: (_direct("Elu"), _elu_in_float64),
    Softplus: (_direct("Softplus"), _softplus_in_float64),
    Silu: (_silu,) * 2,
    Gelu: (_direct("Gelu"), _gelu_in_float64),
    Softmax: (_direct("Softmax", axis=1),) * 2,
}
"""Of `export`, in float32 and float64."""
WRITABLE = sorted([Identity.__name__, LeakyRelu.__name__, *(cls.__name__ for cls in _WRITTEN)])
"""The activations that `export` writes."""

_OTHERS: list[tuple[type[Activation], Form]] = [
    (Relu, lambda op, z: Call("Max", (z, 0.0))),  # PyTorch's clamp(min=0)
    (Softplus, _softplus_of_pytorch),
    (Silu, _direct("Swish")),  # opset 24
    *((Gelu, form) for form in _gelus_by_erf()),
]
"""Of other exporters, where they differ. GELU by tanh is another function than `Gelu`."""


def readable_forms() -> list[tuple[Activation, Form]]:
    """Return the forms that are recognized, apart from those of leaky ReLU, which has a parameter."""
    elementwise = {cls: forms for cls, forms in _WRITTEN.items() if cls is not Softmax}
    pairs = [(cls, form) for cls, forms in elementwise.items() for form in dict.fromkeys(forms)]
    return [(cls(), form) for cls, form in (*pairs, *_OTHERS)]

"""Which activation a graph of elementwise operators is, decided by its structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from minigraph.base.arrays import Float
from minigraph.functions.activations import Activation, Identity, LeakyRelu
from minigraph.onnx.forms import Attributes, Call, Form, leaky_relu_forms, readable_forms

State: TypeAlias = str
"""What has been computed from z so far: a known form, or a part of one."""
Z: State = "z"

_DEFAULTS: dict[str, Attributes] = {
    "Elu": {"alpha": 1.0},
    "Gelu": {"approximate": b"none"},
    "LeakyRelu": {"alpha": float(np.float32(0.01))},
    "Swish": {"alpha": 1.0},
}
_COMMUTATIVE = ("Add", "Max", "Min", "Mul")
_NEUTRAL = {"Add": 0.0, "Div": 1.0, "Mul": 1.0, "Sub": 0.0}
"""The right operand that changes nothing: exporters scale by 1 where a setting has its default."""


class Recognizer:
    """An automaton whose states are the forms and their parts, and whose transitions are the operators.

    Each operator thus takes one look-up, however long the chain before it.

    >>> recognizer = Recognizer(np.dtype("float64"))
    >>> half = recognizer.follow(Call("Sigmoid", (Z,)))
    >>> recognizer.activation(recognizer.follow(Call("Mul", (half, Z))))
    Silu()
    >>> recognizer.follow(Call("Min", (Z, 60.0))) is None
    True
    """

    def __init__(self, dtype: np.dtype[Float]) -> None:
        self._dtype = dtype
        self._transitions: dict[tuple[object, ...], State] = {}
        self._activations: dict[State, Activation] = {Z: Identity()}
        for activation, form in readable_forms():
            self._learn(activation, form)
        self._learn_leaky_relu(LeakyRelu().slope)
        self.operators: list[str] = sorted({str(key[0]) for key in self._transitions})
        """Those that occur in any form."""

    def follow(self, call: Call) -> State | None:
        """Return the state behind an operator; None if no form has it there."""
        if len(call.operands) == 2 and call.operator in _NEUTRAL:
            neutral, (first, second) = _NEUTRAL[call.operator], call.operands
            if second == neutral:
                return str(first)
            if first == neutral and call.operator in _COMMUTATIVE:
                return str(second)
        for slope in _slopes(call):
            self._learn_leaky_relu(slope)
        return self._transitions.get(_key(call))

    def activation(self, state: State) -> Activation | None:
        """Return the activation of a state; None for an incomplete one."""
        return self._activations.get(state)

    def _learn(self, activation: Activation, form: Form) -> None:
        def op(operator: str, *operands: str | float) -> State:
            return self._add(Call(operator, operands))

        self._activations.setdefault(self._add(form(op, Z)), activation)

    def _add(self, call: Call) -> State:
        return self._transitions.setdefault(_key(call), f"state {len(self._transitions)}")

    def _learn_leaky_relu(self, slope: float) -> None:
        # The digits of float32 are shown as they were written: 0.2, not 0.20000000298023224.
        shown = float(str(np.float32(slope))) if self._dtype == np.float32 else slope
        if 0 < shown < 1:
            for form in leaky_relu_forms(slope):
                self._learn(LeakyRelu(shown), form)


def _slopes(call: Call) -> Sequence[float]:
    """Return the slope of which a leaky ReLU may begin here."""
    if call.operator == "LeakyRelu":
        alpha = call.attributes.get("alpha", _DEFAULTS["LeakyRelu"]["alpha"])
        return [alpha] if isinstance(alpha, float) else []
    if call.operator == "Mul" and Z in call.operands:
        return [each for each in call.operands if isinstance(each, float)]
    return []


def _key(call: Call) -> tuple[object, ...]:
    """Return what two equal calls have in common: the order of operands may not matter, nor defaults be given."""
    operands = [(isinstance(each, float), each) for each in call.operands]
    if call.operator in _COMMUTATIVE:
        operands.sort()
    attributes = {**_DEFAULTS.get(call.operator, {}), **call.attributes}
    return call.operator, tuple(operands), tuple(sorted((name, repr(value)) for name, value in attributes.items()))

"""`explain`: derive a number by the lecture's formula, in symbols and with numbers inserted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from minigraph.errors import ArgumentError, nearest
from minigraph.graph.node import Edge, Unit
from minigraph.network.network import AnyNetwork, Network

if TYPE_CHECKING:
    from minigraph.inspection.explanation import Explanation

Explained: TypeAlias = Literal["z", "a", "delta", "gradient", "cost"]

_CHOICES: dict[type, tuple[str, ...]] = {Unit: ("z", "a", "delta"), Edge: ("gradient",), Network: ("cost",)}


@overload
def explain(
    target: Unit, what: Literal["z", "a", "delta"], example: int = ..., *, max_terms: int = ...
) -> Explanation: ...


@overload
def explain(target: Edge, what: Literal["gradient"], example: int = ..., *, max_terms: int = ...) -> Explanation: ...


@overload
def explain(target: AnyNetwork, what: Literal["cost"], example: int = ..., *, max_terms: int = ...) -> Explanation: ...


def explain(target: Unit | Edge | AnyNetwork, what: Explained, example: int = 0, *, max_terms: int = 8) -> Explanation:
    """Explain a number of the network: z, a or δ of a unit, D of an edge, J of the network.

    Args:
        target: a unit for "z", "a", "delta"; an edge for "gradient"; a network for "cost".
        what: name of the number.
        example: row of X, starting at 0.
        max_terms: number of largest terms shown in a longer sum, besides the sum of the rest; at least 2.

    Returns:
        The explanation; its `value` is the cached number, `check()` evaluates its printed lines.

    Raises:
        ArgumentError: the target has no such number, or there is no such example.
        StateError: the number is not computed or stale.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 1], seed=0)
    >>> net.assign([0.5, 1.0, -2.0])
    >>> a = net.forward([[3.0, 1.0]])
    >>> print(mg.explain(net.node(2).unit(1), "z"))
    z₁⁽²⁾ = Θ₁₀⁽¹⁾ a₀⁽¹⁾ + Θ₁₁⁽¹⁾ a₁⁽¹⁾ + Θ₁₂⁽¹⁾ a₂⁽¹⁾
          = 0.5·1 + 1·3 + (−2)·1
          = 1.5
    """
    from minigraph.inspection.derivations import explanation_of

    if max_terms < 2:
        raise ArgumentError(f"max_terms: received {max_terms!r}, expected at least 2")
    for kind, choices in _CHOICES.items():
        if isinstance(target, kind):
            if what not in choices:
                raise ArgumentError(f"what: received {what!r} for {target!r}{nearest(what, choices)}")
            break
    else:
        raise ArgumentError(f"target: received {target!r}, expected a unit, an edge or a network")
    return explanation_of(target, what, example, max_terms)

"""Symbols and numbers as they are printed."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from minigraph.base.notation import Symbol, latex_number, latex_text, number


@pytest.mark.parametrize(
    ("symbol", "text", "latex"),
    [
        (Symbol("Θ", (1, 10)), "Θ₁,₁₀", r"\Theta_{1,10}"),
        (Symbol("Θ", (11, 0)), "Θ₁₁,₀", r"\Theta_{11,0}"),
        (Symbol("Θ", (9, 9), 10), "Θ₉₉⁽¹⁰⁾", r"\Theta_{99}^{(10)}"),
        (Symbol("Θ", (10, 1), 2), "Θ₁₀,₁⁽²⁾", r"\Theta_{10,1}^{(2)}"),
        (Symbol("a", (110,), 2), "a₁₁₀⁽²⁾", "a_{110}^{(2)}"),
        (Symbol("δ", (2,), 3, example=12), "δ₂⁽³⁾[12]", r"\delta_{2}^{(3)}[12]"),
        (Symbol("cost", layer=4, example=2), "cost⁽⁴⁾(2)", r"\mathrm{cost}^{(4)}(2)"),
        (Symbol("mask", (3,)), "mask₃", r"\mathrm{mask}_{3}"),
        (Symbol("J"), "J", "J"),
    ],
)
def test_symbols(symbol: Symbol, text: str, latex: str) -> None:
    assert symbol.text == text
    assert symbol.latex == latex


@given(
    st.lists(st.integers(0, 1200), min_size=2, max_size=2).map(tuple),
    st.lists(st.integers(0, 1200), min_size=2, max_size=2).map(tuple),
)
def test_different_indices_are_written_differently(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    assert (Symbol("Θ", one).text == Symbol("Θ", other).text) == (one == other)


@pytest.mark.parametrize(
    ("value", "digits", "text", "latex"),
    [
        (-0.0, 6, "0", "0"),
        (0.1 + 0.2, 6, "0.3", "0.3"),
        (0.1 + 0.2, 17, "0.30000000000000004", "0.30000000000000004"),
        (-1.25e-7, 6, "−1.25·10⁻⁷", r"-1.25 \cdot 10^{-7}"),
        (1e20, 6, "1·10²⁰", r"1 \cdot 10^{20}"),
        (1234567.0, 6, "1.23457·10⁶", r"1.23457 \cdot 10^{6}"),
    ],
)
def test_numbers(value: float, digits: int, text: str, latex: str) -> None:
    assert number(value, digits) == text
    assert latex_number(value, digits) == latex


def test_texts_in_latex_hold_no_command_of_the_text() -> None:
    assert latex_text("a_b 5% \\x{~^}") == (r"\text{a}\_\text{b 5}\%\text{ }\backslash \text{x}\{{\sim}{}^{\wedge}\}")
    assert latex_text("") == ""

"""The lecture's notation, in Unicode and in LaTeX: z₁⁽²⁾, Θ₂₁⁽¹⁾, sums of products, derivations line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

SUBSCRIPTS = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_SUPERSCRIPTS = str.maketrans("0123456789()+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻")
_LATEX = {"Θ": r"\Theta", "δ": r"\delta", "Δ": r"\Delta", "λ": r"\lambda", "mask": r"\text{mask}"}

_LATEX_ESCAPES = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\n": " ",
    }
)


@dataclass(frozen=True)
class Symbol:
    """A letter with its indices below and the layer above, as in δ₂⁽³⁾.

    >>> Symbol("Θ", (2, 1), 1).text, Symbol("Θ", (2, 11), 1).latex
    ('Θ₂₁⁽¹⁾', '\\\\Theta_{2,11}^{(1)}')
    """

    letter: str
    indices: tuple[int, ...] = ()
    layer: int | None = None

    @property
    def text(self) -> str:
        """The symbol in Unicode."""
        above = "" if self.layer is None else f"({self.layer})".translate(_SUPERSCRIPTS)
        return self.letter + self._below().translate(SUBSCRIPTS) + above

    @property
    def latex(self) -> str:
        """The symbol in LaTeX."""
        below = f"_{{{self._below()}}}" if self.indices else ""
        above = "" if self.layer is None else f"^{{({self.layer})}}"
        return _LATEX.get(self.letter, self.letter) + below + above

    def _below(self) -> str:
        separator = "," if any(index > 9 for index in self.indices) else ""
        return separator.join(str(index) for index in self.indices)


Item = TypeVar("Item")
Term: TypeAlias = Sequence[tuple[Symbol, float]]
"""A product of factors, each with its number."""


@dataclass(frozen=True)
class Line:
    """One step of a derivation, in both scripts."""

    text: str
    latex: str


@dataclass(frozen=True)
class Explanation:
    """A formula with its numbers: `text` in Unicode, `latex` for papers and notebooks, `value` the result.

    Attributes:
        terms: the numbers that add up, each as the product of its factors.
    """

    text: str
    latex: str
    value: float
    terms: tuple[tuple[float, ...], ...] = ()

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def number(value: float) -> str:
    """Return a number as people write it into a formula.

    >>> number(0.25), number(-3.0), number(1.5e-9)
    ('0.25', '−3', '1.5·10⁻⁹')
    """
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    text = mantissa.replace("-", "−")
    return f"{text}·10{str(int(exponent)).translate(_SUPERSCRIPTS)}" if exponent else text


def latex_number(value: float) -> str:
    """Return a number in LaTeX."""
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def factor(value: float) -> str:
    """Return a number in Unicode, in brackets if it is negative."""
    return f"({number(value)})" if value < 0 else number(value)


def latex_factor(value: float) -> str:
    """Return a number in LaTeX, in brackets if it is negative."""
    return f"({latex_number(value)})" if value < 0 else latex_number(value)


def latex_text(text: str) -> str:
    r"""Return a text as it stands inside LaTeX's text commands.

    >>> latex_text("petal_length 50%")
    'petal\\_length 50\\%'
    """
    return text.translate(_LATEX_ESCAPES)


def sum_of_products(terms: Sequence[Term], max_terms: int) -> tuple[Line, Line]:
    """Return Σ of the products in symbols and in numbers; a long sum says how many terms it leaves out."""
    if not terms:
        return Line("0", "0"), Line("0", "0")
    left_out = max(0, len(terms) - max_terms)
    head = list(terms[: max_terms - 1] if left_out else terms)
    symbols = [Line(" ".join(s.text for s, _ in term), " ".join(s.latex for s, _ in term)) for term in head]
    numbers = [
        Line("·".join(factor(v) for _, v in term), r" \cdot ".join(latex_factor(v) for _, v in term)) for term in head
    ]
    if left_out > 0:
        gap = Line(f"… ({left_out} more terms) …", rf"\cdots\ (\text{{{left_out} more terms}})\ \cdots")
        last = sum_of_products(terms[-1:], max_terms)
        symbols += [gap, last[0]]
        numbers += [gap, last[1]]
    return join(symbols, " + "), join(numbers, " + ")


def shown(items: Sequence[Item], max_terms: int) -> Sequence[Item]:
    """Return the items whose terms `sum_of_products` shows: all, or the first ones and the last.

    >>> shown([1, 2, 3, 4, 5], 3)
    [1, 2, 5]
    """
    return items if len(items) <= max_terms else [*items[: max_terms - 1], items[-1]]


def join(lines: Sequence[Line], separator: str) -> Line:
    """Put lines behind one another."""
    return Line(separator.join(line.text for line in lines), separator.join(line.latex for line in lines))


def derive(symbol: Symbol, lines: Sequence[Line], value: float, terms: Sequence[Term] = ()) -> Explanation:
    """Align the steps of a derivation at their equals signs."""
    steps = [*lines, Line(number(value), latex_number(value))]
    indent = " " * (len(symbol.text) + 1)
    text = "\n".join((f"{symbol.text} " if i == 0 else indent) + f"= {line.text}" for i, line in enumerate(steps))
    latex = r" \\ ".join((symbol.latex if i == 0 else "") + f" &= {line.latex}" for i, line in enumerate(steps))
    products = tuple(tuple(v for _, v in term) for term in terms)
    return Explanation(text, rf"\begin{{aligned}} {latex} \end{{aligned}}", value, products)


def stack(*latex: str) -> str:
    """Put derivations in LaTeX below one another."""
    body = r" \\ ".join(part.removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}") for part in latex)
    return rf"\begin{{aligned}} {body} \end{{aligned}}"

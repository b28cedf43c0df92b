"""The lecture's notation, in Unicode and in LaTeX: z₁⁽²⁾, Θ₂₁⁽¹⁾, −1.5·10⁻⁹."""

from __future__ import annotations

from dataclasses import dataclass

SUBSCRIPTS = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_SUPERSCRIPTS = str.maketrans("0123456789()+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻")
_LATEX = {"Θ": r"\Theta", "δ": r"\delta", "Δ": r"\Delta", "λ": r"\lambda"}

# Outside \text, where KaTeX and MathJax agree: inside \text, MathJax prints a backslash literally.
_LATEX_ESCAPES = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\backslash ",
    "~": r"{\sim}",
    "^": r"{}^{\wedge}",
}


@dataclass(frozen=True)
class Symbol:
    """A letter with subscript indices and the layer as superscript, as in δ₂⁽³⁾; `example` starts at 1, as in cost(2).

    >>> Symbol("Θ", (2, 1), 1).text, Symbol("Θ", (2, 11), 1).latex, Symbol("δ", (1,), 3, example=2).text
    ('Θ₂₁⁽¹⁾', '\\\\Theta_{2,11}^{(1)}', 'δ₁⁽³⁾[2]')
    """

    letter: str
    indices: tuple[int, ...] = ()
    layer: int | None = None
    example: int | None = None

    @property
    def text(self) -> str:
        """The symbol in Unicode."""
        above = "" if self.layer is None else f"({self.layer})".translate(_SUPERSCRIPTS)
        return self.letter + self._below().translate(SUBSCRIPTS) + above + self._behind()

    @property
    def latex(self) -> str:
        """The symbol in LaTeX."""
        word = rf"\mathrm{{{self.letter}}}" if len(self.letter) > 1 else self.letter
        below = f"_{{{self._below()}}}" if self.indices else ""
        above = "" if self.layer is None else f"^{{({self.layer})}}"
        return _LATEX.get(self.letter, word) + below + above + self._behind()

    def _below(self) -> str:
        separator = "," if any(index > 9 for index in self.indices) else ""
        return separator.join(str(index) for index in self.indices)

    def _behind(self) -> str:
        if self.example is None:
            return ""
        return f"({self.example})" if self.letter == "cost" else f"[{self.example}]"


@dataclass(frozen=True)
class Label:
    """The notation of a quantity for which a letter with indices is not enough, as in ∂cost/∂a₁⁽³⁾."""

    text: str
    latex: str


def number(value: float, digits: int = 6) -> str:
    """Format a number as in a formula.

    >>> number(0.25), number(-3.0), number(1.5e-9), number(-0.0)
    ('0.25', '−3', '1.5·10⁻⁹', '0')
    """
    mantissa, exponent = _scientific(value, digits)
    text = mantissa.replace("-", "−")
    return f"{text}·10{exponent.translate(_SUPERSCRIPTS)}" if exponent else text


def latex_number(value: float, digits: int = 6) -> str:
    """Format a number in LaTeX."""
    mantissa, exponent = _scientific(value, digits)
    return rf"{mantissa} \cdot 10^{{{exponent}}}" if exponent else mantissa


def _scientific(value: float, digits: int) -> tuple[str, str]:
    """Return mantissa and decimal exponent of a number as text; −0 becomes 0."""
    mantissa, _, exponent = f"{value + 0.0:.{digits}g}".partition("e")
    return mantissa, str(int(exponent)) if exponent else ""


def latex_text(text: str) -> str:
    r"""Format text as upright letters in a LaTeX formula.

    >>> latex_text("petal_length 50%")
    '\\text{petal}\\_\\text{length 50}\\%'
    """
    pieces = [""]
    for character in text.replace("\n", " "):
        if character in _LATEX_ESCAPES:
            pieces += [_LATEX_ESCAPES[character], ""]
        else:
            pieces[-1] += character
    return "".join(piece if index % 2 else rf"\text{{{piece}}}" for index, piece in enumerate(pieces) if piece)

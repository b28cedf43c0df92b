"""Read printed explanations back: an evaluator of their text that knows nothing of how they were made."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

import minigraph as mg

_SUBSCRIPTS, _SUPERSCRIPTS = "₀₁₂₃₄₅₆₇₈₉", "⁰¹²³⁴⁵⁶⁷⁸⁹"
_NUMBER = r"\d+(?:\.\d+)?(?:·10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
_LAYER = r"⁽[⁰¹²³⁴-⁹]+⁾"
_SYMBOL = (
    rf"∂cost/∂a[₀-₉,]+{_LAYER}|∂cost/∂a by \w+|g′?\(z[₀-₉,]+{_LAYER}\)|∂a[₀-₉,]+{_LAYER}/∂z[₀-₉,]+{_LAYER}"
    rf"|ΣΘ²|Σw|cost(?:{_LAYER})?\(\d+\)|(?:mask|[a-zA-ZΘΔδλ])(?:[₀-₉]+(?:,[₀-₉]+)*)?(?:{_LAYER})?(?:\[\d+\])?"
)
_TOKEN = re.compile(
    rf"(?P<function>log\b|tanh\b|max\b|square\b|swap\b|[Φφσ])|(?P<base>e\^)|(?P<symbol>{_SYMBOL})|(?P<number>{_NUMBER})"
    r"|(?P<squared>²)|(?P<operator>[-−+·/(),])|(?P<space>\s+)"
)
_OPERATORS = {"−": "-", "·": "*", "-": "-", "+": "+", "/": "/", "(": "(", ")": ")", ",": ","}


def _max(left: np.float64, right: np.float64) -> np.float64:
    return left if left >= right else right


FUNCTIONS = {
    "log": np.log,
    "tanh": np.tanh,
    "max": _max,
    "Φ": lambda z: 0.5 * math.erfc(-z / math.sqrt(2)),
    "φ": lambda z: np.exp(-z * z / 2) / np.sqrt(2 * np.pi),
    "σ": lambda z: 1 / (1 + np.exp(-z)),
    "square": lambda z: z * z,
    "E": np.float64(math.e),
}


@dataclass(frozen=True)
class PrintedLine:
    """One line: what it derives, what is printed behind the equals sign, and the result that ends its derivation."""

    head: str
    formula: str
    result: float


def lines(text: str) -> Iterator[PrintedLine]:
    """Yield the lines of every derivation but its result."""
    for head, formulas in _derivations(text):
        for formula in formulas[:-1]:
            yield PrintedLine(head, re.sub(r" for z.*", "", formula), _result(formulas))


def results(text: str) -> dict[str, float]:
    """Return what is derived, by its symbol."""
    return {head: _result(formulas) for head, formulas in _derivations(text)}


def _result(formulas: list[str]) -> float:
    return number(re.sub(r" for z.*", "", formulas[-1]))


def _derivations(text: str) -> list[tuple[str, list[str]]]:
    """Return symbol and lines of every derivation, continuations joined."""
    derivations: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        head, equals, formula = line.partition("= ")
        if line.startswith("with ") or not (equals or derivations):
            break
        if equals and head.strip():
            derivations.append((head.strip(), [formula]))
        elif equals:
            derivations[-1][1].append(formula)
        else:
            derivations[-1][1][-1] += " " + line.strip()
    return derivations


def number(text: str) -> float:
    """Return a printed number.

    >>> number("−1.5·10⁻⁹")
    -1.5e-09
    """
    plain = text.translate(str.maketrans(_SUPERSCRIPTS + "⁻−", "0123456789--"))
    return float(plain.replace("·10", "e"))


@dataclass(frozen=True)
class Value:
    """What a printed formula gives, and how far the rounding of its numbers may move that."""

    value: float
    error: float


def evaluate(formula: str, symbols: Mapping[str, float], eps: float) -> Value | None:
    """Evaluate a formula as people read it; None if it is in words.

    Each number is moved by half a unit of its last digit and by its rounding error `eps`, and the changes are added.
    """
    if "computed" in formula:
        return None
    formula = re.sub(r"\(\d+ more terms?\)", "", formula)
    if "…" in formula:
        return None
    code, numbers, errors = _code(formula, symbols, eps)
    program = compile(code, formula, "eval")

    def run(values: list[float]) -> float:
        with np.errstate(all="ignore"):
            return float(eval(program, dict(FUNCTIONS), {"n": [np.float64(value) for value in values]}))

    middle, error = run(numbers), 0.0
    for index, half in enumerate(errors):
        moved = [[*numbers[:index], numbers[index] + side, *numbers[index + 1 :]] for side in (-half, half)]
        error += max(abs(run(values) - middle) for values in moved)
    return Value(middle, 1.01 * error)


def _code(formula: str, symbols: Mapping[str, float], eps: float) -> tuple[str, list[float], list[float]]:
    code, numbers, errors, previous, position = "", list[float](), list[float](), "", 0
    printed = [match["number"] for match in _TOKEN.finditer(formula) if match["number"]]
    digits = max([6, *(len(re.sub(r"·10.*|^0\.0*|\.", "", text)) for text in printed)])
    while position < len(formula):
        match = _TOKEN.match(formula, position)
        assert match is not None, f"{formula!r} cannot be read from {formula[position:]!r}"
        position = match.end()
        kind, text = str(match.lastgroup), match[0]
        if kind == "space":
            continue
        is_operand = kind in ("function", "base", "symbol", "number") or text == "("
        if is_operand and previous in ("symbol", "number", "squared", ")"):
            code += "*"
        if kind == "number":
            value = number(text)
            exponent = math.floor(math.log10(abs(value))) if value else -400
            code += f"n[{len(numbers)}]"
            numbers.append(value)
            errors.append(0.5 * 10.0 ** (exponent + 1 - digits) + 2 * eps * abs(value))
        elif kind == "symbol":
            code += f"n[{len(numbers)}]"
            numbers.append(symbols[text])
            errors.append(4 * eps * abs(symbols[text]))
        elif kind == "function":
            follows = formula[position:].lstrip()
            if not follows.startswith("("):  # log 0.7
                operand = re.match(rf"\s*(?:{_SYMBOL}|{_NUMBER})", formula[position:])
                assert operand is not None
                formula = f"{formula[:position]}({operand[0].strip()}){formula[position + operand.end() :]}"
            code += text
        elif kind == "base":
            code += "E**"
        elif kind == "squared":
            code += "**2"
        else:
            code += _OPERATORS[text]
        previous = text if text == ")" else kind
    return code, numbers, errors


def symbols_of(net: mg.AnyNetwork, example: int, weights: list[float] | None = None) -> dict[str, float]:
    """Return the number that every symbol stands for, read from the network."""
    m = len(net.nodes[0].a)
    result = {"λ": net.l2, "m": float(m), **_costs(net, m)}
    if weights is not None:
        result |= {"Σw": sum(weights), **{f"w{_below(i + 1)}": weight for i, weight in enumerate(weights)}}
    for node in net.nodes:
        result |= _of_node(node, node in net.inputs, example)
    result["ΣΘ²"] = 0.0
    for number_, layer in enumerate(net.layers, start=1):
        result["ΣΘ²"] += float((np.asarray(layer.theta[:, 1:], np.float64) ** 2).sum())
        for letter, matrix in (("Θ", layer.theta), ("Δ", layer.accumulator), ("D", layer.gradient)):
            for (i, j), value in np.ndenumerate(matrix):
                result[f"{letter}{_below(i + 1, j)}{_above(number_)}"] = float(value)
    return result


def _of_node(node: mg.Node, is_input: bool, example: int) -> dict[str, float]:
    above, result = _above(node.position), dict[str, float]()
    for letter, what in (("z", "z"), ("a", "a"), ("δ", "delta"), ("y", "target")):
        try:
            values = getattr(node, what)
        except mg.StateError:
            continue
        for (i, j), value in np.ndenumerate(values):
            result[f"{letter}{_below(j + 1)}{above}[{i + 1}]"] = float(value)
        for j, value in enumerate(values[example].tolist()):
            result[f"{letter}{_below(j + 1)}{above}"] = value
            if letter == "y" or is_input:
                name = "y" if letter == "y" else "x"
                result[f"{name}{_below(j + 1)}"] = result[f"{name}{_below(j + 1)}{above}"] = value
    result |= {f"g(z{_below(j + 1)}{above})": float(value) for j, value in enumerate(node.a[example])}
    result |= {f"a{_below(0)}{above}{row}": 1.0 for row in ("", *(f"[{i + 1}]" for i in range(len(node.a))))}
    if isinstance(node.layer, mg.Dropout):
        result[f"p{above}"] = node.layer.rate
        if node.mask is not None:
            result |= {f"mask{_below(j + 1)}{above}": float(on) for j, on in enumerate(node.mask[example])}
    return result


def _costs(net: mg.AnyNetwork, m: int) -> dict[str, float]:
    result = {}
    for i in range(m):
        costs = [_cost(cost.name, node.a[i], node.target[i]) for node, cost in zip(net.outputs, net.costs, strict=True)]
        result[f"cost({i + 1})"] = sum(costs)
        for node, cost in zip(net.outputs, costs, strict=True):
            result[f"cost{_above(node.position)}({i + 1})"] = cost
    return result


def _cost(name: str, a: mg.Array, y: mg.Array) -> float:
    a, y = a.astype(np.float64), y.astype(np.float64)
    if name == "squared_error":
        return 0.5 * float(((a - y) ** 2).sum())
    with np.errstate(all="ignore"):
        yes, no = np.where(y == 0, 0, y * np.log(a)), np.where(y == 1, 0, (1 - y) * np.log(1 - a))
    return -float(yes.sum()) - (float(no.sum()) if name == "cross_entropy" else 0.0)


def _below(*indices: int) -> str:
    digits = ("," if max(indices) > 9 else "").join(map(str, indices))
    return digits.translate(str.maketrans("0123456789", _SUBSCRIPTS))


def _above(layer: int) -> str:
    return "⁽" + str(layer).translate(str.maketrans("0123456789", _SUPERSCRIPTS)) + "⁾"


def from_latex(latex: str) -> list[str]:
    """Return the rows of a derivation in LaTeX as they stand in the text, continuations joined."""
    body = latex.removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}")
    rows = body.replace(r" \\ &\quad {}", " ").split(r" \\ ")
    return [_row_from_latex(row) for row in rows]


def _row_from_latex(row: str) -> str:
    row = re.sub(r"\\(?:text|mathrm)\{((?:[^{}])*)\}", r"\1", row.replace("&", ""))
    for latex, text in _COMMANDS:
        row = row.replace(latex, text)
    row = re.sub(r"10\^\{(-?\d+)\}", lambda match: "10" + match[1].translate(_RAISED), row)
    row = re.sub(r"_\{([\d,]+)\}", lambda match: match[1].translate(_LOWERED), row)
    row = re.sub(r"\^\{(\(\d+\))\}", lambda match: match[1].translate(_RAISED), row)
    row = re.sub(r"\^2", "²", row).replace("-", "−")
    row = re.sub(rf"e\^\{{({_SYMBOL}|\d+(?:\.\d+)?)\}}", r"e^\1", row)
    return re.sub(r"e\^\{([^{}]*)\}", r"e^(\1)", row).strip()


_RAISED = str.maketrans("0123456789()-", _SUPERSCRIPTS + "⁽⁾⁻")
_LOWERED = str.maketrans("0123456789", _SUBSCRIPTS)
_COMMANDS = (
    (r"\sum_i w_i", "Σw"), (r"\sum \Theta_{ij}^2", "ΣΘ²"), (r"\cdots", "…"), (r" \cdot ", "·"), (r"\cdot ", "·"),
    (r"\Theta", "Θ"), (r"\delta", "δ"), (r"\Delta", "Δ"), (r"\lambda", "λ"), (r"\partial", "∂"), (r"\colon ", ": "),
    (r"\log", "log"), (r"\tanh", "tanh"), (r"\max", "max"), (r"\Phi", "Φ"), (r"\varphi", "φ"), (r"\sigma", "σ"),
    (r" \quad for", " for"), (r"\le", "≤"), ("g'", "g′"), (r"\_", "_"), (r"\backslash ", "\\"), ("{}^{\\wedge}", "^"),
)  # fmt: skip


def joined(text: str) -> list[str]:
    """Return the lines of a text, continuations joined, without the spaces that align them."""
    rows: list[str] = []
    for line in text.splitlines():
        if line.startswith("with ") or re.match(r"(?:\S.*?|\s*) ?= ", line):
            rows.append(line.strip())
        else:
            rows[-1] += " " + line.strip()
    return rows

"""Every printed line of every explanation gives the number in the cache, for all kinds of targets of random graphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import printed
import pytest

import minigraph as mg
from graphs import random_network

M = 4


def ready_network(seed: int) -> tuple[mg.AnyNetwork, list[float] | None]:
    """Return a random network after a pass forward and one back, and the weights of its examples."""
    net = random_network(seed)
    try:
        return net, run(net, seed)
    except mg.NonFiniteError:  # logarithms of outputs that are not between 0 and 1
        architecture = net.to_dict()
        architecture["costs"] = [{"type": "SquaredError"} for _ in net.outputs]
        net = mg.Network.from_dict(architecture, seed=seed)
        return net, run(net, seed)


def run(net: mg.AnyNetwork, seed: int) -> list[float] | None:
    """Pass forward and back; return the weights of the examples."""
    random = np.random.default_rng(seed)
    net.forward([random.normal(size=(M, node.size)) for node in net.inputs], training=bool(seed % 2))
    targets = []
    for node, cost in zip(net.outputs, net.costs, strict=True):
        labels = np.eye(node.size)[random.integers(node.size, size=M)]
        targets.append(labels if cost.name != "squared_error" else random.normal(size=(M, node.size)))
    weights = random.uniform(0.5, 2, M).tolist() if seed % 3 == 0 else None
    net.backward(targets, weights)
    mg.explain(net, "cost")
    return weights


def explanations(net: mg.AnyNetwork, example: int, max_terms: int) -> Iterator[mg.Explanation]:
    """Explain everything that a network holds about one example."""
    for node in net.nodes:
        for unit in (node.unit(0), *node.units):
            yield mg.explain(unit, "a", example, max_terms=max_terms)
            if unit.is_bias or node in net.inputs:
                continue
            yield mg.explain(unit, "z", example, max_terms=max_terms)
            yield mg.explain(unit, "delta", example, max_terms=max_terms)
            for edge in unit.inputs:
                if edge.is_trainable:
                    yield mg.explain(edge, "gradient", max_terms=max_terms)
    yield mg.explain(net, "cost", example, max_terms=max_terms)


def assert_adds_up(explanation: mg.Explanation, symbols: dict[str, float], eps: float) -> int:
    """Evaluate the printed text; return how many lines were evaluated."""
    known = {**printed.results(explanation.text), **symbols}
    count = 0
    for line in printed.lines(explanation.text):
        given = printed.evaluate(line.formula, known, eps)
        if given is None:
            continue
        count += 1
        allowed = given.error + 6e-6 * abs(line.result) + 100 * eps * abs(line.result) + 1e-30
        assert abs(given.value - line.result) <= allowed, f"{line} gives {given}\n{explanation}"
    return count


@pytest.mark.parametrize("max_terms", [3, 50])
@pytest.mark.parametrize("seed", range(40))
def test_every_line_gives_the_cached_number(seed: int, max_terms: int) -> None:
    net, weights = ready_network(seed)
    example = seed % M
    symbols = printed.symbols_of(net, example, weights)
    count = 0
    for explanation in explanations(net, example, max_terms):
        check = explanation.check()
        assert check.passed, f"{check}\n{explanation}"
        count += assert_adds_up(explanation, symbols, float(np.finfo(net.dtype).eps))
    assert count


@pytest.mark.parametrize("seed", range(20))
def test_text_and_latex_say_the_same_and_read_well(seed: int) -> None:
    net, _ = ready_network(seed)
    for explanation in explanations(net, 0, 4):
        rows = printed.joined(explanation.text)
        assert [re.sub(r"\s", "", row) for row in printed.from_latex(explanation.latex)] == [
            re.sub(r"\s", "", row) for row in rows
        ]
        sides = [row.rpartition("= ")[2] for row in rows]
        assert all(side != following for side, following in pairwise(sides)), explanation
        assert not re.search(r"−0(?![.\d])", explanation.text), explanation
        assert not re.search(r"\(\(−?[\d.·⁻⁰-⁹]+\)\)", explanation.text), explanation
        assert not re.search(r"= .* = ", explanation.text), explanation
        assert all(len(line) <= 100 for line in explanation.text.splitlines()), explanation
        assert explanation.latex.count("{") - explanation.latex.count(r"\{") == explanation.latex.count(
            "}"
        ) - explanation.latex.count(r"\}")


def rounded_away(explanation: mg.Explanation, share: float) -> mg.Explanation:
    """Return the explanation of a number that is a little larger than that in the cache."""
    first, *rest = explanation.derivations
    moved = first.target.__class__(first.value * (1 + share), first.target.symbol)
    return mg.Explanation((first.__class__(moved, first.lines), *rest), dtype=explanation.dtype)


@pytest.mark.parametrize("seed", range(10))
def test_a_number_that_is_not_in_the_cache_fails_the_check(seed: int) -> None:
    net, _ = ready_network(seed)
    for explanation in explanations(net, 0, 50):
        if explanation.value != 0 and explanation.derivations[0].lines:
            check = rounded_away(explanation, 1e-3).check()
            assert not check.passed, explanation
            assert "lies in [" in str(check)
            assert rounded_away(explanation, 1e-17).check().passed

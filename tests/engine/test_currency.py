"""Whatever is called in whatever order, and wherever it is interrupted: no value is shown that is not current."""

from __future__ import annotations

import contextlib
import copy
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import minigraph as mg
from minigraph import Array

GENERATOR = np.random.default_rng(0)
INPUTS = [GENERATOR.normal(size=(m, 2)) for m in (4, 4, 7)]
TARGETS = [[GENERATOR.uniform(size=(len(X), 1)), GENERATOR.uniform(size=(len(X), 3))] for X in INPUTS]
VECTORS = [GENERATOR.normal(size=40) for _ in range(3)]


def network() -> mg.AnyNetwork:
    """Build a network with a shared layer, a residual, absent links and two outputs."""
    x = mg.Input(2, name="x")
    shared = mg.Dense(2, "tanh", name="shared")
    h = shared(shared(x))
    links = np.array([[True, False], [True, True], [False, True]])
    s = mg.Add(name="s")([mg.Dense(3, "relu", links=links, name="r")(h), mg.Dense(3, "softplus", name="t")(x)])
    costs: list[mg.CostName] = ["cross_entropy", "squared_error"]
    return mg.Network(x, [mg.Dense(1, name="y")(s), mg.Dense(3, "identity", name="v")(s)], costs, l2=0.3)


class Meddler(mg.Callback):
    """Computes and edits in the middle of training."""

    def __init__(self, X: Array, Y: Sequence[Array], edits: bool) -> None:
        self.X, self.Y, self.edits = X, Y, edits

    def on_step_end(self, run: mg.Run) -> None:
        run.net.forward(self.X)
        run.net.backward(self.Y)
        if self.edits:
            run.net.layers[0].theta[0, 0] += 0.1


def interrupted(call: Callable[[], object], lines: int) -> bool:
    """Make a call, and raise KeyboardInterrupt after so many lines of the package; return whether it was."""
    left = lines
    raised = False

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left, raised
        if "minigraph" not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raised = True
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            call()
    finally:
        sys.settrace(before)
    return raised


def example_weights(which: int, weighted: bool) -> Array | None:
    return np.arange(1.0, 1 + len(INPUTS[which])) if weighted else None


LINES = st.none() | st.integers(1, 400)
WHICH = st.integers(0, 2)


class Calls(RuleBasedStateMachine):
    """Calls in any order.

    `forwards` and `backwards` are what the present values may come from: the last pass, and where a pass was
    interrupted also the one before it, in case it had not begun.
    """

    def __init__(self) -> None:
        super().__init__()
        self.net = network()
        self.forwards: set[int] = set()
        self.backwards: set[tuple[int, bool]] = set()

    def call(self, call: Callable[[], object], lines: int | None) -> bool:
        if lines is not None:
            return interrupted(call, lines)
        call()
        return False

    def passes(
        self, call: Callable[[], object], lines: int | None, which: int | None, asked: tuple[int, bool] | None
    ) -> None:
        """Make a call that runs a forward pass on `which`, or a backward pass, or both."""
        was_interrupted = self.call(call, lines)
        if which is not None:
            self.forwards = {which} | (self.forwards if was_interrupted else set())
        if asked is not None:
            self.backwards = {asked} | (self.backwards if was_interrupted else set())

    @rule(which=WHICH, lines=LINES)
    def forward(self, which: int, lines: int | None) -> None:
        self.passes(lambda: self.net.forward(INPUTS[which]), lines, which, None)

    @precondition(lambda self: self.is_current())
    @rule(weighted=st.booleans(), lines=LINES)
    def backward(self, weighted: bool, lines: int | None) -> None:
        which = next(each for each in self.forwards if len(INPUTS[each]) == len(self.net.node("y").a))
        weights = example_weights(which, weighted)
        self.passes(lambda: self.net.backward(TARGETS[which], weights), lines, None, (which, weighted))

    @rule(which=WHICH, lines=LINES)
    def cost_and_gradient(self, which: int, lines: int | None) -> None:
        self.passes(lambda: self.net.cost_and_gradient(INPUTS[which], TARGETS[which]), lines, which, (which, False))

    @rule(which=WHICH, lines=LINES)
    def assign(self, which: int, lines: int | None) -> None:
        self.call(lambda: self.net.assign(VECTORS[which]), lines)

    @rule(which=WHICH, lines=LINES)
    def set_theta(self, which: int, lines: int | None) -> None:
        layer = self.net.layers[which]

        def set_it() -> None:
            layer.theta = np.full(layer.parameters().shape, 0.1 * which)

        self.call(set_it, lines)

    @rule(which=WHICH, value=st.sampled_from([0.0, 0.5, -2.0]))
    def edit_theta(self, which: int, value: float) -> None:
        self.net.layers[which].theta[0, 1] = value

    @rule(seed=st.integers(0, 3), lines=LINES)
    def initialize(self, seed: int, lines: int | None) -> None:
        self.call(lambda: self.net.initialize(seed), lines)

    @rule(l2=st.sampled_from([0.0, 0.1, 2.0]), lines=LINES)
    def set_l2(self, l2: float, lines: int | None) -> None:
        def set_it() -> None:
            self.net.l2 = l2

        self.call(set_it, lines)

    @rule()
    def refused_calls_change_nothing(self) -> None:
        vector = self.net.unroll()
        refused: list[Callable[[], object]] = [
            lambda: self.net.assign(vector[1:]),
            lambda: self.net.assign(vector * np.nan),
            lambda: self.net.forward(np.zeros((2, 5))),
            lambda: self.net.initialize(-1),
            lambda: mg.fit(self.net, INPUTS[0], TARGETS[1][:1], epochs=1, progress=False),
        ]
        for call in refused:
            with contextlib.suppress(mg.MinigraphError):
                call()
                raise AssertionError("accepted")
        assert np.array_equal(self.net.unroll(), vector)

    @rule(which=WHICH, lines=LINES)
    def evaluate(self, which: int, lines: int | None) -> None:
        self.call(lambda: self.net.predict(INPUTS[which]), lines)
        self.call(lambda: self.net.cost(INPUTS[which], TARGETS[which]), lines)

    @rule(which=WHICH, meddles=st.booleans(), edits=st.booleans(), lines=st.none() | st.integers(1, 6000))
    def fit(self, which: int, meddles: bool, edits: bool, lines: int | None) -> None:
        X, Y = INPUTS[which], TARGETS[which]
        callbacks = [Meddler(X, Y, edits)] if meddles else []

        def fit() -> None:
            mg.fit(self.net, X, Y, "gradient_descent", 2, 3, callbacks=callbacks, progress=False, seed=0)

        self.passes(fit, lines, which, (which, False))

    @rule(which=st.sampled_from(["copy", "deepcopy", "pickle"]))
    def replace_by_a_copy(self, which: str) -> None:
        if which == "copy":
            self.net = self.net.copy()
        elif which == "deepcopy":
            self.net = copy.deepcopy(self.net)
        else:
            self.net = pickle.loads(pickle.dumps(self.net))

    @rule(which=WHICH)
    def evaluate_in_threads(self, which: int) -> None:
        expected = self.net.copy().predict(INPUTS[which])
        results: list[object] = []
        threads = [threading.Thread(target=lambda: results.append(self.net.predict(INPUTS[which]))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == 3
        for result in results:
            assert all(map(np.array_equal, result, expected))  # type: ignore[call-overload]

    def is_current(self) -> bool:
        try:
            return bool(self.net.node("y").a.size)
        except mg.StateError:
            return False

    @invariant()
    def what_is_shown_belongs_to_the_present(self) -> None:
        if self.is_current():
            self.check_present()
            return
        for node in self.net.nodes:
            for what in ("z", "a", "delta", "target"):
                with contextlib.suppress(mg.StateError):
                    getattr(node, what)
                    raise AssertionError(f"{what} of {node} is shown")

    def check_present(self) -> None:
        twin = self.net.copy()
        activations = [node.a for node in self.net.nodes]
        for which in self.forwards:
            twin.forward(INPUTS[which])
            if all(np.array_equal(node.a, a) for node, a in zip(twin.nodes, activations, strict=True)):
                break
        else:
            raise AssertionError(f"a does not belong to Θ and any of {self.forwards}")
        for node, same in zip(self.net.nodes[1:], twin.nodes[1:], strict=True):
            assert np.array_equal(node.z, same.z)
        try:
            shown = [node.delta for node in self.net.nodes[1:]]
        except mg.StateError:
            with contextlib.suppress(mg.StateError):
                _ = [(layer.gradient, layer.accumulator) for layer in self.net.layers]
                raise AssertionError("D is shown, and δ is not") from None
            return
        shown += [matrix for layer in self.net.layers for matrix in (layer.gradient, layer.accumulator)]
        for asked, weighted in self.backwards:
            if len(INPUTS[asked]) == len(INPUTS[which]):
                twin.backward(TARGETS[asked], example_weights(asked, weighted))
                again = [node.delta for node in twin.nodes[1:]]
                again += [matrix for layer in twin.layers for matrix in (layer.gradient, layer.accumulator)]
                if all(map(np.array_equal, shown, again)):
                    return
        raise AssertionError(f"δ, Δ, D do not belong to Θ, λ and any of {self.backwards}")


def assign_theta(net: mg.AnyNetwork) -> None:
    net.layers[0].theta = np.ones((2, 3))


def set_l2(net: mg.AnyNetwork) -> None:
    net.l2 = 7.0


WRITES: dict[str, Callable[[mg.AnyNetwork], object]] = {
    "assign": lambda net: net.assign(VECTORS[1]),
    "theta": assign_theta,
    "initialize": lambda net: net.initialize(5),
    "l2": set_l2,
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_may_be_interrupted_at_every_line(name: str) -> None:
    lines = 0
    goes_on = True
    while goes_on:
        lines += 1
        calls = Calls()
        calls.cost_and_gradient(0, None)
        goes_on = interrupted(lambda: WRITES[name](calls.net), lines)  # noqa: B023
        calls.what_is_shown_belongs_to_the_present()
    assert lines > 3


def test_a_forward_pass_that_grows_may_be_interrupted_at_every_line() -> None:
    lines = 0
    goes_on = True
    while goes_on:
        lines += 1
        calls = Calls()
        calls.forward(0, None)
        goes_on = interrupted(lambda: calls.net.forward(INPUTS[2]), lines)  # noqa: B023
        calls.forwards |= {2}
        calls.what_is_shown_belongs_to_the_present()
        calls.cost_and_gradient(1, None)
        calls.what_is_shown_belongs_to_the_present()
    assert lines > 50


Calls.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestCalls = Calls.TestCase

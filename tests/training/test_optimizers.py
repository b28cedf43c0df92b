"""Optimizers and schedules against PyTorch: reference numbers made by `tools/torch_references.py`."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from torch_references import References, references

import minigraph as mg
from minigraph.training.optimizers import Updates, as_optimizer

REFERENCES = cast(
    References, json.loads(Path(__file__).parents[1].joinpath("data").joinpath("optimizers.json").read_text())
)

OPTIMIZERS: dict[str, mg.Optimizer] = {
    "gradient descent": mg.GradientDescent(0.5),
    "momentum": mg.GradientDescent(0.3, momentum=0.9),
    "nesterov": mg.GradientDescent(0.3, momentum=0.8, nesterov=True),
    "rmsprop": mg.RMSProp(0.02, rho=0.95, epsilon=1e-6),
    "adam": mg.Adam(0.05, beta1=0.8, beta2=0.99, epsilon=1e-7),
    "adamw": mg.AdamW(0.05, weight_decay=0.1),
    "clip norm": mg.GradientDescent(0.5, momentum=0.9),
    "clip value": mg.GradientDescent(0.5),
}
SCHEDULES: dict[str, Callable[[int], float]] = {
    "step": mg.StepDecay(0.4, factor=0.5, every=7),
    "exponential": mg.ExponentialDecay(0.4, factor=0.9),
    "cosine": mg.CosineDecay(0.4, steps=50, end=0.01),
    "warm-up": mg.WarmUp(10, then=0.4),
}


class Trajectory(mg.Callback):
    def __init__(self) -> None:
        self.thetas: list[mg.Array] = []

    def on_step_end(self, run: mg.Run) -> None:
        self.thetas.append(run.net.unroll())


def trajectory(name: str) -> mg.Array:
    net = mg.mlp([3, 4, 2])
    net.assign(REFERENCES["start"])
    seen = Trajectory()
    mg.fit(
        net, REFERENCES["X"], REFERENCES["Y"], OPTIMIZERS[name], epochs=50, batch_size=None, callbacks=[seen],
        progress=False, clip_norm=0.05 if name == "clip norm" else None,
        clip_value=0.02 if name == "clip value" else None,
    )  # fmt: skip
    return np.array([seen.thetas[step - 1] for step in REFERENCES["kept"]])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_are_those_of_pytorch(name: str) -> None:
    expected = np.array(REFERENCES["trajectories"][name])
    assert np.abs(expected[-1] - REFERENCES["start"]).max() > 0.02
    np.testing.assert_allclose(trajectory(name), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_those_of_pytorch(name: str) -> None:
    rates = [SCHEDULES[name](step) for step in range(50)]
    np.testing.assert_allclose(rates, REFERENCES["rates"][name], rtol=1e-12)


@pytest.mark.torch
def test_pytorch_still_gives_the_reference_numbers() -> None:
    now = references()
    for name, expected in REFERENCES["trajectories"].items():
        np.testing.assert_allclose(now["trajectories"][name], expected, rtol=0, atol=1e-12)
    for name, rates in REFERENCES["rates"].items():
        np.testing.assert_allclose(now["rates"][name], rates, rtol=1e-14)


def test_the_first_steps_by_hand() -> None:
    """With g = 1, 1 and α = 0.1: momentum 0.5 goes 0.1 then 0.15; Adam goes α in every step."""
    for optimizer, places in [
        (mg.GradientDescent(0.1), [-0.1, -0.2]),
        (mg.GradientDescent(0.1, momentum=0.5), [-0.1, -0.25]),
        (mg.GradientDescent(0.1, momentum=0.5, nesterov=True), [-0.15, -0.325]),
        (mg.RMSProp(0.1, rho=0.75), [-0.2, -0.2 - 0.1 / math.sqrt(0.4375)]),
        (mg.Adam(0.1), [-0.1, -0.2]),
    ]:
        theta, gradient = np.zeros(1), np.ones(1)
        updates = Updates(optimizer, theta, gradient)
        for t, place in enumerate(places, start=1):
            gradient[:] = 1
            updates.step(t)
            np.testing.assert_allclose(theta, place, rtol=1e-6, err_msg=repr(optimizer))


def test_decay_without_gradient_shrinks_by_one_minus_rate_times_decay() -> None:
    theta, gradient = np.array([1.0, -2.0]), np.zeros(2)
    updates = Updates(mg.AdamW(0.1, weight_decay=0.5), theta, gradient)
    updates.step(1)
    np.testing.assert_allclose(theta, [0.95, -1.9], rtol=1e-15)


@pytest.mark.parametrize("name", ["gradient descent", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_long_vectors_are_updated_block_by_block_with_the_same_result(name: str) -> None:
    rng = np.random.default_rng(0)
    whole, g = rng.normal(size=(2, 40_000))
    theta, gradient = whole.copy(), g.copy()
    updates = Updates(OPTIMIZERS[name], theta, gradient)
    parts = [(whole[i : i + 9_999].copy(), g[i : i + 9_999].copy()) for i in range(0, 40_000, 9_999)]
    smaller = [Updates(OPTIMIZERS[name], *part) for part in parts]
    for t in range(1, 4):
        gradient[:] = g
        updates.step(t)
        for index, ((_, part), update) in enumerate(zip(parts, smaller, strict=True)):
            part[:] = g[index * 9_999 : (index + 1) * 9_999]
            update.step(t)
    np.testing.assert_array_equal(theta, np.concatenate([part for part, _ in parts]))


def test_float32_stays_float32_and_follows_float64() -> None:
    rng = np.random.default_rng(0)
    start, g = rng.normal(size=(2, 100))
    for optimizer in OPTIMIZERS.values():
        results = []
        for dtype in (np.float32, np.float64):
            theta, gradient = start.astype(dtype), g.astype(dtype)
            updates = Updates(optimizer, theta, gradient)
            for t in range(1, 6):
                gradient[:] = g
                updates.step(t)
            assert all(vector.dtype == dtype for vector in updates.state.values())
            results.append(theta)
        np.testing.assert_allclose(results[0], results[1], rtol=1e-5, atol=1e-6, err_msg=repr(optimizer))


def test_a_schedule_is_asked_for_every_step() -> None:
    asked: list[int] = []

    def schedule(step: int, /) -> float:
        asked.append(step)
        return 0.1 / (1 + step)

    net = mg.mlp([2, 1], seed=0)
    history = mg.fit(
        net, [[0.0, 1.0], [1.0, 0.0]], [1, 0], mg.GradientDescent(schedule), epochs=3, batch_size=1, progress=False
    )
    assert sorted(set(asked)) == list(range(6))
    assert history["learning_rate"] == [0.1 / 2, 0.1 / 4, 0.1 / 6]


def test_warm_up_counts_the_following_schedule_from_its_own_beginning() -> None:
    schedule = mg.WarmUp(2, then=mg.StepDecay(0.9, factor=0.1, every=2))
    np.testing.assert_allclose([schedule(step) for step in range(6)], [0.3, 0.6, 0.9, 0.9, 0.09, 0.09])


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: mg.GradientDescent(-0.1), "learning_rate: received -0.1"),
    (lambda: mg.GradientDescent(math.nan), "learning_rate: received nan"),
    (lambda: mg.GradientDescent(True), "learning_rate: received True"),
    (lambda: mg.GradientDescent(1e10), "from 0 to 1e\\+09"),
    (lambda: mg.GradientDescent(0.1, momentum=1.0), "momentum: received 1.0, expected 0 <= momentum < 1"),
    (lambda: mg.GradientDescent(0.1, nesterov=True), "nesterov: received True with momentum 0"),
    (lambda: mg.RMSProp(rho=-0.1), "rho"),
    (lambda: mg.Adam(epsilon=0), "epsilon"),
    (lambda: mg.Adam(beta2=1), "beta2"),
    (lambda: mg.AdamW(weight_decay=1.0), "weight_decay"),
    (lambda: mg.StepDecay(0.1, factor=0, every=1), "factor"),
    (lambda: mg.StepDecay(0.1, factor=0.5, every=0), "every"),
    (lambda: mg.ExponentialDecay(0.1, factor=1.5), "factor"),
    (lambda: mg.CosineDecay(0.1, steps=0), "steps"),
    (lambda: mg.WarmUp(0, then=0.1), "steps"),
    (lambda: mg.WarmUp(1, then=-0.1), "then"),
    (lambda: as_optimizer("adm"), "did you mean 'adam'"),  # type: ignore[arg-type]
    (lambda: as_optimizer(3), "received 3, expected an Optimizer"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_arguments_outside_their_range_are_refused(number: int) -> None:
    make, message = REFUSED[number]
    with pytest.raises(mg.ArgumentError, match=message):
        make()


def test_a_class_must_have_a_rule() -> None:
    with pytest.raises(TypeError, match="abstract"):
        type("Nothing", (mg.Optimizer,), {})(0.1)


def test_zero_and_bounds_are_allowed() -> None:
    assert mg.GradientDescent(0).learning_rate == 0.0
    assert mg.AdamW(weight_decay=0).weight_decay == 0.0
    assert mg.ExponentialDecay(0.1, factor=1)(5) == 0.1


def test_a_schedule_that_leaves_the_range_is_refused_in_its_step_and_the_parameters_stay() -> None:
    net = mg.mlp([2, 1], seed=0)
    before = net.unroll()
    with pytest.raises(mg.ArgumentError, match="learning_rate: received -1"):
        mg.fit(net, [[0.0, 1.0]], [1], mg.GradientDescent(lambda step: -1), epochs=1, progress=False)
    np.testing.assert_array_equal(net.unroll(), before)


class Halving(mg.GradientDescent):
    """A rate of its own."""

    def rate(self, t: int) -> float:
        return 0.5**t


def test_the_rate_that_is_recorded_is_the_rate_of_the_step() -> None:
    net = mg.mlp([1, 1], cost="squared_error")
    net.assign([0.0, 0.0])
    history = mg.fit(net, [[0.0]], [1.0], Halving(8.0), epochs=2, progress=False)
    assert history["learning_rate"] == [0.5, 0.25]
    assert net.unroll()[0] == 0.5 + 0.25 * 0.5

    class Freeze(mg.Callback):
        def on_epoch_end(self, run: mg.Run) -> None:
            optimizer.learning_rate = 1e-300

    optimizer = mg.GradientDescent(0.5)
    net.assign([0.0, 0.0])
    mg.fit(net, [[0.0]], [1.0], optimizer, epochs=9, callbacks=[Freeze()], progress=False)
    assert net.unroll()[0] == 0.5

"""Training that leaves the finite numbers ends with the parameters of the last good step."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

import minigraph as mg
from minigraph.graph.buffers import Buffers
from minigraph.training.optimizers import Updates

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = RNG.normal(size=(40, 2))


class Jump(mg.Optimizer):
    """A rule of the user's own, of whose steps nothing is known: it leaves the finite numbers in its fifth step."""

    def coefficients(self, rate: float, t: int) -> tuple[float, ...]:
        return (1.0 if t < 5 else np.inf,)

    def update(
        self,
        theta: mg.Array,
        gradient: mg.Array,
        state: Sequence[mg.Array],
        scratch: mg.Array,
        coefficients: Sequence[mg.Array],
    ) -> None:
        theta[-1] += coefficients[0]


class Keep(mg.Callback):
    def __init__(self) -> None:
        self.thetas: list[mg.Array] = []

    def on_start(self, run: mg.Run) -> None:
        self.thetas.append(run.net.unroll())

    def on_step_end(self, run: mg.Run) -> None:
        self.thetas.append(run.net.unroll())


def network(dtype: str = "float32", activation: mg.ActivationName = "relu", **options: float) -> mg.Network[mg.Array]:
    return mg.mlp([3, 4, 2], activation, cost="squared_error", seed=0, dtype=dtype, **options)  # type: ignore[arg-type]


NO_FIRST = np.array([0.0, 1.0, 1.0])
"""Its gradient is 0: a dead weight, which 0/0 turns into NaN."""
CASES: dict[str, tuple[mg.Network[mg.Array], ArrayLike, mg.Optimizer, dict[str, float]]] = {
    "l2": (network(l2=1e38), 1.0, mg.GradientDescent(0.1), {}),
    "l2 beyond the dtype": (network(l2=1e300), 1.0, mg.GradientDescent(0.1), {}),
    "l2 that doubles": (network(l2=1e7), 1.0, mg.GradientDescent(1e4), {}),
    "rate and inputs": (network(activation="tanh"), 1e15, mg.GradientDescent(1e9), {}),
    "rate and inputs, float64": (network("float64"), 1e130, mg.GradientDescent(1e9), {}),
    "schedule": (network(activation="tanh"), 1e12, mg.GradientDescent(lambda t: 1e9 if t else 0.1), {}),
    "velocity": (network(activation="tanh"), 1e13, mg.GradientDescent(1e9, momentum=0.99), {}),
    "epsilon that is 0 in float32": (network(), NO_FIRST, mg.RMSProp(epsilon=1e-60), {}),
    "Adam's epsilon": (network(), NO_FIRST, mg.Adam(epsilon=1e-60), {}),
    "weight decay": (network(), 1.0, mg.AdamW(1e9, weight_decay=0.9), {}),
    "clipped": (network(activation="tanh"), 1e15, mg.GradientDescent(1e9), {"clip_norm": 1e35}),
    "own": (network(), 1.0, Jump(0.1), {}),
    "own, with a rate of 0": (network(), 1.0, Jump(0.0), {}),
    "l2 on weights that no z shows": (
        mg.mlp([3, 2], output_activation="identity", cost="squared_error", seed=0, dtype="float32", l2=1e7),
        0.0, mg.GradientDescent(0.01), {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("batch", [1, 8, None])
def test_the_parameters_are_those_after_the_last_good_step(name: str, batch: int | None) -> None:
    """With and without a callback that looks at each step, which is how `fit` usually runs."""
    net, scale, optimizer, options = CASES[name]
    start, keep = net.unroll(), Keep()
    ends = []
    for callbacks in ([keep], []):
        net.assign(start)
        given = {"callbacks": callbacks, "progress": False, **options}
        with pytest.raises(mg.NonFiniteError, match=r"in epoch \d+, batch \d+ of \d+; the parameters are those after"):
            mg.fit(net, X * np.asarray(scale), Y, optimizer, 200, batch, seed=0, **given)  # type: ignore[arg-type]
        ends.append(net.unroll())
    assert all(np.isfinite(theta).all() for theta in keep.thetas)
    np.testing.assert_array_equal(ends[0], keep.thetas[-1])
    np.testing.assert_array_equal(ends[1], keep.thetas[-1])


def test_the_message_names_the_node_whose_parameters_would_not_be_finite() -> None:
    net = network()
    with pytest.raises(mg.NonFiniteError, match=r"^node 'dense3': Θ is not finite after the update, in .* batch 5 "):
        mg.fit(net, X, Y, Jump(0.1), 1, 4, seed=0, progress=False)


class Amplified(mg.Dense):
    """A layer of the user's own, whose Δ tells nothing of z and δ."""

    def accumulate(self, at: Buffers, out: mg.Array) -> None:
        super().accumulate(at, out)
        out *= 3e38


@pytest.mark.parametrize("batch", [1, 8, None])
def test_nothing_is_concluded_from_z_and_delta_for_a_layer_of_ones_own(batch: int | None) -> None:
    x = mg.Input(3)
    net = mg.Network(x, Amplified(2, "identity")(x), cost="squared_error", dtype="float32", seed=0)
    keep = Keep()
    with pytest.raises(mg.NonFiniteError, match="the parameters are those after the last valid step"):
        mg.fit(net, X, Y, mg.GradientDescent(100.0), 3, batch, seed=0, progress=False)
    assert np.isfinite(net.unroll()).all()
    reached = net.unroll()
    net.initialize(0)
    with pytest.raises(mg.NonFiniteError):
        mg.fit(net, X, Y, mg.GradientDescent(100.0), 3, batch, seed=0, progress=False, callbacks=[keep])
    np.testing.assert_array_equal(reached, keep.thetas[-1])


@pytest.mark.parametrize("seed", range(60))
def test_no_training_ends_with_parameters_that_are_not_finite(seed: int) -> None:
    """Rates, inputs, l2 and settings over the whole of what is allowed; some trainings end, some stop."""
    random = np.random.default_rng(seed)
    dtype = str(random.choice(["float32", "float64"]))
    most = 38 if dtype == "float32" else 300
    rate = 10 ** random.uniform(-3, 9)
    optimizers = [
        mg.GradientDescent(rate, float(random.choice([0, 0.5, 0.999]))), mg.RMSProp(rate, random.random()),
        mg.Adam(rate, *random.random(2)), mg.AdamW(rate, weight_decay=random.random()),
    ]  # fmt: skip
    optimizer = optimizers[random.integers(4)]
    net = network(dtype, random.choice(["relu", "tanh"]), l2=float(10 ** random.uniform(-3, most)))
    if random.random() < 0.5:
        net.l2 = 0
    inputs = X * 10 ** random.uniform(-most, most)
    keep = Keep()
    for callbacks in ([keep], []):
        net.initialize(seed)
        with suppress(mg.NonFiniteError):
            mg.fit(net, inputs, Y, optimizer, 5, 8, seed=0, progress=False, callbacks=callbacks)
        np.testing.assert_array_equal(net.unroll(), keep.thetas[-1])
    assert all(np.isfinite(theta).all() for theta in keep.thetas)


@pytest.mark.parametrize(
    "optimizer",
    [
        mg.GradientDescent(1.0), mg.GradientDescent(1.0, 0.9), mg.GradientDescent(1.0, 0.9, nesterov=True),
        mg.RMSProp(1.0), mg.RMSProp(1.0, rho=0.0), mg.Adam(1.0), mg.Adam(1.0, 0.5, 0.3), mg.Adam(1.0, 0.0, 0.9),
        mg.AdamW(1.0, weight_decay=0.9),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_step_is_larger_than_its_bound(optimizer: mg.Optimizer, dtype: type[np.float32 | np.float64]) -> None:
    """Over gradients that grow, shrink, change their sign and vanish, from the smallest to the largest in question."""
    steps, entries, info = 60, 4000, np.finfo(dtype)
    largest = float(info.max) ** 0.45
    growth = 10 ** RNG.uniform(-2, 2, entries)
    sizes = 10 ** RNG.uniform(np.log10(float(info.tiny)), np.log10(largest), entries)
    gradients = np.clip(sizes * growth ** np.arange(steps)[:, None], 0, largest)
    gradients *= RNG.choice([-1, 1, 1, 0], (steps, entries))
    gradients[:, : entries // 2] = np.abs(gradients[:, : entries // 2])
    theta, gradient = np.zeros(entries, dtype), np.zeros(entries, dtype)
    before: mg.Array = RNG.uniform(-1, 1, entries).astype(dtype)
    updates = Updates(optimizer, theta, gradient)
    bound = optimizer.step_bound(1.0, largest, float(info.tiny))
    assert np.isfinite(bound)
    with np.errstate(all="ignore"):
        for t, row in enumerate(gradients, start=1):
            gradient[:] = row
            theta[:] = before
            updates.step(t)
            assert np.abs(theta - before).max() <= bound


def test_the_bound_on_a_step_counts_the_decay_of_large_parameters() -> None:
    tiny = float(np.finfo(np.float64).tiny)
    for decay in (0.0, 0.5, 0.9):
        optimizer = mg.AdamW(1.0, weight_decay=decay)
        theta, gradient = np.array([1e6, -1e6]), np.zeros(2)
        Updates(optimizer, theta, gradient).step(1)
        np.testing.assert_allclose(theta, [1e6 * (1 - decay), -1e6 * (1 - decay)], rtol=1e-12, atol=1e-9)
        bound = optimizer.step_bound(1e6, 1.0, tiny)
        assert bound == pytest.approx(mg.Adam(1.0).step_bound(1e6, 1.0, tiny) + decay * 1e6, rel=1e-12)


def test_clipping_keeps_the_direction_of_a_gradient_whose_squares_overflow() -> None:
    net = mg.mlp([1, 1], "identity", cost="squared_error", initializer=mg.Zeros(), dtype="float32")
    mg.fit(net, [[1e10]], [-1e15], mg.GradientDescent(1.0), 1, progress=False, clip_norm=2.0)
    np.testing.assert_allclose(net.unroll(), [-2e-10, -2.0], rtol=1e-5)


@pytest.mark.parametrize("optimizer", [mg.GradientDescent(100.0, momentum=0.9), mg.Adam(1.0)])
def test_a_resumed_state_is_not_trusted(optimizer: mg.Optimizer) -> None:
    """Its numbers are finite, but no gradients within the bounds have led to them."""

    class Capture(mg.Callback):
        def on_epoch_end(self, run: mg.Run) -> None:
            self.checkpoint = run.checkpoint()

    capture, net = Capture(), network()
    mg.fit(network(), X, Y, optimizer, 1, seed=0, progress=False, callbacks=[capture])
    state = {name: np.zeros_like(vector) for name, vector in capture.checkpoint.optimizer_state.items()}
    next(iter(state.values()))[:] = 3e38
    with pytest.raises(mg.NonFiniteError, match=r"Θ is not finite after the update, in epoch 2, batch 1 "):
        mg.fit(net, X, Y, optimizer, 2, progress=False, resume=replace(capture.checkpoint, optimizer_state=state))
    np.testing.assert_array_equal(net.unroll(), capture.checkpoint.parameters)


class Exploding(mg.Adam):
    """Steps far beyond the bound of Adam's."""

    def update(
        self, theta: mg.Array, gradient: mg.Array, state: Sequence[mg.Array], scratch: mg.Array,
        coefficients: Sequence[mg.Array],
    ) -> None:  # fmt: skip
        with np.errstate(over="ignore"):
            theta -= np.exp(1e3 * np.abs(gradient) + 600) * np.sign(gradient)


class Hasty(mg.GradientDescent):
    """Multiplies its rate."""

    def coefficients(self, rate: float, t: int) -> tuple[float, ...]:
        return rate * 1e308, self.momentum


@pytest.mark.parametrize("optimizer", [Exploding(), Hasty(0.5)], ids=["update", "coefficients"])
def test_a_derived_optimizer_inherits_no_proof(optimizer: mg.Optimizer) -> None:
    net = mg.mlp([2, 3, 1], cost="squared_error", seed=0)
    with pytest.raises(mg.NonFiniteError, match="not finite"):
        mg.fit(net, [[1.0, 2.0], [2.0, 1.0]], [50.0, -50.0], optimizer, epochs=5, progress=False, seed=0)
    assert np.isfinite(net.unroll()).all()

"""`fit` against the same steps taken one by one through the public methods of the network."""

import itertools
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import minigraph as mg
from minigraph.training.steps import Clip, Steps

RNG = np.random.default_rng(0)
X = RNG.normal(size=(103, 5))
Y = (RNG.random((103, 3)) > 0.5).astype(np.float64)
WEIGHTS = RNG.random(103)


def order(seed: int, epoch: int, rows: ArrayLike) -> NDArray[np.intp]:
    return np.random.default_rng([seed, epoch]).permutation(np.asarray(rows))


def by_hand(
    net: mg.AnyNetwork, rate: float, epochs: int, batch: int, seed: int, weights: mg.Array | None = None
) -> mg.AnyNetwork:
    """Gradient descent by forward, backward and assign; `backward` divides λ by the size of the batch."""
    l2, total = net.l2, len(X) if weights is None else weights.sum()
    mean = total / len(X)
    for epoch in range(1, epochs + 1):
        rows = order(seed, epoch, np.arange(len(X))) if batch < len(X) else np.arange(len(X))
        for start in range(0, len(X), batch):
            part = rows[start : start + batch]
            net.forward(X[part], training=True)
            own = np.ones(len(part)) if weights is None else weights[part]
            net.l2 = l2 * own.sum() / total
            net.backward(Y[part], own)
            # backward divides by Σ w_i of the batch, fit by its number of examples times the mean weight
            scale = own.sum() / (len(part) * mean)
            D = np.concatenate([layer.gradient.ravel() for layer in net.layers])
            decay = np.concatenate([(layer.parameters() * [0] + mask(layer)).ravel() for layer in net.layers])
            data = D - net.l2 / own.sum() * decay
            net.assign(net.unroll() - rate * (scale * data + l2 / total * decay))
    net.l2 = l2
    return net


def mask(layer: mg.Layer) -> mg.Array:
    """Θ with its bias column 0."""
    theta = layer.parameters().copy()
    theta[:, 0] = 0
    return theta


def network(**options: object) -> mg.Network[mg.Array]:
    return mg.mlp([5, 4, 3], seed=0, **{"l2": 0.7, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("batch", [1, 7, 32, 103])
@pytest.mark.parametrize("weighted", [False, True])
def test_steps_are_those_taken_by_hand(batch: int, weighted: bool) -> None:
    weights = WEIGHTS if weighted else None
    net, twin = network(dropout=0.5), network(dropout=0.5)
    mg.fit(net, X, Y, mg.GradientDescent(0.3), 2, batch, seed=5, progress=False, sample_weight=weights)
    by_hand(twin, 0.3, 2, batch, 5, weights)
    np.testing.assert_allclose(net.unroll(), twin.unroll(), rtol=0, atol=1e-13)


def test_the_batch_size_does_not_change_the_objective() -> None:
    """With a small learning rate an epoch moves Θ along −∂J/∂Θ, λ included, whatever the batch size."""
    start = network().unroll()
    _, D = network().cost_and_gradient(X[:100], Y[:100])
    for batch in (1, 10, 100):
        net = network()
        mg.fit(net, X[:100], Y[:100], mg.GradientDescent(1e-7), 1, batch, seed=0, progress=False)
        steps = 100 // batch
        np.testing.assert_allclose((start - net.unroll()) / (steps * 1e-7), D, rtol=1e-4, atol=1e-6)


def test_cost_of_a_full_batch_is_J_before_the_step() -> None:
    net = network()
    J = [net.cost(X, Y)]
    history = mg.fit(net, X, Y, mg.GradientDescent(0.5), 1, None, progress=False, record_J=True)
    assert history["cost"] == pytest.approx(J, rel=1e-14)
    assert history["J"] == pytest.approx([net.cost(X, Y)], rel=1e-14)


def test_cost_of_mini_batches_is_the_mean_of_what_they_saw() -> None:
    net, twin = network(l2=0.0), network(l2=0.0)
    history = mg.fit(net, X, Y, mg.GradientDescent(0.3), 1, 7, seed=5, progress=False)
    seen = []
    rows = order(5, 1, np.arange(103))
    for start in range(0, 103, 7):
        part = rows[start : start + 7]
        seen.append(twin.cost(X[part], Y[part]) * len(part))
        twin.cost_and_gradient(X[part], Y[part])
        twin.assign(twin.unroll() - 0.3 * np.concatenate([layer.gradient.ravel() for layer in twin.layers]))
    assert history["cost"] == pytest.approx([sum(seen) / 103], rel=1e-13)


def test_J_of_gradient_descent_falls_monotonically_while_dropout_makes_the_mini_batch_cost_jump() -> None:
    net = network()
    J = mg.fit(net, X, Y, mg.GradientDescent(0.1), 100, None, progress=False, record_J=True)["J"]
    assert all(after < before for before, after in itertools.pairwise(J))
    noisy = mg.fit(network(dropout=0.5), X, Y, mg.GradientDescent(0.1), 30, 16, seed=0, progress=False, record_J=True)
    assert np.mean(np.abs(np.diff(noisy["cost"]))) > np.mean(np.abs(np.diff(noisy["J"])))


def test_several_inputs_and_outputs_by_name() -> None:
    a, b = mg.Input(2, name="a"), mg.Input(3, name="b")
    h = mg.Dense(4, "tanh")(mg.Concat()([a, b]))
    p, q = mg.Dense(1, name="p")(h), mg.Dense(2, "identity", name="q")(h)
    net = mg.Network([a, b], [p, q], cost=["cross_entropy", "squared_error"], seed=0)
    twin = net.copy()
    Q = RNG.normal(size=(103, 2))
    inputs, targets = {"b": X[:, 2:], "a": X[:, :2]}, {"q": Q, "p": Y[:, 0]}
    _, D = twin.cost_and_gradient(inputs, targets)
    history = mg.fit(net, inputs, targets, mg.GradientDescent(0.1), 1, None, progress=False, metrics=["accuracy"])
    np.testing.assert_allclose(net.unroll(), twin.unroll() - 0.1 * D, atol=1e-14)
    assert history["accuracy"] == [float(np.mean((net.predict(inputs)[0] >= 0.5) == (Y[:, :1] >= 0.5)))]


def test_absent_links_and_shared_layers_keep_their_rules() -> None:
    x = mg.Input(5)
    shared = mg.Dense(5, "tanh", links=np.tri(5))
    net = mg.Network(x, mg.Dense(3)(shared(shared(x))), l2=0.3, seed=0)
    twin = net.copy()
    mg.fit(net, X, Y, "adam", 3, 20, seed=0, progress=False)
    assert (net.layers[0].parameters()[:, 1:][~np.tri(5, dtype=bool)] == 0).all()
    mg.fit(twin, X, Y, mg.GradientDescent(0.2), 1, None, progress=False)
    fresh = twin.copy()
    assert fresh.cost(X, Y) == twin.cost(X, Y)


def test_same_seed_same_bits_and_other_seed_other_bits() -> None:
    def run(seed: int | None) -> bytes:
        net = network(dropout=0.3)
        mg.fit(net, X, Y, "adam", 3, 8, seed=seed, progress=False, validation=0.2)
        return net.unroll().tobytes()

    assert run(1) == run(1) != run(2)
    assert run(None) != run(None)


def test_shuffle_off_takes_the_examples_in_order() -> None:
    net, twin = network(), network()
    mg.fit(net, X, Y, mg.GradientDescent(0.3), 1, 40, shuffle=False, seed=0, progress=False)
    for part in (slice(0, 40), slice(40, 80), slice(80, 103)):
        m = len(X[part])
        twin.l2 = 0.7 * m / 103
        _, D = twin.cost_and_gradient(X[part], Y[part])
        twin.assign(twin.unroll() - 0.3 * D)
    np.testing.assert_allclose(net.unroll(), twin.unroll(), atol=1e-14)


def test_validation_share_is_set_aside_and_never_trained_on() -> None:
    seen: set[int] = set()

    class Source:
        def __len__(self) -> int:
            return 50

        def __getitem__(self, rows: NDArray[np.intp], /) -> mg.Array:
            seen.update(rows.tolist())
            return X[rows]

    class Forget(mg.Callback):
        def on_start(self, run: mg.Run) -> None:
            seen.clear()

        def on_step_end(self, run: mg.Run) -> None:
            if run.step == run.steps_per_epoch:
                trained.append(set(seen))

    trained: list[set[int]] = []
    net = network()
    history = mg.fit(
        net, Source(), Y[:50], "adam", 1, 8, validation=0.3, callbacks=[Forget()], seed=3, progress=False,
        metrics=["accuracy"],
    )  # fmt: skip
    assert len(trained[0]) == 35
    rest = sorted(set(range(50)) - trained[0])
    net.l2 = 0
    assert history["validation_cost"] == pytest.approx([net.cost(X[rest], Y[rest])], rel=1e-12)
    right = net.predict(X[rest]).argmax(axis=1) == Y[rest].argmax(axis=1)
    assert history["validation_accuracy"] == [right.mean()]


def test_metrics_of_training_and_validation_data() -> None:
    def worst(T: mg.Array, A: mg.Array) -> float:
        return float(np.abs(T - A).max())

    net = network()
    history = mg.fit(
        net, X[:80], Y[:80], "adam", 2, validation=(X[80:], Y[80:]), record_J=True, seed=0, progress=False,
        metrics=[worst, "mean_squared_error", mg.TopK(2)],
    )  # fmt: skip
    names = ["cost", "J", "worst", "mean_squared_error", "top_2"]
    names += ["validation_cost", "validation_worst", "validation_mean_squared_error", "validation_top_2"]
    assert list(history) == [*names, "learning_rate", "seconds"]
    assert history["worst"][-1] == np.abs(Y[:80] - net.predict(X[:80])).max()
    assert history["validation_mean_squared_error"][-1] == pytest.approx(np.mean((Y[80:] - net.predict(X[80:])) ** 2))


@pytest.mark.parametrize("kind", ["balanced", "mapping", "array"])
def test_class_weights_are_sample_weights_by_class(kind: str) -> None:
    labels = np.r_[np.zeros(70, int), np.ones(20, int), np.full(13, 2)]
    T = np.eye(3)[labels]
    by_class = {
        "balanced": 103 / (3 * np.array([70, 20, 13])),
        "mapping": np.array([1, 5, 0.5]),
        "array": np.array([0.1, 0.2, 0.3]),
    }[kind]
    given = {"balanced": "balanced", "mapping": {1: 5, 2: 0.5}, "array": by_class}[kind]
    net, twin = network(), network()
    mg.fit(net, X, T, "adam", 2, seed=0, progress=False, class_weight=given)  # type: ignore[arg-type]
    mg.fit(twin, X, T, "adam", 2, seed=0, progress=False, sample_weight=by_class[labels])
    np.testing.assert_allclose(net.unroll(), twin.unroll(), atol=1e-14)


def test_class_weights_of_one_output_unit_are_for_no_and_yes() -> None:
    y = Y[:, 0]
    nets = mg.mlp([5, 1], seed=0), mg.mlp([5, 1], seed=0)
    mg.fit(nets[0], X, y, "adam", 2, seed=0, progress=False, class_weight=[1, 4])
    mg.fit(nets[1], X, y, "adam", 2, seed=0, progress=False, sample_weight=1 + 3 * y)
    np.testing.assert_allclose(nets[0].unroll(), nets[1].unroll(), atol=1e-14)


def test_weight_two_is_the_example_twice() -> None:
    weights = np.ones(103)
    weights[:10] = 2
    nets = network(), network()
    mg.fit(nets[0], X, Y, mg.GradientDescent(0.3), 3, None, progress=False, sample_weight=weights)
    mg.fit(nets[1], np.r_[X, X[:10]], np.r_[Y, Y[:10]], mg.GradientDescent(0.3), 3, None, progress=False)
    np.testing.assert_allclose(nets[0].unroll(), nets[1].unroll(), atol=1e-13)


# Overflow


@pytest.mark.parametrize("batch", [1, 16, None])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_overflow_stops_with_the_parameters_of_the_last_good_step(dtype: str, batch: int | None) -> None:
    kept: list[mg.Array] = []

    class Keep(mg.Callback):
        def on_step_end(self, run: mg.Run) -> None:
            kept.append(run.net.unroll())

    net = mg.mlp([5, 4, 3], "relu", cost="squared_error", seed=0, dtype=dtype)
    with pytest.raises(
        mg.NonFiniteError, match=r"(node '\w+': |sum of the squares).*in epoch \d+, batch \d+ of"
    ) as error:
        mg.fit(net, X, Y, mg.GradientDescent(1e5), 100, batch, seed=0, progress=False, callbacks=[Keep()])
    assert "forward pass" in str(error.value) or "backward pass" in str(error.value)
    assert np.isfinite(net.unroll()).all()
    np.testing.assert_array_equal(net.unroll(), kept[-1])
    with pytest.raises(mg.StateError):
        _ = net.node(2).a


def test_an_infinite_z_is_found_although_sigmoid_and_gradient_stay_finite() -> None:
    net = mg.mlp([2, 1, 1], seed=0)
    net.layers[0].theta = [[0, 1e308, 1e308]]
    before = net.unroll()
    with pytest.raises(
        mg.NonFiniteError, match=r"node 'dense2': z is not finite in the forward pass, in epoch 1, batch 1"
    ):
        mg.fit(net, [[1, 1]], [1], epochs=1, progress=False)
    np.testing.assert_array_equal(net.unroll(), before)


def test_huge_inputs_cannot_slip_an_infinite_gradient_through() -> None:
    net = mg.mlp([1, 1], "identity", cost="squared_error", initializer=mg.Zeros(), dtype="float32")
    with pytest.raises(mg.NonFiniteError, match="gradient is not finite in the backward pass"):
        mg.fit(net, [[3e38]], [-1e10], mg.GradientDescent(0.1), 1, progress=False)
    assert not net.unroll().any()


# Arguments


REFUSED: list[tuple[dict[str, object], type[Exception], str]] = [
    ({"optimizer": "adma"}, mg.ArgumentError, "did you mean 'adam'"),
    ({"epochs": 0}, mg.ArgumentError, "epochs: received 0"),
    ({"batch_size": 2.0}, mg.ArgumentError, "batch_size: received 2.0"),
    ({"validation": 1.5}, mg.ArgumentError, "validation: received 1.5"),
    ({"validation": 1e-9}, mg.ArgumentError, "sets 0 of 103 examples aside"),
    ({"validation": (X, Y[:5])}, mg.ShapeError, r"validation\[1\]: received 5 rows"),
    ({"seed": -1}, mg.ArgumentError, "seed: received -1"),
    ({"metrics": "accuracy"}, mg.ArgumentError, r"\['accuracy'\]"),
    ({"metrics": ["acuracy"]}, mg.ArgumentError, "did you mean 'accuracy'"),
    ({"metrics": ["accuracy", "accuracy"]}, mg.ArgumentError, "two named 'accuracy'"),
    ({"sample_weight": [1, 2]}, mg.ShapeError, "sample_weight"),
    ({"sample_weight": np.zeros(103)}, mg.ArgumentError, "only zeros"),
    ({"class_weight": {7: 1}}, mg.ArgumentError, "class 7"),
    ({"class_weight": [1, 2]}, mg.ShapeError, r"class_weight: received shape \(2,\), expected \(3,\)"),
    ({"class_weight": [1, 2, -1]}, mg.ArgumentError, ">= 0"),
    ({"class_weight": "even"}, mg.ArgumentError, "'balanced'"),
    ({"clip_norm": 0}, mg.ArgumentError, "clip_norm"),
    ({"clip_value": np.inf}, mg.ArgumentError, "clip_value"),
    ({"X": X[:, :4]}, mg.ShapeError, r"X: received shape \(103, 4\)"),
    ({"X": X[:50]}, mg.ShapeError, "Y: received 103 rows, expected 50"),
    ({"Y": Y * 2}, mg.ArgumentError, "targets from 0 to 1"),
    ({"X": np.where(X == X[3, 1], np.nan, X)}, mg.NonFiniteDataError, r"X: received nan at index \(3, 1\)"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_bad_arguments_leave_everything_as_it_was(number: int) -> None:
    options, error, message = REFUSED[number]
    net = network(dropout=0.5)
    a = net.forward(X, training=True)
    state = net.generator.bit_generator.state
    with pytest.raises(error, match=message):
        mg.fit(**{"net": net, "X": X, "Y": Y, "progress": False, **options})  # type: ignore[arg-type]
    np.testing.assert_array_equal(net.node(net.outputs[0].name).a, a)
    assert net.generator.bit_generator.state == state


def test_the_caches_are_stale_afterwards_and_a_callback_may_use_them() -> None:
    class Look(mg.Callback):
        def on_epoch_end(self, run: mg.Run) -> None:
            run.net.forward(X[:3])
            run.net.backward(Y[:3])
            assert run.net.node(2).delta.shape == (3, 4)

    net, twin = network(), network()
    mg.fit(net, X, Y, "adam", 3, seed=0, progress=False, callbacks=[Look()])
    mg.fit(twin, X, Y, "adam", 3, seed=0, progress=False)
    np.testing.assert_array_equal(net.unroll(), twin.unroll())
    with pytest.raises(mg.StateError, match="call forward"):
        _ = net.node(2).a


# Memory


@pytest.mark.parametrize("sizes", [[3, 6, 5, 5], [100, 300, 10]])
@pytest.mark.parametrize("optimizer", [mg.GradientDescent(0.1, 0.9, nesterov=True), mg.RMSProp(), mg.AdamW()])
def test_a_step_allocates_no_arrays(sizes: list[int], optimizer: mg.Optimizer) -> None:
    """Only the cost of some mini-batches, computed at once for the history, takes a few temporary arrays."""
    from minigraph.training.dataset import Dataset, Examples
    from minigraph.training.interrupt import DeferredInterrupt

    net = mg.mlp(sizes, l2=0.1, seed=0, dropout=0.2)
    data = Dataset(net, RNG.normal(size=(256, sizes[0])), np.zeros((256, sizes[-1])))
    steps = Steps(net, Examples(data, np.arange(256), None), optimizer, batch_size=32, clip=Clip(norm=0.1))
    peaks = []

    def after_step() -> bool:
        current, peak = tracemalloc.get_traced_memory()
        peaks.append(peak - current)
        tracemalloc.reset_peak()
        return False

    with DeferredInterrupt() as interrupt:
        list(steps.run_pass(np.arange(256), 0, interrupt))
        tracemalloc.start()
        try:
            list(steps.run_pass(np.arange(256), 0, interrupt, after_step))
        finally:
            tracemalloc.stop()
    peak = max(peaks[1:])
    smallest_array = 32 * 5 * 8
    assert peak < 4096
    assert peak < 4 * smallest_array


# Interruption

INTERRUPTED = """
import os, signal, sys
import numpy as np, minigraph as mg
class Interrupt(mg.Callback):
    def on_step_end(self, run):
        if run.step == 5:
            self.expected = run.net.unroll()
            os.kill(os.getpid(), signal.SIGINT)
net = mg.mlp([5, 4, 3], seed=0)
rng = np.random.default_rng(0)
watch = Interrupt()
try:
    mg.fit(net, rng.normal(size=(64, 5)), np.zeros((64, 3)), epochs=3, batch_size=8, callbacks=[watch], progress=False)
except KeyboardInterrupt:
    print(bool((net.unroll() == watch.expected).all()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_ends_training_after_a_whole_step() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "True\n", done.stderr

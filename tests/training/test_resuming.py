"""What a checkpoint has to agree with, and what a refused one leaves as it was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg

RNG = np.random.default_rng(1)
X = RNG.normal(size=(50, 4))
Y = (RNG.random((50, 2)) > 0.5).astype(np.float64)


class Capture(mg.Callback):
    """Keeps the checkpoint of a step."""

    def __init__(self, step: int) -> None:
        self._step = step

    def on_step_end(self, run: mg.Run) -> None:
        if run.step == self._step:
            self.checkpoint = run.checkpoint()


def network(**options: object) -> mg.Network[mg.Array]:
    given = {"dropout": 0.3, "l2": 0.2, "seed": 0, **options}
    return mg.mlp([4, 6, 2], **given)  # type: ignore[arg-type]


def train(net: mg.AnyNetwork, **options: object) -> mg.History:
    given = {"optimizer": mg.Adam(), "epochs": 3, "batch_size": 8, "seed": 4, "progress": False, **options}
    return mg.fit(net, X, Y, **given)  # type: ignore[arg-type]


def checkpoint_at(step: int, **options: object) -> mg.Checkpoint:
    capture = Capture(step)
    train(network(), callbacks=[capture], **options)
    return capture.checkpoint


def assert_refused(net: mg.AnyNetwork, message: str, error: type[Exception], **options: object) -> None:
    """Assert that training is refused and the network with its caches and its generator is as it was."""
    a, theta, state = net.forward(X, training=True), net.unroll(), net.generator.bit_generator.state
    net.backward(Y)
    delta = net.nodes[-1].delta
    with pytest.raises(error, match=message):
        train(net, **options)
    np.testing.assert_array_equal(net.unroll(), theta)
    assert net.generator.bit_generator.state == state
    np.testing.assert_array_equal(net.nodes[-1].a, a)
    np.testing.assert_array_equal(net.nodes[-1].delta, delta)


def tied() -> mg.AnyNetwork:
    """A network with as many nodes and parameters as `network`, in which absent links make the difference."""
    x = mg.Input(4)
    h = mg.Dropout(0.3)(mg.Dense(6, links=np.tri(6, 4))(x))
    return mg.Network(x, mg.Dense(2)(h), l2=0.2)


DIFFERENT: dict[str, tuple[mg.AnyNetwork, dict[str, object], str]] = {
    "class of the optimizer": (network(), {"optimizer": mg.AdamW()}, r"optimizer 'Adam\(.*expected 'AdamW\("),
    "learning rate": (network(), {"optimizer": mg.Adam(0.1)}, r"optimizer .*=0.001, .*learning_rate=0.1"),
    "schedule": (network(), {"optimizer": mg.Adam(lambda t: 0.001)}, "optimizer .*<function <lambda>>"),
    "dtype": (network(dtype="float32"), {}, "dtype 'float64', expected 'float32'"),
    "hidden activation": (network(activation="tanh"), {}, r"node 2 .*Sigmoid\(\).*Tanh\(\)"),
    "parameter of the activation": (
        network(activation=mg.LeakyRelu(0.2)), {}, r"node 2 .*Sigmoid\(\).*LeakyRelu\(.*0.2"
    ),
    "dropout": (network(dropout=0.4), {}, r"node 3 .*Dropout\(rate=0.3\).*Dropout\(rate=0.4\)"),
    "links": (tied(), {}, "node 2 .*links"),
    "cost": (
        network(cost="squared_error", output_activation="sigmoid"), {}, r"cost 1 'CrossEntropy\(\).*'SquaredError\(\)"
    ),
    "l2": (network(l2=0.3), {}, "l2 '0.2', expected '0.3'"),
    "clip_norm": (network(), {"clip_norm": 1.0}, "clip_norm 'None', expected '1.0'"),
    "clip_value": (network(), {"clip_value": 1.0}, "clip_value 'None', expected '1.0'"),
    "shuffle": (network(), {"shuffle": False}, "shuffle 'True', expected 'False'"),
    "seed": (network(), {"seed": 5}, "seed 4, expected 5"),
    "batch_size": (network(), {"batch_size": 9}, "batch_size 8, expected 9"),
    "examples": (network(), {"validation": 0.5}, "examples 50, expected 25"),
    "weights": (network(), {"sample_weight": np.full(50, 2.0)}, "sum of the weights '50.0', expected '100.0'"),
    "nodes": (network(dropout=None), {}, "node 3 .*"),
    "number of parameters": (mg.mlp([4, 7, 2], l2=0.2), {}, "parameters 44, expected 51"),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_decides_the_numbers_has_to_be_the_same(name: str) -> None:
    net, options, message = DIFFERENT[name]
    message = f"^resume: received a checkpoint with {message}"
    assert_refused(net, message, mg.ModelFormatError, resume=checkpoint_at(5), **options)


def test_what_does_not_decide_the_numbers_may_differ() -> None:
    named = mg.Network(x := mg.Input(4, name="other"), mg.Dense(2, name="y")(mg.Dropout(0.3)(mg.Dense(6)(x))), l2=0.2)
    expected = network()
    train(expected)
    options: dict[str, object] = {"metrics": ["accuracy"], "validation": (X, Y), "callbacks": [], "seed": None}
    history = train(named, resume=checkpoint_at(9), **options)
    np.testing.assert_array_equal(named.unroll(), expected.unroll())
    assert np.isnan(history["validation_accuracy"][0])


def test_the_same_optimizer_in_another_process_is_the_same() -> None:
    """A function prints its address, which differs."""
    checkpoint = checkpoint_at(5, optimizer=mg.Adam(lambda t: 0.001))
    assert "0x" not in checkpoint.optimizer
    train(network(), optimizer=mg.Adam(lambda t: 0.001), resume=checkpoint)


GOOD = checkpoint_at(9)
NAN = {name: vector * np.nan for name, vector in GOOD.optimizer_state.items()}
DAMAGED: dict[str, tuple[mg.Checkpoint, str]] = {
    "NaN in the state": (replace(GOOD, optimizer_state=NAN), "optimizer state 'mean' with infinity or NaN"),
    "shapes of the state": (replace(GOOD, optimizer_state={"mean": np.zeros(3)}), "optimizer state .*expected .*mean"),
    "NaN in the parameters": (replace(GOOD, parameters=GOOD.parameters * np.nan), "parameters with infinity or NaN"),
    "negative epoch": (replace(GOOD, epoch=-5), "epoch -5 with step 9"),
    "step before": (replace(GOOD, step=6), "epoch 1 with step 6, expected 7 steps per epoch"),
    "step behind": (replace(GOOD, step=15), "epoch 1 with step 15"),
    "history": (replace(GOOD, history={"cost": [1.0, 2.0]}), "a history of other than 1 epochs"),
    "generator": (replace(GOOD, generator_state={"bit_generator": "PCG64"}), "a generator_state that does not fit"),
    "another generator": (replace(GOOD, generator_state={"bit_generator": "MT19937"}), "a generator_state"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_checkpoint_that_is_damaged_is_refused(name: str) -> None:
    checkpoint, message = DAMAGED[name]
    assert_refused(network(), f"^resume: received {message}", mg.ModelFormatError, resume=checkpoint)


def test_a_callback_refuses_before_anything_has_changed() -> None:
    """EarlyStopping watches a series that the resumed run does not record."""
    options: dict[str, object] = {"validation": (X, Y), "callbacks": [mg.EarlyStopping()]}
    capture = Capture(9)
    train(network(), **{**options, "callbacks": [mg.EarlyStopping(), capture]})
    del options["validation"]
    assert_refused(network(), "not recorded", mg.ArgumentError, resume=capture.checkpoint, **options)


def test_a_callback_that_fails_at_the_start_leaves_the_network_as_it_was() -> None:
    class Failing(mg.Callback):
        def on_start(self, run: mg.Run) -> None:
            self.seen = run.net.unroll()
            raise OSError("no room")

    net, failing = network(), Failing()
    theta, state = net.unroll(), net.generator.bit_generator.state
    with pytest.raises(OSError, match="no room"):
        train(net, resume=GOOD, callbacks=[failing])
    np.testing.assert_array_equal(failing.seen, GOOD.parameters)
    np.testing.assert_array_equal(net.unroll(), theta)
    assert net.generator.bit_generator.state == state


@pytest.mark.parametrize("saves_first", [False, True])
def test_a_run_that_early_stopping_ended_is_finished(saves_first: bool, tmp_path: Path) -> None:
    def run(net: mg.AnyNetwork, **options: object) -> mg.History:
        stopping, save = mg.EarlyStopping(patience=3), mg.SaveCheckpoint(tmp_path / "run")
        callbacks = [save, stopping] if saves_first else [stopping, save]
        return train(net, optimizer=mg.Adam(0.1), epochs=60, validation=0.4, callbacks=callbacks, **options)

    first, again = network(), network()
    expected = run(first)
    assert expected.stopped is not None
    for _ in range(2):
        history = run(again, resume=tmp_path / "run")
        assert (history.epochs, history.stopped) == (expected.epochs, expected.stopped)
        np.testing.assert_array_equal(again.unroll(), first.unroll())


def test_the_best_parameters_of_a_checkpoint_saved_before_early_stopping_saw_the_epoch(tmp_path: Path) -> None:
    """SaveCheckpoint stands first, and the epoch it saves is the best one so far."""
    script = iter([3.0, 1.0, 2.0, 2.0, 2.0, 2.0])

    def told(T: mg.Array, A: mg.Array) -> float:
        return next(script)

    def run(net: mg.AnyNetwork, epochs: int, **options: object) -> mg.History:
        callbacks = [mg.SaveCheckpoint(tmp_path / "run"), mg.EarlyStopping("told", patience=2)]
        return train(net, epochs=epochs, metrics=[told], callbacks=callbacks, **options)

    run(network(), 2)
    best = mg.Checkpoint.load(tmp_path / "run").parameters
    net = network()
    assert run(net, 6, resume=tmp_path / "run").epochs == 4
    np.testing.assert_array_equal(net.unroll(), best)


def test_a_network_with_a_node_more_is_another_one() -> None:
    capture = Capture(5)
    train(network(dropout=None), callbacks=[capture])
    x = mg.Input(4)
    net = mg.Network(x, mg.Activate("identity")(mg.Dense(2)(mg.Dense(6)(x))), l2=0.2)
    with pytest.raises(
        mg.ModelFormatError, match=r"resume: received a checkpoint with node 4 None, expected 'Activate"
    ):
        train(net, resume=capture.checkpoint)


def test_the_best_parameters_are_those_of_the_epoch_not_of_a_step_after_it() -> None:
    """The checkpoint is made in the middle of the epoch after the best one."""
    script = iter([3.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0])

    def told(T: mg.Array, A: mg.Array) -> float:
        return next(script)

    class AtBest(mg.Callback):
        def on_epoch_end(self, run: mg.Run) -> None:
            if run.epoch == 2:
                self.theta = run.net.unroll()

    best, capture, net = AtBest(), Capture(16), network()
    options: dict[str, object] = {"epochs": 6, "metrics": [told]}
    train(network(), callbacks=[mg.EarlyStopping("told", patience=9), best, capture], **{**options, "epochs": 3})
    train(net, callbacks=[mg.EarlyStopping("told", patience=9)], resume=capture.checkpoint, **options)
    np.testing.assert_array_equal(net.unroll(), best.theta)

"""Callbacks, early stopping, history, metrics and progress of `fit`."""

import csv
import io
import math
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import minigraph as mg
from minigraph.training.metrics import accuracy, as_metrics, mean_squared_error

RNG = np.random.default_rng(5)
X = RNG.normal(size=(60, 4))
Y = np.eye(3)[RNG.integers(3, size=60)]


def network() -> mg.Network[mg.Array]:
    return mg.mlp([4, 8, 3], seed=0)


class Log(mg.Callback):
    def __init__(self) -> None:
        self.events: list[str] = []

    def on_start(self, run: mg.Run) -> None:
        self.events.append(f"start {run.epochs} {run.steps_per_epoch} {run.batch_size} {run.examples}")
        assert math.isnan(run.cost)

    def on_step_end(self, run: mg.Run) -> None:
        self.events.append(f"step {run.step}")

    def on_epoch_end(self, run: mg.Run) -> None:
        self.events.append(f"epoch {run.epoch}")
        assert run.history["cost"][-1] == run.cost

    def on_end(self, run: mg.Run) -> None:
        self.events.append("end")


def test_callbacks_are_called_in_this_order() -> None:
    log = Log()
    mg.fit(network(), X, Y, epochs=2, batch_size=25, callbacks=[log], seed=0, progress=False)
    steps = ["step 1", "step 2", "step 3", "epoch 1", "step 4", "step 5", "step 6", "epoch 2"]
    assert log.events == ["start 2 3 25 60", *steps, "end"]


def test_the_learning_rate_before_the_first_step_is_that_of_the_first() -> None:
    """A schedule is never asked for a step before 0."""

    class Read(mg.Callback):
        def __init__(self) -> None:
            self.rates: list[float] = []

        def on_start(self, run: mg.Run) -> None:
            self.rates.append(run.learning_rate)

        def on_step_end(self, run: mg.Run) -> None:
            self.rates.append(run.learning_rate)

    read = Read()
    optimizer = mg.GradientDescent([0.5, 0.25, 0.125].__getitem__)
    mg.fit(network(), X, Y, optimizer, epochs=1, batch_size=20, callbacks=[read], progress=False)
    assert read.rates == [0.5, 0.5, 0.25, 0.125]


def test_a_callback_stops_after_any_step() -> None:
    class Stop(mg.Callback):
        def on_step_end(self, run: mg.Run) -> None:
            if run.step == 5:
                run.stop("seen enough")

    log = Log()
    history = mg.fit(network(), X, Y, epochs=9, batch_size=20, callbacks=[Stop(), log], progress=False)
    assert log.events[-4:] == ["epoch 1", "step 4", "step 5", "end"]
    assert (history.epochs, history.stopped) == (1, "seen enough")


def test_what_a_callback_assigns_is_trained_on() -> None:
    class Zero(mg.Callback):
        def on_step_end(self, run: mg.Run) -> None:
            run.net.assign(np.zeros_like(run.net.unroll()))

    net = network()
    mg.fit(net, X, Y, epochs=2, callbacks=[Zero()], progress=False)
    assert not net.unroll().any()


def scripted(values: list[float], **options: object) -> tuple[mg.History, mg.EarlyStopping, list[mg.Array], mg.Array]:
    """Train while a metric says what the script has for it."""
    script = iter(values)

    def told(T: mg.Array, A: mg.Array) -> float:
        return next(script)

    class Keep(mg.Callback):
        def on_epoch_end(self, run: mg.Run) -> None:
            after.append(run.net.unroll())

    after: list[mg.Array] = []
    net = network()
    stopping = mg.EarlyStopping("told", **options)  # type: ignore[arg-type]
    history = mg.fit(
        net, X, Y, epochs=len(values), callbacks=[Keep(), stopping], metrics=[told], seed=0, progress=False
    )
    return history, stopping, after, net.unroll()


@pytest.mark.parametrize("fails", [False, True])
def test_the_last_epoch_is_shown_also_of_a_training_that_ends_early(
    fails: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    class End(mg.Callback):
        def on_epoch_end(self, run: mg.Run) -> None:
            if run.epoch == 3 and fails:
                raise RuntimeError("enough")
            if run.epoch == 3:
                run.stop()

    with pytest.raises(RuntimeError, match="enough") if fails else nullcontext():
        mg.fit(network(), X, Y, epochs=9, callbacks=[End()], progress=True)
    shown = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
    assert (shown[0], shown[-1]) == ("1/9", "3/9")


def test_early_stopping_waits_and_restores_the_best() -> None:
    history, stopping, after, theta = scripted([5, 3, 4, 3.5, 3, 9, 9], patience=3)
    assert (history.epochs, stopping.best_epoch) == (5, 2)
    assert history.stopped == "told has not improved for 3 epochs"
    np.testing.assert_array_equal(theta, after[1])


def test_early_stopping_restores_the_best_of_a_training_that_ends_by_itself() -> None:
    history, stopping, after, theta = scripted([5, 3, 4], patience=9)
    assert (history.epochs, history.stopped, stopping.best_epoch) == (3, None, 2)
    np.testing.assert_array_equal(theta, after[1])
    *_, after, theta = scripted([5, 3, 4], patience=9, restore_best=False)
    np.testing.assert_array_equal(theta, after[2])


def test_early_stopping_by_what_rises_and_by_a_least_improvement() -> None:
    assert scripted([1, 2, 3, 2, 1], patience=2, mode="max")[1].best_epoch == 3
    history, stopping, *_ = scripted([5, 4.9, 4.8, 4.7], patience=2, min_delta=0.5)
    assert (history.epochs, stopping.best_epoch) == (3, 1)
    assert scripted([math.nan, 2, math.nan, 3], patience=3)[1].best_epoch == 2


def test_early_stopping_refuses_what_is_not_recorded() -> None:
    net = network()
    before, a = net.unroll(), net.forward(X)
    with pytest.raises(mg.ArgumentError, match=r"'validation_cost', which is not recorded \(give `fit` a"):
        mg.fit(net, X, Y, callbacks=[mg.EarlyStopping()], progress=False)
    with pytest.raises(mg.ArgumentError, match="'acuracy', which is not recorded; did you mean 'accuracy'"):
        mg.fit(net, X, Y, callbacks=[mg.EarlyStopping("acuracy")], metrics=["accuracy"], progress=False)
    # Nothing has changed: the caches are current, too.
    assert np.array_equal(net.unroll(), before)
    assert np.array_equal(net.outputs[0].a, a)
    with pytest.raises(mg.ArgumentError, match="patience: received 0"):
        mg.EarlyStopping(patience=0)
    with pytest.raises(mg.ArgumentError, match="mode: received 'up'"):
        mg.EarlyStopping(mode="up")  # type: ignore[arg-type]


def test_history_is_a_mapping_and_exports_itself(tmp_path: Path) -> None:
    history = mg.fit(network(), X, Y, epochs=3, metrics=["accuracy"], validation=0.2, seed=0, progress=False)
    names = ["cost", "validation_cost", "validation_accuracy", "learning_rate", "seconds"]
    assert list(history) == names == list(history.to_dict())
    assert all(len(series) == 3 for series in history.values())
    history.to_dict()["cost"].clear()
    assert len(history["cost"]) == 3
    with (history.to_csv(tmp_path / "history.csv")).open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == ["epoch", *names]
    assert [float(row[1]) for row in rows] == history["cost"]
    for kind in (KeyError, mg.ArgumentError):
        with pytest.raises(kind, match=r"^name: received 'cots', which was not recorded; did you mean 'cost'"):
            _ = history["cots"]
    assert history.get("cots") is None


def test_history_has_nan_where_something_was_not_recorded() -> None:
    history = mg.History()
    history.record({"a": 1})
    history.record({"a": 2, "b": 3})
    history.record({"b": 4})
    assert repr(history.to_dict()) == "{'a': [1.0, 2.0, nan], 'b': [nan, 3.0, 4.0]}"


def test_metrics_agree_with_scikit_learn() -> None:
    from sklearn import metrics

    A = RNG.random((60, 3))
    labels = Y.argmax(axis=1)
    assert accuracy(Y, A) == metrics.accuracy_score(labels, A.argmax(axis=1))
    assert mean_squared_error(Y, A) == pytest.approx(metrics.mean_squared_error(Y, A), rel=1e-14)
    for k in (1, 2):
        assert mg.TopK(k)(Y, A) == metrics.top_k_accuracy_score(labels, A, k=k)
    assert accuracy(Y[:, :1], A[:, :1]) == metrics.accuracy_score(Y[:, 0], A[:, 0] >= 0.5)
    assert list(as_metrics([mg.TopK(2), accuracy])) == ["top_2", "accuracy"]


# Progress


def test_lines_in_a_log_are_few_and_say_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    mg.fit(network(), X, Y, epochs=50, metrics=["accuracy"], seed=0)
    said = capsys.readouterr()
    assert said.out == ""
    first, last = said.err.splitlines()
    assert first.startswith("epoch 1/50  cost ")
    assert "accuracy 0." in last
    assert last.endswith("examples/s")


def test_silence_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    mg.fit(network(), X, Y, epochs=2, progress=False)
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    mg.fit(network(), X, Y, epochs=4, metrics=["accuracy"], seed=0)
    last = terminal.getvalue().split("\r")[-1]
    assert "epoch 4/4: 100%" in last
    assert "8/8" in last
    assert "accuracy=" in last
    assert "batch/s" in last


def test_without_tqdm_training_is_silent_and_works(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert mg.fit(network(), X, Y, epochs=2).epochs == 2
    assert terminal.getvalue() == ""


# What callbacks do to the network


class Looks(mg.Callback):
    """Computes values now and then, and asks later whether they are still shown."""

    def __init__(self, at: str, every: int = 3) -> None:
        self.at, self.every, self.asked = at, every, 0
        self._computed = False

    def on_step_end(self, run: mg.Run) -> None:
        self._ask(run.net)
        if self.at == "step" and run.step % self.every == 0:
            self._compute(run.net)

    def on_epoch_end(self, run: mg.Run) -> None:
        if self.at == "epoch":
            self._compute(run.net)

    def _compute(self, net: mg.AnyNetwork) -> None:
        net.forward(X)
        net.backward(Y)
        assert net.node(2).delta.shape == net.node(2).a.shape
        self._computed = True

    def _ask(self, net: mg.AnyNetwork) -> None:
        if self._computed:
            self.asked += 1
            for owner, name in (
                (net.node(2), "z"), (net.node(2), "a"), (net.node(2), "delta"),
                (net.layers[0], "gradient"), (net.layers[0], "accumulator"),
            ):  # fmt: skip
                with pytest.raises(mg.StateError):
                    getattr(owner, name)


@pytest.mark.parametrize("at", ["step", "epoch"])
@pytest.mark.parametrize("batch", [4, 25, None])
def test_what_a_callback_computed_is_stale_after_the_next_step(at: str, batch: int | None) -> None:
    looks = Looks(at)
    mg.fit(network(), X, Y, epochs=5, batch_size=batch, callbacks=[looks], seed=0, progress=False)
    assert looks.asked > 0


def test_what_a_source_computed_while_it_was_read_is_stale_after_the_epoch() -> None:
    class Computing:
        def __len__(self) -> int:
            return len(X)

        def __getitem__(self, rows: NDArray[np.intp], /) -> mg.Array:
            net.forward(X)
            return X[rows]

    class Ask(mg.Callback):
        def on_epoch_end(self, run: mg.Run) -> None:
            with pytest.raises(mg.StateError):
                _ = run.net.node(2).a
            asked.append(run.epoch)

    net, asked = network(), list[int]()
    mg.fit(net, Computing(), Y, epochs=2, batch_size=7, callbacks=[Ask()], seed=0, progress=False)
    assert asked == [1, 2]


def test_values_are_stale_after_an_incremental_pass() -> None:
    from minigraph.training.incremental import IncrementalTraining

    net = network()
    net.forward(X)
    net.backward(Y)
    IncrementalTraining(mg.Adam()).run_pass(net, X, Y, 16)
    for owner, name in ((net.node(2), "a"), (net.node(2), "delta"), (net.layers[0], "gradient")):
        with pytest.raises(mg.StateError):
            getattr(owner, name)


def parameters(layer: mg.Layer) -> mg.Array:
    return layer.parameters()


@pytest.mark.parametrize("when", [2, 3])
def test_training_follows_the_l2_that_a_callback_sets(when: int) -> None:
    """Three steps per epoch: set within an epoch, and at its end."""

    class Set(mg.Callback):
        def on_step_end(self, run: mg.Run) -> None:
            if run.step == when:
                run.net.l2 = 9.0

    net, twin = network(), network()
    mg.fit(net, X, Y, mg.GradientDescent(0.5), 2, 20, callbacks=[Set()], shuffle=False, progress=False)
    for step in range(1, 7):
        start = (step - 1) % 3 * 20
        D = twin.cost_and_gradient(X[start : start + 20], Y[start : start + 20])[1]
        weights = np.concatenate(
            [(layer.parameters() * ([0] + [1] * layer.parameters()[0, 1:].size)).ravel() for layer in twin.layers]
        )
        twin.assign(twin.unroll() - 0.5 * (D + (9 / 60 if step > when else 0) * weights))
    np.testing.assert_allclose(net.unroll(), twin.unroll(), atol=1e-13)


def test_dropout_draws_from_the_generator_that_a_callback_gives_the_network() -> None:
    class Initialize(mg.Callback):
        def on_step_end(self, run: mg.Run) -> None:
            if run.step == 1:
                run.net.initialize(5)

    nets = [mg.mlp([4, 8, 3], dropout=0.5, seed=seed) for seed in (0, 1)]
    for net in nets:
        mg.fit(
            net,
            X,
            Y,
            epochs=1,
            batch_size=20,
            callbacks=[Initialize()],
            shuffle=False,
            progress=False,
            optimizer=mg.GradientDescent(0.1),
        )
    np.testing.assert_array_equal(nets[0].unroll(), nets[1].unroll())


def test_absent_links_stay_0_whatever_a_callback_writes() -> None:
    class Write(mg.Callback):
        def on_step_end(self, run: mg.Run) -> None:
            run.net.layers[0].theta[...] = 1.0

    x = mg.Input(4)
    net = mg.Network(x, mg.Dense(3, links=np.tri(3, 4))(x))
    mg.fit(net, X, Y, epochs=1, callbacks=[Write()], progress=False)
    assert (net.layers[0].parameters()[:, 1:][~np.tri(3, 4, dtype=bool)] == 0).all()

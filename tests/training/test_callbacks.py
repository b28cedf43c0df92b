"""Callbacks, early stopping, history, metrics and progress of `fit`."""

import csv
import io
import math
import sys
from pathlib import Path

import numpy as np
import pytest

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

"""Training that is interrupted and resumed ends with the bits of training that was not."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg

RNG = np.random.default_rng(1)
X = RNG.normal(size=(50, 4))
Y = (RNG.random((50, 2)) > 0.5).astype(np.float64)
OPTIMIZERS = [
    mg.GradientDescent(0.2), mg.GradientDescent(mg.StepDecay(0.2, 0.5, 5), 0.9), mg.GradientDescent(0.1, 0.9, True),
    mg.RMSProp(), mg.Adam(mg.CosineDecay(0.1, 30)), mg.AdamW(),
]  # fmt: skip


class StopAt(mg.Callback):
    """Saves a checkpoint after a step and ends training."""

    def __init__(self, step: int, path: Path) -> None:
        self.step, self.path = step, path

    def on_step_end(self, run: mg.Run) -> None:
        if run.step == self.step:
            run.checkpoint().save(self.path)
            run.stop("enough")


def network() -> mg.Network[mg.Array]:
    return mg.mlp([4, 6, 2], dropout=0.3, l2=0.2, seed=0)


def train(net: mg.AnyNetwork, optimizer: mg.Optimizer, **options: object) -> mg.History:
    given = {"epochs": 3, "batch_size": 8, "seed": 4, "progress": False, **options}
    return mg.fit(net, X, Y, optimizer, **given)  # type: ignore[arg-type]


def comparable(history: mg.History) -> dict[str, list[float]]:
    return {name: values for name, values in history.to_dict().items() if name != "seconds"}


@pytest.mark.parametrize("number", range(len(OPTIMIZERS)))
@pytest.mark.parametrize("step", [1, 6, 7, 8, 13, 14])
def test_resumed_training_has_the_bits_of_uninterrupted_training(number: int, step: int, tmp_path: Path) -> None:
    """Seven steps per epoch: in the middle of an epoch, before and behind its smaller last batch, at its end."""
    whole, parts = network(), network()
    expected = train(whole, OPTIMIZERS[number], record_J=True)
    stopped = train(parts, OPTIMIZERS[number], record_J=True, callbacks=[StopAt(step, tmp_path / "run.npz")])
    assert stopped.stopped == "enough"
    fresh = network()
    fresh.initialize(99)
    history = train(fresh, OPTIMIZERS[number], record_J=True, seed=None, resume=tmp_path / "run.npz")
    assert fresh.unroll().tobytes() == whole.unroll().tobytes()
    assert fresh.generator.bit_generator.state == whole.generator.bit_generator.state
    assert comparable(history) == comparable(expected)


def test_the_state_of_the_optimizer_is_resumed_too(tmp_path: Path) -> None:
    class Final(mg.Callback):
        def on_end(self, run: mg.Run) -> None:
            self.checkpoint = run.checkpoint()

    final, resumed = Final(), Final()
    train(network(), mg.Adam(), callbacks=[final])
    train(network(), mg.Adam(), callbacks=[StopAt(9, tmp_path / "run")])
    train(network(), mg.Adam(), callbacks=[resumed], resume=tmp_path / "run")
    for name, vector in final.checkpoint.optimizer_state.items():
        assert vector.tobytes() == resumed.checkpoint.optimizer_state[name].tobytes()


def test_float32_single_batches_and_other_generators(tmp_path: Path) -> None:
    for bits in (np.random.MT19937, np.random.Philox, np.random.SFC64):
        nets = [mg.mlp([4, 6, 2], dropout=0.3, dtype="float32", seed=0) for _ in range(3)]
        for net in nets:
            net.generator = np.random.Generator(bits(5))
        train(nets[0], mg.Adam(), batch_size=None, epochs=6)
        train(nets[1], mg.Adam(), batch_size=None, epochs=6, callbacks=[StopAt(2, tmp_path / "run")])
        train(nets[2], mg.Adam(), batch_size=None, epochs=6, resume=mg.Checkpoint.load(tmp_path / "run"))
        assert nets[2].unroll().tobytes() == nets[0].unroll().tobytes()


def test_early_stopping_remembers_its_best_parameters(tmp_path: Path) -> None:
    def stopping() -> mg.EarlyStopping:
        return mg.EarlyStopping(patience=4)

    options: dict[str, object] = {"epochs": 40, "validation": 0.4}
    whole, fresh = network(), network()
    expected = train(whole, mg.Adam(0.1), callbacks=[stopping()], **options)
    assert expected.stopped == "validation_cost has not improved for 4 epochs"
    at = expected.epochs * 4 - 4  # four steps per epoch: one epoch before the end, past the best one
    train(network(), mg.Adam(0.1), callbacks=[stopping(), StopAt(at, tmp_path / "run")], **options)
    history = train(fresh, mg.Adam(0.1), callbacks=[stopping()], resume=tmp_path / "run", **options)
    assert history.epochs == expected.epochs
    assert fresh.unroll().tobytes() == whole.unroll().tobytes()


def test_save_checkpoint_writes_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    train(network(), mg.Adam(), callbacks=[mg.SaveCheckpoint(path, every_epochs=2)])
    assert mg.Checkpoint.load(path).epoch == 2
    train(network(), mg.Adam(), callbacks=[mg.SaveCheckpoint(path, every_epochs=None, every_steps=10)])
    assert mg.Checkpoint.load(path).step == 20


def test_same_state_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        train(network(), mg.Adam(), callbacks=[StopAt(5, tmp_path / name)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_checkpoint_that_does_not_fit_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    train(network(), mg.Adam(), callbacks=[StopAt(5, path)])
    other = mg.mlp([4, 7, 2], seed=0)
    for net, optimizer, options, message in [
        (other, mg.Adam(), {}, "parameters"),
        (network(), mg.RMSProp(), {}, r"optimizer 'Adam\(.*expected 'RMSProp"),
        (network(), mg.Adam(), {"batch_size": 9}, "batch_size 8, expected 9"),
        (network(), mg.Adam(), {"validation": 0.5}, "examples 50, expected 25"),
    ]:
        before = net.unroll()
        with pytest.raises(mg.ModelFormatError, match=f"resume: received .*{message}"):
            train(net, optimizer, resume=path, **options)  # type: ignore[arg-type]
        np.testing.assert_array_equal(net.unroll(), before)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_damaged_file_is_no_checkpoint(share: float, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    train(network(), mg.Adam(), callbacks=[StopAt(5, path)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(mg.ModelFormatError, match=r"run\.npz: "):
        mg.Checkpoint.load(path)


def test_another_npz_is_no_checkpoint(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(mg.ModelFormatError, match="minigraph checkpoint 1"):
        mg.Checkpoint.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        mg.Checkpoint.load(tmp_path / "nothing")

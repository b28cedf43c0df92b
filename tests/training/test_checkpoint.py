"""Training that is interrupted and resumed ends with the bits of training that was not."""

import contextlib
import json
import pickle
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigraph as mg
from fuzz_load import assembled, parts
from minigraph.base.record import split
from minigraph.base.tensor_file import encode

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
    stopped = train(parts, OPTIMIZERS[number], record_J=True, callbacks=[StopAt(step, tmp_path / "run.safetensors")])
    assert stopped.stopped == "enough"
    fresh = network()
    fresh.initialize(99)
    history = train(fresh, OPTIMIZERS[number], record_J=True, seed=None, resume=tmp_path / "run.safetensors")
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
    path = tmp_path / "run.safetensors"
    train(network(), mg.Adam(), callbacks=[mg.SaveCheckpoint(path, every_epochs=2)])
    assert mg.Checkpoint.load(path).epoch == 2
    train(network(), mg.Adam(), callbacks=[mg.SaveCheckpoint(path, every_epochs=None, every_steps=10)])
    assert mg.Checkpoint.load(path).step == 20


def test_same_state_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        train(network(), mg.Adam(), callbacks=[StopAt(5, tmp_path / name)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_checkpoint_that_does_not_fit_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
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
    path = tmp_path / "run"
    train(network(), mg.Adam(), callbacks=[StopAt(5, path)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(mg.ModelFormatError, match=r"run: "):
        mg.Checkpoint.load(path)


def test_another_file_is_no_checkpoint(tmp_path: Path) -> None:
    np.savez(tmp_path / "old.npz", a=np.zeros(3))
    with pytest.raises(mg.ModelFormatError, match=r"old\.npz: received a zip archive, as minigraph 0\.1 wrote"):
        mg.Checkpoint.load(tmp_path / "old.npz")
    mg.save(network(), tmp_path / "net")
    with pytest.raises(mg.ModelFormatError, match=r"net: .*'architecture'.*expected the keys checkpoint, sha256"):
        mg.Checkpoint.load(tmp_path / "net")
    good().save(tmp_path / "run")
    with pytest.raises(mg.ModelFormatError, match=r"run: .*'checkpoint'.*expected the keys architecture, sha256"):
        mg.load(tmp_path / "run")
    with pytest.raises(FileNotFoundError):
        mg.Checkpoint.load(tmp_path / "nothing")


class Payload:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    path, trace = tmp_path / "run", tmp_path / "trace"
    objects = np.array([Payload(trace)], object)
    meta = np.frombuffer(json.dumps({"format": "minigraph checkpoint 1", "callbacks": 0}).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=True, parameters=objects, meta=meta)
    files = [path.read_bytes(), pickle.dumps(Payload(trace)), *_headers_that_name_objects()]
    for content in files:
        path.write_bytes(content)
        with pytest.raises(mg.ModelFormatError):
            mg.Checkpoint.load(path)
        assert not trace.exists()
    pickle.loads(files[1])
    assert trace.exists()  # the payload works


def _headers_that_name_objects() -> list[bytes]:
    header, inner, tensors = file_parts()
    return [
        assembled(header | {"parameters.0": header["parameters.0"] | {"dtype": dtype}}, inner, tensors)
        for dtype in ("O", "object", "|O", "V8")
    ]


def test_objects_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "run"
    checkpoint = replace(good(), callback_states=[{"x": np.array([Payload(path)], object)}])
    with pytest.raises(mg.ArgumentError, match=r"callback_states.*received an array of object"):
        checkpoint.save(path)
    assert list(tmp_path.iterdir()) == []


def test_every_field_comes_back(tmp_path: Path) -> None:
    checkpoint = replace(
        good(),
        seed=2**130 + 1,
        penalty=np.float64(0.5),
        history={"cost": [np.nan, np.inf], "Θ": [1.0, -0.0]},
        callback_states=[
            {},
            {"a": np.array([1, np.nan], np.float32), "b": np.array(3), "c": np.zeros((2, 0)), "d": np.eye(3).T[::2]},
        ],
        optimizer_state={"ü": np.arange(3.0), "big": np.arange(3, dtype=">f8")},
    )
    checkpoint.save(tmp_path / "run")
    loaded = mg.Checkpoint.load(tmp_path / "run")
    for field in fields(mg.Checkpoint):
        np.testing.assert_equal(getattr(loaded, field.name), getattr(checkpoint, field.name))
        assert type(getattr(loaded, field.name)) in (type(getattr(checkpoint, field.name)), float)
    assert loaded.callback_states[1]["a"].dtype == np.float32
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "run").read_bytes()


@pytest.mark.parametrize("bits", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_the_state_of_every_generator_comes_back(bits: str, tmp_path: Path) -> None:
    generator = np.random.Generator(getattr(np.random, bits)(3))
    generator.integers(10, size=5, dtype=np.uint32)
    replace(good(), generator_state=generator.bit_generator.state).save(tmp_path / "run")
    twin = np.random.Generator(getattr(np.random, bits)())
    twin.bit_generator.state = mg.Checkpoint.load(tmp_path / "run").generator_state
    np.testing.assert_array_equal(twin.random(1000), generator.random(1000))
    assert (
        twin.integers(10, size=5, dtype=np.uint32).tolist() == generator.integers(10, size=5, dtype=np.uint32).tolist()
    )


def good() -> mg.Checkpoint:
    """Return a checkpoint after two epochs and three of five steps of the third."""
    return mg.Checkpoint(
        parameters=np.arange(3.0),
        optimizer="Adam()",
        optimizer_state={"mean": np.zeros(3)},
        callback_states=[{}, {"parameters": np.ones(3)}],
        generator_state=np.random.MT19937(1).state,
        seed=1,
        examples=9,
        batch_size=2,
        settings={"dtype": "float64"},
        epoch=2,
        step=13,
        sums=(1.5, 6.0),
        penalty=0.0,
        history={"cost": [0.5, 0.25]},
    )


def changed(state: Mapping[str, Any], *path: str, to: object) -> Mapping[str, Any]:
    """Return a copy of nested dicts with one value replaced."""
    key, *rest = path
    return {**state, key: changed(state[key], *rest, to=to) if rest else to}


MT = np.random.MT19937(1).state
PCG = np.random.PCG64(1).state
PHILOX = np.random.Philox(1).state
WRONG: list[tuple[str, object, str]] = [
    ("parameters", np.zeros((3, 1)), "parameters: received .*expected a vector"),
    ("parameters", np.zeros(3, int), "parameters: received .*expected a vector"),
    ("parameters", np.zeros(3, np.float16), "parameters: received float16 .*expected a vector"),
    ("parameters", np.array([0, np.nan, 0]), "parameters: contains infinity or NaN"),
    ("parameters", np.array([0, np.inf, 0]), "parameters: contains infinity or NaN"),
    ("parameters", [0.0, 1.0], r"parameters: received \[0.0, 1.0\], expected Array"),
    ("parameters", None, "parameters: received None, expected Array"),
    ("optimizer", 3, "optimizer: received 3, expected str"),
    ("optimizer_state", {"mean": [1.0]}, r"optimizer_state: received .*expected Mapping\[str, Array\]"),
    ("optimizer_state", [np.zeros(3)], r"optimizer_state: received .*expected Mapping\[str, Array\]"),
    ("optimizer_state", {"mean": np.array([0, np.nan, 0])}, r"optimizer_state\['mean'\]: contains NaN"),
    ("callback_states", {"a": {}}, r"callback_states: received .*expected list\[dict"),
    ("callback_states", [{"a": 1}], r"callback_states: received .*expected list\[dict"),
    ("callback_states", [np.zeros(3)], r"callback_states: received .*expected list\[dict"),
    ("callback_states", 10**9, r"callback_states: received 1000000000, expected list\[dict"),
    ("generator_state", {}, "received bit generator None, expected one of MT19937, PCG64"),
    ("generator_state", [], "generator_state: received"),
    ("generator_state", changed(PCG, "bit_generator", to="os"), "received bit generator 'os'"),
    ("generator_state", changed(PCG, "bit_generator", to=["PCG64"]), r"received bit generator \['PCG64'\]"),
    ("generator_state", changed(PCG, "bit_generator", to=np.zeros(3)), r"received bit generator array"),
    ("generator_state", changed(PCG, "bit_generator", to="MT19937"), "expected the keys bit_generator, state"),
    ("generator_state", changed(PCG, "state", to=1), "generator_state.state: received 1"),
    ("generator_state", changed(PCG, "state", "inc", to=2**128), "generator_state.state.inc: received"),
    ("generator_state", changed(PCG, "state", "inc", to=-1), "generator_state.state.inc: received -1"),
    ("generator_state", changed(PCG, "has_uint32", to=2), "has_uint32: received 2, expected an integer from 0 to 1"),
    ("generator_state", changed(PCG, "uinteger", to=2**32), "uinteger: received 4294967296"),
    ("generator_state", changed(MT, "state", "pos", to=625), "pos: received 625, expected an integer from 0 to 624"),
    ("generator_state", changed(MT, "state", "key", to=np.zeros(623, np.uint32)), "expected 624 entries of uint32"),
    ("generator_state", changed(MT, "state", "key", to=np.zeros(624)), "expected 624 entries of uint32"),
    ("generator_state", changed(MT, "state", "key", to=[0.5] * 624), "expected 624 entries of uint32"),
    ("generator_state", changed(PHILOX, "buffer_pos", to=5), "buffer_pos: received 5, expected an integer from 0 to 4"),
    ("seed", -1, "seed: received -1"),
    ("seed", True, "seed: received True, expected int"),
    ("seed", 0.5, "seed: received 0.5, expected int"),
    ("examples", 0, "examples: received 0"),
    ("examples", 10**99 - 1, "step: received 13"),
    ("batch_size", 0, "batch_size: received 0, expected an integer from 1 to 9"),
    ("batch_size", 10, "batch_size: received 10, expected an integer from 1 to 9"),
    ("epoch", -5, "epoch: received -5"),
    ("epoch", 3, "step: received 13, expected an integer from 15 to 20"),
    ("step", 9, "step: received 9, expected an integer from 10 to 15"),
    ("step", 16, "step: received 16, expected an integer from 10 to 15"),
    ("sums", [1.0, 2.0, 3.0], r"sums: received .*expected tuple\[float, float\]"),
    ("sums", (np.nan, 1.0), "sums: received .*expected a finite cost and a weight >= 0"),
    ("sums", (1.0, -1.0), "sums: received .*expected a finite cost and a weight >= 0"),
    ("sums", (1.0, np.inf), "sums: received .*expected a finite cost and a weight >= 0"),
    ("penalty", -0.5, "penalty: received -0.5"),
    ("penalty", "0", "penalty: received '0', expected float"),
    ("history", {"cost": [1.0]}, r"history\['cost'\]: received 1 values for 2 epochs"),
    ("history", {"cost": [1.0, 2.0, 3.0]}, r"history\['cost'\]: received 3 values for 2 epochs"),
    ("history", {"cost": [1, 2]}, r"history: received .*expected Mapping\[str, list\[float\]\]"),
    ("history", {"cost": 1.0}, r"history: received .*expected Mapping\[str, list\[float\]\]"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_fields_that_no_run_has_are_refused_when_saving_and_loading(
    name: str, value: object, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    bad = replace(good(), **{name: value})  # type: ignore[arg-type]
    with pytest.raises(mg.ArgumentError, match=f"checkpoint: cannot be saved: .*{message}"):
        bad.save(path)
    assert not path.exists()
    arrays: dict[str, Any] = {}
    content = {field.name: split(getattr(bad, field.name), field.name, arrays) for field in fields(mg.Checkpoint)}
    path.write_bytes(encode("checkpoint", {"version": 2, **content}, dict(sorted(arrays.items()))))
    with pytest.raises(mg.ModelFormatError, match=f"run: .*{message}"):
        mg.Checkpoint.load(path)


@pytest.mark.parametrize("step", [10, 15])
def test_a_step_at_either_end_of_its_epoch(step: int, tmp_path: Path) -> None:
    replace(good(), step=step).save(tmp_path / "run")
    assert mg.Checkpoint.load(tmp_path / "run").step == step


@pytest.mark.parametrize(
    "value", [np.inf, np.nan, 10**100, "\ud800", b"x", {1: 2}, {"$array": 1}, {"\ud800": 1}, {1, 2}, object()]
)
def test_what_cannot_be_written_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(mg.ArgumentError, match="optimizer: received"):
        replace(good(), optimizer=value).save(tmp_path / "run")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def file_parts() -> tuple[dict[str, Any], dict[str, Any], bytes]:
    with tempfile.TemporaryDirectory() as folder:
        good().save(Path(folder, "run"))
        return parts(Path(folder, "run").read_bytes())


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no edit": (lambda data: None, ""),
    "a newer version": (
        lambda data: data.update(version=3),
        "version: received 3, expected 2 or less; written by a newer",
    ),
    "an older version": (lambda data: data.update(version=1), "version: received 1"),
    "no version": (lambda data: data.pop("version"), "version: received None"),
    "a field too many": (lambda data: data.update(code="import os"), "expected the keys parameters, optimizer"),
    "a field missing": (lambda data: data.pop("seed"), "expected the keys parameters, optimizer"),
    "an array that is missing": (lambda data: data.update(parameters={"$array": "no"}), "'no': no such array"),
    "an array used twice": (lambda data: data.update(parameters=data["optimizer_state"]["mean"]), "used twice"),
    "an array that is not used": (lambda data: data["optimizer_state"].clear(), "nothing refers to it"),
    "an array by a number": (lambda data: data.update(parameters={"$array": 0}), "expected one key of"),
    "an unknown word": (lambda data: data.update(seed={"$code": "1"}), "expected one key of"),
    "two words": (lambda data: data.update(seed={"$integer": "9" * 50, "$array": "x"}), "expected one key of"),
    "a word and a key": (lambda data: data.update(seed={"a": 1, "$integer": "9" * 50}), "expected one key of"),
    "an integer that JSON has": (lambda data: data.update(seed={"$integer": "1"}), r"\$integer: received '1'"),
    "an integer of 10,000 digits": (lambda data: data.update(seed={"$integer": "9" * 10_000}), r"\$integer: received"),
    "an integer of letters": (lambda data: data.update(seed={"$integer": "0x" + "f" * 40}), r"\$integer: received"),
    "an integer of one sign": (lambda data: data.update(seed={"$integer": "-"}), r"\$integer: received"),
    "floats of another type": (
        lambda data: data.update(sums={"$floats": "generator_state.9"}),
        "vector of float64|no such",
    ),
    "floats that are a matrix": (lambda data: data["history"].update(x={"$floats": "x"}), "'x': no such array"),
    "a lone surrogate": (lambda data: data.update(optimizer="\udcff"), "valid Unicode"),
    "a key of a lone surrogate": (lambda data: data["history"].update({"\udcff": []}), "valid Unicode"),
    "a list of lists": (lambda data: data.update(callback_states=[[]]), "callback_states: received"),
    "many callbacks": (lambda data: data.update(callback_states=[{}] * 99_000), ""),
    "too many callbacks": (lambda data: data.update(callback_states=[{}] * 100_000), "more than 100000 lists"),
    "deep nesting": (lambda data: data.update(seed=json.loads("[" * 31 + "]" * 31)), "nested more than 32 deep"),
}


@pytest.mark.parametrize("name", EDITS)
def test_edits_with_a_right_checksum(name: str, tmp_path: Path) -> None:
    edit, message = EDITS[name]
    header, inner, tensors = file_parts()
    edit(inner["checkpoint"])
    path = tmp_path / "run"
    path.write_bytes(assembled(header, inner, tensors))
    if message or "callback" in name:
        with pytest.raises(mg.ModelFormatError, match=f"run: .*({message})"):
            mg.Checkpoint.load(path)
    else:
        mg.Checkpoint.load(path)


def test_floats_in_lists_are_limited_since_they_take_more_memory_than_in_the_file(tmp_path: Path) -> None:
    epochs = 750_000
    checkpoint = replace(
        good(), epoch=epochs, step=5 * epochs, sums=(0.0, 0.0), history={"a": [0.5] * epochs, "b": [0.5] * (epochs - 2)}
    )
    with pytest.raises(mg.ArgumentError, match="received 749998 values for 750000 epochs"):
        checkpoint.save(tmp_path / "run")
    with pytest.raises(mg.ArgumentError, match="at most 1500000 floats in all lists"):
        replace(checkpoint, history={"a": [0.5] * epochs, "b": [0.5] * epochs}).save(tmp_path / "run")


def peak_memory(function: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_loading_takes_at_most_twice_the_file_and_50_mb(tmp_path: Path) -> None:
    path = tmp_path / "run"
    replace(good(), parameters=np.ones(10**6), optimizer_state={"mean": np.ones(10**6)}).save(path)
    assert 16e6 <= path.stat().st_size < peak_memory(lambda: mg.Checkpoint.load(path)) <= 1.3 * path.stat().st_size
    epochs = 1_499_998
    replace(good(), epoch=epochs, step=5 * epochs, history={"cost": np.ones(epochs).tolist()}).save(path)
    assert peak_memory(lambda: mg.Checkpoint.load(path)) <= 2 * path.stat().st_size + 50e6


@pytest.mark.parametrize("name", ["zeros", "many arrays", "many objects", "a long text"])
def test_a_small_file_takes_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run"
    header, inner, tensors = file_parts()
    if name == "zeros":  # what a compressed file would blow up to
        header["parameters.0"]["shape"] = [2**40]
    elif name == "many arrays":
        size = len(tensors)
        header |= {f"x{n}": {"dtype": "U8", "shape": [0], "data_offsets": [size, size]} for n in range(33_000)}
    elif name == "many objects":
        inner["checkpoint"]["optimizer"] = [{}] * 99_000
    else:
        inner["checkpoint"]["optimizer"] = "x" * 7_900_000
    path.write_bytes(assembled(header, inner, tensors))

    def load() -> None:
        with contextlib.suppress(mg.ModelFormatError):
            mg.Checkpoint.load(path)

    assert peak_memory(load) <= 2 * path.stat().st_size + 50e6


def test_an_error_while_saving_keeps_the_old_file(tmp_path: Path) -> None:
    good().save(tmp_path / "run")
    before = (tmp_path / "run").read_bytes()
    with pytest.raises(mg.ArgumentError):
        replace(good(), epoch=-1).save(tmp_path / "run")
    assert (tmp_path / "run").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_safetensors_missing_is_said_when_saving_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    good().save(tmp_path / "run")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(mg.MissingExtraError, match=r"pip install 'minigraph\[save\]'"):
        good().save(tmp_path / "other")
    assert not (tmp_path / "other").exists()
    assert mg.Checkpoint.load(tmp_path / "run").step == 13

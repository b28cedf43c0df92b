"""Load mutated models and checkpoints: whatever the bytes, only ModelFormatError comes out, or what was saved.

Half of the files have bytes changed: there what is loaded must be equal to the original. The other half have values
of their JSON or bytes of their arrays changed and a checksum that is right again: there it must be a network that
computes, or a checkpoint whose generator draws, and it must be possible to save it again.

python tools/fuzz_load.py
python tools/fuzz_load.py --models 1000 --checkpoints 500 --seed 7
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import hashlib
import json
import re
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.base.strict_json import canonical
from minigraph.persistence import to_bytes

WORDS = [
    *(b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"null", b"true", b"NaN", b"-1", b"1e999", b"0.5"),
    *(b"99999999999999999999999", b"\\ud800", b"\\u0000", b"__metadata__", b"theta.1", b"links.1", b"Dense"),
    *(b"Input", b"Relu", b"LeakyRelu", b"os.system", b"F32", b"F64", b"BOOL", b"I64", b"\xff", b"\0" * 8),
    *(b"$array", b"$floats", b"$integer", b"parameters.0", b"epoch", b"PCG64", b"MT19937", b"U32"),
]


def networks() -> list[mg.AnyNetwork]:
    """Return small networks that together have everything a file can hold."""
    x, u = mg.Input(3, name="x", unit_names=["a", "b", "c"]), mg.Input(2, name="ü")
    shared = mg.Dense(3, mg.LeakyRelu(0.2), links=np.eye(3) > 0, initializer=mg.Normal(0.1), name="s")
    h = mg.Dropout(0.5)(shared(shared(x)))
    y = mg.Dense(2, "softmax", name="y")(mg.Concat()([mg.Add()([h, x]), mg.Activate("gelu")(u)]))
    large: mg.AnyNetwork = mg.Network(
        [x, u], [y, mg.Dense(1)(h)], ["categorical_cross_entropy", "cross_entropy"], 0.1, "float32", seed=1
    )
    small: mg.AnyNetwork = mg.mlp([2, 3, 1], seed=2)
    small.classes = ["no", "yes"]
    return [large, small]


def mutate(content: bytes, random: np.random.Generator) -> bytes:
    """Return `content` with one to four changes."""
    for _ in range(random.integers(1, 5)):
        content = MUTATIONS[random.integers(len(MUTATIONS))](content, random)
    return content


def _place(content: bytes, random: np.random.Generator) -> int:
    """Pick a place, mostly in the header, where there is most to break."""
    end = min(8 + int.from_bytes(content[:8], "little"), len(content)) if random.random() < 0.8 else len(content)
    return int(random.integers(end + 1))


def _flip(content: bytes, random: np.random.Generator) -> bytes:
    place = min(_place(content, random), len(content) - 1)
    return (
        content[: max(place, 0)]
        + bytes(b ^ 1 << int(random.integers(8)) for b in content[place : place + 1])
        + (content[place + 1 :] if place >= 0 else b"")
    )


def _insert(content: bytes, random: np.random.Generator) -> bytes:
    place = _place(content, random)
    return content[:place] + WORDS[random.integers(len(WORDS))] + content[place:]


def _overwrite(content: bytes, random: np.random.Generator) -> bytes:
    place, word = _place(content, random), WORDS[random.integers(len(WORDS))]
    return content[:place] + word + content[place + len(word) :]


def _delete(content: bytes, random: np.random.Generator) -> bytes:
    place = _place(content, random)
    return content[:place] + content[place + int(random.integers(1, 20)) :]


def _copy(content: bytes, random: np.random.Generator) -> bytes:
    source, target = _place(content, random), _place(content, random)
    return content[:target] + content[source : source + int(random.integers(1, 60))] + content[target:]


def _cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(len(content) + 1))]


def _number(content: bytes, random: np.random.Generator) -> bytes:
    """Replace a number in the header: sizes, offsets, positions."""
    digits = [index for index in range(8, len(content)) if 48 <= content[index] <= 57]
    if not digits:
        return content
    place = digits[random.integers(len(digits))]
    number = str(random.choice([0, 1, 2, 3, 7, 255, 2**24, 2**31, 2**53, -1])).encode()
    return content[:place] + number + content[place + 1 :]


def _repair(content: bytes, random: np.random.Generator) -> bytes:
    """Set the length of the header to where its JSON seems to end, so that the change gets further."""
    end = content.rfind(b"}", 0, len(content))
    return struct.pack("<Q", max(end - 7, 0)) + content[8:]


VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, -5, 2, 5, 10**9, 0.5, -0.0, 1e308, 2**24, 2**24 + 1, 2**31, 2**63, 2**64, "", "x"),
    *("\ud800", "Dense", "Input", "Softmax", "Huber", "__class__", "float32", "SFC64", [], {}, [[]], [0], [1, 1]),
    *(["a", "b"], [0.5, 0.5], {"type": "Zeros"}, {"type": "LeakyRelu", "slope": 2}, {"type": "Dense", "units": 2}),
    *({"type": "Relu", "x": 1}, {"$array": "parameters.0"}, {"$floats": "history.4"}, {"$integer": "9" * 60}),
    *({"$integer": "-1"}, {"$array": "x", "y": 1}, {"a": {"$array": "optimizer_state.1"}}),
]

MUTATIONS: list[Callable[[bytes, np.random.Generator], bytes]] = [
    *(_flip, _insert, _overwrite, _delete, _copy, _cut, _number, _number, _repair, _repair)
]


def parts(content: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Take a file apart: header, what lies under the metadata key, tensors."""
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    return header, json.loads(header.pop("__metadata__")["minigraph"]), content[8 + length :]


def compact(value: object) -> str:
    """Return JSON without spaces, the only one that is read."""
    return json.dumps(value, separators=(",", ":"))


def assembled(header: Mapping[str, Any], inner: Mapping[str, Any] | str, tensors: bytes) -> bytes:
    """Put a file together, with the right checksum if there is one, and the parts allow to compute it."""
    if not isinstance(inner, str):
        inner = dict(inner)
        if inner.get("sha256") is not None:
            with contextlib.suppress(TypeError, KeyError, ValueError, AttributeError):
                inner["sha256"] = _checksum(header, inner, tensors)
        inner = compact(inner)
    text = compact({"__metadata__": {"minigraph": inner}, **header}).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def _checksum(header: Mapping[str, Any], inner: Mapping[str, Any], tensors: bytes) -> str:
    (content,) = (value for key, value in inner.items() if key != "sha256")
    digest = hashlib.sha256(canonical(content).encode())
    ordered = sorted(header)
    if "architecture" in inner:  # by the number of the layer; links before Θ
        ordered = sorted(header, key=lambda name: (int(name.partition(".")[2]), name))
    for name in ordered:
        begin, end = header[name]["data_offsets"]
        dtype = {"F64": "float64", "F32": "float32", "BOOL": "bool", "U32": "uint32"}[header[name]["dtype"]]
        digest.update(f"\n{name} {dtype} {tuple(header[name]['shape'])}\n".encode())
        digest.update(tensors[begin:end])
    return digest.hexdigest()


def restructure(content: bytes, random: np.random.Generator) -> bytes:
    """Return `content` with one to three of its values replaced, and everything else right again."""
    header, inner, tensors = parts(content)
    (kind,) = inner.keys() - {"sha256"}
    for _ in range(random.integers(1, 4)):
        if random.random() < 0.1:
            place = int(random.integers(len(tensors)))
            tensors = tensors[:place] + random.bytes(1) + tensors[place + 1 :]
            continue
        places: list[tuple[Any, Any]] = []
        stack: list[Any] = [header if random.random() < 0.3 else inner[kind]]
        while stack:
            part = stack.pop()
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            places += [(part, key) for key in keys]
            stack += [part[key] for key in keys if isinstance(part[key], (dict, list))]
        if places:
            part, key = places[random.integers(len(places))]
            _edit(part, key, places, random)
    return assembled(header, inner, tensors)


def _edit(part: Any, key: Any, places: list[tuple[Any, Any]], random: np.random.Generator) -> None:
    kind = random.integers(4)
    if kind == 0:
        del part[key]
    elif kind == 1:
        other, other_key = places[random.integers(len(places))]
        part[key] = copy.deepcopy(other[other_key])
    elif kind == 2 and isinstance(part, list):
        part.append(copy.deepcopy(part[key]))
    else:
        part[key] = copy.deepcopy(VALUES[random.integers(len(VALUES))])


def check_model(content: bytes, original: mg.AnyNetwork | None, path: Path) -> str:
    """Load the bytes and return what came out; anything but ModelFormatError is passed on.

    Raises:
        AssertionError: another network was loaded than the original that was saved, if one is given; else, a
            network that cannot be used or saved again.
    """
    path.write_bytes(content)
    try:
        net = mg.load(path)
    except mg.ModelFormatError as error:
        return _reason(error, path)
    if original is None:
        X = [np.ones((2, node.size)) for node in net.inputs]
        with contextlib.suppress(mg.NonFiniteError):  # weights of any size are allowed
            net.predict(X if len(X) > 1 else X[0])
        to_bytes(net)
        return "(another network)"
    if net.to_dict() != original.to_dict() or net.unroll().tobytes() != original.unroll().tobytes():
        raise AssertionError(f"another network came out of {content!r}")
    return "(equal network)"


def check_checkpoint(content: bytes, original: bytes | None, path: Path) -> str:
    """Load the bytes as a checkpoint and return what came out, as `check_model` does."""
    path.write_bytes(content)
    try:
        checkpoint = mg.Checkpoint.load(path)
    except mg.ModelFormatError as error:
        return _reason(error, path)
    bits = getattr(np.random, checkpoint.generator_state["bit_generator"])()
    bits.state = checkpoint.generator_state
    np.random.Generator(bits).random(1000)
    checkpoint.save(path)
    if original is not None and path.read_bytes() != original:
        raise AssertionError(f"another checkpoint came out of {content!r}")
    return "(equal checkpoint)" if original is not None else "(another checkpoint)"


def _reason(error: Exception, path: Path) -> str:
    return re.split(r"[:\[]", str(error).removeprefix(f"{path}: "))[0][:60]


def checkpoints(folder: Path) -> list[bytes]:
    """Return checkpoint files of an early and a late moment, of two optimizers and bit generators."""

    class Save(mg.Callback):
        def on_step_end(self, run: mg.Run) -> None:
            run.checkpoint().save(folder / f"{run.step}")

    X, Y = np.linspace(0, 1, 12).reshape(6, 2), [0, 1, 0, 1, 1, 0]
    contents = []
    for optimizer, bits, step in (mg.Adam(), np.random.PCG64(1), 4), (mg.RMSProp(), np.random.MT19937(1), 7):
        net = mg.mlp([2, 3, 1], dropout=0.5, seed=1)
        net.generator = np.random.Generator(bits)
        watchers = [mg.EarlyStopping("cost"), Save()]
        mg.fit(net, X, Y, optimizer, 3, 2, callbacks=watchers, progress=False, seed=1, record_J=True)
        contents.append((folder / f"{step}").read_bytes())
    return contents


Check = Callable[[bytes, Any, Path], str]


def fuzz(originals: list[tuple[Any, bytes]], check: Check, count: int, seed: int) -> bool:
    """Load so many mutated files; return whether nothing went wrong."""
    random = np.random.default_rng(seed)
    outcomes: Counter[str] = Counter()
    started, memory = time.monotonic(), _peak_memory()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            original, content = originals[number % len(originals)]
            structured = random.random() < 0.5
            mutated = restructure(content, random) if structured else mutate(content, random)
            try:
                outcomes[check(mutated, None if structured else original, Path(folder, "file"))] += 1
            except Exception as error:
                print(f"file {number} of seed {seed}: {type(error).__name__}: {error}\n{mutated!r}")
                return False
    for outcome, frequency in outcomes.most_common(25):
        print(f"{frequency:8}  {outcome}")
    grown = _peak_memory() - memory
    print(f"{count} files in {time.monotonic() - started:.0f} s; memory grew by {grown / 1e6:.0f} MB")
    return grown < 50e6


def _peak_memory() -> int:
    """Return the peak memory of this process in bytes; 0 where the system does not say."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 if found else 0


def main(arguments: list[str]) -> int:
    """Load as many mutated files as asked for; return 1 if one gave something else than ModelFormatError."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1_000_000, help="how many (default: %(default)s)")
    parser.add_argument("--checkpoints", type=int, default=200_000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (default: %(default)s)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        saved = checkpoints(Path(folder))
    models = [(net, to_bytes(net)) for net in networks()]
    passed = fuzz(models, check_model, options.models, options.seed)
    passed &= fuzz([(content, content) for content in saved], check_checkpoint, options.checkpoints, options.seed)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Checkpoints: all that training needs to go on as if it had never stopped."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.atomic import write_atomically
from minigraph.errors import ModelFormatError

_FORMAT = "minigraph checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training run between two steps.

    It holds no network and no data: to go on, build the same network and call `fit` with the same data and
    arguments and `resume=`.

    >>> import minigraph as mg
    >>> class Keep(mg.Callback):
    ...     def on_epoch_end(self, run):
    ...         self.checkpoint = run.checkpoint()
    >>> X, Y, keep = [[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0], Keep()
    >>> net = mg.mlp([2, 3, 1], seed=0)
    >>> history = mg.fit(net, X, Y, epochs=2, seed=0, callbacks=[keep], progress=False)
    >>> history = mg.fit(net, X, Y, epochs=4, seed=0, resume=keep.checkpoint, progress=False)
    >>> whole = mg.mlp([2, 3, 1], seed=0)
    >>> history = mg.fit(whole, X, Y, epochs=4, seed=0, progress=False)
    >>> bool((net.unroll() == whole.unroll()).all())
    True
    """

    parameters: Array
    optimizer: str
    """The optimizer as it prints itself."""
    optimizer_state: Mapping[str, Array]
    callback_states: list[dict[str, Array]]
    generator_state: Mapping[str, Any]
    """Of the network's generator, from which dropout draws."""
    seed: int
    examples: int
    """Size of the training set."""
    batch_size: int
    settings: Mapping[str, str]
    """What else decides the numbers, as it prints itself: network, cost, dtype, λ, clipping, shuffling, weights."""
    epoch: int
    """Epochs that are complete."""
    step: int
    """Steps taken in all epochs."""
    sums: tuple[float, float]
    """Cost and weight of the examples that the current epoch has seen."""
    penalty: float
    history: Mapping[str, list[float]]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the checkpoint, whole or not at all.

        Args:
            path: of the file, which is replaced if it exists; `.npz` is the usual suffix.

        Raises:
            OSError: the file cannot be written; it is as it was.
        """
        arrays = {"parameters": self.parameters}
        arrays |= {f"optimizer/{name}": vector for name, vector in self.optimizer_state.items()}
        for index, state in enumerate(self.callback_states):
            arrays |= {f"callback/{index}/{name}": array for name, array in state.items()}
        values = {name: getattr(self, name) for name in _PLAIN}
        text = json.dumps({"format": _FORMAT, "callbacks": len(self.callback_states), **values}, default=_plain)
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, meta=np.frombuffer(text.encode(), np.uint8), **arrays)
        write_atomically(path, buffer.getbuffer())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Checkpoint:
        """Read a checkpoint.

        Raises:
            OSError: the file cannot be read.
            ModelFormatError: it is no checkpoint, or one of another version, or damaged.
        """
        try:
            with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            meta = json.loads(arrays.pop("meta").tobytes())
            if meta.pop("format") != _FORMAT:
                raise ValueError("another version")
            callbacks: list[dict[str, Array]] = [{} for _ in range(meta.pop("callbacks"))]
            state = {}
            for key, array in arrays.items():
                kind, *rest = key.split("/", 2)
                if kind == "optimizer":
                    state[rest[0]] = array
                elif kind == "callback":
                    callbacks[int(rest[0])][rest[1]] = array
            meta["sums"] = tuple(meta["sums"])
            return cls(parameters=arrays["parameters"], optimizer_state=state, callback_states=callbacks, **meta)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise ModelFormatError(f"{os.fspath(path)}: received {error}, expected a {_FORMAT}") from error


_PLAIN = [
    field.name for field in fields(Checkpoint) if field.name not in ("parameters", "optimizer_state", "callback_states")
]


def _plain(value: object) -> object:
    """Turn what bit generators keep in arrays into lists, which they take back too."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is not plain")

"""Checkpoints: everything required to resume training as if it had never stopped.

The file is a `tensor_file` of the kind "checkpoint"; its content and arrays are the fields of `Checkpoint`.
"""

from __future__ import annotations

import math
import os
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_origin, get_type_hints

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.atomic import write_atomically
from minigraph.base.record import Joiner, conforms, split
from minigraph.base.strict_json import checked_integer, checked_number, checked_object, checked_version
from minigraph.base.tensor_file import Tensor, encode, opened, read_content, require_finite
from minigraph.errors import ArgumentError, ModelFormatError
from minigraph.training.generator_state import check_generator_state

_KIND = "checkpoint"
_VERSION = 2
"""Version of the file format; 1 was the .npz file of minigraph 0.1."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training run between two steps.

    It contains neither network nor data: to resume, build the same network and call `fit` with the same data
    and arguments and `resume=`.

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
    """Repr of the optimizer."""
    optimizer_state: Mapping[str, Array]
    callback_states: list[dict[str, Array]]
    generator_state: Mapping[str, Any]
    """State of the network's generator, used by dropout."""
    seed: int
    examples: int
    """Size of the training set."""
    batch_size: int
    settings: Mapping[str, str]
    """Reprs of all else that determines the numbers: network, cost, dtype, λ, clipping, shuffling, weights."""
    epoch: int
    """Completed epochs."""
    step: int
    """Steps taken in all epochs."""
    sums: tuple[float, float]
    """Summed cost and weight of the examples seen in the current epoch."""
    penalty: float
    history: Mapping[str, list[float]]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the checkpoint atomically.

        Args:
            path: path of the file, which is replaced if it exists; the usual extension is `.safetensors`.

        Raises:
            ArgumentError: a field cannot be saved, or the fields are inconsistent.
            OSError: the file cannot be written; an existing one is unchanged.
            MissingExtraError: safetensors is not installed.
        """
        arrays: dict[str, Tensor] = {}
        content = {name: split(getattr(self, name), name, arrays) for name in _TYPES}
        try:
            _restored(content, arrays)
        except ModelFormatError as error:
            raise ArgumentError(f"checkpoint: cannot be saved: {error}") from error
        write_atomically(path, encode(_KIND, {"version": _VERSION, **content}, dict(sorted(arrays.items()))))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Checkpoint:
        """Read a checkpoint; nothing that the file names is imported or run.

        Raises:
            ModelFormatError: the file is not a checkpoint, has another version, is damaged, or is inconsistent.
            OSError: the file cannot be read.
        """
        with opened(path) as file:
            content, tensors = read_content(file, _KIND)
            checked_version(content.pop("version", None), _VERSION, oldest=_VERSION)
            arrays = {name: tensors.read(name) for name in tensors.entries}
            tensors.verify(dict(sorted(arrays.items())))
            return _restored(content, arrays)


_TYPES = {field.name: str(field.type) for field in fields(Checkpoint)}
_HINTS = get_type_hints(Checkpoint)


def _restored(content: Mapping[str, object], arrays: Mapping[str, Tensor]) -> Checkpoint:
    """Return the checkpoint with these fields after validating them."""
    checked_object(dict(content), _KIND, tuple(_TYPES))
    joiner = Joiner(arrays)
    values: dict[str, Any] = {}
    for name, expected in _TYPES.items():
        value = joiner.join(content[name])
        value = tuple(value) if get_origin(_HINTS[name]) is tuple and isinstance(value, list) else value
        if not conforms(value, _HINTS[name]):
            raise ModelFormatError(f"{name}: received {reprlib.repr(value)}, expected {expected}")
        values[name] = value
    joiner.require_all_used()
    checkpoint = Checkpoint(**values)
    _check(checkpoint)
    return checkpoint


def _check(checkpoint: Checkpoint) -> None:
    """Raise ModelFormatError if the fields are inconsistent."""
    examples = checked_integer(checkpoint.examples, "examples", 1)
    steps_per_epoch = -(-examples // checked_integer(checkpoint.batch_size, "batch_size", 1, examples))
    before = steps_per_epoch * checked_integer(checkpoint.epoch, "epoch", 0)
    checked_integer(checkpoint.step, "step", before, before + steps_per_epoch)
    checked_integer(checkpoint.seed, "seed", 0)
    checked_number(checkpoint.penalty, "penalty")
    total, weight = checkpoint.sums
    if not math.isfinite(total) or not 0 <= weight < math.inf:
        raise ModelFormatError(f"sums: received {checkpoint.sums}, expected a finite cost and a weight >= 0")
    for name, series in checkpoint.history.items():
        if len(series) != checkpoint.epoch:
            raise ModelFormatError(f"history[{name!r}]: received {len(series)} values for {checkpoint.epoch} epochs")
    theta = checkpoint.parameters
    if theta.ndim != 1 or theta.dtype not in (np.float32, np.float64):
        raise ModelFormatError(
            f"parameters: received {theta.dtype} {theta.shape}, expected a vector of float64 or float32"
        )
    require_finite("parameters", theta)
    for name, vector in checkpoint.optimizer_state.items():
        if np.isnan(vector).any():
            raise ModelFormatError(f"optimizer_state[{name!r}]: contains NaN")
    check_generator_state(checkpoint.generator_state, "generator_state")

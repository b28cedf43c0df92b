"""Check that a checkpoint belongs to a training run: everything that determines the numbers must be equal."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

import numpy as np

from minigraph.base.arrays import is_finite
from minigraph.base.config import Configurable
from minigraph.errors import ArgumentError, ModelFormatError
from minigraph.training.checkpoint import Checkpoint
from minigraph.training.steps import Steps


def described(value: object) -> str:
    """Return the settings of an object, or else its repr, without what does not affect the numbers.

    That is addresses, which differ between processes, names, and initializers.

    >>> import minigraph as mg
    >>> described(mg.LeakyRelu(0.1)), described(object())
    ('LeakyRelu(slope=0.1)', '<object object>')
    """
    if isinstance(value, np.ndarray):
        return f"{value.shape} {zlib.crc32(value.tobytes()):08x}"
    if not isinstance(value, Configurable):
        return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value))
    try:
        config = value.to_config()
    except ArgumentError:  # a custom class that cannot be saved
        config = {}
    settings = (f"{key}={described(each)}" for key, each in config.items() if key not in ("name", "initializer"))
    return f"{type(value).__name__}({', '.join(settings)})"


def settings_of(steps: Steps, shuffle: bool) -> dict[str, str]:
    """Return, by name, what determines the numbers of a run, except what a checkpoint has fields for."""
    net = steps.net
    numbers = {layer: f", Θ^({number})" for number, layer in enumerate(net.layers, start=1)}
    settings = {
        f"node {node.position}": f"{described(node.layer)}{numbers.get(node.layer, '')}, {node.size} units,"
        f" from nodes {[parent.position for parent in node.parents]}"
        for node in net.nodes
    }
    settings |= {f"cost {index}": described(cost) for index, cost in enumerate(net.costs, start=1)}
    plain = {
        "dtype": net.dtype.name,
        "l2": net.l2,
        "clip_norm": steps.clip.norm,
        "clip_value": steps.clip.value,
        "shuffle": shuffle,
        "sum of the weights": steps.total_weight,
        "bit generator": type(net.generator.bit_generator).__name__,
    }
    return settings | {name: str(value) for name, value in plain.items()}


def check_checkpoint(checkpoint: Checkpoint, steps: Steps, seed: int, settings: Mapping[str, str]) -> None:
    """Check that a run can resume from a checkpoint.

    Raises:
        ModelFormatError: the checkpoint belongs to another run; the message names the difference.
    """
    net, per_epoch = steps.net, steps.per_pass
    expected: dict[str, object] = {
        "parameters": net.engine.parameters.vector.size,
        "examples": steps.examples.m,
        "batch_size": steps.batch_size,
        "seed": seed,
        "optimizer": described(steps.updates.optimizer),
        **settings,
    }
    received: dict[str, object] = {
        "parameters": checkpoint.parameters.size,
        "examples": checkpoint.examples,
        "batch_size": checkpoint.batch_size,
        "seed": checkpoint.seed,
        "optimizer": checkpoint.optimizer,
        **checkpoint.settings,
    }
    for name in expected | received:
        if received.get(name) != expected.get(name):
            raise ModelFormatError(
                f"resume: received a checkpoint with {name} {received.get(name)!r}, expected {expected.get(name)!r}"
            )
    if not is_finite(checkpoint.parameters):
        raise ModelFormatError("resume: received parameters with infinity or NaN")
    steps.updates.check(checkpoint.optimizer_state)
    first = checkpoint.epoch * per_epoch
    if checkpoint.epoch < 0 or not first <= checkpoint.step <= first + per_epoch:
        raise ModelFormatError(
            f"resume: received epoch {checkpoint.epoch} with step {checkpoint.step},"
            f" expected {per_epoch} steps per epoch"
        )
    if any(len(series) != checkpoint.epoch for series in checkpoint.history.values()):
        raise ModelFormatError(f"resume: received a history of other than {checkpoint.epoch} epochs")
    try:
        type(net.generator.bit_generator)().state = checkpoint.generator_state
    except (ValueError, TypeError, KeyError) as error:
        raise ModelFormatError(f"resume: received a generator_state that does not fit: {error}") from error

"""`fit`: training with mini-batches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, integer, real
from minigraph.base.sources import TrainingData
from minigraph.errors import ArgumentError
from minigraph.network.checks import check_weights
from minigraph.network.network import AnyNetwork
from minigraph.training.callbacks import Callback
from minigraph.training.checkpoint import Checkpoint
from minigraph.training.class_weights import ClassWeight, combined_weights
from minigraph.training.dataset import Dataset, Examples
from minigraph.training.evaluation import Evaluation
from minigraph.training.history import History
from minigraph.training.loop import Plan, TrainingLoop
from minigraph.training.metrics import Metric, MetricName, as_metrics
from minigraph.training.optimizers import Optimizer, OptimizerName, as_optimizer
from minigraph.training.progress import progress_for
from minigraph.training.steps import Clip, Steps

Validation: TypeAlias = float | tuple[TrainingData, TrainingData] | tuple[TrainingData, TrainingData, ArrayLike]


def fit(
    net: AnyNetwork,
    X: TrainingData,
    Y: TrainingData,
    optimizer: OptimizerName | Optimizer = "adam",
    epochs: int = 10,
    batch_size: int | None = 32,
    validation: Validation | None = None,
    shuffle: bool = True,
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
    seed: int | None = None,
    *,
    metrics: Sequence[MetricName | Metric] = (),
    record_J: bool = False,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    resume: Checkpoint | str | os.PathLike[str] | None = None,
) -> History:
    """Train the network: minimize J(Θ) by mini-batch steps.

    The gradient of a step is D_ij = (1/m) Σ_i w_i ∂cost(i)/∂Θ_ij + (λ/M) Θ_ij, the second term for j >= 1, with
    m the size of the mini-batch and M that of the whole training set, so that the batch size does not change
    the objective. The weights w_i are scaled to a mean of 1.

    Args:
        net: the network; afterwards its z, a and δ are stale.
        X: inputs as in `net.forward`; also an `np.memmap`, or any object with `len` and `[indices]`, which is
            read in mini-batches. Columns of DataFrames name the units.
        Y: targets as in `net.backward`, or sources of rows like X.
        optimizer: an `Optimizer`, or the name of one with default settings.
        epochs: total number of passes over the training set.
        batch_size: m >= 1; None means the whole training set.
        validation: validation data (X, Y) or (X, Y, example weights), or the fraction of the examples to hold
            out, 0 < fraction < 1, drawn with the seed.
        shuffle: shuffle the examples in each epoch, using the seed.
        callbacks: called between steps and epochs, in this order.
        progress: show a progress bar (extra `progress`), or periodic lines if there is no terminal.
        seed: seed of shuffling and of the validation split; None draws one. Dropout uses the network's
            generator.
        metrics: names, or functions of targets and outputs; recorded for the validation data, and for the
            training set if there are none or `record_J` is set.
        record_J: record J of the whole training set after each epoch, with dropout off.
        sample_weight: (M,), example weights >= 0.
        class_weight: class weights, for a single output: one per column of Y (two for a single output
            unit), or "balanced" for M/(K M_k).
        clip_norm: maximum Euclidean norm of the gradient.
        clip_value: maximum absolute value of the entries of the gradient.
        resume: a checkpoint, or the path of one, to continue from. Everything else that determines the numbers
            must equal that of the interrupted training; `seed` None means its seed, and `epochs` may be larger.
            Training that was stopped by `EarlyStopping` is not continued.

    Returns:
        The recorded numbers of each epoch.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: an argument is invalid; nothing has changed.
        ModelFormatError: `resume` does not match; nothing has changed.
        NonFiniteError: a number became infinite or NaN; the message names node, phase and batch, and
            the parameters are those after the last valid step.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 4, 1], activation="tanh", seed=0)
    >>> history = mg.fit(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], mg.Adam(0.1), epochs=200, seed=0,
    ...                  progress=False)
    >>> net.predict([[0, 1], [1, 1]]).round().tolist()
    [[1.0], [0.0]]
    """
    optimizer = as_optimizer(optimizer)
    epochs = integer(epochs, "epochs")
    size = None if batch_size is None else integer(batch_size, "batch_size")
    checkpoint = resume if isinstance(resume, Checkpoint) or resume is None else Checkpoint.load(resume)
    seed = _checked_seed(seed, checkpoint)
    watched = as_metrics(metrics)
    clip = Clip(_bound(clip_norm, "clip_norm"), _bound(clip_value, "clip_value"))
    dataset = Dataset(net, X, Y)
    weights = combined_weights(dataset, sample_weight, class_weight)
    training, validating = _divide(net, dataset, weights, validation, seed)
    evaluations = []
    if record_J or (watched and validating is None):
        evaluations.append(Evaluation(net, training, watched, is_regularized=True))
    if validating is not None:
        evaluations.append(Evaluation(net, validating, watched, prefix="validation_"))
    steps = Steps(net, training, optimizer, batch_size=size, clip=clip)
    loop = TrainingLoop(steps, Plan(epochs=epochs, shuffle=bool(shuffle), seed=seed), callbacks, evaluations)
    loop.start(checkpoint)
    dataset.names.commit()
    loop.run(progress_for(progress, epochs, loop.steps_per_epoch, loop.batch_size, loop.step))
    return loop.history


def _divide(
    net: AnyNetwork, dataset: Dataset, weights: Array | None, validation: Validation | None, seed: int
) -> tuple[Examples, Examples | None]:
    """Return the training examples and the validation examples."""
    everything = np.arange(dataset.m)
    if validation is None:
        return Examples(dataset, everything, weights), None
    if isinstance(validation, tuple):
        if len(validation) not in (2, 3):
            raise ArgumentError(f"validation: received {len(validation)} parts, expected (X, Y) or (X, Y, weights)")
        other = Dataset(net, validation[0], validation[1], ("validation[0]", "validation[1]"))
        own = check_weights(validation[2], other.m, "validation[2]") if len(validation) == 3 else None
        return Examples(dataset, everything, weights), Examples(other, np.arange(other.m), own)
    share = real(validation, "validation", "(X, Y), or a share between 0 and 1", above=0, below=1)
    count = round(share * dataset.m)
    if not 0 < count < dataset.m:
        raise ArgumentError(f"validation: received {share!r}, which sets {count} of {dataset.m} examples aside")
    order = np.random.default_rng([seed, 0]).permutation(dataset.m)
    parts = [Examples(dataset, np.sort(rows), weights) for rows in (order[count:], order[:count])]
    for part, name in zip(parts, ("the training set", "validation"), strict=True):
        if part.total_weight == 0:
            raise ArgumentError(
                f"sample_weight: received only zeros for {name}, expected a positive weight;"
                " another `seed` splits the examples differently"
            )
    return parts[0], parts[1]


def _checked_seed(seed: int | None, checkpoint: Checkpoint | None) -> int:
    """Return the given seed, else that of the checkpoint, else a new one."""
    if seed is not None:
        return integer(seed, "seed", least=0)
    return int(np.random.SeedSequence().generate_state(1)[0]) if checkpoint is None else checkpoint.seed


def _bound(value: float | None, argument: str) -> float | None:
    return None if value is None else real(value, argument, "a finite number > 0, or None", above=0)

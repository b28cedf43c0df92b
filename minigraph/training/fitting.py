"""`fit`: training by mini-batches."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from minigraph.base.arrays import Array, numeric, real, whole
from minigraph.errors import ArgumentError, ModelFormatError, ShapeError
from minigraph.inputs import batch
from minigraph.inputs.datasets import Dataset, Indices, TrainingData, dataset, name_all_units, pieces
from minigraph.network.network import AnyNetwork
from minigraph.training.callbacks import Callback
from minigraph.training.checkpoint import Checkpoint
from minigraph.training.evaluation import Evaluation
from minigraph.training.history import History
from minigraph.training.loop import Run
from minigraph.training.metrics import Metric, MetricName, as_metrics
from minigraph.training.optimizers import Optimizer, OptimizerName, Updates, as_optimizer
from minigraph.training.progress import progress_for
from minigraph.training.steps import Clip, Steps

Validation: TypeAlias = float | tuple[TrainingData, TrainingData] | tuple[TrainingData, TrainingData, ArrayLike]
ClassWeight: TypeAlias = Literal["balanced"] | Mapping[int, float] | ArrayLike


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
    """Train the network: minimize J(Θ) by steps on mini-batches.

    The gradient of a step is D_ij = (1/m) Σ_i w_i ∂cost(i)/∂Θ_ij + (λ/M) Θ_ij, the second term for j >= 1, with
    m the size of the mini-batch and M that of the whole training set, so that the batch size does not change
    the objective. The weights w_i are scaled to a mean of 1.

    Args:
        net: the network; afterwards its z, a and δ are stale.
        X: inputs as in `net.forward`; instead of an array also an `np.memmap` or any object with `len` and
            `[indices]`, which is then read by mini-batches. Columns of DataFrames name the units, as there.
        Y: targets as in `net.backward`, or sources of rows as X.
        optimizer: an `Optimizer`, or a name for one with its usual settings.
        epochs: how often to go through the training set, in all.
        batch_size: m >= 1; None takes the whole training set in every step.
        validation: (X, Y) to watch, or (X, Y, weights of the examples); or the share of the examples,
            0 < share < 1, to set aside for it, drawn by the seed.
        shuffle: draw a new order for every epoch from the seed.
        callbacks: called between steps and epochs, in this order.
        progress: show a bar (extra `progress`), or a line now and then where there is no terminal.
        seed: of shuffling and of the validation share; None draws one. Dropout draws from the network's own
            generator.
        metrics: names or functions of targets and outputs; recorded of the validation data, and of the
            training set if there are none or `record_J` is set.
        record_J: record J of the whole training set after every epoch, with dropout off.
        sample_weight: (M,), weights >= 0 of the examples.
        class_weight: weights of the classes, for one output: by column of Y (two numbers for one output
            unit), or "balanced" for M/(K M_k).
        clip_norm: shorten gradients whose Euclidean norm is larger.
        clip_value: cut entries of the gradient to this size.
        resume: a checkpoint, or the file of one, to go on from; the other arguments are to be those of the
            interrupted training.

    Returns:
        What was recorded, by epoch.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: an argument does not fit; nothing has changed.
        ModelFormatError: `resume` does not fit; nothing has changed.
        NonFiniteError: a number became infinite or not-a-number; the message names node, phase and batch, and
            the parameters are those after the last good step.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 4, 1], activation="tanh", seed=0)
    >>> history = mg.fit(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], mg.Adam(0.1), epochs=200, seed=0,
    ...                  progress=False)
    >>> net.predict([[0, 1], [1, 1]]).round().tolist()
    [[1.0], [0.0]]
    """
    optimizer = as_optimizer(optimizer)
    epochs = whole(epochs, "epochs")
    size = None if batch_size is None else whole(batch_size, "batch_size")
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else whole(seed, "seed", least=0)
    watched = as_metrics(metrics)
    clip = Clip(_bound(clip_norm, "clip_norm"), _bound(clip_value, "clip_value"))
    checkpoint = resume if isinstance(resume, Checkpoint) or resume is None else Checkpoint.load(resume)
    if checkpoint is not None:
        seed = checkpoint.seed
    examples = dataset(net, X, Y)
    examples.weights = _weights(net, examples, sample_weight, class_weight)
    rows, validation_rows, validation_examples = _divide(net, examples, validation, seed)
    weights = None if examples.weights is None else examples.weights[rows]
    total_weight = float(len(rows) if weights is None else weights.sum())
    if total_weight == 0:
        raise ArgumentError("sample_weight: received only zeros for the training set, expected a positive weight")
    updates = Updates(optimizer, net.engine.parameters.vector, net.engine.parameters.gradient_vector)
    steps = Steps(
        net, examples, min(size or len(rows), len(rows)), updates, clip, total_weight, total_weight / len(rows)
    )
    validating = None
    if validation_examples is not None:
        validating = Evaluation(net, validation_examples, validation_rows, watched)
    training = Evaluation(net, examples, rows, watched) if record_J or (watched and validating is None) else None
    run = Run(net, rows, steps, updates, epochs, bool(shuffle), seed, callbacks, training, validating, total_weight)
    if checkpoint is not None:
        _require_same(checkpoint, run)
        run.resume(checkpoint)
    run.start()
    name_all_units(net, X, Y)
    run.go(progress_for(progress, epochs, run.steps_per_epoch, run.batch_size, run.step))
    return run.history


def _divide(
    net: AnyNetwork, examples: Dataset, validation: Validation | None, seed: int
) -> tuple[Indices, Indices, Dataset | None]:
    """Return the rows to train on, the rows to validate on, and the data that those are of."""
    everything = np.arange(examples.m)
    if validation is None:
        return everything, everything[:0], None
    if isinstance(validation, tuple):
        if len(validation) not in (2, 3):
            raise ArgumentError(f"validation: received {len(validation)} parts, expected (X, Y) or (X, Y, weights)")
        other = dataset(net, validation[0], validation[1], names=("validation[0]", "validation[1]"))
        other.weights = batch.example_weights(validation[2], other.m) if len(validation) == 3 else None
        return everything, np.arange(other.m), other
    share = real(validation, "validation", "(X, Y), or a share between 0 and 1", above=0, below=1)
    count = round(share * examples.m)
    if not 0 < count < examples.m:
        raise ArgumentError(f"validation: received {share!r}, which sets {count} of {examples.m} examples aside")
    chosen = np.random.default_rng([seed, 0]).permutation(examples.m)
    return np.sort(chosen[count:]), np.sort(chosen[:count]), examples


def _weights(
    net: AnyNetwork, examples: Dataset, sample_weight: ArrayLike | None, class_weight: ClassWeight | None
) -> Array | None:
    """Return the weight of every example, or None if all count the same."""
    weights = batch.example_weights(sample_weight, examples.m)
    if class_weight is None:
        return weights
    if len(examples.targets) != 1:
        raise ArgumentError(
            f"class_weight: expected a network with one output, which this one has {len(net.outputs)} of"
        )
    shares = _class_shares(examples)
    classes = shares.shape[1]
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ArgumentError(f"class_weight: received {class_weight!r}, expected 'balanced' or weights")
        counts = shares.sum(axis=0)
        by_class = np.divide(examples.m, classes * counts, out=np.zeros(classes), where=counts > 0)
    elif isinstance(class_weight, Mapping):
        unknown = [key for key in class_weight if key not in range(classes)]
        if unknown:
            raise ArgumentError(f"class_weight: received class {unknown[0]!r}, expected 0 to {classes - 1}")
        by_class = np.array([class_weight.get(k, 1.0) for k in range(classes)])
    else:
        by_class = numeric(class_weight, "class_weight")
        if by_class.shape != (classes,):
            raise ShapeError(f"class_weight: received shape {by_class.shape}, expected ({classes},)")
    if not np.isfinite(by_class).all() or by_class.min() < 0:
        raise ArgumentError(f"class_weight: received {by_class.tolist()}, expected finite numbers >= 0")
    of_examples: Array = shares @ by_class
    return of_examples if weights is None else weights * of_examples


def _class_shares(examples: Dataset) -> Array:
    """Return how much each example belongs to each class, (m, K): Y itself, or [1 − y, y] for one output unit."""
    column = examples.targets[0]
    Y = np.empty((examples.m, column.size), column.dtype)
    for rows in pieces(examples.m):
        column.gather(rows, Y[rows[0] : rows[-1] + 1])
    return np.hstack([1 - Y, Y]) if column.size == 1 else Y


def _require_same(checkpoint: Checkpoint, run: Run) -> None:
    """Refuse a checkpoint of another training."""
    expected = {
        "parameters": len(run.net.unroll()),
        "examples": run.examples,
        "batch_size": run.batch_size,
        "bit generator": run.net.generator.bit_generator.state["bit_generator"],
    }
    received = {
        "parameters": len(checkpoint.parameters),
        "examples": checkpoint.examples,
        "batch_size": checkpoint.batch_size,
        "bit generator": checkpoint.generator_state["bit_generator"],
    }
    for name, value in expected.items():
        if received[name] != value:
            raise ModelFormatError(f"resume: received a checkpoint with {name} {received[name]!r}, expected {value!r}")


def _bound(value: float | None, argument: str) -> float | None:
    return None if value is None else real(value, argument, "a finite number > 0, or None", above=0)

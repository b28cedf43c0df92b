"""What the commands of the command line do: each takes parsed arguments and returns an exit code."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import cast

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.atomic import write_atomically
from minigraph.cli.scaling import Scaling
from minigraph.cli.tables import Table, as_number, read_table, write_table
from minigraph.data import one_hot
from minigraph.errors import ArgumentError, DataFormatError
from minigraph.functions.activations import ActivationName
from minigraph.functions.costs import CostName
from minigraph.graph.layers import Dense, Dropout, Input
from minigraph.inspection.gradient_check import check_gradient
from minigraph.network.network import Network
from minigraph.persistence import load, save
from minigraph.training.callbacks import EarlyStopping
from minigraph.training.fitting import fit
from minigraph.training.metrics import MetricName
from minigraph.training.optimizers import Adam

_MOST_CLASSES_OF_NUMBERS = 20
"""Whole numbers with more distinct values than this are taken for quantities."""


def train(arguments: Namespace) -> int:
    """Train a network on a table and save it."""
    table = read_table(arguments.data, arguments.delimiter)
    target: str = arguments.target
    table.require(target)
    for column in arguments.ignore:
        table.require(column)
    features = [column for column in table.columns if column != target and column not in arguments.ignore]
    if not features:
        raise DataFormatError(f"{table.source}: no column is left to learn from besides {target!r}")
    if arguments.drop_missing:
        complete = table.without_missing([*features, target])
        _say(f"left out {len(table.rows) - len(complete.rows)} of {len(table.rows)} rows with missing values")
        table = complete
    X = table.numbers(features)
    classes = _classes(table, target, arguments.task)
    scaling = Scaling.of(X)
    Y, target_scaling = _scaled_targets(table, target, classes)
    net = _build(arguments, features, classes)
    metric: MetricName = "mean_squared_error" if classes is None else "accuracy"
    prefix = "validation_" if arguments.validation else ""
    history = fit(
        net,
        scaling.apply(X),
        Y,
        Adam(arguments.learning_rate),
        arguments.epochs,
        arguments.batch_size,
        arguments.validation or None,
        callbacks=[EarlyStopping(f"{prefix}cost", patience=arguments.patience)],
        progress=not arguments.quiet,
        seed=arguments.seed,
        metrics=[metric],
    )
    # From here on the network takes and gives numbers as they stand in tables.
    scaling.put_into_inputs(net.layers[0])
    if target_scaling is not None:
        target_scaling.put_into_outputs(net.layers[-1])
    save(net, arguments.output)
    kind = "a number" if classes is None else f"one of {len(classes)} classes: {', '.join(classes)}"
    print(f"{len(table.rows)} rows, {len(features)} features; {target} is {kind}")
    print(f"trained for {history.epochs} epochs{f': {history.stopped}' if history.stopped else ''}")
    result = history[prefix + metric][int(np.argmin(history[f"{prefix}cost"]))]
    what = "on the rows set aside" if prefix else "on the training set"
    if target_scaling is None:
        print(f"accuracy {what}: {result:.4f}")
    else:
        print(f"root mean squared error {what}: {math.sqrt(result) * target_scaling.scale[0]:.6g}")
    print(f"saved {arguments.output}")
    return 0


def predict(arguments: Namespace) -> int:
    """Write what a network says of the rows of a table."""
    net = _load(arguments.model)
    table = read_table(arguments.data, arguments.delimiter)
    outputs = net.predict(_features(net, table))
    if net.classes is None:
        columns = [*_output_columns(net)]
        rows: list[list[object]] = [list(row) for row in outputs.tolist()]
    else:
        shares = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
        best = shares.argmax(axis=1)
        columns = [net.outputs[0].name]
        rows = [[net.classes[k]] for k in best.tolist()]
        if arguments.probabilities:
            columns += [f"p({label})" for label in net.classes]
            shares = shares / shares.sum(axis=1, keepdims=True)
            rows = [[*row, *share] for row, share in zip(rows, shares.tolist(), strict=True)]
    _write(write_table(columns, rows), arguments.output)
    return 0


def check(arguments: Namespace) -> int:
    """Compare backpropagation with numerical differentiation on rows of a table."""
    net = _load(arguments.model)
    table = read_table(arguments.data, arguments.delimiter)
    table = Table(table.source, table.columns, table.rows[: arguments.rows], table.lines[: arguments.rows])
    result = check_gradient(net, _features(net, table), _targets(net, table, arguments.target), sample=arguments.sample)
    print(result)
    return 0 if result.passed else 1


def diagram(arguments: Namespace) -> int:
    """Draw a network, with the numbers of one row of a table if there is one."""
    from minigraph.diagram import diagram as draw

    net = _load(arguments.model)
    example = 0
    if arguments.data is not None:
        table = read_table(arguments.data, arguments.delimiter)
        if not 1 <= arguments.row <= len(table.rows):
            raise DataFormatError(f"{table.source}: has no row {arguments.row}, expected 1 to {len(table.rows)}")
        net.forward(_features(net, table))
        if arguments.target is not None or net.outputs[0].name in table.columns:
            net.backward(_targets(net, table, arguments.target))
        example = arguments.row - 1
    drawing = draw(
        net,
        arguments.detail,
        example=example,
        max_units=arguments.max_units,
        direction=arguments.direction,
        theme=arguments.theme,
        title=arguments.title,
    )
    drawing.save(arguments.output)
    print(f"saved {arguments.output}")
    return 0


def summary(arguments: Namespace) -> int:
    """Print the nodes of a network."""
    net = _load(arguments.model)
    print(net.summary())
    for node in (*net.inputs, *net.outputs):
        if node.unit_names is not None and len(node.unit_names) <= 50:
            print(f"{node.name}: {', '.join(node.unit_names)}")
    return 0


def export(arguments: Namespace) -> int:
    """Write a network in the ONNX format."""
    from minigraph import onnx

    onnx.export(load(arguments.model), arguments.output)
    print(f"saved {arguments.output}")
    return 0


def _classes(table: Table, target: str, task: str) -> tuple[str, ...] | None:
    """Return the classes of the target column, None if it holds quantities."""
    texts = table.texts(target)
    distinct = set(texts)
    values = [as_number(text) for text in distinct]
    if task == "auto":
        whole = all(value is not None and value.is_integer() for value in values)
        few = whole and len(distinct) <= _MOST_CLASSES_OF_NUMBERS
        task = "classification" if few or None in values else "regression"
    if task == "regression":
        return None
    if len(distinct) < 2:
        raise DataFormatError(
            f"{table.source}: column {target!r} has one class only, {texts[0]!r}, expected two or more"
        )
    if 2 * len(distinct) > len(texts):
        raise DataFormatError(
            f"{table.source}: column {target!r} has {len(distinct)} classes in {len(texts)} rows, expected few;"
            " --task regression takes them for quantities, if they are numbers"
        )
    return tuple(sorted(distinct, key=lambda text: (as_number(text) or 0.0, text)))


def _scaled_targets(table: Table, target: str, classes: Sequence[str] | None) -> tuple[Array, Scaling | None]:
    if classes is not None:
        return _one_hot(table.texts(target), classes), None
    Y = table.numbers([target])
    scaling = Scaling.of(Y)
    return scaling.apply(Y), scaling


def _one_hot(texts: Sequence[str], classes: Sequence[str]) -> Array:
    Y, _ = one_hot(texts, classes)
    return Y[:, 1:] if len(classes) == 2 else Y  # one unit tells two classes apart


def _build(arguments: Namespace, features: Sequence[str], classes: Sequence[str] | None) -> Network[Array]:
    """Return a network whose units are called after the columns, and whose output after the target."""
    node = inputs = Input(len(features), unit_names=features)
    for size in arguments.hidden:
        node = Dense(size, arguments.activation)(node)
        if arguments.dropout:
            node = Dropout(arguments.dropout)(node)
    names: list[str]
    activation: ActivationName
    cost: CostName
    if classes is None:
        names, activation, cost = [arguments.target], "identity", "squared_error"
    elif len(classes) == 2:
        names, activation, cost = [classes[1]], "sigmoid", "cross_entropy"
    else:
        names, activation, cost = [*classes], "softmax", "categorical_cross_entropy"
    output = Dense(len(names), activation, name=arguments.target)(node)
    output.unit_names = names
    net = Network(inputs, output, cost, arguments.l2, seed=arguments.seed)
    net.classes = classes
    return net


def _load(path: str) -> Network[Array]:
    """Load a network that tables fit: one input, one output."""
    net = load(path)
    if len(net.inputs) != 1 or len(net.outputs) != 1:
        raise ArgumentError(
            f"{path}: a network with {len(net.inputs)} inputs and {len(net.outputs)} outputs, expected one of each"
        )
    if not net.has_one_output:
        raise ArgumentError(f"{path}: a network whose outputs are a sequence, expected a single output")
    return cast("Network[Array]", net)


def _features(net: Network[Array], table: Table) -> Array:
    """Return the columns that the input's units are named after; all but the target's if they have no names."""
    node = net.inputs[0]
    names = node.unit_names
    if names is None:
        names = tuple(column for column in table.columns if column != net.outputs[0].name)
        if len(names) != node.size:
            raise DataFormatError(
                f"{table.source}: has {len(names)} columns of features, expected {node.size} as the network has inputs"
            )
    return table.numbers(names)


def _targets(net: Network[Array], table: Table, target: str | None) -> Array:
    node = net.outputs[0]
    if net.classes is not None:
        return _one_hot(table.texts(target or node.name), [str(label) for label in net.classes])
    if target is not None or node.size == 1:
        return table.numbers([target or node.name])
    return table.numbers(_output_columns(net))


def _output_columns(net: Network[Array]) -> Sequence[str]:
    node = net.outputs[0]
    if node.size == 1:
        return [node.name]
    return node.unit_names or [f"{node.name}_{j}" for j in range(1, node.size + 1)]


def _write(text: str, path: str | None) -> None:
    if path is None:
        sys.stdout.write(text)
    else:
        write_atomically(path, text.encode())


def _say(message: str) -> None:
    print(message, file=sys.stderr)

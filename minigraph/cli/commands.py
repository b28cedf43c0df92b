"""The commands of the command line: each takes parsed arguments and returns an exit code."""

from __future__ import annotations

import math
from argparse import Namespace

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.extras import require
from minigraph.cli.csv_files import read_table, write_table
from minigraph.cli.modeling import (
    build,
    class_targets,
    classes_of,
    feature_names,
    features_of,
    load_one_to_one,
    output_names,
    probabilities,
    targets_of,
)
from minigraph.cli.outputs import check_output, write_text
from minigraph.cli.scaling import Scaling
from minigraph.cli.terminal import show, warn
from minigraph.cli.usage import UsageError
from minigraph.errors import DataFormatError
from minigraph.inspection.gradient_check import check_gradient
from minigraph.network.network import Network
from minigraph.persistence import load, save
from minigraph.training.callbacks import EarlyStopping
from minigraph.training.fitting import fit
from minigraph.training.history import History
from minigraph.training.metrics import MetricName
from minigraph.training.optimizers import Adam


def train(arguments: Namespace) -> int:
    """Train a network on a table and save it."""
    output: str = arguments.output
    check_output(output, [arguments.data], [".safetensors"])
    require("safetensors.numpy", "save")
    table = read_table(arguments.data, arguments.delimiter)
    target: str = arguments.target
    features = feature_names(table, target, arguments.ignore)
    if arguments.drop_missing:
        complete = table.without_missing([*features, target])
        warn(f"left out {len(table.rows) - len(complete.rows)} of {len(table.rows)} rows with missing values")
        table = complete
    X = table.numbers(features)
    classes = classes_of(table, target, arguments.task)
    scaling = Scaling.of(X)
    target_scaling = None
    if classes is None:
        quantities = table.numbers([target])
        target_scaling = Scaling.of(quantities)
        Y = target_scaling.apply(quantities)
    else:
        Y = class_targets(table.texts(target), classes)
    net = build(arguments, features, classes)
    history = _fit(net, scaling.apply(X), Y, arguments)
    # From here on, inputs and outputs of the network are in the units of the table.
    scaling.put_into_inputs(net.layers[0])
    if target_scaling is not None:
        target_scaling.put_into_outputs(net.layers[-1])
    save(net, output)
    if history is None:
        warn(f"interrupted: saved the network as it was after its last complete step to {output}")
        return 130
    kind = "a number" if classes is None else f"one of {len(classes)} classes: {', '.join(classes)}"
    show(f"{len(table.rows)} rows, {len(features)} features; {target} is {kind}")
    show(f"trained for {history.epochs} epochs{f': {history.stopped}' if history.stopped else ''}")
    prefix, rows = ("validation_", "the rows set aside") if arguments.validation else ("", "the training set")
    best = int(np.argmin(history[f"{prefix}cost"]))
    if target_scaling is None:
        show(f"accuracy on {rows}: {history[f'{prefix}accuracy'][best]:.4f}")
    else:
        error = math.sqrt(history[f"{prefix}mean_squared_error"][best]) * target_scaling.scale[0]
        show(f"root mean squared error on {rows}: {error:.6g}")
    show(f"saved {output}")
    return 0


def predict(arguments: Namespace) -> int:
    """Write the predictions of a network for the rows of a table."""
    if arguments.output is not None:
        check_output(arguments.output, [arguments.model, arguments.data])
    net = load_one_to_one(arguments.model)
    table = read_table(arguments.data, arguments.delimiter)
    outputs = net.predict(features_of(net, table))
    if net.classes is None:
        columns = [*output_names(net)]
        rows: list[list[object]] = [list(row) for row in outputs.tolist()]
    else:
        columns = [net.outputs[0].name]
        shares = probabilities(outputs)
        rows = [[net.classes[k]] for k in shares.argmax(axis=1).tolist()]
        if arguments.probabilities:
            columns += [f"p({label})" for label in net.classes]
            rows = [[*row, *share] for row, share in zip(rows, shares.tolist(), strict=True)]
    write_text(write_table(columns, rows), arguments.output)
    return 0


def check(arguments: Namespace) -> int:
    """Compare backpropagation with numerical differentiation on rows of a table."""
    net = load_one_to_one(arguments.model)
    table = read_table(arguments.data, arguments.delimiter).first(arguments.rows)
    X, Y = features_of(net, table), targets_of(net, table, arguments.target)
    result = check_gradient(net, X, Y, sample=arguments.sample)
    show(str(result))
    return 0 if result.passed else 1


def diagram(arguments: Namespace) -> int:
    """Draw a network, with the numbers of one row of a table if there is one."""
    from minigraph.diagram import diagram as draw

    inputs = [arguments.model] if arguments.data is None else [arguments.model, arguments.data]
    check_output(arguments.output, inputs, [".svg", ".png", ".pdf", ".dot"])
    if arguments.data is None:
        for option in ("row", "target", "delimiter"):
            if getattr(arguments, option) is not None:
                raise UsageError(f"argument --{option}: received {getattr(arguments, option)!r}, which needs --data")
    net = load_one_to_one(arguments.model)
    row: int = arguments.row or 1
    if arguments.data is not None:
        table = read_table(arguments.data, arguments.delimiter)
        if row > len(table.rows):
            raise DataFormatError(f"{table.source}: has no row {row}, expected 1 to {len(table.rows)}")
        net.forward(features_of(net, table))
        if arguments.target is not None or net.outputs[0].name in table.columns:
            net.backward(targets_of(net, table, arguments.target))
    drawing = draw(
        net,
        arguments.detail,
        example=row - 1,
        max_units=arguments.max_units,
        direction=arguments.direction,
        theme=arguments.theme,
        title=arguments.title,
    )
    drawing.save(arguments.output)
    show(f"saved {arguments.output}")
    return 0


def summary(arguments: Namespace) -> int:
    """Print the nodes of a network."""
    net = load(arguments.model)
    show(net.summary())
    for node in (*net.inputs, *net.outputs):
        if node.unit_names is not None and len(node.unit_names) <= 50:
            show(f"{node.name}: {', '.join(node.unit_names)}")
    return 0


def export(arguments: Namespace) -> int:
    """Write a network in the ONNX format."""
    from minigraph import onnx

    check_output(arguments.output, [arguments.model], [".onnx"])
    onnx.export(load(arguments.model), arguments.output)
    show(f"saved {arguments.output}")
    return 0


def _fit(net: Network[Array], X: Array, Y: Array, arguments: Namespace) -> History | None:
    """Train the network; return None if Ctrl-C stopped it after some steps."""
    metric: MetricName = "mean_squared_error" if net.classes is None else "accuracy"
    prefix = "validation_" if arguments.validation else ""
    initial = net.unroll()
    try:
        return fit(
            net,
            X,
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
    except KeyboardInterrupt:
        if np.array_equal(net.unroll(), initial):
            raise
        return None

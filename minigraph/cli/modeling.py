"""From table columns to a network and its targets, and from outputs back to classes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np

from minigraph.base.arrays import Array
from minigraph.cli.csv_files import Table, as_number
from minigraph.cli.usage import UsageError
from minigraph.data import one_hot
from minigraph.errors import ArgumentError, DataFormatError
from minigraph.functions.activations import ActivationName
from minigraph.functions.costs import CostName
from minigraph.graph.layers import Dense, Dropout, Input
from minigraph.network.network import Network
from minigraph.persistence import load

MAX_UNITS = 100_000
"""Hidden units in all; the activations of 1,024 examples then take 0.8 GB."""
MAX_PARAMETERS = 100_000_000
"""With their gradient and the state of Adam they take 3.2 GB."""

_MAX_INTEGER_CLASSES = 20
"""Integers with more distinct values than this are treated as quantities."""


def feature_names(table: Table, target: str, ignored: Sequence[str]) -> list[str]:
    """Return all columns but the target and those to ignore."""
    for column in (target, *ignored):
        table.require(column)
    if target in ignored:
        raise UsageError(f"argument --ignore: received {target!r}, which is the target")
    features = [column for column in table.columns if column != target and column not in ignored]
    if not features:
        raise DataFormatError(f"{table.source}: no column is left to learn from besides {target!r}")
    return features


def classes_of(table: Table, target: str, task: str) -> tuple[str, ...] | None:
    """Return the classes of the target column, None if it holds quantities."""
    texts = table.texts(target)
    distinct = set(texts)
    values = [as_number(text) for text in distinct]
    if task == "auto":
        integers = all(value is not None and value.is_integer() for value in values)
        few = integers and len(distinct) <= _MAX_INTEGER_CLASSES
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


def build(arguments: Namespace, features: Sequence[str], classes: Sequence[str] | None) -> Network[Array]:
    """Return a network whose units are named after the columns, and whose output after the target."""
    names: list[str]
    activation: ActivationName
    cost: CostName
    if classes is None:
        names, activation, cost = [arguments.target], "identity", "squared_error"
    elif len(classes) == 2:
        names, activation, cost = [classes[1]], "sigmoid", "cross_entropy"
    else:
        names, activation, cost = [*classes], "softmax", "categorical_cross_entropy"
    _check_size([len(features), *arguments.hidden, len(names)])
    node = inputs = Input(len(features), unit_names=features)
    for size in arguments.hidden:
        node = Dense(size, arguments.activation)(node)
        if arguments.dropout:
            node = Dropout(arguments.dropout)(node)
    output = Dense(len(names), activation, name=arguments.target)(node)
    output.unit_names = names
    net = Network(inputs, output, cost, arguments.l2, seed=arguments.seed)
    net.classes = classes
    return net


def load_one_to_one(path: str) -> Network[Array]:
    """Load a network with a single input and a single output, as required for tables."""
    net = load(path)
    if len(net.inputs) != 1 or len(net.outputs) != 1:
        raise ArgumentError(
            f"{path}: a network with {len(net.inputs)} inputs and {len(net.outputs)} outputs, expected one of each"
        )
    if not net.has_one_output:
        raise ArgumentError(f"{path}: a network whose outputs are a sequence, expected a single output")
    return cast("Network[Array]", net)


def features_of(net: Network[Array], table: Table) -> Array:
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


def targets_of(net: Network[Array], table: Table, target: str | None) -> Array:
    """Return the targets of the table, in the column `target` or those named after the output."""
    node = net.outputs[0]
    if net.classes is not None:
        return class_targets(table.texts(target or node.name), [str(label) for label in net.classes])
    if target is not None or node.size == 1:
        return table.numbers([target or node.name])
    return table.numbers(output_names(net))


def class_targets(texts: Sequence[str], classes: Sequence[str]) -> Array:
    """Return Y for labels: one column per class, but a single one for two classes."""
    Y, _ = one_hot(texts, classes)
    return Y[:, 1:] if len(classes) == 2 else Y


def output_names(net: Network[Array]) -> Sequence[str]:
    """Return the names of the output units."""
    node = net.outputs[0]
    if node.size == 1:
        return [node.name]
    return node.unit_names or [f"{node.name}_{j}" for j in range(1, node.size + 1)]


def probabilities(outputs: Array) -> Array:
    """Return the probability of each class for each example, (m, K)."""
    shares = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), outputs.dtype)


def _check_size(sizes: Sequence[int]) -> None:
    units, parameters = sum(sizes[1:-1]), sum(s_out * (s_in + 1) for s_in, s_out in pairwise(sizes))
    if units > MAX_UNITS or parameters > MAX_PARAMETERS:
        raise UsageError(
            f"argument --hidden: received {' '.join(map(str, sizes[1:-1]))}, which makes {parameters:,} parameters"
            f" with {sizes[0]} features, expected at most {MAX_UNITS:,} units and {MAX_PARAMETERS:,} parameters"
        )

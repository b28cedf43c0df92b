"""The class labels of a network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from minigraph.errors import ArgumentError
from minigraph.graph.names import Label
from minigraph.graph.node import Node


def checked_classes(classes: Iterable[Label], outputs: Sequence[Node]) -> tuple[Label, ...]:
    """Return the labels if they are distinct and match the units of a single output, else raise ArgumentError."""
    if isinstance(classes, str) or not isinstance(classes, Iterable):
        raise ArgumentError(f"classes: received {classes!r}, expected a sequence of labels")
    labels = tuple(label.item() if isinstance(label, np.generic) else label for label in classes)
    for k, label in enumerate(labels):
        if not isinstance(label, (str, int, float)) or (isinstance(label, float) and not math.isfinite(label)):
            raise ArgumentError(f"classes[{k}]: received {label!r}, expected a string, a finite number or a boolean")
    expected = max(outputs[0].size, 2)
    if len(outputs) > 1 or len(labels) != expected:
        raise ArgumentError(
            f"classes: received {len(labels)} labels for {len(outputs)} outputs of {outputs[0].size} units,"
            f" expected {expected} for one output"
        )
    if len(set(labels)) < len(labels):
        raise ArgumentError("classes: received a label twice, expected distinct labels")
    return labels

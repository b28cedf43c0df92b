"""The architecture of a network, that is everything but its parameters, and the format of its description."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from minigraph.base.arrays import Float
from minigraph.base.strict_json import Json
from minigraph.functions.costs import Cost
from minigraph.graph.names import Label
from minigraph.graph.node import Layer, Node

VERSION = 1
"""Of the description."""
KEYS = ("version", "dtype", "l2", "layers", "nodes", "inputs", "outputs", "costs", "classes")
MAX_NODES = 12_000
MAX_UNITS = 2**24
"""Of one node."""
MAX_PARENTS = 100_000
"""Of all nodes together."""
MAX_NESTING = 8
"""Of settings that are made with settings of their own."""


class HasArchitecture(Protocol):
    """The properties of a network from which it is described."""

    @property
    def nodes(self) -> Sequence[Node]:
        """All nodes, parents before children."""

    @property
    def inputs(self) -> Sequence[Node]:
        """The input nodes."""

    @property
    def outputs(self) -> Sequence[Node]:
        """The output nodes."""

    @property
    def has_one_output(self) -> bool:
        """Whether results are one array rather than a tuple of them."""

    @property
    def costs(self) -> Sequence[Cost]:
        """One cost for each output."""

    @property
    def l2(self) -> float:
        """The weight λ of the regularization term."""

    @property
    def dtype(self) -> np.dtype[Float]:
        """Of the parameters."""

    @property
    def classes(self) -> Sequence[Label] | None:
        """The label of each class, if known."""


@dataclass(frozen=True)
class Architecture:
    """The objects of a parsed description; the nodes belong to no network yet."""

    layers: tuple[Layer, ...]
    """In the order of the description."""
    nodes: tuple[Node, ...]
    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    has_one_output: bool
    costs: tuple[Cost, ...]
    l2: float
    dtype: np.dtype[Float]
    classes: tuple[Label, ...] | None
    theta_shapes: dict[Layer, tuple[int, int]]
    """Of the layers that have a Θ."""


def schema() -> dict[str, Json]:
    """Return the JSON schema (draft 2020-12) of the result of `Network.to_dict`.

    >>> schema()["title"]
    'Architecture of a minigraph network'
    """
    text = Path(__file__).with_name("schema.json").read_text("utf-8")
    return cast("dict[str, Json]", json.loads(text))

"""A service that embeds minigraph behind a protocol of its own.

The service answers requests. The protocol `Model` states what it needs from a model, in the service's own terms, so
that its code and its tests depend on no library; `NetworkModel` is the one place that knows minigraph. A model that
is unsure does not decide: the request goes to a person, together with the reasons.

python examples/integration/service.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.datasets import load_iris

import minigraph as mg
from minigraph.sklearn import NetworkClassifier


@dataclass(frozen=True)
class Estimate:
    """A model's answer to one set of measurements."""

    label: str
    probability: float
    reasons: str


class Model(Protocol):
    """What the service needs to know about a model."""

    @property
    def features(self) -> Sequence[str]:
        """Names of the measurements that it takes."""

    def estimate(self, measurements: Mapping[str, float]) -> Estimate:
        """Classify the measurements."""


class NetworkModel:
    """A network with one input, whose units have names, and one output, whose classes have labels."""

    def __init__(self, net: mg.Network[mg.Array]) -> None:
        names, labels = net.inputs[0].unit_names, net.classes
        if names is None or labels is None or len(labels) != net.outputs[0].size:
            raise ValueError("net: expected unit_names at its input, and a class for each unit of its output")
        self._net = net
        self._labels = [str(label) for label in labels]
        self.features: Sequence[str] = names

    def estimate(self, measurements: Mapping[str, float]) -> Estimate:
        """Classify the measurements and explain the strongest output."""
        outputs = self._net.forward([[measurements[name] for name in self.features]])[0]
        best = int(outputs.argmax())
        unit = self._net.outputs[0].unit(best + 1)
        return Estimate(
            self._labels[best], float(outputs[best] / outputs.sum()), mg.explain(unit, "z", max_terms=4).text
        )


@dataclass(frozen=True)
class Answer:
    """What a client gets: a label, or None if a person is to decide."""

    label: str | None
    estimate: Estimate


class Desk:
    """Takes requests, checks them, and decides those of which the model is sure."""

    def __init__(self, model: Model, least_probability: float = 0.9) -> None:
        self._model = model
        self._least_probability = least_probability

    def answer(self, measurements: Mapping[str, float]) -> Answer:
        """Answer one request.

        Raises:
            ValueError: measurements are missing.
        """
        missing = [name for name in self._model.features if name not in measurements]
        if missing:
            raise ValueError(f"measurements: {', '.join(missing)} missing")
        estimate = self._model.estimate(measurements)
        sure = estimate.probability >= self._least_probability
        return Answer(estimate.label if sure else None, estimate)


def train() -> NetworkModel:
    """Train a network to distinguish three species of iris."""
    data = load_iris(as_frame=True)
    species = np.asarray(data.target_names)[data.target]
    classifier = NetworkClassifier((8,), optimizer=mg.Adam(0.01), l2=0.1, random_state=0)
    return NetworkModel(classifier.fit(data.data, species).network_)


def main() -> None:
    """Answer two requests, one of them between two species."""
    model = train()
    desk = Desk(model)
    for values in ([5.1, 3.5, 1.4, 0.2], [6.0, 2.8, 4.9, 1.7]):
        answer = desk.answer(dict(zip(model.features, values, strict=True)))
        decision = answer.label or "a person has to decide"
        print(f"{values}: {decision} ({answer.estimate.label} with {answer.estimate.probability:.0%})")
        print(answer.estimate.reasons, end="\n\n")


if __name__ == "__main__":
    main()

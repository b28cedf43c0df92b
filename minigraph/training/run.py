"""A training run as callbacks see it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from minigraph.network.network import AnyNetwork
from minigraph.training.checkpoint import Checkpoint
from minigraph.training.history import History


class Run(ABC):
    """A training run as callbacks see it."""

    net: AnyNetwork
    history: History
    epochs: int
    """Epochs to train for, in all."""
    epoch: int
    """Epochs that are complete."""
    batch_size: int
    steps_per_epoch: int
    seed: int
    examples: int
    """Size of the training set."""

    @property
    @abstractmethod
    def step(self) -> int:
        """Steps taken in all epochs."""

    @property
    @abstractmethod
    def cost(self) -> float:
        """The mean cost of the current epoch's mini-batches so far; NaN before the first."""

    @property
    @abstractmethod
    def learning_rate(self) -> float:
        """The learning rate of the last step, or of the first before it."""

    @property
    @abstractmethod
    def recorded(self) -> list[str]:
        """Names of the series that the history records."""

    @abstractmethod
    def stop(self, reason: str = "stopped by a callback") -> None:
        """End training after the present step."""

    @abstractmethod
    def checkpoint(self) -> Checkpoint:
        """Return all that is needed to go on from here as if nothing had happened."""

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
    """Total number of epochs."""
    epoch: int
    """Completed epochs."""
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
        """Mean cost of the mini-batches of the current epoch so far; NaN before the first."""

    @property
    @abstractmethod
    def learning_rate(self) -> float:
        """Learning rate of the last step; before the first step, that of the first."""

    @property
    @abstractmethod
    def recorded(self) -> list[str]:
        """Names of the series that the history records."""

    @abstractmethod
    def stop(self, reason: str = "stopped by a callback") -> None:
        """Stop training after the current step."""

    @abstractmethod
    def checkpoint(self) -> Checkpoint:
        """Return a checkpoint from which training can be resumed without any difference."""

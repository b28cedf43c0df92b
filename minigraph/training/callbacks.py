"""Callbacks: what happens between steps and epochs, and how training is stopped early."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Literal, Protocol

from minigraph.base.arrays import Array, integer, real
from minigraph.errors import ArgumentError, nearest
from minigraph.training.run import Run


class Callback(Protocol):
    """What `fit` calls. Derive from it and write the methods you need; the others do nothing.

    Θ may be changed by `run.net.assign`, and training goes on from there.

    >>> import minigraph as mg
    >>> class Stopper(mg.Callback):
    ...     def on_epoch_end(self, run):
    ...         if run.history["cost"][-1] < 0.9:
    ...             run.stop("good enough")
    >>> net = mg.mlp([2, 3, 1], seed=0)
    >>> history = mg.fit(net, [[0, 1], [1, 0]], [1, 0], epochs=500, callbacks=[Stopper()], progress=False)
    >>> history.epochs < 500, history.stopped
    (True, 'good enough')
    """

    def on_validate(self, run: Run) -> None:
        """Refuse, by an error, a run that lacks something needed; nothing has changed yet."""
        return

    def on_start(self, run: Run) -> None:
        """Do something before the first step."""
        return

    def on_step_end(self, run: Run) -> None:
        """Do something after a step."""
        return

    def on_epoch_end(self, run: Run) -> None:
        """Do something after an epoch, which is in `run.history` already."""
        return

    def on_end(self, run: Run) -> None:
        """Do something after the last step."""
        return

    def state(self) -> Mapping[str, Array]:
        """Return what a checkpoint is to keep of this callback."""
        return {}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take back what `state` gave, before `on_start` of a resumed training."""
        return


class EarlyStopping(Callback):
    """Stop when what is watched has not improved for some epochs, and go back to the best parameters.

    Args:
        monitor: name of a series of the history.
        patience: epochs without improvement to bear, at least 1.
        min_delta: what counts as an improvement, >= 0.
        mode: which direction is better; "auto" takes "max" for names with accuracy or top_k, else "min".
        restore_best: put the parameters of the best epoch back at the end.

    Raises:
        ArgumentError: an argument outside its range; from `fit` before the first step, a series that it will
            not record.

    >>> EarlyStopping(patience=3).monitor
    'validation_cost'
    """

    def __init__(
        self,
        monitor: str = "validation_cost",
        patience: int = 5,
        min_delta: float = 0.0,
        mode: Literal["auto", "min", "max"] = "auto",
        restore_best: bool = True,
    ) -> None:
        self.monitor = monitor
        self.patience: int = integer(patience, "patience")
        self.min_delta: float = real(min_delta, "min_delta", "a finite number >= 0", least=0)
        if mode not in ("auto", "min", "max"):
            raise ArgumentError(f"mode: received {mode!r}, expected 'auto', 'min' or 'max'")
        rising = mode == "max" or (mode == "auto" and any(word in monitor for word in ("accuracy", "top_")))
        self._sign = -1.0 if rising else 1.0
        self.restore_best = restore_best
        self.best_epoch: int | None = None
        """The best epoch so far, 1 for the first."""
        self._best = math.inf
        self._parameters: Array | None = None

    def on_validate(self, run: Run) -> None:
        """Require that the history records the series."""
        if self.monitor not in run.recorded:
            hint = " (give `fit` a `validation`)" if self.monitor.startswith("validation_") else ""
            raise ArgumentError(
                f"monitor: received {self.monitor!r}, which is not recorded{hint}{nearest(self.monitor, run.recorded)}"
            )

    def on_start(self, run: Run) -> None:
        """Forget what an earlier training saw; one that is resumed goes on where it was, or is over already."""
        self.best_epoch, self._best = None, math.inf
        if not run.epoch:
            self._parameters = None
        for epoch, value in enumerate(run.history.get(self.monitor, ()), start=1):
            self._watch(value, epoch)
        if run.epoch and run.step == run.epoch * run.steps_per_epoch:
            self._judge(run)  # the checkpoint may have been made before `on_epoch_end` was called here

    def on_epoch_end(self, run: Run) -> None:
        """Keep the parameters if they are the best so far, and stop if it takes too long."""
        self._watch(run.history[self.monitor][-1], run.epoch)
        self._judge(run)

    def on_end(self, run: Run) -> None:
        """Put the best parameters back."""
        if self._parameters is not None:
            run.net.assign(self._parameters)

    def state(self) -> Mapping[str, Array]:
        """Return the best parameters."""
        return {} if self._parameters is None else {"parameters": self._parameters}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take the best parameters back."""
        self._parameters = state.get("parameters")

    def _watch(self, value: float, epoch: int) -> None:
        if self._sign * value < self._best - self.min_delta:
            self._best, self.best_epoch = self._sign * value, epoch

    def _judge(self, run: Run) -> None:
        """After an epoch, keep the parameters or stop."""
        if self.best_epoch == run.epoch:
            if self.restore_best:
                self._parameters = run.net.unroll()
        elif run.epoch - (self.best_epoch or 0) >= self.patience:
            run.stop(f"{self.monitor} has not improved for {self.patience} epochs")


class SaveCheckpoint(Callback):
    """Write a checkpoint now and then, from which `fit(..., resume=path)` goes on.

    Args:
        path: of the file, which is replaced each time, in one step.
        every_epochs: write after so many epochs; None for never.
        every_steps: write after so many steps; None for never.

    Raises:
        ArgumentError: not an integer >= 1.

    >>> SaveCheckpoint("run.safetensors", every_steps=100).path
    'run.safetensors'
    """

    def __init__(
        self, path: str | os.PathLike[str], every_epochs: int | None = 1, every_steps: int | None = None
    ) -> None:
        self.path = path
        self.every_epochs: int | None = None if every_epochs is None else integer(every_epochs, "every_epochs")
        self.every_steps: int | None = None if every_steps is None else integer(every_steps, "every_steps")

    def on_step_end(self, run: Run) -> None:
        """Write if it is time to."""
        if self.every_steps is not None and run.step % self.every_steps == 0:
            run.checkpoint().save(self.path)

    def on_epoch_end(self, run: Run) -> None:
        """Write if it is time to."""
        if self.every_epochs is not None and run.epoch % self.every_epochs == 0:
            run.checkpoint().save(self.path)

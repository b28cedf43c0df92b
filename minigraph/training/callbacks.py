"""Callbacks: hooks between steps and epochs, and early stopping."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Literal, Protocol

from minigraph.base.arrays import Array, integer, real
from minigraph.errors import ArgumentError, nearest
from minigraph.training.run import Run


class Callback(Protocol):
    """Hooks called by `fit`. Subclass it and override the methods you need; the others are no-ops.

    Callbacks may change Θ with `run.net.assign`; training continues from there.

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
        """Raise if the run lacks something required; nothing has changed yet."""
        return

    def on_start(self, run: Run) -> None:
        """Called before the first step."""
        return

    def on_step_end(self, run: Run) -> None:
        """Called after each step."""
        return

    def on_epoch_end(self, run: Run) -> None:
        """Called after each epoch, which is already in `run.history`."""
        return

    def on_end(self, run: Run) -> None:
        """Called after the last step."""
        return

    def state(self) -> Mapping[str, Array]:
        """Return the state of this callback for a checkpoint."""
        return {}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Restore the result of `state`, before `on_start` of a resumed training."""
        return


class EarlyStopping(Callback):
    """Stop when a monitored series has not improved for some epochs, and restore the best parameters.

    Args:
        monitor: name of a series of the history.
        patience: number of epochs without improvement, at least 1.
        min_delta: minimum change that counts as an improvement, >= 0.
        mode: which direction is better; "auto" means "max" for names with accuracy or top_k, else "min".
        restore_best: restore the parameters of the best epoch at the end.

    Raises:
        ArgumentError: an argument is out of range; raised by `fit` before the first step if the series will not
            be recorded.

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
        """Raise ArgumentError unless the history records the series."""
        if self.monitor not in run.recorded:
            hint = " (give `fit` a `validation`)" if self.monitor.startswith("validation_") else ""
            raise ArgumentError(
                f"monitor: received {self.monitor!r}, which is not recorded{hint}{nearest(self.monitor, run.recorded)}"
            )

    def on_start(self, run: Run) -> None:
        """Reset the state of an earlier training; a resumed one continues, or has already ended."""
        self.best_epoch, self._best = None, math.inf
        if not run.epoch:
            self._parameters = None
        for epoch, value in enumerate(run.history.get(self.monitor, ()), start=1):
            self._watch(value, epoch)
        if run.epoch and run.step == run.epoch * run.steps_per_epoch:
            self._judge(run)  # the checkpoint may have been taken before `on_epoch_end` was called here

    def on_epoch_end(self, run: Run) -> None:
        """Keep the parameters if they are the best so far; stop if patience has run out."""
        self._watch(run.history[self.monitor][-1], run.epoch)
        self._judge(run)

    def on_end(self, run: Run) -> None:
        """Restore the best parameters."""
        if self._parameters is not None:
            run.net.assign(self._parameters)

    def state(self) -> Mapping[str, Array]:
        """Return the best parameters."""
        return {} if self._parameters is None else {"parameters": self._parameters}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Restore the best parameters from a checkpoint."""
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
    """Write periodic checkpoints, from which `fit(..., resume=path)` continues.

    Args:
        path: path of the file, which is replaced atomically each time.
        every_epochs: number of epochs between checkpoints; None means never.
        every_steps: number of steps between checkpoints; None means never.

    Raises:
        ArgumentError: an interval is not an integer >= 1.

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
        """Write a checkpoint if due."""
        if self.every_steps is not None and run.step % self.every_steps == 0:
            run.checkpoint().save(self.path)

    def on_epoch_end(self, run: Run) -> None:
        """Write a checkpoint if due."""
        if self.every_epochs is not None and run.epoch % self.every_epochs == 0:
            run.checkpoint().save(self.path)

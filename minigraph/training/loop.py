"""The training loop: epochs of mini-batches in an order drawn from the seed."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.base.sources import Indices
from minigraph.errors import NonFiniteDataError, NonFiniteError
from minigraph.network.network import AnyNetwork
from minigraph.training.callbacks import Callback
from minigraph.training.checkpoint import Checkpoint
from minigraph.training.evaluation import Evaluation
from minigraph.training.history import History
from minigraph.training.interrupt import DeferredInterrupt
from minigraph.training.progress import Progress
from minigraph.training.resuming import check_checkpoint, described, settings_of
from minigraph.training.run import Run
from minigraph.training.steps import Steps


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Number of epochs, and the order of examples."""

    epochs: int
    shuffle: bool
    seed: int


class TrainingLoop(Run):
    """A training run, advanced epoch by epoch.

    Args:
        steps: the mini-batch steps.
        plan: number of epochs, and the order of examples.
        callbacks: called between steps and epochs.
        evaluations: measured after each epoch.
    """

    def __init__(
        self, steps: Steps, plan: Plan, callbacks: Sequence[Callback], evaluations: Sequence[Evaluation]
    ) -> None:
        self.net: AnyNetwork = steps.net
        self.history: History = History()
        self.epochs: int = plan.epochs
        self.epoch: int = 0
        self.batch_size: int = steps.batch_size
        self.steps_per_epoch: int = steps.per_pass
        self.seed: int = plan.seed
        self.examples: int = steps.examples.m
        self._steps = steps
        self._shuffle = plan.shuffle and self.steps_per_epoch > 1
        self._callbacks = callbacks
        self._evaluations = evaluations
        self._sums = (0.0, 0.0)
        self._penalty = 0.0
        self._stop: str | None = None
        self._step_callbacks = [
            callback for callback in callbacks if type(callback).on_step_end is not Callback.on_step_end
        ]

    @property
    def step(self) -> int:
        return self._steps.taken

    @property
    def cost(self) -> float:
        total, count = self._sums
        return total / count + self._penalty if count else math.nan

    @property
    def learning_rate(self) -> float:
        return self._steps.updates.optimizer.rate(max(self.step, 1))

    @property
    def recorded(self) -> list[str]:
        evaluated = [name for evaluation in self._evaluations for name in evaluation.names]
        return ["cost", *evaluated, "learning_rate", "seconds"]

    def stop(self, reason: str = "stopped by a callback") -> None:
        self._stop = reason

    def checkpoint(self) -> Checkpoint:
        self._collect_costs()
        return Checkpoint(
            parameters=self.net.unroll(),
            optimizer=described(self._steps.updates.optimizer),
            optimizer_state={name: vector.copy() for name, vector in self._steps.updates.state.items()},
            callback_states=[dict(callback.state()) for callback in self._callbacks],
            generator_state=self.net.generator.bit_generator.state,
            seed=self.seed,
            examples=self.examples,
            batch_size=self.batch_size,
            settings=settings_of(self._steps, self._shuffle),
            epoch=self.epoch,
            step=self.step,
            sums=self._sums,
            penalty=self._penalty,
            history=self.history.to_dict(),
        )

    def start(self, checkpoint: Checkpoint | None = None) -> None:
        """Go to the first step, or to that of the checkpoint, and start the callbacks.

        Raises:
            ModelFormatError: the checkpoint belongs to another training; nothing has changed.
            Exception: a callback raised; the network is unchanged.
        """
        if checkpoint is not None:
            check_checkpoint(checkpoint, self._steps, self.seed, settings_of(self._steps, self._shuffle))
            self.epoch, self._steps.taken = checkpoint.epoch, checkpoint.step
            self._sums, self._penalty = checkpoint.sums, checkpoint.penalty
            self.history.restore(checkpoint.history, checkpoint.epoch)
        for callback in self._callbacks:
            callback.on_validate(self)
        if checkpoint is None:
            self._start_callbacks()
            return
        theta, generator_state = self.net.unroll(), self.net.generator.bit_generator.state
        try:
            self.net.assign(checkpoint.parameters)
            self.net.generator.bit_generator.state = checkpoint.generator_state
            self._steps.updates.restore(checkpoint.optimizer_state)
            for callback, state in zip(self._callbacks, checkpoint.callback_states, strict=False):
                callback.restore(state)
            self._start_callbacks()
        except BaseException:
            self.net.assign(theta)
            self.net.generator.bit_generator.state = generator_state
            raise

    def run(self, progress: Progress) -> None:
        """Train until the last epoch, or until something stops it."""
        self.net.engine.forget()
        self.net.engine.parameters.apply_link_mask()
        try:
            # Ctrl-C waits for the end of the step, so that the parameters are consistent.
            with DeferredInterrupt() as interrupt:
                while self.epoch < self.epochs and self._stop is None and not interrupt.pending:
                    self._run_epoch(progress, interrupt)
            self.history.stopped = self._stop
            for callback in self._callbacks:
                callback.on_end(self)
        finally:
            self.net.engine.forget()
            progress.close()

    def _run_epoch(self, progress: Progress, interrupt: DeferredInterrupt) -> None:
        began = time.perf_counter()
        position = self._position
        if position == 0:
            self._sums, self._penalty = (0.0, 0.0), self._steps.regularization
        after_step = self._after_step if self._step_callbacks else None
        try:
            for taken in self._steps.run_pass(self._order(), position, interrupt, after_step):
                self._collect_costs()
                progress.steps(taken, self.cost)
        except NonFiniteDataError:
            raise  # from a stream; its message names the row
        except NonFiniteError as error:
            raise NonFiniteError(
                f"{error}, in epoch {self.epoch + 1}, batch {self._position + 1} of {self.steps_per_epoch};"
                " the parameters are those after the last valid step; a smaller learning rate may help"
            ) from None
        if self._position == self.steps_per_epoch:
            self._end_epoch(time.perf_counter() - began, progress)

    @property
    def _position(self) -> int:
        """Steps taken in the current epoch."""
        return self.step - self.epoch * self.steps_per_epoch

    def _start_callbacks(self) -> None:
        for callback in self._callbacks:
            callback.on_start(self)

    def _after_step(self) -> bool:
        self.net.engine.forget()  # values that a callback computed after an earlier step
        for callback in self._step_callbacks:
            callback.on_step_end(self)
        self._steps.refresh()
        return self._stop is not None

    def _collect_costs(self) -> None:
        total, weight = self._sums
        for cost, own in self._steps.costs():  # one by one, so that a resumed run gives the same sum
            total, weight = total + cost, weight + own
        if not math.isfinite(total):
            raise NonFiniteError("the cost is not finite in the forward pass")
        self._sums = (total, weight)

    def _end_epoch(self, seconds: float, progress: Progress) -> None:
        self.net.engine.forget()
        values = {"cost": self.cost}
        for evaluation in self._evaluations:
            values |= evaluation.measure(self._steps.regularization)
        values |= {"learning_rate": self.learning_rate, "seconds": seconds}
        self.epoch += 1
        self.history.record(values)
        progress.epoch(self.epoch, values)
        for callback in self._callbacks:
            callback.on_epoch_end(self)

    def _order(self) -> Indices:
        """Return the order of the examples in this epoch, which depends on seed and epoch only."""
        rows = self._steps.examples.rows
        if not self._shuffle:
            return rows
        return np.random.default_rng([self.seed, self.epoch + 1]).permutation(rows)

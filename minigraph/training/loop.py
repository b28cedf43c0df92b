"""The loop of training: epochs of mini-batches in an order drawn from the seed."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from minigraph.errors import NonFiniteError
from minigraph.inputs.datasets import Indices
from minigraph.network.network import AnyNetwork
from minigraph.training.callbacks import Callback
from minigraph.training.checkpoint import Checkpoint
from minigraph.training.evaluation import Evaluation
from minigraph.training.history import History
from minigraph.training.interrupt import DeferredInterrupt
from minigraph.training.optimizers import Updates
from minigraph.training.progress import Progress
from minigraph.training.steps import Steps


class Run:
    """A training run as callbacks see it."""

    def __init__(
        self,
        net: AnyNetwork,
        rows: Indices,
        steps: Steps,
        updates: Updates,
        epochs: int,
        shuffle: bool,
        seed: int,
        callbacks: Sequence[Callback],
        training: Evaluation | None,
        validation: Evaluation | None,
        total_weight: float,
    ) -> None:
        self.net = net
        self.history: History = History()
        self.epochs = epochs
        self.epoch: int = 0
        """Epochs that are complete."""
        self.step: int = 0
        """Steps taken in all epochs."""
        self.batch_size: int = steps.batch_size
        self.steps_per_epoch: int = math.ceil(len(rows) / steps.batch_size)
        self.seed = seed
        self.examples: int = len(rows)
        """Size of the training set."""
        self._rows = rows
        self._steps = steps
        self._updates = updates
        self._shuffle = shuffle and self.steps_per_epoch > 1
        self._callbacks = callbacks
        self._training = training
        self._validation = validation
        self._total_weight = total_weight
        self._sums = (0.0, 0.0)
        self._penalty = 0.0
        self._keeps_batch = False
        self._stop: str | None = None
        self._step_callbacks = [
            callback for callback in callbacks if type(callback).on_step_end is not Callback.on_step_end
        ]

    @property
    def cost(self) -> float:
        """The mean cost of the current epoch's mini-batches so far; nan before the first."""
        total, count = self._sums
        return total / count + self._penalty if count else math.nan

    @property
    def learning_rate(self) -> float:
        """The learning rate of the last step, or of the first before it."""
        return self._updates.optimizer.rate(max(self.step, 1))

    @property
    def recorded(self) -> list[str]:
        """Names of the series that the history gets."""
        names = ["cost"]
        if self._training is not None:
            names += self._training.names("", "J")
        if self._validation is not None:
            names += self._validation.names("validation_", "cost")
        return [*names, "learning_rate", "seconds"]

    def stop(self, reason: str = "stopped by a callback") -> None:
        """End training after the present step."""
        self._stop = reason

    def checkpoint(self) -> Checkpoint:
        """Return all that is needed to go on from here as if nothing had happened."""
        self._collect_costs()
        return Checkpoint(
            parameters=self.net.unroll(),
            optimizer=repr(self._updates.optimizer),
            optimizer_state={name: vector.copy() for name, vector in self._updates.state.items()},
            callback_states=[dict(callback.state()) for callback in self._callbacks],
            generator_state=self.net.generator.bit_generator.state,
            seed=self.seed,
            examples=len(self._rows),
            batch_size=self.batch_size,
            epoch=self.epoch,
            step=self.step,
            sums=self._sums,
            penalty=self._penalty,
            history=self.history.to_dict(),
        )

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go back to where the checkpoint was made; nothing has changed if it does not fit."""
        self._updates.restore(checkpoint.optimizer_state)
        self.net.assign(checkpoint.parameters)
        self.net.generator.bit_generator.state = checkpoint.generator_state
        self.epoch, self.step = checkpoint.epoch, checkpoint.step
        self._sums, self._penalty = checkpoint.sums, checkpoint.penalty
        self.history.restore(checkpoint.history, checkpoint.epoch)
        for callback, state in zip(self._callbacks, checkpoint.callback_states, strict=False):
            callback.restore(state)

    def start(self) -> None:
        """Let callbacks prepare themselves, or refuse."""
        for callback in self._callbacks:
            callback.on_start(self)

    def go(self, progress: Progress) -> None:
        """Train until the last epoch, or until something stops it."""
        self.net.engine.parameters.apply_link_mask()
        self.net.engine.forget()
        try:
            # Ctrl-C waits for the end of a step, so that the parameters are those after a whole one.
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
        position = self.step - self.epoch * self.steps_per_epoch
        if position == 0:
            self._sums, self._penalty = (0.0, 0.0), self._regularization()
        order = self._order()
        whole, at_once = len(order) // self.batch_size, self._steps.batches_at_once
        while position < self.steps_per_epoch and self._stop is None and not interrupt.pending:
            # Which mini-batches are staged together does not depend on where the epoch was interrupted.
            first, last = position // at_once * at_once, min((position // at_once + 1) * at_once, whole)
            if position >= whole:
                first, last = whole, whole + 1
            if not self._keeps_batch:
                self._steps.stage(order[first * self.batch_size : last * self.batch_size])
                self._keeps_batch = self.steps_per_epoch == 1
            self._take_steps(position - first, last - first, interrupt)
            taken = self.step - self.epoch * self.steps_per_epoch - position
            position += taken
            self._collect_costs()
            progress.steps(taken, self.cost)
        if position == self.steps_per_epoch:
            self._end_epoch(time.perf_counter() - began, progress)

    def _take_steps(self, first: int, last: int, interrupt: DeferredInterrupt) -> None:
        """Take the steps of the staged mini-batches."""
        after_step = self._after_step if self._step_callbacks else None
        began = self.step
        try:
            self._steps.run(first, last, self.step, interrupt, after_step)
        except NonFiniteError as error:
            self.step = began + self._steps.done - first
            batch = self.step - self.epoch * self.steps_per_epoch + 1
            raise NonFiniteError(
                f"{error}, in epoch {self.epoch + 1}, batch {batch} of {self.steps_per_epoch};"
                " the parameters are those after the last good step; a smaller learning rate may help"
            ) from None
        self.step = began + self._steps.done - first

    def _after_step(self) -> bool:
        self.step += 1
        for callback in self._step_callbacks:
            callback.on_step_end(self)
        return self._stop is not None

    def _collect_costs(self) -> None:
        total, weight = self._sums
        for cost, own in self._steps.costs():  # one by one: the same sum, resumed or not
            total, weight = total + cost, weight + own
        if not math.isfinite(total):
            raise NonFiniteError(f"the cost is not finite in the forward pass, in epoch {self.epoch + 1}")
        self._sums = (total, weight)

    def _end_epoch(self, seconds: float, progress: Progress) -> None:
        values = {"cost": self.cost}
        if self._training is not None:
            values |= self._training.measure("", "J", self._regularization())
        if self._validation is not None:
            values |= self._validation.measure("validation_", "cost")
        values |= {"learning_rate": self.learning_rate, "seconds": seconds}
        self.epoch += 1
        self.history.record(values)
        progress.epoch(self.epoch, values)
        for callback in self._callbacks:
            callback.on_epoch_end(self)

    def _order(self) -> Indices:
        """Return the order of the examples in this epoch, a function of seed and epoch alone."""
        if not self._shuffle:
            return self._rows
        return np.random.default_rng([self.seed, self.epoch + 1]).permutation(self._rows)

    def _regularization(self) -> float:
        """Return (λ/2M) Σ Θ_ij², j >= 1."""
        l2 = self.net.l2
        return l2 / (2 * self._total_weight) * self.net.engine.parameters.penalty() if l2 else 0.0

"""Progress of training: a progress bar if possible, otherwise periodic lines."""

from __future__ import annotations

import importlib.util
import sys
import time
import warnings
from collections.abc import Mapping
from typing import TextIO

_SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Base class, which shows nothing."""

    def __init__(self, epochs: int, steps_per_epoch: int, batch_size: int) -> None:
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size

    def steps(self, count: int, cost: float) -> None:
        """Report `count` more steps, and the mean cost of the epoch so far."""

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Report the numbers of a completed epoch."""

    def close(self) -> None:
        """Finish the display."""


class Bar(Progress):
    """A tqdm progress bar over all steps, with epoch, cost, metrics and speed."""

    def __init__(self, epochs: int, steps_per_epoch: int, batch_size: int, done: int) -> None:
        super().__init__(epochs, steps_per_epoch, batch_size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tqdm warns and falls back to text if a notebook lacks ipywidgets
            from tqdm.auto import tqdm

            self._bar = tqdm(total=epochs * steps_per_epoch, initial=done, unit="batch", dynamic_ncols=True)
        self._epoch = done // steps_per_epoch + 1
        self._values: dict[str, str] = {}

    def steps(self, count: int, cost: float) -> None:
        """Advance the bar; tqdm limits how often it is drawn."""
        self._values["cost"] = f"{cost:.4g}"
        self._bar.set_description(f"epoch {min(self._epoch, self.epochs)}/{self.epochs}", refresh=False)
        self._bar.set_postfix(self._values, refresh=False)
        self._bar.update(count)

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Show cost and metrics of the completed epoch."""
        self._epoch = number + 1
        self._values = {name: f"{value:.4g}" for name, value in _shown(values).items()}
        self._bar.set_postfix(self._values, refresh=number == self.epochs)

    def close(self) -> None:
        """Leave the bar in its final state."""
        self._bar.close()


class Lines(Progress):
    """Periodic lines for logs: after the first and the last epoch, and every ten seconds in between."""

    def __init__(self, epochs: int, steps_per_epoch: int, batch_size: int, stream: TextIO) -> None:
        super().__init__(epochs, steps_per_epoch, batch_size)
        self._stream = stream
        self._began = self._last = time.monotonic()
        self._steps = 0
        self._text = ""

    def steps(self, count: int, cost: float) -> None:
        """Count the steps."""
        self._steps += count

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Print the numbers of an epoch if due."""
        now = time.monotonic()
        speed = self._steps * self.batch_size / max(now - self._began, 1e-9)
        shown = "  ".join(f"{name} {value:.4g}" for name, value in _shown(values).items())
        self._text = f"epoch {number}/{self.epochs}  {shown}  {speed:,.0f} examples/s"
        if number in (1, self.epochs) or now - self._last >= _SECONDS_BETWEEN_LINES:
            self._print(now)

    def close(self) -> None:
        """Print the last epoch if training ended early."""
        if self._text:
            self._print(time.monotonic())

    def _print(self, now: float) -> None:
        print(self._text, file=self._stream, flush=True)
        self._last, self._text = now, ""


def progress_for(shown: bool, epochs: int, steps_per_epoch: int, batch_size: int, done: int) -> Progress:
    """Return the progress display: a bar on terminals and in notebooks, lines elsewhere, none unless `shown`.

    Without tqdm (extra `progress`) there is no bar.
    """
    if not shown:
        return Progress(epochs, steps_per_epoch, batch_size)
    if not (_is_notebook() or sys.stderr.isatty()):
        return Lines(epochs, steps_per_epoch, batch_size, sys.stderr)
    if importlib.util.find_spec("tqdm") is None:
        return Progress(epochs, steps_per_epoch, batch_size)
    return Bar(epochs, steps_per_epoch, batch_size, done)


def _is_notebook() -> bool:
    """Return whether this is a notebook kernel; imported notebook packages are no evidence."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _shown(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name not in ("seconds", "learning_rate")}

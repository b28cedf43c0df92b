"""How training shows that it goes on: a bar where one can be drawn, else a line now and then."""

from __future__ import annotations

import importlib.util
import sys
import time
import warnings
from collections.abc import Mapping
from typing import TextIO

_SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Shows nothing: the base of those that show something, and what serves when nothing is to be shown."""

    def __init__(self, epochs: int, steps_per_epoch: int, batch_size: int) -> None:
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size

    def steps(self, count: int, cost: float) -> None:
        """Show that `count` more steps were taken, and the mean cost of the epoch so far."""

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Show the numbers of an epoch that has ended."""

    def close(self) -> None:
        """Take the bar away or leave it as it is."""


class Bar(Progress):
    """A bar over all steps, with epoch, cost, metrics and speed; drawn by tqdm."""

    def __init__(self, epochs: int, steps_per_epoch: int, batch_size: int, done: int) -> None:
        super().__init__(epochs, steps_per_epoch, batch_size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tqdm warns where a notebook lacks ipywidgets, and then draws text
            from tqdm.auto import tqdm

            self._bar = tqdm(total=epochs * steps_per_epoch, initial=done, unit="batch", dynamic_ncols=True)
        self._epoch = done // steps_per_epoch + 1
        self._values: dict[str, str] = {}

    def steps(self, count: int, cost: float) -> None:
        """Move the bar; tqdm decides whether enough time has passed to draw it."""
        self._values["cost"] = f"{cost:.4g}"
        self._bar.set_description(f"epoch {min(self._epoch, self.epochs)}/{self.epochs}", refresh=False)
        self._bar.set_postfix(self._values, refresh=False)
        self._bar.update(count)

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Show cost and metrics of the epoch that has ended."""
        self._epoch = number + 1
        self._values = {name: f"{value:.4g}" for name, value in _shown(values).items()}
        self._bar.set_postfix(self._values, refresh=number == self.epochs)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


class Lines(Progress):
    """A line now and then, for logs: after the first and the last epoch, and every ten seconds between."""

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
        """Print the numbers of an epoch if it is time to."""
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
    """Return what shows progress here: a bar on terminals and in notebooks, lines elsewhere, nothing if not wanted.

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
    """Return whether this runs in a notebook's kernel; that its packages are imported does not say so."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _shown(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name not in ("seconds", "learning_rate")}

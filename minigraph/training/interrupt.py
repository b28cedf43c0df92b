"""Deferring Ctrl-C until the end of the current step."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class DeferredInterrupt:
    """Within the block, the first Ctrl-C only sets `pending`; the second one interrupts immediately.

    After the block, a pending interrupt is raised as KeyboardInterrupt. Nothing is deferred outside the main
    thread, or if the program handles the signal itself.

    >>> with DeferredInterrupt() as interrupt:
    ...     interrupt.pending
    False
    """

    def __init__(self) -> None:
        self.pending: bool = False
        self._active = False

    def __enter__(self) -> DeferredInterrupt:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._handle)
            self._active = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._active:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.pending and error is None:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.pending:
            raise KeyboardInterrupt
        self.pending = True

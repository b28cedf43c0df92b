"""Settings that all tests share."""

import importlib.util
import os
import shutil
import signal

import hypothesis
import pytest

# Both are read at import: no window for a plot, and nothing written to the user's cache by onnxruntime.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Ctrl-C is ignored in a job that a shell has put into the background, and tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Scripts that made the reference data, with packages that the tests do without; code that only mypy reads.
collect_ignore = ["data", "typing"]

# The same examples in every run, however slow the machine.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("dot") and shutil.which("dot") is None:
        pytest.skip("needs Graphviz's dot on PATH")
    if item.get_closest_marker("torch") and importlib.util.find_spec("torch") is None:
        pytest.skip("needs PyTorch")

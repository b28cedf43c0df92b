"""Training: by mini-batches (`fit`), or on the whole training set at once by SciPy (`minimize`)."""

from __future__ import annotations

from minigraph.training.callbacks import Callback, EarlyStopping, SaveCheckpoint
from minigraph.training.checkpoint import Checkpoint
from minigraph.training.fitting import fit
from minigraph.training.history import History
from minigraph.training.loop import Run
from minigraph.training.metrics import TopK
from minigraph.training.minimization import minimize

__all__ = [
    "Callback", "Checkpoint", "EarlyStopping", "History", "Run", "SaveCheckpoint", "TopK", "fit", "minimize",
]  # fmt: skip

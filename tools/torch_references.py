"""Write `tests/data/optimizers.json`: PyTorch's steps and learning rates, which the tests compare with.

Needs PyTorch, which no test needs: run it in an environment of its own, as `tools/bench.py` makes one.

python tools/torch_references.py
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

TARGET = Path(__file__).resolve().parent.parent / "tests" / "data" / "optimizers.json"
SIZES = (3, 4, 2)
EXAMPLES = 20
STEPS = 50
KEPT = (1, 2, 3, 5, 10, 20, 30, 40, 50)
"""The steps after which the parameters are kept."""


class References(TypedDict):
    """What the file holds; vectors of parameters are unrolled row by row, bias first."""

    torch: str
    X: list[list[float]]
    Y: list[list[float]]
    start: list[float]
    kept: list[int]
    trajectories: dict[str, list[list[float]]]
    rates: dict[str, list[float]]


OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "gradient descent": lambda torch, p: torch.optim.SGD(p, lr=0.5),
    "momentum": lambda torch, p: torch.optim.SGD(p, lr=0.3, momentum=0.9),
    "nesterov": lambda torch, p: torch.optim.SGD(p, lr=0.3, momentum=0.8, nesterov=True),
    "rmsprop": lambda torch, p: torch.optim.RMSprop(p, lr=0.02, alpha=0.95, eps=1e-6),
    "adam": lambda torch, p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.99), eps=1e-7),
    "adamw": lambda torch, p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "clip norm": lambda torch, p: torch.optim.SGD(p, lr=0.5, momentum=0.9),
    "clip value": lambda torch, p: torch.optim.SGD(p, lr=0.5),
}
SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "step": lambda lr, o: lr.StepLR(o, step_size=7, gamma=0.5),
    "exponential": lambda lr, o: lr.ExponentialLR(o, gamma=0.9),
    "cosine": lambda lr, o: lr.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.01),
    "warm-up": lambda lr, o: lr.LinearLR(o, start_factor=1 / 11, end_factor=1.0, total_iters=10),
}


def references() -> References:
    """Compute everything with PyTorch, in float64."""
    import torch

    rng = np.random.default_rng(20)
    X = rng.normal(size=(EXAMPLES, SIZES[0]))
    Y = (rng.random((EXAMPLES, SIZES[-1])) > 0.5).astype(np.float64)
    thetas = [rng.uniform(-1, 1, (s_out, 1 + s_in)) for s_in, s_out in itertools.pairwise(SIZES)]
    inputs, targets = torch.from_numpy(X), torch.from_numpy(Y)

    def cost(parameters: list[Any]) -> Any:
        z = inputs
        for theta in parameters:
            a = inputs if theta is parameters[0] else torch.sigmoid(z)
            z = torch.cat([torch.ones(EXAMPLES, 1, dtype=torch.float64), a], dim=1) @ theta.T
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, targets, reduction="sum")
        return loss / EXAMPLES

    trajectories = {}
    for name, make in OPTIMIZERS.items():
        parameters = [torch.from_numpy(theta.copy()).requires_grad_() for theta in thetas]
        optimizer = make(torch, parameters)
        trajectory = []
        for step in range(1, STEPS + 1):
            optimizer.zero_grad()
            cost(parameters).backward()
            if name == "clip norm":
                torch.nn.utils.clip_grad_norm_(parameters, 0.05)
            if name == "clip value":
                torch.nn.utils.clip_grad_value_(parameters, 0.02)
            optimizer.step()
            if step in KEPT:
                trajectory.append(np.concatenate([p.detach().numpy().ravel() for p in parameters]).tolist())
        trajectories[name] = trajectory

    rates: dict[str, list[float]] = {}
    for name, make in SCHEDULES.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        schedule = make(torch.optim.lr_scheduler, optimizer)
        rates[name] = []
        for _ in range(STEPS):
            rates[name].append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            schedule.step()
    return {
        "torch": torch.__version__,
        "X": X.tolist(),
        "Y": Y.tolist(),
        "start": np.concatenate([theta.ravel() for theta in thetas]).tolist(),
        "kept": list(KEPT),
        "trajectories": trajectories,
        "rates": rates,
    }


if __name__ == "__main__":
    TARGET.write_text(json.dumps(references(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {TARGET}")

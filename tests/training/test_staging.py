"""Every way of staging mini-batches takes the steps that plain numpy takes by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

import minigraph as mg
from minigraph.training.dataset import Dataset, Examples
from minigraph.training.staging import ChunkStaging, SingleStaging, Staging, staging_for

RATE = 0.4


def by_hand(
    net: mg.Network[mg.Array], X: mg.Array, Y: mg.Array, batch: int, epochs: int, seed: int
) -> tuple[mg.Array, list[float]]:
    """Return Θ and the mean cost of each epoch, of gradient descent on one hidden layer of sigmoids."""
    first, second = (layer.parameters().astype(np.float64) for layer in net.layers)
    costs = []
    for epoch in range(1, epochs + 1):
        rows = np.arange(len(X))
        if batch < len(X):
            rows = np.random.default_rng([seed, epoch]).permutation(rows)
        total = 0.0
        for start in range(0, len(X), batch):
            part = rows[start : start + batch]
            x, y, m = X[part], Y[part], len(part)
            hidden = 1 / (1 + np.exp(-(x @ first[:, 1:].T + first[:, 0])))
            output = 1 / (1 + np.exp(-(hidden @ second[:, 1:].T + second[:, 0])))
            total -= float(np.sum(y * np.log(output) + (1 - y) * np.log(1 - output)))
            delta = output - y
            before = (delta @ second[:, 1:]) * hidden * (1 - hidden)
            second = second - RATE / m * np.c_[delta.sum(axis=0), delta.T @ hidden]
            first = first - RATE / m * np.c_[before.sum(axis=0), before.T @ x]
        costs.append(total / len(X))
    return mg.unroll([first, second]), costs


class Source:
    """Rows that are streamed."""

    def __init__(self, rows: mg.Array) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, indices: NDArray[np.intp], /) -> mg.Array:
        return self._rows[indices]


CASES: dict[str, tuple[int, int, int, int, type[Staging], bool]] = {
    # examples, inputs, outputs, batch; staging, whether inputs are gathered step by step
    "small": (203, 5, 3, 7, ChunkStaging, False),
    "two mini-batches": (14, 5, 3, 7, ChunkStaging, False),
    "two mini-batches, one of them smaller": (10, 5, 3, 7, ChunkStaging, False),
    "two large batches": (4000, 5, 4, 2000, SingleStaging, False),
    "wide": (203, 800, 3, 16, ChunkStaging, True),
    "very wide": (100, 20_000, 2, 10, ChunkStaging, True),
    "large batches": (4500, 5, 4, 2000, SingleStaging, False),
    "all at once": (5000, 8, 4, 5000, SingleStaging, False),
    "all at once, wide": (1100, 500, 10, 1100, SingleStaging, False),
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_steps_are_those_of_plain_numpy(name: str, streamed: bool) -> None:
    m, inputs, outputs, batch, kind, by_step = CASES[name]
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(m, inputs)), (random.random((m, outputs)) > 0.5).astype(np.float64)
    X /= np.sqrt(inputs)
    net = mg.mlp([inputs, 6, outputs], seed=1)
    if not streamed:
        dataset = Dataset(net, X, Y)
        staging = staging_for(net, Examples(dataset, np.arange(m), None), net.engine.new_workspace(True), batch)
        assert (type(staging), staging.gathers_by_step) == (kind, by_step)
    expected, costs = by_hand(net, X, Y, batch, 2, 9)
    given = (Source(X), Source(Y)) if streamed else (X, Y)
    history = mg.fit(net, given[0], given[1], mg.GradientDescent(RATE), 2, batch, seed=9, progress=False)
    np.testing.assert_allclose(net.unroll(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(history["cost"], costs, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_staged_stays_small_however_wide_and_many_the_examples_are(dtype: str, streamed: bool) -> None:
    for inputs in (1, 5, 80, 500, 3000):
        for outputs in (1, 10, 300):
            net = mg.mlp([inputs, 2, outputs], dtype=dtype)
            X, Y = np.zeros((300, inputs)), np.zeros((300, outputs))
            given = (Source(X), Source(Y)) if streamed else (X, Y)
            examples = Examples(Dataset(net, *given), np.arange(300), None)
            for batch in (1, 7, 32, 300):
                workspace = net.engine.new_workspace(True)
                staging = staging_for(net, examples, workspace, batch)
                if staging.batches_at_once > 1:
                    assert staging.nbytes <= 2**18
                else:
                    assert staging.nbytes == batch * outputs * net.dtype.itemsize
                assert 1 <= staging.batches_at_once <= (12 if staging.gathers_by_step else 64)
                smallest = batch * (inputs + 4 * outputs) * net.dtype.itemsize
                assert staging.batches_at_once > 1 or 2 * smallest > 2**18
                assert not (streamed and staging.gathers_by_step)

"""One epoch of training, in several libraries and by hand: what `tools/bench.py` compares.

Each contender trains the same network (sigmoid units, one-vs-all cross entropy, plain gradient descent,
float32) from the same parameters on the same examples, a new order in every epoch, without regularization.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
Array = NDArray[np.float32]
RATE = 0.05


@dataclass(frozen=True)
class Case:
    """A network, its mini-batches, and the examples of an epoch."""

    sizes: tuple[int, ...]
    batch: int
    examples: int

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.sizes))} batch {self.batch}"

    @property
    def steps(self) -> int:
        return self.examples // self.batch

    def data(self) -> tuple[Array, Array]:
        """Return X between 0 and 1, and one-hot Y."""
        rng = np.random.default_rng(0)
        X = rng.random((self.examples, self.sizes[0]), dtype=np.float32)
        labels = rng.integers(self.sizes[-1], size=self.examples)
        return X, np.eye(self.sizes[-1], dtype=np.float32)[labels]

    def parameters(self) -> list[Array]:
        """Return Θ^(1), Θ^(2), …, (s_out, 1 + s_in) each."""
        rng = np.random.default_rng(1)
        return [
            rng.uniform(-0.1, 0.1, (s_out, 1 + s_in)).astype(np.float32)
            for s_in, s_out in zip(self.sizes[:-1], self.sizes[1:], strict=True)
        ]


class Contender:
    """A network that can be trained for one epoch at a time."""

    share = 1
    """Only this part of an epoch is trained, and its time multiplied: for what would take minutes."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.X, self.Y = case.data()
        self.rng = np.random.default_rng(2)

    def order(self, shuffle: bool) -> NDArray[np.intp]:
        m = self.case.examples
        return self.rng.permutation(m) if shuffle else np.arange(m)

    def epochs(self, count: int, shuffle: bool = True) -> None:
        """Train for so many epochs."""
        raise NotImplementedError

    def time(self, count: int) -> float:
        """Train for so many epochs and return the seconds per epoch.

        What was made before is not timed, nor an epoch before the first, in which caches and threads wake up.
        """
        self.epochs(1)
        began = time.perf_counter()
        self.epochs(count)
        return self.share * (time.perf_counter() - began) / count

    def thetas(self) -> list[Array]:
        """Return the present Θ^(1), Θ^(2), …"""
        raise NotImplementedError


class Minigraph(Contender):
    """`mg.fit` as users call it: it checks its data, keeps a history and watches for numbers that overflow."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        sys.path.insert(0, str(ROOT))
        import minigraph as mg

        self.mg = mg
        self.net = mg.mlp(list(case.sizes), dtype=np.float32)
        self.net.assign(mg.unroll(case.parameters()))

    def epochs(self, count: int, shuffle: bool = True) -> None:
        mg = self.mg
        self.history = mg.fit(
            self.net, self.X, self.Y, mg.GradientDescent(RATE), count, self.case.batch,
            shuffle=shuffle, seed=0, progress=False,
        )  # fmt: skip

    def time(self, count: int) -> float:
        """Leave out, as for the others, that the arrays are made and the data checked, and the first epoch."""
        self.epochs(1 + count)
        return float(sum(self.history["seconds"][1:])) / count

    def thetas(self) -> list[Array]:
        return [np.asarray(layer.parameters(), np.float32) for layer in self.net.layers]


class HandWritten(Contender):
    """NumPy by hand, every array made beforehand; a row per example (`rows`) or a column per example.

    Constants are arrays of the right type, which numpy takes faster than Python's numbers, products go
    through the method `dot`, which has less overhead than `np.dot` and `@`, and 1/m is multiplied into δ of the
    output.
    """

    rows = True

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        sizes, m = case.sizes, case.batch
        self.one = np.array(1, np.float32)
        self.rate, self.scale = np.array(RATE, np.float32), np.array(1 / m, np.float32)
        shapes = [(m, 1 + s) if self.rows else (1 + s, m) for s in sizes]
        self.A = [np.ones(shape, np.float32) for shape in shapes]
        if not self.rows:  # examples come as rows, and stay so where they are read
            self.A[0] = np.ones((m, 1 + sizes[0]), np.float32).T
        self.Z = [np.zeros((m, s) if self.rows else (s, m), np.float32) for s in sizes[1:]]
        # Θᵀδ into an array with a row for the bias unit: numpy would copy Θ to leave out its column 0.
        self.errors = [np.zeros((m, s) if self.rows else (1 + s, m), np.float32) for s in sizes[1:]]
        self.delta = [error if self.rows else error[1:] for error in self.errors]
        self.spare = [np.empty_like(z) for z in self.Z]
        Theta = case.parameters()
        self.Theta: list[Array] = [np.ascontiguousarray(theta.T) for theta in Theta] if self.rows else Theta
        # One vector for all gradients, so that the update is two calls.
        self.theta = np.concatenate([theta.ravel() for theta in self.Theta])
        self.gradient = np.empty_like(self.theta)
        self.Theta, self.D = self._views(self.theta), self._views(self.gradient)
        self.x = np.empty((m, sizes[0]), np.float32)
        self.y = np.empty((m, sizes[-1]), np.float32)

    def _views(self, vector: Array) -> list[Array]:
        views, start = [], 0
        for theta in self.Theta:
            views.append(vector[start : start + theta.size].reshape(theta.shape))
            start += theta.size
        return views

    def epochs(self, count: int, shuffle: bool = True) -> None:
        step = self._steps()
        X, Y, x, y, m = self.X, self.Y, self.x, self.y, self.case.batch
        for _ in range(count):
            order = self.order(shuffle)
            for start in range(0, self.case.examples, m):
                rows = order[start : start + m]
                X.take(rows, 0, x, "clip")
                Y.take(rows, 0, y, "clip")
                step()

    def _steps(self) -> Callable[[], None]:
        """Return one step as a function without arguments, every array and view at hand."""
        multiply, add, subtract, exp = np.multiply, np.add, np.subtract, np.exp
        negative, divide = np.negative, np.divide
        rows, one, rate, scale = self.rows, self.one, self.rate, self.scale
        inputs = self.A[0][:, 1:] if rows else self.A[0].T[:, 1:]
        x, y = self.x, self.y if rows else self.y.T
        theta, gradient = self.theta, self.gradient
        forward = []
        for A, Theta, Z, A_next in zip(self.A, self.Theta, self.Z, self.A[1:], strict=False):
            a = A_next[:, 1:] if rows else A_next[1:]
            forward.append((A, Theta, Z, a) if rows else (Theta, A, Z, a))
        backward = []
        for layer in reversed(range(len(self.Theta))):
            A, Theta, D, delta = self.A[layer], self.Theta[layer], self.D[layer], self.delta[layer]
            if rows:
                products = (A.T, delta, D), (delta, Theta[1:].T, self.delta[layer - 1])
            else:
                products = (delta, A.T, D), (Theta.T, delta, self.errors[layer - 1])
            a = A[:, 1:] if rows else A[1:]
            backward.append((*products, self.delta[layer - 1], a, self.spare[layer - 1], layer > 0))
        h = self.A[-1][:, 1:] if rows else self.A[-1][1:]
        last = self.delta[-1]

        def step() -> None:
            inputs[...] = x
            for left, right, z, a in forward:
                left.dot(right, z)
                negative(z, z)
                exp(z, z)
                add(z, one, z)
                divide(one, z, a)
            subtract(h, y, last)
            multiply(last, scale, last)
            for (left, right, D), (first, second, error), delta, a, spare, hidden in backward:
                left.dot(right, D)
                if hidden:
                    first.dot(second, error)
                    subtract(one, a, spare)
                    multiply(spare, a, spare)
                    multiply(delta, spare, delta)
            multiply(gradient, rate, gradient)
            subtract(theta, gradient, theta)

        return step

    def thetas(self) -> list[Array]:
        return [theta.T if self.rows else theta for theta in self.Theta]


class HandWrittenColumns(HandWritten):
    """The same with a column per example."""

    rows = False


class Products(HandWritten):
    """The matrix products of the hand-written step, and nothing else; a row per example."""

    def epochs(self, count: int, shuffle: bool = True) -> None:
        rows = self.rows
        calls = []
        for A, Theta, Z in zip(self.A, self.Theta, self.Z, strict=False):
            calls.append((A, Theta, Z) if rows else (Theta, A, Z))
        for layer in reversed(range(len(self.Theta))):
            A, Theta, D, delta = self.A[layer], self.Theta[layer], self.D[layer], self.delta[layer]
            calls.append((A.T, delta, D) if rows else (delta, A.T, D))
            if layer > 0:
                calls.append(
                    (delta, Theta[1:].T, self.delta[layer - 1]) if rows else (Theta.T, delta, self.errors[layer - 1])
                )
        for _ in range(count * self.case.steps):
            for left, right, out in calls:
                left.dot(right, out)


class ProductsColumns(Products):
    """The same with a column per example."""

    rows = False


class TorchEager(Contender):
    """PyTorch as its tutorials write it: Sequential, BCEWithLogitsLoss, SGD."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        import torch

        self.torch = torch
        torch.manual_seed(0)
        layers: list[Any] = []
        for theta in case.parameters():
            linear = torch.nn.Linear(theta.shape[1] - 1, theta.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(np.ascontiguousarray(theta[:, 1:])))
                linear.bias.copy_(torch.from_numpy(np.ascontiguousarray(theta[:, 0])))
            layers += [linear, torch.nn.Sigmoid()]
        self.model: Any = torch.nn.Sequential(*layers[:-1])
        self.linears = layers[::2]
        self.loss: Any = torch.nn.BCEWithLogitsLoss(reduction="sum")
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=RATE / case.batch)
        self.inputs, self.targets = torch.from_numpy(self.X), torch.from_numpy(self.Y)

    def epochs(self, count: int, shuffle: bool = True) -> None:
        torch, m = self.torch, self.case.batch
        for _ in range(count):
            order = torch.randperm(self.case.examples) if shuffle else torch.arange(self.case.examples)
            for start in range(0, self.case.examples, m):
                rows = order[start : start + m]
                self.step(self.inputs[rows], self.targets[rows])

    def step(self, x: Any, y: Any) -> None:
        self.optimizer.zero_grad()
        self.loss(self.model(x), y).backward()
        self.optimizer.step()

    def thetas(self) -> list[Array]:
        return [
            np.hstack([linear.bias.detach().numpy()[:, None], linear.weight.detach().numpy()])
            for linear in self.linears
        ]


class TorchCompiled(TorchEager):
    """The same with model and loss through torch.compile."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        model, loss = self.model, self.loss
        compiled = self.torch.compile(lambda x, y: loss(model(x), y))
        self.model, self.loss = (lambda x: x), compiled


class JaxJit(Contender):
    """JAX: one jitted function per step, parameters given back to it to be overwritten."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp = jax, jnp
        self.inputs, self.targets = jnp.asarray(self.X), jnp.asarray(self.Y)
        self.state = [(jnp.asarray(theta[:, 1:].T), jnp.asarray(theta[:, 0])) for theta in case.parameters()]

        def cost(state: Any, x: Any, y: Any) -> Any:
            for weights, bias in state[:-1]:
                x = jax.nn.sigmoid(x @ weights + bias)
            z = x @ state[-1][0] + state[-1][1]
            return (jax.nn.softplus(z) - y * z).sum() / len(x)

        def step(state: Any, X: Any, Y: Any, rows: Any) -> Any:
            gradient = jax.grad(cost)(state, X[rows], Y[rows])
            return jax.tree.map(lambda theta, g: theta - RATE * g, state, gradient)

        self.step = jax.jit(step, donate_argnums=0)

    def epochs(self, count: int, shuffle: bool = True) -> None:
        m, step, state = self.case.batch, self.step, self.state
        for _ in range(count):
            order = self.order(shuffle).astype(np.int32)
            for start in range(0, self.case.examples, m):
                state = step(state, self.inputs, self.targets, order[start : start + m])
        self.state = self.jax.block_until_ready(state)

    def thetas(self) -> list[Array]:
        return [np.hstack([np.asarray(bias)[:, None], np.asarray(weights).T]) for weights, bias in self.state]


class ScikitLearn(Contender):
    """MLPClassifier.partial_fit on several labels, which is one-vs-all cross entropy; one call per epoch."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        from sklearn.neural_network import MLPClassifier

        self.model = MLPClassifier(
            case.sizes[1:-1], activation="logistic", solver="sgd", alpha=0, momentum=0,
            nesterovs_momentum=False, learning_rate_init=RATE, batch_size=case.batch, random_state=0,
        )  # fmt: skip
        self.labels = self.Y.astype(np.int64)
        self.model.partial_fit(self.X, self.labels, classes=np.arange(case.sizes[-1]))
        for theta, weights, bias in zip(case.parameters(), self.model.coefs_, self.model.intercepts_, strict=True):
            weights[...], bias[...] = theta[:, 1:].T, theta[:, 0]

    def epochs(self, count: int, shuffle: bool = True) -> None:
        self.model.shuffle = shuffle
        for _ in range(count):
            self.model.partial_fit(self.X, self.labels)

    def thetas(self) -> list[Array]:
        return [
            np.hstack([bias[:, None], weights.T])
            for weights, bias in zip(self.model.coefs_, self.model.intercepts_, strict=True)
        ]


class Micrograd(Contender):
    """micrograd's scalar engine: relu units and squared error, since it has neither sigmoid nor logarithm."""

    share = 50

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        from micrograd.engine import Value
        from micrograd.nn import MLP

        self.value = Value
        self.model = MLP(case.sizes[0], list(case.sizes[1:]))

    def thetas(self) -> list[Array]:
        return []

    def epochs(self, count: int, shuffle: bool = True) -> None:
        m = self.case.batch
        for _ in range(count):
            order = self.order(shuffle)
            for start in range(0, max(m, self.case.examples // self.share), m):
                rows = order[start : start + m]
                total = self.value(0.0)
                for x, y in zip(self.X[rows].tolist(), self.Y[rows].tolist(), strict=True):
                    for a, target in zip(self.model(x), y, strict=True):
                        total = total + (a - target) ** 2
                self.model.zero_grad()
                (total * (0.5 / m)).backward()
                for parameter in self.model.parameters():
                    parameter.data -= RATE * parameter.grad


CONTENDERS: dict[str, type[Contender]] = {
    "minigraph": Minigraph,
    "numpy rows": HandWritten,
    "numpy columns": HandWrittenColumns,
    "products rows": Products,
    "products columns": ProductsColumns,
    "torch": TorchEager,
    "torch.compile": TorchCompiled,
    "jax": JaxJit,
    "scikit-learn": ScikitLearn,
    "micrograd": Micrograd,
}


def serve(name: str) -> None:
    """Answer requests on standard input: a case as JSON, `check`, or a number of epochs to train and to time."""
    contender = None
    for request in sys.stdin:
        if request.startswith("["):
            sizes, batch, examples = json.loads(request)
            contender = CONTENDERS[name](Case(tuple(sizes), batch, examples))
            print("ready", flush=True)
            continue
        assert contender is not None
        if request.strip() == "check":
            contender.epochs(1, shuffle=False)
            print(" ".join(f"{np.float64(theta.sum()):.9g}" for theta in contender.thetas()), flush=True)
        else:
            print(contender.time(int(request)), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])

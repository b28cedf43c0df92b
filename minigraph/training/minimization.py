"""`minimize`: training on the whole training set with SciPy's optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.base.arrays import Array, integer
from minigraph.base.extras import require
from minigraph.engine.objective import Objective
from minigraph.errors import ArgumentError, NonFiniteError, nearest
from minigraph.network.checks import Data, check_inputs, check_targets, check_weights
from minigraph.network.network import AnyNetwork
from minigraph.training.interrupt import DeferredInterrupt
from minigraph.training.progress import Progress, progress_for

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

Method: TypeAlias = Literal["BFGS", "L-BFGS-B", "CG", "TNC", "Newton-CG", "trust-constr"]
"""SciPy's methods that require only the gradient."""
MinimizeCallback: TypeAlias = Callable[[NDArray[np.float64], float], object]
"""Called after each iteration with θ and J; raise StopIteration to stop."""


def minimize(
    net: AnyNetwork,
    X: Data,
    Y: Data,
    method: Method = "L-BFGS-B",
    maxiter: int = 200,
    progress: bool = False,
    *,
    sample_weight: ArrayLike | None = None,
    callback: MinimizeCallback | None = None,
    tolerance: float | None = None,
) -> OptimizeResult:
    """Minimize J(Θ) over the whole training set, like the lecture with fminunc; requires the extra `scipy`.

    Dropout is off, since these methods require a deterministic J. The weights of absent links stay 0. The
    network ends with the parameters of the smallest J found, even after Ctrl-C, which raises KeyboardInterrupt
    after the current evaluation. In float32 the gradient is not accurate enough for Newton-CG, which takes
    differences of it.

    Args:
        net: the network; afterwards its z, a and δ are stale.
        X: inputs as in `net.forward`.
        Y: targets as in `net.backward`.
        method: method of SciPy.
        maxiter: maximum number of iterations, at least 1.
        progress: show iterations and J (as a bar with the extra `progress`).
        sample_weight: (m,), example weights >= 0.
        callback: called after each iteration with θ and J; StopIteration ends the search.
        tolerance: termination tolerance, SciPy's `tol`; None means the default of the method.

    Returns:
        SciPy's OptimizeResult. Its `x` and `fun` are those of the method; the network's parameters have a
        smaller J if the method passed through one.

    Raises:
        ShapeError, NonFiniteDataError, ArgumentError: an argument is invalid; nothing has changed.
        NonFiniteError: J or the gradient is not finite at the start; nothing has changed.
        MissingExtraError: SciPy is not installed.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 4, 1], activation="tanh", seed=0)
    >>> result = mg.minimize(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    >>> bool(result.fun < 1e-3), net.predict([[0, 1], [1, 1]]).round().tolist()
    (True, [[1.0], [0.0]])
    """
    if method not in get_args(Method):
        raise ArgumentError(
            f"method: received {method!r}, expected one that needs only the gradient{nearest(method, get_args(Method))}"
        )
    maxiter = integer(maxiter, "maxiter")
    arrays = check_inputs(net, X).arrays
    targets = [y.T for y in check_targets(net, Y, len(arrays[0])).arrays]
    search = _Search(net, arrays, targets, check_weights(sample_weight, len(arrays[0])))
    require("scipy", "scipy")
    from scipy import optimize

    start = np.asarray(net.unroll(), np.float64)
    search.evaluate(start, must_be_finite=True)
    watch = _Watch(search, progress_for(progress, maxiter, 1, len(arrays[0]), 0), callback)
    try:
        with DeferredInterrupt() as search.interrupt:
            try:
                result: OptimizeResult = optimize.minimize(  # type: ignore[call-overload]
                    search.evaluate, start, method=method, jac=True, tol=tolerance,
                    options={"maxfun" if method == "TNC" else "maxiter": maxiter},
                    callback=watch.after_point if method == "TNC" else watch.after_iteration,
                )  # fmt: skip
            except _Stopped as reason:
                result = optimize.OptimizeResult()
                result.update(
                    x=search.best.astype(np.float64), fun=search.best_J, success=False, status=99,
                    nit=watch.iterations, message=str(reason),
                )  # fmt: skip
    finally:
        net.engine.assign(search.best)
        watch.progress.close()
    return result


class _Stopped(Exception):
    """Exits SciPy in the middle of an iteration, since not all methods let their callback end the search."""


class _Search:
    """J and its gradient for SciPy, and the best point found."""

    interrupt: DeferredInterrupt | None = None

    def __init__(self, net: AnyNetwork, inputs: list[Array], targets: list[Array], weights: Array | None) -> None:
        self._engine = net.engine
        self._inputs, self._objective = inputs, Objective(targets, net.l2, weights)
        self.best = net.unroll()
        self.best_J = self.last_J = math.inf

    def evaluate(self, theta: NDArray[np.float64], must_be_finite: bool = False) -> tuple[float, NDArray[np.float64]]:
        """Return J and ∂J/∂θ; infinity on overflow, so that a line search backtracks."""
        if self.interrupt is not None and self.interrupt.pending:
            raise _Stopped("interrupted")
        engine = self._engine
        try:
            engine.assign(theta)
            engine.forward(self._inputs, None)
            self.last_J = engine.cost(self._objective)
            engine.backward(self._objective)
        except NonFiniteError:
            if must_be_finite:
                engine.assign(self.best)
                raise
            return math.inf, np.zeros_like(theta)
        if self.last_J < self.best_J:
            self.best_J = self.last_J
            self.best[:] = engine.parameters.vector
        return self.last_J, engine.parameters.gradient_vector.astype(np.float64)


class _Watch:
    """Progress and the user's callback after each iteration."""

    def __init__(self, search: _Search, progress: Progress, callback: MinimizeCallback | None) -> None:
        self.progress = progress
        self.iterations = 0
        self._search = search
        self._callback = callback

    def after_iteration(self, intermediate_result: OptimizeResult) -> None:
        """Callback for all methods but TNC; SciPy requires this argument name."""
        self._after(np.array(intermediate_result.x), float(intermediate_result.fun))

    def after_point(self, x: NDArray[np.float64]) -> None:
        """Callback for TNC, which does not pass J: the smallest so far was evaluated at this point."""
        self._after(np.array(x), self._search.best_J)

    def _after(self, theta: NDArray[np.float64], J: float) -> None:
        self.iterations += 1
        self.progress.steps(1, J)
        self.progress.epoch(self.iterations, {"J": J})
        if self._callback is not None:
            try:
                self._callback(theta, J)
            except StopIteration:
                raise _Stopped("`callback` raised `StopIteration`.") from None

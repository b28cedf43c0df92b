"""`minimize` against SciPy called directly, and what it leaves behind."""

import os
import signal
import sys
from typing import get_args

import numpy as np
import pytest
from scipy import optimize

import minigraph as mg
from minigraph.training.minimization import Method

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 4))
Y = np.eye(3)[np.clip(np.abs(X[:, 0] * 2), 0, 2).astype(int)]
METHODS: tuple[Method, ...] = get_args(Method)


def network(**options: object) -> mg.Network[mg.Array]:
    return mg.mlp([4, 5, 3], seed=0, **{"l2": 0.5, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
def test_the_result_is_scipys_own(method: Method) -> None:
    net, twin = network(), network()

    def J(theta: mg.Array) -> tuple[float, mg.Array]:
        twin.assign(theta)
        return twin.cost_and_gradient(X, Y)

    result = mg.minimize(net, X, Y, method, maxiter=15)
    option = "maxfun" if method == "TNC" else "maxiter"
    start = np.asarray(twin.unroll(), np.float64)
    expected = optimize.minimize(J, start, jac=True, method=method, options={option: 15})  # type: ignore[call-overload]
    assert isinstance(result, optimize.OptimizeResult)
    assert result.fun == pytest.approx(expected.fun, rel=1e-12)
    np.testing.assert_allclose(result.x, expected.x, rtol=1e-9, atol=1e-12)
    assert net.cost(X, Y) <= result.fun * (1 + 1e-14)
    assert net.cost(X, Y) < 0.9 * network().cost(X, Y)


def test_logistic_regression_ends_at_the_minimum() -> None:
    net = mg.mlp([4, 3], l2=1.0, initializer=mg.Zeros())
    mg.minimize(net, X, Y, "BFGS", maxiter=500)
    _, D = net.cost_and_gradient(X, Y)
    assert np.abs(D).max() < 1e-5


def test_the_network_keeps_the_best_point_met() -> None:
    net = network()
    seen: list[float] = []
    mg.minimize(net, X, Y, "CG", maxiter=20, callback=lambda theta, J: seen.append(J))
    assert len(seen) == 20
    assert net.cost(X, Y) == pytest.approx(min(seen), rel=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_stop_iteration_ends_the_search_at_the_best_point(method: Method) -> None:
    count = 0

    def stop(theta: mg.Array, J: float) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise StopIteration

    net = network()
    result = mg.minimize(net, X, Y, method, callback=stop)
    assert (count, result.nit, result.success) == (3, 3, False)
    assert net.cost(X, Y) == pytest.approx(result.fun, rel=1e-13)
    np.testing.assert_array_equal(net.unroll(), result.x)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
@pytest.mark.parametrize("method", METHODS)
def test_ctrl_c_keeps_the_best_point(method: Method) -> None:
    best: list[float] = []

    def interrupt(theta: mg.Array, J: float) -> None:
        best.append(J)
        if len(best) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    net = network()
    start = net.cost(X, Y)
    with pytest.raises(KeyboardInterrupt):
        mg.minimize(net, X, Y, method, callback=interrupt)
    assert len(best) == 3
    assert net.cost(X, Y) <= min(best) * (1 + 1e-13) < start
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_links_float32_weights_and_several_outputs() -> None:
    x = mg.Input(4)
    h = mg.Dense(3, "tanh", links=np.tri(3, 4))(x)
    net = mg.Network(x, [mg.Dense(1, name="p")(h), mg.Dense(2, "identity", name="q")(h)],
                     cost=["cross_entropy", "squared_error"], dtype="float32", seed=0)  # fmt: skip
    weights, targets = RNG.random(60), [Y[:, 0], X[:, :2]]
    before = net.cost(X, targets, weights)
    result = mg.minimize(net, X, targets, maxiter=30, sample_weight=weights)
    assert net.cost(X, targets, weights) == pytest.approx(result.fun, rel=1e-6)
    assert result.fun < 0.5 * before
    assert (net.layers[0].parameters()[:, 1:][np.tri(3, 4) == 0] == 0).all()


def test_a_line_search_that_overflows_turns_back() -> None:
    net = mg.mlp([4, 5, 3], "relu", cost="squared_error", dtype="float32", seed=0)
    before = net.cost(X * 1e9, Y)
    mg.minimize(net, X * 1e9, Y, "BFGS", maxiter=5)
    assert np.isfinite(net.unroll()).all()
    assert net.cost(X * 1e9, Y) <= before


def test_bad_arguments_and_a_bad_start_change_nothing() -> None:
    net = network()
    with pytest.raises(mg.ArgumentError, match=r"method: received 'LBFGSB'.*did you mean 'L-BFGS-B'"):
        mg.minimize(net, X, Y, "LBFGSB")  # type: ignore[arg-type]
    with pytest.raises(mg.ArgumentError, match="maxiter: received 0"):
        mg.minimize(net, X, Y, maxiter=0)
    net = mg.mlp([4, 3], "identity", cost="squared_error", initializer=mg.Constant(1e300))
    before = net.unroll()
    with pytest.raises(mg.NonFiniteError):
        mg.minimize(net, X, Y)
    np.testing.assert_array_equal(net.unroll(), before)


def test_progress_is_shown_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    mg.minimize(network(), X, Y, maxiter=3)
    assert capsys.readouterr() == ("", "")
    mg.minimize(network(), X, Y, maxiter=3, progress=True)
    assert "3/3  J " in capsys.readouterr().err

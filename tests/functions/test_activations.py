"""Activations by themselves: value, vjp, extremes; how they do inside a network is in test_autodiff and test_costs."""

import re
import warnings
from typing import get_args

import mpmath
import numpy as np
import pytest
import scipy.special

import minigraph as mg
from minigraph import Activation, ActivationName, Array
from minigraph.functions.activations import ACTIVATIONS, as_activation

Z = np.concatenate([np.linspace(-8, 8, 41), [-1e-9, 1e-9, -40, 40, 700, -700]])[None, :]
FORMULAS: dict[ActivationName, Array] = {
    "sigmoid": scipy.special.expit(Z),
    "tanh": np.tanh(Z),
    "relu": np.where(Z > 0, Z, 0),
    "leaky_relu": np.where(Z > 0, Z, 0.01 * Z),
    "elu": np.where(Z > 0, Z, np.expm1(np.minimum(Z, 0))),
    "softplus": np.log1p(np.exp(-np.abs(Z))) + np.maximum(Z, 0),
    "silu": Z * scipy.special.expit(Z),
    "gelu": Z * scipy.special.ndtr(Z),
    "identity": Z,
    "softmax": np.ones_like(Z),
}


def value(activation: Activation, z: Array) -> Array:
    a, scratch = np.full_like(z, np.nan), np.full_like(z, np.nan)
    with np.errstate(all="ignore"):
        activation.value(z, a, scratch)
    return a


def vjp(activation: Activation, z: Array, error: Array) -> Array:
    result, scratch = error.copy(), np.full_like(z, np.nan)
    with np.errstate(all="ignore"):
        activation.vjp(z, value(activation, z), result, scratch)
    return result


@pytest.mark.parametrize("name", get_args(ActivationName))
def test_value_is_the_formula(name: ActivationName) -> None:
    np.testing.assert_allclose(value(ACTIVATIONS[name], Z), FORMULAS[name], rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("name", get_args(ActivationName))
def test_vjp_is_the_transposed_jacobian(name: ActivationName) -> None:
    """Each column of the Jacobian by the complex step's poorer cousin, central differences."""
    generator = np.random.default_rng(1)
    z: Array = generator.normal(size=(4, 5)) * 2
    error = generator.normal(size=(4, 5))
    step = 1e-5
    expected: Array = np.zeros_like(z)
    for j in range(4):
        nudge = np.zeros_like(z)
        nudge[j] = step
        slope = (value(ACTIVATIONS[name], z + nudge) - value(ACTIVATIONS[name], z - nudge)) / (2 * step)
        expected[j] = (slope * error).sum(axis=0)
    np.testing.assert_allclose(vjp(ACTIVATIONS[name], z, error), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", get_args(ActivationName))
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_finite_and_quiet_at_a_thousand(name: ActivationName, dtype: type) -> None:
    z: Array = np.array([[-1000, 1000, 0, 1000], [1000, -1000, 0, 1000]], dtype=dtype)
    a = value(ACTIVATIONS[name], z)
    assert a.dtype == dtype
    assert np.isfinite(a).all()
    assert np.isfinite(vjp(ACTIVATIONS[name], z, np.ones_like(z))).all()
    x = mg.Input(2)
    net = mg.Network(x, mg.Activate(name)(x), cost="squared_error", dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(net.forward(z.T), a.T)
        net.backward(np.zeros((4, 2)))


def test_softmax_is_a_distribution_and_does_not_feel_a_shift() -> None:
    z = np.random.default_rng(0).normal(size=(5, 7)) * 10
    a = value(ACTIVATIONS["softmax"], z)
    np.testing.assert_allclose(a.sum(axis=0), 1, rtol=1e-15)
    np.testing.assert_allclose(value(ACTIVATIONS["softmax"], z + 999), a, rtol=1e-12)
    np.testing.assert_allclose(a, scipy.special.softmax(z, axis=0), rtol=1e-14)


@pytest.mark.parametrize("name", get_args(ActivationName))
def test_logarithms_are_those_of_the_value(name: ActivationName) -> None:
    z = np.array([[0.05, 0.3, 0.4], [0.2, 0.35, 0.01], [-0.5, 0.1, 0.2]])
    activation = ACTIVATIONS[name]
    if name not in ("sigmoid", "softmax", "softplus"):
        z = np.abs(z)
    a = value(activation, z)
    assert ((a > 0) & (a < 1)).all()
    np.testing.assert_allclose(activation.log(z, a), np.log(a), rtol=1e-13)
    np.testing.assert_allclose(activation.log_complement(z, a), np.log(1 - a), rtol=1e-13)
    error = np.random.default_rng(0).normal(size=z.shape)
    for by_log, outer in ((activation.log_vjp, 1 / a), (activation.log_complement_vjp, 1 / (a - 1))):
        result = error.copy()
        by_log(z, a, result, np.empty_like(z))
        np.testing.assert_allclose(result, vjp(activation, z, error * outer), rtol=1e-12)


def test_softmax_of_one_unit_costs_nothing() -> None:
    x = mg.Input(1)
    net = mg.Network(x, mg.Activate("softmax")(x), cost="cross_entropy")
    assert net.cost([[5.0]], [[1.0]]) == 0
    net.forward([[5.0]])
    net.backward([[1.0]])
    assert net.nodes[-1].delta.tolist() == [[0.0]]


def test_slope_of_the_leaky_relu() -> None:
    leaky = mg.LeakyRelu(0.25)
    assert value(leaky, np.array([[-4.0, 0.0, 4.0]])).tolist() == [[-1, 0, 4]]
    assert vjp(leaky, np.array([[-4.0, 0.0, 4.0]]), np.ones((1, 3))).tolist() == [[0.25, 0.25, 1]]
    assert repr(leaky) == "LeakyRelu(slope=0.25)"
    for slope in (0, 1, -0.1, float("nan"), "0.1", None):
        with pytest.raises(mg.ArgumentError, match=re.escape(f"slope: received {slope!r}, expected 0 < slope < 1")):
            mg.LeakyRelu(slope)  # type: ignore[arg-type]


def test_softmax_of_one_unit_sends_no_error_back() -> None:
    z, error = np.array([[-3.0, 0.0, 800.0]]), np.array([[1.0, -2.0, 5.0]])
    assert value(ACTIVATIONS["softmax"], z).tolist() == [[1, 1, 1]]
    assert vjp(ACTIVATIONS["softmax"], z, error).tolist() == [[0, 0, 0]]


def test_the_logarithm_of_softplus_below_its_underflow_and_around_the_change_of_formula() -> None:
    """log log(1 + e^z) and its derivative, by mpmath; z itself underflows e^z from −745 on."""
    z = np.concatenate([np.linspace(-31, -28, 61), np.linspace(-40, 5, 46), [-1000.0]])[None, :]
    softplus, a, error = ACTIVATIONS["softplus"], value(ACTIVATIONS["softplus"], z), np.ones_like(z)
    softplus.log_vjp(z, a, error, np.full_like(z, np.nan))
    with mpmath.workdps(460):
        exact = [mpmath.log1p(mpmath.exp(each)) for each in z[0].tolist()]
        logarithms = [float(mpmath.log(each)) for each in exact]
        slopes = [float((1 - mpmath.exp(-each)) / each) for each in exact]
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(softplus.log(z, a)[0], logarithms, rtol=1e-14)
    np.testing.assert_allclose(error[0], slopes, rtol=2e-13)


@pytest.mark.parametrize("name", get_args(ActivationName))
def test_what_an_activation_says_of_itself_is_what_its_numbers_do(name: ActivationName) -> None:
    activation = ACTIVATIONS[name]
    z = np.concatenate([Z, Z + 0.3])
    a, other = value(activation, z), value(activation, z + np.array([[0], [1]]))
    assert activation.elementwise == np.array_equal(a[0], other[0])
    assert activation.bounded == (np.abs(a) <= np.abs(z) + 1).all()
    sides = vjp(activation, np.array([[-1e-9], [1e-9]]), np.array([[1.0], [1.0]]))
    assert activation.kinked == (abs(sides[1, 0] - sides[0, 0]) > 0.1)


class Cubed(Activation):
    """z³, of which nothing is said."""

    def value(self, z: Array, a: Array, scratch: Array) -> None:
        np.power(z, 3, out=a)

    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        error *= 3 * z**2


class SteepSigmoid(mg.Sigmoid):
    """σ(3z): what Sigmoid knows of its own z does not hold here."""

    def value(self, z: Array, a: Array, scratch: Array) -> None:
        np.copyto(a, scipy.special.expit(3 * z))

    def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
        error *= 3 * a * (1 - a)


class Renamed(mg.Relu):
    name = "renamed"


def test_nothing_is_taken_for_granted_of_a_custom_activation() -> None:
    for custom in (Cubed(), SteepSigmoid()):
        assert (custom.kinked, custom.elementwise, custom.bounded) == (False, False, False)
    assert (Renamed.kinked, Renamed.elementwise, Renamed.bounded) == (True, True, True)
    x = mg.Input(1)
    net = mg.Network(x, mg.Activate("identity")(mg.Activate(Cubed(), name="cubed")(x)), cost="squared_error")
    with pytest.raises(mg.NonFiniteError, match="cubed"):
        net.forward([[1e150]])  # z is finite, z³ is not


def test_a_subclass_with_a_value_of_its_own_inherits_no_logarithms() -> None:
    z, steep = np.array([[-0.5, 0.25, 1.0]]), SteepSigmoid()
    a = scipy.special.expit(3 * z)
    np.testing.assert_allclose(steep.log(z, a), np.log(a), rtol=1e-14)
    np.testing.assert_allclose(steep.log_complement(z, a), np.log(1 - a), rtol=1e-14)
    for by_log, slope in ((steep.log_vjp, 3 * (1 - a)), (steep.log_complement_vjp, -3 * a)):
        error = np.ones_like(z)
        by_log(z, a, error, np.empty_like(z))
        np.testing.assert_allclose(error, slope, rtol=1e-14)


def test_a_class_must_have_a_value_and_a_vjp_and_takes_no_unknown_argument() -> None:
    for method in ("value", "vjp"):
        half = type("Half", (Activation,), {method: getattr(Cubed, method)})
        with pytest.raises(TypeError, match="abstract"):
            half()
    with pytest.raises(TypeError, match="takes no keyword arguments"):
        type("Misspelt", (Cubed,), {}, elemntwise=True)


def test_a_not_a_number_is_not_hidden() -> None:
    for name, activation in ACTIVATIONS.items():
        assert np.isnan(value(activation, np.full((2, 1), np.nan))).all(), name


def test_names_and_nearest_choice() -> None:
    for name in get_args(ActivationName):
        assert as_activation(name) is ACTIVATIONS[name]
        assert ACTIVATIONS[name].name == name
    with pytest.raises(mg.ArgumentError, match=r"activation: received 'sigmod'.* did you mean 'sigmoid'\?"):
        as_activation("sigmod")  # type: ignore[arg-type]
    for wrong in (mg.Tanh, None, 3, ["tanh"]):
        with pytest.raises(mg.ArgumentError, match=r"g: received .*, expected an Activation or a name"):
            as_activation(wrong, "g")  # type: ignore[arg-type]


def test_custom_activation() -> None:
    """A softsign without any knowledge of logarithms works with every cost where it is inside its domain."""

    class Softsign(Activation):
        name = "softsign"

        def value(self, z: Array, a: Array, scratch: Array) -> None:
            np.divide(z, 1 + np.abs(z), out=a)

        def vjp(self, z: Array, a: Array, error: Array, scratch: Array) -> None:
            error /= (1 + np.abs(z)) ** 2

    X = np.random.default_rng(0).uniform(0.5, 1.5, size=(4, 2))
    for cost in get_args(mg.CostName):
        net = mg.mlp([2, 3, 2], Softsign(), Softsign(), cost=cost, initializer=mg.Constant(0.2))
        check = mg.check_gradient(net, X, [[0.3, 0.7]] * 4)
        assert check.passed, str(check)

"""A 2-2-2-1 network with two examples, every number of which is worked out on paper.

The entries of Θ are multiples of ln 3 and ln 2, since σ(±ln 3) = 3/4, 1/4; σ(±ln 2) = 2/3, 1/3;
σ(2 ln 2) = 4/5; σ(0) = 1/2.
"""

from math import log

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import ArrayLike

import minigraph as mg

LN2, LN3 = log(2), log(3)

X = [[1.0, 2.0], [-3.0, -4.0]]
Y = [[1.0], [0.0]]
L2 = 3.0  # λ; m = 2

THETA_1 = LN3 * np.array([[1.0, 2.0, -1.0], [0.0, 1.0, -1.0]])
THETA_2 = LN2 * np.array([[0.0, 1.0, 1.0], [-5 / 2, 1.0, 3.0]])
THETA_3 = LN2 * np.array([[2.0, 3.0, -6.0]])


@pytest.fixture
def net() -> mg.Network[mg.Array]:
    x = mg.Input(2)
    h = mg.Dense(2)(mg.Dense(2)(x))
    net = mg.Network(x, mg.Dense(1)(h), l2=L2)
    net.assign(mg.unroll([THETA_1, THETA_2, THETA_3]))
    net.forward(X)
    net.backward(Y)
    return net


def close(found: mg.Array, expected: ArrayLike) -> None:
    assert_allclose(found, np.asarray(expected, dtype=np.float64), rtol=1e-14, atol=1e-15)


def test_forward(net: mg.Network[mg.Array]) -> None:
    # z^(2) = Θ^(1) a^(1), first example (1, 2):   (1 + 2·1 − 2) ln 3 = ln 3,      (1 − 2) ln 3 = −ln 3
    #                      second example (−3, −4): (1 − 2·3 + 4) ln 3 = −ln 3,  (−3 + 4) ln 3 = ln 3
    close(net.node(2).z, [[LN3, -LN3], [-LN3, LN3]])
    close(net.node(2).a, [[3 / 4, 1 / 4], [1 / 4, 3 / 4]])
    # z^(3), first:  (3/4 + 1/4) ln 2 = ln 2,  (−5/2 + 3/4 + 3/4) ln 2 = −ln 2
    #        second: (1/4 + 3/4) ln 2 = ln 2,  (−5/2 + 1/4 + 9/4) ln 2 = 0
    close(net.node(3).z, [[LN2, -LN2], [LN2, 0]])
    close(net.node(3).a, [[2 / 3, 1 / 3], [2 / 3, 1 / 2]])
    # z^(4), first:  (2 + 3·2/3 − 6/3) ln 2 = 2 ln 2;  second: (2 + 3·2/3 − 6/2) ln 2 = ln 2
    close(net.node(4).z, [[2 * LN2], [LN2]])
    close(net.node(4).a, [[4 / 5], [2 / 3]])


def test_cost(net: mg.Network[mg.Array]) -> None:
    # cost(1) = −log 4/5 = log 5/4;  cost(2) = −log (1 − 2/3) = log 3;  their sum is log 15/4
    # Σ Θ_ij², j >= 1: ln² 3 (4 + 1 + 1 + 1) + ln² 2 (1 + 1 + 1 + 9) + ln² 2 (9 + 36) = 7 ln² 3 + 57 ln² 2
    # J = (1/2) log 15/4 + 3/(2·2) (7 ln² 3 + 57 ln² 2)
    J = log(15 / 4) / 2 + 3 / 4 * (7 * LN3**2 + 57 * LN2**2)
    assert net.cost(X, Y) == pytest.approx(J, rel=1e-15)
    assert net.cost_and_gradient(X, Y)[0] == pytest.approx(J, rel=1e-15)


def test_deltas(net: mg.Network[mg.Array]) -> None:
    # δ^(4) = a^(4) − y: 4/5 − 1 = −1/5;  2/3 − 0 = 2/3
    close(net.node(4).delta, [[-1 / 5], [2 / 3]])
    # δ^(3) = (Θ^(3)ᵀ δ^(4)) ⊙ a(1 − a), first, with a(1 − a) = (2/9, 2/9):
    #   3 ln 2 · (−1/5) · 2/9 = −2/15 ln 2;  −6 ln 2 · (−1/5) · 2/9 = 4/15 ln 2
    # second, with a(1 − a) = (2/9, 1/4):
    #   3 ln 2 · 2/3 · 2/9 = 4/9 ln 2;       −6 ln 2 · 2/3 · 1/4 = −ln 2
    close(net.node(3).delta, LN2 * np.array([[-2 / 15, 4 / 15], [4 / 9, -1]]))
    # δ^(2), with a(1 − a) = 3/16 for every unit and example:
    #   δ_1^(2) = (Θ_11 δ_1 + Θ_21 δ_2) · 3/16:  (−2/15 + 4/15) · 3/16 = 1/40;    (4/9 − 1) · 3/16 = −5/48
    #   δ_2^(2) = (Θ_12 δ_1 + Θ_22 δ_2) · 3/16:  (−2/15 + 3·4/15) · 3/16 = 1/8;   (4/9 − 3) · 3/16 = −23/48
    #   each times ln² 2: one from Θ^(2), one from δ^(3)
    close(net.node(2).delta, LN2**2 * np.array([[1 / 40, 1 / 8], [-5 / 48, -23 / 48]]))


def test_the_lectures_delta_2_of_layer_2(net: mg.Network[mg.Array]) -> None:
    """δ_2^(2) = (Θ_12^(2) δ_1^(3) + Θ_22^(2) δ_2^(3)) · a_2^(2) (1 − a_2^(2)), read off units and edges."""
    unit = net.node(2).unit(2)
    by_formula = sum(edge.weight * edge.target.delta for edge in unit.outputs) * unit.a * (1 - unit.a)
    assert [edge.weight for edge in unit.outputs] == [THETA_2[0, 2], THETA_2[1, 2]]
    close(np.asarray(by_formula), LN2**2 * np.array([1 / 8, -23 / 48]))
    close(unit.delta, LN2**2 * np.array([1 / 8, -23 / 48]))


# Δ^(3) = Σ δ^(4) (1, a^(3)):
#   −1/5 (1, 2/3, 1/3) + 2/3 (1, 2/3, 1/2) = (−1/5, −2/15, −1/15) + (2/3, 4/9, 1/3)
DELTA_3 = np.array([[7 / 15, 14 / 45, 4 / 15]])
# Δ^(2) = Σ δ^(3) (1, a^(2)), in ln 2:
#   row 1: −2/15 + 4/9 = 14/45;  −2/15·3/4 + 4/9·1/4 = 1/90;  −2/15·1/4 + 4/9·3/4 = 3/10
#   row 2: 4/15 − 1 = −11/15;    4/15·3/4 − 1/4 = −1/20;      4/15·1/4 − 3/4 = −41/60
DELTA_2 = LN2 * np.array([[14 / 45, 1 / 90, 3 / 10], [-11 / 15, -1 / 20, -41 / 60]])
# Δ^(1) = Σ δ^(2) (1, x), in ln² 2:
#   row 1: 1/40 − 5/48 = −19/240;  1/40 + 3·5/48 = 27/80;  2/40 + 4·5/48 = 7/15
#   row 2: 1/8 − 23/48 = −17/48;   1/8 + 3·23/48 = 25/16;  2/8 + 4·23/48 = 13/6
DELTA_1 = LN2**2 * np.array([[-19 / 240, 27 / 80, 7 / 15], [-17 / 48, 25 / 16, 13 / 6]])


def test_accumulators(net: mg.Network[mg.Array]) -> None:
    for layer, expected in zip(net.layers, [DELTA_1, DELTA_2, DELTA_3], strict=True):
        close(layer.accumulator, expected)


def test_gradients(net: mg.Network[mg.Array]) -> None:
    # D_i0 = Δ_i0 / 2;  D_ij = Δ_ij / 2 + (3/2) Θ_ij
    D_3 = np.array([[7 / 30, 7 / 45 + 9 / 2 * LN2, 2 / 15 - 9 * LN2]])
    D_2 = LN2 * np.array([[7 / 45, 1 / 180 + 3 / 2, 3 / 20 + 3 / 2], [-11 / 30, -1 / 40 + 3 / 2, -41 / 120 + 9 / 2]])
    D_1 = LN2**2 / 2 * np.array([[-19 / 240, 27 / 80, 7 / 15], [-17 / 48, 25 / 16, 13 / 6]])
    D_1 += LN3 * np.array([[0, 3, -3 / 2], [0, 3 / 2, -3 / 2]])
    for layer, expected in zip(net.layers, [D_1, D_2, D_3], strict=True):
        close(layer.gradient, expected)
    close(net.cost_and_gradient(X, Y)[1], mg.unroll([D_1, D_2, D_3]))


def test_the_lectures_lambda_without_m_is_another_gradient(net: mg.Network[mg.Array]) -> None:
    """The lecture adds λΘ to D; at this Θ that is far from ∂J/∂Θ, and (λ/m)Θ agrees with it."""
    step, vector = 1e-5, net.unroll()
    nudge = np.eye(vector.size)[1] * step  # Θ^(1)_11
    net.assign(vector + nudge)
    above = net.cost(X, Y)
    net.assign(vector - nudge)
    slope = (above - net.cost(X, Y)) / (2 * step)
    assert DELTA_1[0, 1] / 2 + L2 / 2 * THETA_1[0, 1] == pytest.approx(slope, rel=1e-8)
    assert DELTA_1[0, 1] / 2 + L2 * THETA_1[0, 1] > 1.9 * slope

"""Weights of examples and classes at the edges: what would divide by zero or overflow is refused beforehand."""

import numpy as np
import pytest

import minigraph as mg

X = np.random.default_rng(0).normal(size=(20, 3))
Y = np.eye(2)[np.arange(20) % 2]
HUGE = 10**400

REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "zeros in the validation share": ({"sample_weight": "aside", "validation": 0.2}, "only zeros for validation"),
    "zeros in the rest": ({"sample_weight": "rest", "validation": 0.2}, "only zeros for the training set"),
    "a sum beyond all numbers": ({"sample_weight": np.full(20, 1e308)}, "sample_weight: .*a sum of at most 1e"),
    "one huge weight": ({"sample_weight": np.r_[1e308, np.ones(19)]}, "sample_weight: .*a sum of at most 1e"),
    "huge weights of validation": ({"validation": (X, Y, np.full(20, 1e308))}, r"validation\[2\]: .*a sum of at most"),
    "zeros for validation": ({"validation": (X, Y, np.zeros(20))}, r"validation\[2\]: received only zeros"),
    "a product beyond all numbers": (
        {"sample_weight": np.full(20, 1e100), "class_weight": [1e300, 1]}, "times class_weight: received inf at index 0"
    ),
    "a large product": (
        {"sample_weight": np.full(20, 1e100), "class_weight": [1e60, 1]}, "sample_weight times class_weight: .*a sum"
    ),
    "text by class": ({"class_weight": {0: "heavy"}}, r"class_weight\[0\]: received 'heavy', expected a finite number"),
    "a list by class": ({"class_weight": {1: [2.0]}}, r"class_weight\[1\]: received \[2.0\]"),
    "None by class": ({"class_weight": {1: None}}, r"class_weight\[1\]: received None"),
    "a huge integer by class": ({"class_weight": {0: HUGE}}, r"class_weight\[0\]: .*a finite number >= 0"),
    "infinity by class": ({"class_weight": {0: np.inf}}, r"class_weight\[0\]: received inf"),
    "NaN by class": ({"class_weight": {0: np.nan}}, r"class_weight\[0\]: received nan"),
    "a negative weight": ({"class_weight": [1.0, -1.0]}, r"class_weight\[1\]: received -1.0"),
    "text in a list": ({"class_weight": ["a", "b"]}, "class_weight: received values of type <U1"),
    "a huge integer in a list": ({"class_weight": [HUGE, 1]}, "class_weight: received Python objects"),
    "NaN in a list": ({"class_weight": [np.nan, 1]}, "class_weight: received nan at index 0"),
    "ragged": ({"class_weight": [[1], [1, 2]]}, "class_weight: received a ragged sequence"),
    "a number": ({"class_weight": 3.0}, r"class_weight: received shape \(\), expected \(2,\)"),
    "zeros": ({"class_weight": [0.0, 0.0]}, "class_weight: received only zeros"),
    "a huge integer as a bound": ({"clip_norm": HUGE}, "clip_norm: received an integer beyond"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_anything_has_changed(name: str) -> None:
    options, message = REFUSED[name]
    aside = np.random.default_rng([0, 0]).permutation(20)[:4]
    weights = {"aside": np.ones(20), "rest": np.zeros(20)}
    weights["aside"][aside], weights["rest"][aside] = 0, 1
    if isinstance(given := options.get("sample_weight"), str):
        options = {**options, "sample_weight": weights[given]}
    net = mg.mlp([3, 4, 2], seed=0)
    a = net.forward(X)
    with pytest.raises((mg.ArgumentError, mg.ShapeError), match=message):
        mg.fit(net, X, Y, epochs=2, seed=0, progress=False, **options)  # type: ignore[arg-type]
    np.testing.assert_array_equal(net.nodes[-1].a, a)


def test_only_the_ratios_of_weights_count() -> None:
    nets = [mg.mlp([3, 4, 2], seed=0) for _ in range(3)]
    histories = [
        mg.fit(net, X, Y, epochs=3, seed=0, progress=False, sample_weight=np.arange(20) * scale, record_J=True)
        for net, scale in zip(nets, (1.0, 2.0**-100, 2.0**480), strict=True)
    ]
    for net, history in zip(nets[1:], histories[1:], strict=True):
        np.testing.assert_array_equal(net.unroll(), nets[0].unroll())
        assert history["J"] == histories[0]["J"]


def test_a_class_without_weight_of_its_own_counts_once() -> None:
    nets = [mg.mlp([3, 4, 2], seed=0) for _ in range(2)]
    mg.fit(nets[0], X, Y, epochs=2, seed=0, progress=False, class_weight={1: 3})
    mg.fit(nets[1], X, Y, epochs=2, seed=0, progress=False, sample_weight=np.where(Y[:, 1] == 1, 3, 1))
    np.testing.assert_array_equal(nets[0].unroll(), nets[1].unroll())

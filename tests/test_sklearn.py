"""Networks as scikit-learn estimators: its own checks, and what they do not ask."""

import math
import os
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris, load_wine, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import minigraph as mg
from minigraph.sklearn import NetworkClassifier, NetworkEstimator, NetworkRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Check = Callable[[object], None]


@pytest.fixture(scope="module")
def iris() -> tuple[pd.DataFrame, NDArray[np.str_]]:
    """Standardized features under their names, and the names of the species."""
    data = load_iris(as_frame=True)
    X = (data.data - data.data.mean()) / data.data.std()
    return X, np.asarray(data.target_names)[data.target].astype(str)


@pytest.fixture(scope="module")
def fitted(iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> NetworkClassifier:
    return NetworkClassifier((5,), optimizer=mg.Adam(0.02), max_iter=100, random_state=0).fit(*iris)


def checks_that_cannot_hold(estimator: NetworkEstimator) -> dict[str, str]:
    """A repeated example may be set aside once and trained on once; an example of weight 2 may not."""
    names = [f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")]
    return dict.fromkeys(names, "a validation set is drawn") if estimator.early_stopping else {}


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [kind(early_stopping=early) for kind in (NetworkClassifier, NetworkRegressor) for early in (False, True)],
    expected_failed_checks=checks_that_cannot_hold,
)
def test_all_checks_of_scikit_learn(estimator: object, check: Check) -> None:
    check(estimator)


def test_the_checks_that_scikit_learn_skips_without_an_array_api() -> None:
    code = (
        "from sklearn.utils.estimator_checks import estimator_checks_generator\n"
        "from minigraph.sklearn import NetworkClassifier, NetworkRegressor\n"
        "for kind in NetworkClassifier, NetworkRegressor:\n"
        "    checks = [each for each in estimator_checks_generator(kind()) if 'array_api' in str(each[1])]\n"
        "    for estimator, check in checks:\n"
        "        check(estimator)\n"
        "    print(len(checks))\n"
    )
    environment = {**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "1"]


class TestClassifier:
    @pytest.mark.parametrize(
        "labels",
        [
            np.array(["no", "yes"]),
            np.array(["a", "b", "c"], dtype=object),
            np.array([False, True]),
            np.array([-1, 7, 100]),
            np.array([0.0, 2.0]),
            np.array([1, 2], dtype=np.uint8),
        ],
        ids=str,
    )
    def test_labels_of_any_type_come_back_as_they_were(self, labels: NDArray[np.generic]) -> None:
        generator = np.random.default_rng(0)
        codes = np.arange(60) % len(labels)
        X = np.eye(len(labels))[codes] + 0.1 * generator.normal(size=(60, len(labels)))
        classifier = NetworkClassifier((4,), optimizer=mg.Adam(0.05), random_state=0).fit(X, labels[codes])
        predicted = classifier.predict(X)
        assert predicted.tolist() == labels[codes].tolist()
        assert predicted.dtype == labels.dtype
        assert classifier.classes_.tolist() == labels.tolist()
        assert classifier.network_.classes == tuple(labels.tolist())

    def test_two_classes_take_one_unit_trained_as_in_the_lecture(self) -> None:
        X, y = load_breast_cancer(return_X_y=True)
        classifier = make_pipeline(StandardScaler(), NetworkClassifier((10,), random_state=0)).fit(X, y)
        net = classifier[-1].network_
        assert net.outputs[0].size == 1
        assert (net.outputs[0].layer.activation.name, net.costs[0].name) == ("sigmoid", "cross_entropy")
        assert net.outputs[0].unit_names == ("1",)
        probabilities = classifier.predict_proba(X)
        assert np.array_equal(probabilities[:, 1], net.predict(StandardScaler().fit_transform(X))[:, 0])
        assert classifier.score(X, y) > 0.97

    def test_more_classes_take_a_distribution(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]], fitted: NetworkClassifier
    ) -> None:
        X, y = iris
        probabilities = fitted.predict_proba(X)
        assert probabilities.shape == (150, 3)
        assert np.allclose(probabilities.sum(axis=1), 1)
        assert fitted.classes_[probabilities.argmax(axis=1)].tolist() == fitted.predict(X).tolist()
        assert fitted.score(X, y) > 0.9

    def test_one_class_is_an_error(self) -> None:
        with pytest.raises(mg.ArgumentError, match=r"one class only, \['a'\]"):
            NetworkClassifier().fit([[0.0], [1.0]], ["a", "a"])

    def test_numbers_to_measure_are_no_classes(self) -> None:
        with pytest.raises(ValueError, match="Unknown label type: continuous"):
            NetworkClassifier().fit([[0.0], [1.0]], [0.5, 1.25])

    def test_the_logarithm_of_a_probability_of_0(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]], fitted: NetworkClassifier
    ) -> None:
        X, _ = iris
        logarithms = fitted.predict_log_proba(X * 1e5)
        assert np.isneginf(logarithms).any()
        assert np.allclose(np.exp(logarithms), fitted.predict_proba(X * 1e5))


class TestMultiLabel:
    X, Y = make_multilabel_classification(n_samples=80, n_features=10, n_classes=4, random_state=0)

    def test_the_output_units_are_independent(self) -> None:
        classifier = NetworkClassifier((30,), l2=0.0, optimizer=mg.Adam(0.02), random_state=0).fit(self.X, self.Y)
        net = classifier.network_
        assert (net.outputs[0].layer.activation.name, net.costs[0].name) == ("sigmoid", "cross_entropy")
        assert net.classes is None
        probabilities = classifier.predict_proba(self.X)
        assert np.array_equal(probabilities, net.predict(self.X))
        assert not np.allclose(probabilities.sum(axis=1), 1)
        predicted = classifier.predict(self.X)
        assert predicted.dtype == np.int_
        assert np.array_equal(predicted, probabilities > 0.5)
        assert classifier.score(self.X, self.Y) > 0.9
        assert classifier.classes_.tolist() == [0, 1, 2, 3]

    @pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, np.bool_, np.float64], ids=str)
    def test_targets_of_any_form_are_the_same(self, form: Callable[[object], ArrayLike]) -> None:
        settings = NetworkClassifier((3,), max_iter=2, random_state=0)
        expected = clone(settings).fit(self.X, self.Y).network_.unroll()
        of_form = self.Y.astype(form) if form in (np.bool_, np.float64) else form(self.Y)
        assert np.array_equal(clone(settings).fit(self.X, of_form).network_.unroll(), expected)

    def test_the_tags_say_so(self) -> None:
        assert get_tags(NetworkClassifier()).classifier_tags.multi_label

    def test_two_classes_take_two_units(self) -> None:
        classifier = NetworkClassifier((3,), max_iter=1).fit(self.X, self.Y[:, :2])
        assert classifier.network_.outputs[0].size == 2
        assert classifier.predict(self.X).shape == (80, 2)

    def test_columns_name_the_units(self) -> None:
        targets = pd.DataFrame(self.Y, columns=["new", "red", "old", "big"])
        classifier = NetworkClassifier((3,), max_iter=1).fit(self.X, targets)
        assert classifier.network_.outputs[0].unit_names == ("new", "red", "old", "big")

    def test_early_stopping_draws_without_regard_to_classes(self) -> None:
        classifier = NetworkClassifier((3,), max_iter=3, early_stopping=True).fit(self.X, self.Y)
        assert len(classifier.validation_loss_curve_ or []) == 3

    def test_by_parts(self) -> None:
        classifier = NetworkClassifier((30,), l2=0.0, optimizer=mg.Adam(0.02), random_state=0)
        for _ in range(150):
            classifier.partial_fit(self.X, self.Y, classes=range(4))
        assert classifier.score(self.X, self.Y) > 0.9
        with pytest.raises(mg.ArgumentError, match=r"y: received 3 columns, expected one for each of \[0, 1, 2, 3\]"):
            classifier.partial_fit(self.X, self.Y[:, :3])
        with pytest.raises(mg.ArgumentError, match=r"y: received shape \(80,\), expected \(80, 4\), as before"):
            classifier.partial_fit(self.X, self.Y[:, 0])

    def test_a_warm_start_from_another_kind_is_an_error(self) -> None:
        classifier = NetworkClassifier((3,), max_iter=1, warm_start=True).fit(self.X, self.Y.sum(axis=1) > 1)
        with pytest.raises(mg.ArgumentError, match=r"y: received shape \(80, 2\), expected \(80,\), as before"):
            classifier.fit(self.X, self.Y[:, :2])

    def test_several_columns_of_labels_are_an_error(self) -> None:
        with pytest.raises(mg.ArgumentError, match=r"y: received 4 columns of labels, expected shape \(m,\)"):
            NetworkClassifier().fit(self.X, self.Y * [1, 2, 3, 4])


class TestSparse:
    X = sparse.random_array((1500, 20), density=0.1, rng=np.random.default_rng(0))
    y: mg.Array = np.asarray(X.sum(axis=1)).ravel()

    @pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_gives_what_the_dense_matrix_gives(self, form: Callable[[object], ArrayLike], early_stopping: bool) -> None:
        weights = np.arange(1500.0) % 3
        settings = NetworkRegressor((4,), max_iter=3, early_stopping=early_stopping, random_state=0)
        dense, of_sparse = (clone(settings).fit(X, self.y, weights) for X in (self.X.toarray(), form(self.X)))
        assert np.array_equal(of_sparse.network_.unroll(), dense.network_.unroll())
        assert np.array_equal(of_sparse.predict(form(self.X)), dense.predict(self.X.toarray()))

    def test_by_parts(self) -> None:
        labels = self.y > self.y.mean()
        dense, of_sparse = (
            NetworkClassifier((4,), random_state=0).partial_fit(X, labels, classes=[False, True])
            for X in (self.X.toarray(), self.X.tocsr())
        )
        assert np.array_equal(of_sparse.network_.unroll(), dense.network_.unroll())

    def test_it_is_never_dense_as_a_whole(self) -> None:
        X = sparse.random_array((4000, 4000), density=1e-3, format="csr", rng=np.random.default_rng(0))
        tracemalloc.start()
        outputs = NetworkRegressor((2,), max_iter=1).fit(X, np.arange(4000.0)).predict(X)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert outputs.shape == (4000,)
        assert peak < 4000 * 4000 * 8 / 4


class TestRegressor:
    def test_sparse_targets(self) -> None:
        X, targets = np.arange(6.0).reshape(3, 2), np.eye(3)
        dense, of_sparse = (
            NetworkRegressor((2,), max_iter=2, random_state=0).fit(X, y) for y in (targets, sparse.csr_array(targets))
        )
        assert np.array_equal(dense.network_.unroll(), of_sparse.network_.unroll())

    def test_several_targets_at_once(self) -> None:
        X = np.random.default_rng(0).uniform(-1, 1, (200, 2))
        targets = pd.DataFrame({"sum": X.sum(axis=1), "product": X.prod(axis=1)})
        regressor = NetworkRegressor((20,), "tanh", l2=0.0, optimizer=mg.Adam(0.01), random_state=0)
        regressor.fit(X, targets)
        assert regressor.network_.outputs[0].unit_names == ("sum", "product")
        assert regressor.predict(X).shape == (200, 2)
        assert regressor.score(X, targets) > 0.95

    def test_a_series_names_the_output_and_gives_a_vector(self) -> None:
        y = pd.Series([1.0, 2.0, 3.0], name="price")
        regressor = NetworkRegressor((2,), max_iter=2).fit([[1.0], [2.0], [3.0]], y)
        assert regressor.network_.outputs[0].unit_names == ("price",)
        assert regressor.predict([[1.0]]).shape == (1,)


class TestNetwork:
    def test_units_are_called_after_features_and_classes(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]], fitted: NetworkClassifier
    ) -> None:
        X, _ = iris
        assert fitted.feature_names_in_.tolist() == list(X.columns)
        assert fitted.network_.inputs[0].unit_names == tuple(X.columns)
        assert fitted.network_.outputs[0].unit_names == ("setosa", "versicolor", "virginica")
        assert "petal width (cm)" in mg.diagram(fitted.network_, max_units=None).source

    def test_it_can_be_looked_into(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]], fitted: NetworkClassifier
    ) -> None:
        X, _ = iris
        net = fitted.network_
        assert np.allclose(net.forward(X), fitted.predict_proba(X))
        assert "sepal length (cm)" in mg.explain(net.node(2).unit(1), "z").text

    def test_a_function_may_build_it(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        def with_shortcut(features: int, outputs: int) -> mg.Network[mg.Array]:
            x = mg.Input(features)
            h = mg.Dense(4, "tanh")(x)
            y = mg.Dense(outputs, "softmax")(mg.Concat()([h, x]))
            return mg.Network(x, y, cost="categorical_cross_entropy")

        classifier = NetworkClassifier(build=with_shortcut, optimizer=mg.Adam(0.02), random_state=0).fit(*iris)
        assert [node.layer.kind for node in classifier.network_.nodes] == ["input", "dense", "concat", "dense"]
        assert classifier.score(*iris) > 0.9
        assert clone(classifier).build is with_shortcut

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda s, k: mg.mlp([s, 2]), "4 input and 2 output units, expected 4 and 3"),
            (lambda s, k: mg.mlp([s + 1, k]), "5 input and 3 output units"),
            (lambda s, k: "net", "returned 'net', expected a network"),
        ],
    )
    def test_one_that_does_not_fit_is_an_error(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]], build: Callable[[int, int], object], message: str
    ) -> None:
        classifier = NetworkClassifier(build=cast("Callable[[int, int], mg.Network[mg.Array]]", build))
        with pytest.raises(mg.ArgumentError, match=message):
            classifier.fit(*iris)

    def test_it_computes_in_the_type_of_the_features(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        classifier = NetworkClassifier((2,), max_iter=1).fit(X.astype("float32"), y)
        assert classifier.network_.dtype == np.float32


class TestTraining:
    def test_what_is_recorded(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        with pytest.warns(ConvergenceWarning, match="cost was still falling after max_iter=7 epochs"):
            classifier = NetworkClassifier((5,), max_iter=7, random_state=0).fit(*iris)
        assert classifier.n_iter_ == len(classifier.loss_curve_) == 7
        assert classifier.loss_curve_[-1] < classifier.loss_curve_[0]
        assert classifier.validation_loss_curve_ is None

    def test_it_ends_when_the_cost_has_settled(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        classifier = NetworkClassifier((5,), optimizer=mg.Adam(0.05), max_iter=1000, random_state=0).fit(*iris)
        assert classifier.n_iter_ < 1000
        curve = classifier.loss_curve_
        assert min(curve[:-10]) - min(curve) <= classifier.tol

    def test_the_same_random_state_gives_the_same_network(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        first, second, other = (
            NetworkClassifier((5,), dropout=0.2, max_iter=3, random_state=seed).fit(*iris).network_.unroll()
            for seed in (1, 1, 2)
        )
        assert np.array_equal(first, second)
        assert not np.array_equal(first, other)

    @pytest.mark.parametrize("seed", [0, 1])
    def test_early_stopping_keeps_the_parameters_that_were_best_on_the_examples_set_aside(self, seed: int) -> None:
        X, y = load_wine(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        classifier = NetworkClassifier(
            (30,), optimizer=mg.Adam(0.03), l2=0.0, early_stopping=True, validation_fraction=0.3, random_state=seed
        ).fit(X, y)
        curve = classifier.validation_loss_curve_
        assert curve is not None
        best = int(np.argmin(curve)) + 1
        assert best < classifier.n_iter_ == len(curve)
        shorter = clone(classifier).set_params(max_iter=best).fit(X, y)
        assert np.array_equal(shorter.network_.unroll(), classifier.network_.unroll())

    def test_early_stopping_weighs_the_examples_it_trains_on(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        settings = NetworkClassifier((3,), early_stopping=True, max_iter=2, random_state=0)
        plain = clone(settings).fit(X, y).network_.unroll()
        weighted = clone(settings).fit(X, y, np.linspace(1, 9, 150)).network_.unroll()
        assert not np.allclose(plain, weighted, rtol=1e-3)

    def test_early_stopping_weighs_the_examples_set_aside_too(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]]
    ) -> None:
        X, y = iris
        settings = NetworkClassifier((3,), l2=0.0, early_stopping=True, max_iter=2, random_state=0)
        plain, same, other = (
            np.array(clone(settings).fit(X, y, weights).validation_loss_curve_)
            for weights in (None, np.full(150, 2.5), np.linspace(1, 9, 150))
        )
        assert np.allclose(plain, same, rtol=1e-10)
        assert not np.allclose(plain, other, rtol=1e-3)

    @pytest.mark.parametrize("seed", range(5))
    def test_early_stopping_keeps_the_proportions_of_the_classes(self, seed: int) -> None:
        def build(features: int, outputs: int) -> mg.Network[mg.Array]:
            net = mg.mlp([features, outputs])
            net.assign([np.log(0.1 / 0.9), 0.0])
            return net

        X, y = np.zeros((200, 1)), np.repeat(["rare", "common"], [20, 180])
        settings = NetworkClassifier(build=build, early_stopping=True, max_iter=1, random_state=seed)
        curve = settings.set_params(optimizer=mg.GradientDescent(1e-12)).fit(X, y).validation_loss_curve_
        assert curve is not None
        assert np.isclose(curve[0], -(2 * np.log(0.1) + 18 * np.log(0.9)) / 20)

    def test_too_few_are_set_aside_for_proportions(self) -> None:
        X, y = np.arange(12.0)[:, None], np.arange(12) % 3
        classifier = NetworkClassifier((2,), early_stopping=True, max_iter=1, random_state=0).fit(X, y)
        assert len(classifier.validation_loss_curve_ or []) == 1

    def test_a_class_of_one_example_cannot_be_divided(self) -> None:
        for labels in (["a", "a", "a", "b"], ["a", "a", "b", "c", "c"]):
            X = np.zeros((len(labels), 1))
            with pytest.raises(mg.ArgumentError, match=r"one example only of class 'b'.* early_stopping=True"):
                NetworkClassifier(early_stopping=True).fit(X, labels)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"n_iter_no_change": 0}, "n_iter_no_change: received 0"),
            ({"n_iter_no_change": 2.5}, "n_iter_no_change: received 2.5"),
            ({"n_iter_no_change": -math.inf}, "n_iter_no_change: received -inf"),
            ({"tol": -1.0}, "tol: received -1.0"),
            ({"early_stopping": True, "validation_fraction": 0.0}, "validation_fraction: received 0.0"),
            ({"early_stopping": True, "validation_fraction": 1}, "validation_fraction: received 1, .*exclusive"),
            ({"early_stopping": True, "validation_fraction": 0.9}, "leaves no example to train on with n_samples=2"),
        ],
    )
    def test_settings_are_named_in_errors(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(mg.ArgumentError, match=message):
            NetworkRegressor().set_params(**settings).fit([[0.0], [1.0]], [0.0, 1.0])

    def test_without_a_bound_on_the_epochs_without_change_all_are_trained(self) -> None:
        regressor = NetworkRegressor((2,), tol=1e9, max_iter=30, n_iter_no_change=math.inf)
        with pytest.warns(ConvergenceWarning, match="max_iter=30"):
            regressor.fit([[0.0], [1.0]], [0.0, 1.0])
        assert regressor.n_iter_ == 30

    def test_without_shuffling_the_seed_of_the_order_does_not_matter(self) -> None:
        X = np.linspace(-1, 1, 100)[:, None]

        def trained(shuffle: bool, seed: int) -> mg.Array:
            def build(features: int, outputs: int) -> mg.Network[mg.Array]:
                return mg.mlp([features, 3, outputs], cost="squared_error", seed=0)

            regressor = NetworkRegressor(build=build, shuffle=shuffle, max_iter=2, random_state=seed)
            return regressor.fit(X, X[:, 0]).network_.unroll()

        assert np.array_equal(trained(False, 1), trained(False, 2))
        assert not np.array_equal(trained(True, 1), trained(True, 2))

    def test_warm_start_goes_on(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        classifier = NetworkClassifier((5,), max_iter=30, warm_start=True, random_state=0).fit(*iris)
        net, before = classifier.network_, classifier.loss_curve_
        classifier.fit(*iris)
        assert classifier.network_ is net
        assert classifier.loss_curve_[0] < before[-1] + 0.01
        cold = clone(classifier).set_params(warm_start=False).fit(*iris)
        assert np.array_equal(cold.loss_curve_, before)

    def test_warm_start_with_other_classes_is_an_error(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        classifier = NetworkClassifier((5,), max_iter=1, warm_start=True).fit(X, y)
        with pytest.raises(mg.ArgumentError, match=r"received the classes \['setosa', 'versicolor'\]"):
            classifier.fit(X[:100], y[:100])

    def test_examples_of_weight_zero_are_as_if_left_out(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        kept = np.arange(150) % 3 > 0
        weighted = NetworkClassifier((5,), max_iter=5, random_state=0).fit(X, y, sample_weight=kept.astype(float))
        without = NetworkClassifier((5,), max_iter=5, random_state=0).fit(X[kept], y[kept])
        assert np.allclose(weighted.network_.unroll(), without.network_.unroll(), rtol=1e-10, atol=0)

    def test_the_cost_is_the_weighted_mean(self) -> None:
        generator = np.random.default_rng(0)
        X, y, weights = generator.normal(size=(20, 3)), generator.normal(size=20), generator.uniform(0, 3, 20)
        regressor = NetworkRegressor((4,), max_iter=1, l2=0.5, random_state=0)
        first = clone(regressor).set_params(optimizer=mg.GradientDescent(1e-9)).fit(X, y, weights)
        assert np.isclose(first.loss_curve_[0], first.network_.cost(X, y, weights), rtol=1e-6)

    @pytest.mark.parametrize("weights", [[1.0], [[1.0], [1.0]], [1.0, -1.0], [0.0, 0.0], [1.0, np.nan]])
    def test_wrong_weights_are_errors_that_name_them(self, weights: ArrayLike) -> None:
        with pytest.raises(ValueError, match="sample_weight"):
            NetworkRegressor().fit([[0.0], [1.0]], [0.0, 1.0], sample_weight=weights)


class TestPartialFit:
    def test_passes_one_after_the_other_are_training_without_shuffling(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]]
    ) -> None:
        X, y = iris
        classifier = NetworkClassifier((5,), l2=0.7, random_state=0)
        for _ in range(4):
            classifier.partial_fit(X, y, classes=["setosa", "versicolor", "virginica"])
        reference = clone(classifier).set_params(max_iter=1).fit(X, y).network_
        reference.initialize(np.random.RandomState(0).randint(np.iinfo(np.int32).max))
        history = mg.fit(
            reference,
            X,
            mg.one_hot(y)[0],
            mg.Adam(0.002),
            epochs=4,
            batch_size=32,
            shuffle=False,
            progress=False,
            seed=0,
        )
        assert np.array_equal(classifier.network_.unroll(), reference.unroll())
        assert np.allclose(classifier.loss_curve_, history["cost"], rtol=1e-12)
        assert classifier.n_iter_ == 4

    def test_values_of_an_earlier_forward_are_stale_afterwards(self) -> None:
        X, y = np.array([[0.0], [1.0]]), np.array([0.0, 1.0])
        regressor = NetworkRegressor((2,), random_state=0).partial_fit(X, y)
        net = regressor.network_
        net.forward(X)
        net.backward(y)
        assert net.outputs[0].delta.shape == (2, 1)
        regressor.partial_fit(X, y)
        for name in ("z", "a", "delta"):
            with pytest.raises(mg.StateError):
                getattr(net.outputs[0], name)
        with pytest.raises(mg.StateError):
            _ = net.layers[0].gradient

    def test_parts_need_not_hold_every_class(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        classifier = NetworkClassifier((8,), optimizer=mg.Adam(0.05), l2=0.1, random_state=0)
        generator = np.random.default_rng(0)
        classifier.partial_fit(X[:40], y[:40], classes=np.unique(y))
        for _ in range(40):
            part = generator.choice(150, 40, replace=False)
            classifier.partial_fit(X.iloc[part], y[part])
        assert classifier.score(X, y) > 0.9

    def test_of_a_regressor_goes_on_after_fit(self) -> None:
        X = np.linspace(-1, 1, 100)[:, None]
        regressor = NetworkRegressor((10,), max_iter=5, random_state=0).fit(X, X[:, 0])
        before = regressor.score(X, X[:, 0])
        for _ in range(50):
            regressor.partial_fit(X, X[:, 0], sample_weight=np.ones(100))
        assert regressor.score(X, X[:, 0]) > before
        assert regressor.n_iter_ == 55 == len(regressor.loss_curve_)

    def test_after_a_warm_start_the_optimizer_begins_anew(self) -> None:
        X = np.linspace(-1, 1, 20)[:, None]
        warm = NetworkRegressor((3,), max_iter=3, warm_start=True, random_state=0)
        warm.partial_fit(X, X[:, 0]).fit(X, X[:, 0])
        net = warm.network_.copy()
        fresh = NetworkRegressor(build=lambda features, outputs: net).partial_fit(X, X[:, 0])
        assert np.array_equal(warm.partial_fit(X, X[:, 0]).network_.unroll(), fresh.network_.unroll())

    def test_what_is_wrong_is_said(self) -> None:
        X, y = [[0.0], [1.0]], ["a", "b"]
        with pytest.raises(mg.ArgumentError, match="classes: received None"):
            NetworkClassifier().partial_fit(X, y)
        classifier = NetworkClassifier((2,)).partial_fit(X, y, classes=["a", "b"])
        with pytest.raises(mg.ArgumentError, match="received the label 'c'"):
            classifier.partial_fit(X, ["a", "c"])
        with pytest.raises(mg.ArgumentError, match="as in the first call"):
            classifier.partial_fit(X, y, classes=["a", "b", "c"])


class TestTools:
    def test_pipeline_and_grid_search(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        pipeline = make_pipeline(StandardScaler(), NetworkClassifier(max_iter=20, random_state=0))
        grid = {"networkclassifier__hidden_sizes": [(2,), (8, 4)], "networkclassifier__l2": [0.0, 1.0]}
        search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
        assert len(search.cv_results_["params"]) == 4
        assert search.predict(X).shape == (150,)
        assert search.best_estimator_[-1].network_.inputs[0].size == 4

    def test_cross_validation(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        scores = cross_val_score(
            NetworkClassifier((8,), optimizer=mg.Adam(0.02), max_iter=60, random_state=0), *iris, cv=3
        )
        assert scores.mean() > 0.85

    def test_calibration(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        calibrated = CalibratedClassifierCV(NetworkClassifier((8,), max_iter=60, random_state=0), cv=2).fit(X, y)
        assert np.allclose(calibrated.predict_proba(X).sum(axis=1), 1)

    def test_cloning_and_settings(self) -> None:
        optimizer = mg.RMSProp(0.01)
        classifier = NetworkClassifier([3, 2], "tanh", optimizer=optimizer, l2=0.25)
        twin = clone(classifier)
        assert twin.get_params()["l2"] == 0.25
        assert twin.hidden_sizes == [3, 2]
        assert repr(twin.optimizer) == repr(optimizer)

    def test_pickling(self, iris: tuple[pd.DataFrame, NDArray[np.str_]]) -> None:
        X, y = iris
        classifier = NetworkClassifier((5,), random_state=0).partial_fit(X, y, classes=np.unique(y))
        twin = pickle.loads(pickle.dumps(classifier))
        assert np.array_equal(twin.predict_proba(X), classifier.predict_proba(X))
        # the optimizer's state goes along
        assert np.array_equal(twin.partial_fit(X, y).network_.unroll(), classifier.partial_fit(X, y).network_.unroll())

    def test_not_fitted(self) -> None:
        with pytest.raises(NotFittedError):
            NetworkClassifier().predict([[0.0]])

    def test_other_features_are_an_error(
        self, iris: tuple[pd.DataFrame, NDArray[np.str_]], fitted: NetworkClassifier
    ) -> None:
        X, _ = iris
        with pytest.raises(ValueError, match="feature names"):
            fitted.predict(X[X.columns[::-1]])

    def test_notebooks_show_the_drawing_of_a_fitted_estimator(self, fitted: NetworkClassifier) -> None:
        for html in (fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]):
            assert "NetworkClassifier" in html
            assert html.count("<svg") == html.count("</svg>") > clone(fitted)._repr_html_().count("<svg")
            assert "petal width (cm)" in html
            assert "versicolor" in html


def test_without_scikit_learn_the_error_names_the_extra() -> None:
    code = "import sys; sys.modules['sklearn'] = None\nimport minigraph\nimport minigraph.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("scikit-learn is not installed: pip install 'minigraph[sklearn]'")

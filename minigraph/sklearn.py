"""Networks as scikit-learn estimators; needs the extra `sklearn`.

Settings of the network are called as in minigraph, those of its training as in scikit-learn.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.base.arrays import Array, Float
from minigraph.diagram import diagram
from minigraph.errors import ArgumentError, MissingExtraError, RenderError
from minigraph.functions.activations import Activation, ActivationName
from minigraph.functions.costs import CostName
from minigraph.inputs.checks import check_weights
from minigraph.inputs.column_names import column_names
from minigraph.network.mlp import mlp
from minigraph.network.network import Network
from minigraph.training.callbacks import EarlyStopping
from minigraph.training.fitting import fit
from minigraph.training.incremental import IncrementalTraining
from minigraph.training.optimizers import Adam, Optimizer, OptimizerName, as_optimizer

try:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import train_test_split
    from sklearn.utils import Tags, check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ModuleNotFoundError as _error:
    raise MissingExtraError("scikit-learn is not installed: pip install 'minigraph[sklearn]'") from _error

if TYPE_CHECKING:
    from typing import Self

    # scikit-learn has no types: this is what a type checker is told of its base classes.
    class BaseEstimator:
        """Base class of all estimators."""

        feature_names_in_: NDArray[np.object_]

        def get_params(self, deep: bool = True) -> dict[str, object]:
            """Return the settings by name."""

        def set_params(self, **params: object) -> Self:
            """Change settings by name."""

        def __sklearn_tags__(self) -> Tags: ...
        def _repr_html_(self) -> str: ...
        def _repr_html_inner(self) -> str: ...
        def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]: ...

    class ClassifierMixin:
        """What makes an estimator a classifier."""

        def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
            """Return the accuracy."""

    class RegressorMixin:
        """What makes an estimator a regressor."""

        def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
            """Return R²."""

else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

Build: TypeAlias = Callable[[int, int], Network[Array]]
"""Called with the numbers of features and of output units; returns a network with one input and one output."""

_SMALL = 64
"""Training sets with fewer examples are not worth dividing into mini-batches."""


class _NetworkEstimator(BaseEstimator):
    """What classifier and regressor share: settings, training, and the network."""

    network_: Network[Array]
    n_iter_: int
    loss_curve_: list[float]
    validation_loss_curve_: list[float] | None
    n_features_in_: int
    _training: IncrementalTraining | None

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (100,),
        activation: ActivationName | Activation = "relu",
        *,
        build: Build | None = None,
        dropout: float | Sequence[float] | None = None,
        l2: float = 5.0,
        optimizer: OptimizerName | Optimizer | None = None,
        batch_size: int | None = None,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.activation = activation
        self.build = build
        self.dropout = dropout
        self.l2 = l2
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _train(self, X: Array, Y: Array, weights: Array | None, random: np.random.RandomState) -> None:
        """Train `network_` until its cost, or that of a validation set, has settled."""
        seed = _seed(random)
        if weights is not None:
            X, Y, weights = _without_zeros(X, Y, weights)
        monitor, validation = "cost", None
        if self.early_stopping:
            monitor = "validation_cost"
            X, Y, weights, validation = self._set_aside(X, Y, weights, seed)
        history = fit(
            self.network_,
            X,
            Y,
            self._optimizer(),
            self.max_iter,
            self._batch_size(len(X)),
            validation,
            callbacks=[EarlyStopping(monitor, self.n_iter_no_change, self.tol, restore_best=self.early_stopping)],
            progress=self.verbose,
            seed=seed,
            sample_weight=weights,
        )
        self.n_iter_ = history.epochs
        self.loss_curve_ = history["cost"]
        self.validation_loss_curve_ = history["validation_cost"] if self.early_stopping else None
        self._training = None
        if history.stopped is None:
            warnings.warn(
                f"the {monitor.replace('_', ' ')} still fell after max_iter={self.max_iter} epochs;"
                " more of them, or a larger tol, end training where it has settled",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _set_aside(
        self, X: Array, Y: Array, weights: Array | None, seed: int
    ) -> tuple[Array, Array, Array | None, tuple[Array, Array, Array]]:
        """Return the examples to train on, and those to watch."""
        of_all = np.ones(len(X)) if weights is None else weights
        X, X_watched, Y, Y_watched, of_rest, of_watched = train_test_split(
            X, Y, of_all, test_size=self.validation_fraction, random_state=seed, stratify=self._strata(Y)
        )
        return X, Y, None if weights is None else of_rest, (X_watched, Y_watched, of_watched)

    def _strata(self, Y: Array) -> Array | None:
        """Return what must keep its proportions when examples are set aside."""
        return None

    def _update(self, X: Array, Y: Array, weights: Array | None) -> None:
        """Go through the examples once, with the optimizer's state of the last time."""
        if self._training is None:
            self._training = IncrementalTraining(self._optimizer())
        if weights is not None:
            X, Y, weights = _without_zeros(X, Y, weights)
        cost = self._training.run_pass(self.network_, X, Y, self._batch_size(len(X)), weights)
        self.n_iter_ = getattr(self, "n_iter_", 0) + 1
        self.loss_curve_ = [*getattr(self, "loss_curve_", []), cost]
        self.validation_loss_curve_ = None

    def _optimizer(self) -> Optimizer:
        return Adam(0.002) if self.optimizer is None else as_optimizer(self.optimizer)

    def _batch_size(self, m: int) -> int:
        if self.batch_size is not None:
            return self.batch_size
        return 32 if m >= _SMALL else m

    def _prepare(
        self, features: int, outputs: int, cost: CostName, dtype: np.dtype[Float], names: Sequence[str], keep: bool
    ) -> np.random.RandomState:
        """Build `network_`, or keep the one that there is; return what else is random."""
        random: np.random.RandomState = check_random_state(self.random_state)
        seed = _seed(random)
        if not (keep and hasattr(self, "network_")):
            if self.build is None:
                sizes = [features, *self.hidden_sizes, outputs]
                net = mlp(sizes, self.activation, None, cost, self.dropout, self.l2, dtype, seed)
            else:
                net = self.build(features, outputs)
                _require_sizes(net, features, outputs)
            if hasattr(self, "feature_names_in_"):
                net.inputs[0].unit_names = [str(name) for name in self.feature_names_in_]
            if len(set(names) - {""}) == outputs:
                net.outputs[0].unit_names = names
            self.network_ = net
            self._training = None
        return random

    def _outputs(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        checked: Array = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return self.network_.predict(checked)

    def _repr_html_inner(self) -> str:
        """Return scikit-learn's table of settings, and below it the drawing of the fitted network."""
        html: str = super()._repr_html_inner()
        return html + self._drawing()

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._drawing()
        return bundle

    def _drawing(self) -> str:
        if not hasattr(self, "network_"):
            return ""
        try:
            svg = diagram(self.network_).svg()
        except RenderError:  # without an engine, the table alone
            return ""
        return f'<div style="max-width: 60em">{svg[svg.index("<svg") :]}</div>'


class NetworkClassifier(ClassifierMixin, _NetworkEstimator):
    """A network that tells classes apart, as a scikit-learn classifier.

    Two classes take one sigmoid unit, trained with cross entropy as in the lecture. K >= 3 classes take K
    softmax units, trained with categorical cross entropy: of the two ways its outputs alone are
    probabilities that sum to 1.

    Args:
        hidden_sizes: units of the hidden layers.
        activation: of the hidden layers.
        build: makes the network, from the numbers of features and of output units, in place of
            `hidden_sizes`, `activation`, `dropout` and `l2`; called again by every fit.
        dropout: rate behind every hidden layer, or one rate for each; None for none.
        l2: λ >= 0 of the regularization term (λ/2m) Σ Θ_ij², with m the size of the training set.
        optimizer: a name or an `Optimizer`; None takes Adam with the learning rate 0.002.
        batch_size: examples in a step; None takes 32, or all of fewer than 64.
        max_iter: the most epochs.
        tol: training stops when the cost has fallen by less than `tol` in `n_iter_no_change` epochs.
        n_iter_no_change: see `tol`.
        early_stopping: set a share of the examples aside, stop by their cost, and keep the parameters with
            which that was lowest.
        validation_fraction: that share, drawn so that the classes keep their proportions.
        warm_start: go on from the parameters of the last fit.
        random_state: of first parameters, order of the examples, and dropout.
        verbose: show progress.

    Attributes:
        network_: the fitted network, to look into and draw; its units are called after features and classes.
        classes_: (K,), the labels in order.
        n_iter_: epochs of training.
        loss_curve_: cost of every epoch, with the regularization term.
        validation_loss_curve_: cost of the examples set aside, None without early stopping.
        n_features_in_: number of features.
        feature_names_in_: their names, if X was a DataFrame.

    >>> import minigraph as mg
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> classifier = NetworkClassifier((8,), max_iter=500, optimizer=mg.Adam(0.01), random_state=0).fit(X, y)
    >>> bool(classifier.score(X, y) > 0.95)
    True
    >>> classifier.network_.inputs[0].unit(4).name
    'petal width (cm)'
    """

    classes_: NDArray[np.generic]

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network, anew unless `warm_start` is set.

        Args:
            X: (m, features).
            y: (m,), labels: numbers, strings or booleans.
            sample_weight: (m,), weights >= 0: J = Σ w_i cost(i) / Σ w_i.

        Raises:
            ValueError: arguments or settings do not fit.
        """
        inputs, labels = self._checked(X, y, reset=True)
        classes = np.unique(labels)
        keep = self.warm_start and hasattr(self, "network_")
        if keep and not np.array_equal(classes, self.classes_):
            raise ArgumentError(
                f"y: received the classes {classes.tolist()}, expected {self.classes_.tolist()},"
                " as in the fit that warm_start goes on from"
            )
        weights = check_weights(sample_weight, len(inputs))
        random = self._start(inputs, classes, keep)
        self._train(inputs, self._targets(labels), weights, random)
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Go through some examples once, from where the last call or fit ended.

        Args:
            X: (m, features).
            y: (m,), labels among the classes.
            classes: (K,), all labels there will be; to be given in the first call.
            sample_weight: (m,), weights >= 0.

        Raises:
            ValueError: arguments or settings do not fit, or the first call lacks the classes.
        """
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ArgumentError("classes: received None, expected all labels there will be, in the first partial_fit")
        inputs, labels = self._checked(X, y, reset=first)
        known = np.unique(np.asarray(classes)) if first else self.classes_
        if not first and classes is not None and not np.array_equal(np.unique(np.asarray(classes)), known):
            raise ArgumentError(f"classes: received {classes!r}, expected {known.tolist()}, as in the first call")
        if unknown := set(labels.tolist()) - set(known.tolist()):
            raise ArgumentError(f"y: received the label {min(unknown)!r}, expected one of the classes {known.tolist()}")
        weights = check_weights(sample_weight, len(inputs))
        self._start(inputs, known, keep=True)
        self._update(inputs, self._targets(labels), weights)
        return self

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probability of each class, shape (m, K), columns as in `classes_`.

        Args:
            X: (m, features).
        """
        outputs = self._outputs(X)
        if outputs.shape[1] == 1:
            return np.hstack([1 - outputs, outputs])
        shares: Array = outputs / outputs.sum(axis=1, keepdims=True)
        return shares

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:
        """Return the label of the most probable class of each example, shape (m,).

        Args:
            X: (m, features).
        """
        probabilities = self.predict_proba(X)  # which says first that the estimator is not fitted
        labels: NDArray[np.generic] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _checked(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[Array, NDArray[np.generic]]:
        inputs, labels = validate_data(self, X, y, reset=reset, dtype=(np.float64, np.float32))
        check_classification_targets(labels)
        return inputs, labels

    def _start(self, X: Array, classes: NDArray[np.generic], keep: bool) -> np.random.RandomState:
        if len(classes) < 2:
            raise ArgumentError(f"y: received one class only, {classes.tolist()}, expected at least two classes")
        names = [str(label) for label in classes.tolist()]
        cost: CostName = "categorical_cross_entropy"
        if len(classes) == 2:  # one unit tells two classes apart
            names, cost = names[1:], "cross_entropy"
        random = self._prepare(X.shape[1], len(names), cost, X.dtype, names, keep)
        self.classes_ = classes
        with contextlib.suppress(ArgumentError):  # labels of other types cannot be kept with the network
            self.network_.classes = classes.tolist()
        return random

    def _strata(self, Y: Array) -> Array:
        return Y

    def _targets(self, labels: NDArray[np.generic]) -> Array:
        Y: Array = (labels[:, None] == self.classes_).astype(np.float64)
        return Y[:, 1:] if len(self.classes_) == 2 else Y


class NetworkRegressor(RegressorMixin, _NetworkEstimator):
    """A network that gives numbers, as a scikit-learn regressor.

    Identity units, trained with the squared error ½ Σ (a − y)². It does not scale y: targets far from 0 or of
    another size than 1 are learnt faster inside `sklearn.compose.TransformedTargetRegressor`.

    Args:
        hidden_sizes: units of the hidden layers.
        activation: of the hidden layers.
        build: makes the network, from the numbers of features and of output units, in place of
            `hidden_sizes`, `activation`, `dropout` and `l2`; called again by every fit.
        dropout: rate behind every hidden layer, or one rate for each; None for none.
        l2: λ >= 0 of the regularization term (λ/2m) Σ Θ_ij², with m the size of the training set.
        optimizer: a name or an `Optimizer`; None takes Adam with the learning rate 0.002.
        batch_size: examples in a step; None takes 32, or all of fewer than 64.
        max_iter: the most epochs.
        tol: training stops when the cost has fallen by less than `tol` in `n_iter_no_change` epochs.
        n_iter_no_change: see `tol`.
        early_stopping: set a share of the examples aside, stop by their cost, and keep the parameters with
            which that was lowest.
        validation_fraction: that share.
        warm_start: go on from the parameters of the last fit.
        random_state: of first parameters, order of the examples, and dropout.
        verbose: show progress.

    Attributes:
        network_: the fitted network, to look into and draw; its units are called after features and targets.
        n_iter_: epochs of training.
        loss_curve_: cost of every epoch, with the regularization term.
        validation_loss_curve_: cost of the examples set aside, None without early stopping.
        n_features_in_: number of features.
        feature_names_in_: their names, if X was a DataFrame.

    >>> import numpy as np, minigraph as mg
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> y = X[:, 0] ** 2
    >>> regressor = NetworkRegressor((20,), "tanh", l2=0.0, optimizer=mg.Adam(0.01), batch_size=10, random_state=0)
    >>> bool(regressor.fit(X, y).score(X, y) > 0.9)
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network, anew unless `warm_start` is set.

        Args:
            X: (m, features).
            y: (m,) or (m, targets).
            sample_weight: (m,), weights >= 0: J = Σ w_i cost(i) / Σ w_i.

        Raises:
            ValueError: arguments or settings do not fit.
        """
        inputs, Y, names = self._checked(X, y, reset=True)
        weights = check_weights(sample_weight, len(inputs))
        random = self._prepare(inputs.shape[1], Y.shape[1], "squared_error", inputs.dtype, names, keep=self.warm_start)
        self._train(inputs, Y, weights, random)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Go through some examples once, from where the last call or fit ended.

        Args:
            X: (m, features).
            y: (m,) or (m, targets).
            sample_weight: (m,), weights >= 0.

        Raises:
            ValueError: arguments or settings do not fit.
        """
        inputs, Y, names = self._checked(X, y, reset=not hasattr(self, "network_"))
        weights = check_weights(sample_weight, len(inputs))
        self._prepare(inputs.shape[1], Y.shape[1], "squared_error", inputs.dtype, names, keep=True)
        self._update(inputs, Y, weights)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return the numbers for each example, shape (m,), or (m, targets) if y had two axes.

        Args:
            X: (m, features).
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if self._is_vector else outputs

    def _checked(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[Array, Array, Sequence[str]]:
        inputs, targets = validate_data(
            self, X, y, reset=reset, dtype=(np.float64, np.float32), multi_output=True, y_numeric=True
        )
        self._is_vector = targets.ndim == 1
        Y: Array = targets.reshape(len(targets), -1)
        name = getattr(y, "name", None)
        return inputs, Y, column_names(y) or ([name] if isinstance(name, str) and name else [])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _require_sizes(net: Network[Array], features: int, outputs: int) -> None:
    if not isinstance(net, Network) or not net.has_one_output or len(net.inputs) != 1:
        raise ArgumentError(f"build: returned {net!r}, expected a network with one input and a single output")
    received = net.inputs[0].size, net.outputs[0].size
    if received != (features, outputs):
        raise ArgumentError(
            f"build: returned a network with {received[0]} input and {received[1]} output units,"
            f" expected {features} and {outputs}"
        )


def _seed(random: np.random.RandomState) -> int:
    return int(random.randint(np.iinfo(np.int32).max))


def _without_zeros(X: Array, Y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Leave out examples of weight 0, so that they do not count in the size of the mini-batches either."""
    kept = weights > 0
    return X[kept], Y[kept], weights[kept]

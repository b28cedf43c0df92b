"""The common base of classifier and regressor: settings, training, network and drawing."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from minigraph.base.arrays import Array, Float, integer, real
from minigraph.base.sources import Rows
from minigraph.diagram import diagram
from minigraph.errors import ArgumentError, RenderError
from minigraph.functions.activations import Activation, ActivationName
from minigraph.functions.costs import CostName
from minigraph.network.mlp import mlp
from minigraph.network.network import Network
from minigraph.sklearn.features import Features, Matrix, predict, rows_of
from minigraph.sklearn.typed_bases import BaseEstimator
from minigraph.training.callbacks import EarlyStopping
from minigraph.training.fitting import fit
from minigraph.training.incremental import IncrementalTraining
from minigraph.training.optimizers import Adam, Optimizer, OptimizerName, as_optimizer

Build: TypeAlias = Callable[[int, int], Network[Array]]
"""Called with the numbers of features and of output units; returns a network with one input and one output."""

_FEW = 64
"""Training sets with fewer examples are not worth dividing into mini-batches."""


class NetworkEstimator(BaseEstimator):
    """Base class of classifier and regressor.

    Args:
        hidden_sizes: units of the hidden layers.
        activation: activation of the hidden layers.
        build: returns the network, given the numbers of features and of output units; replaces
            `hidden_sizes`, `activation`, `dropout` and `l2`; called in each fit.
        dropout: dropout rate after each hidden layer, or a sequence of rates; None means no dropout.
        l2: λ >= 0 of the regularization term (λ/2m) Σ Θ_ij², with m the size of the training set.
        optimizer: a name or an `Optimizer`; None means Adam with a learning rate of 0.002.
        batch_size: examples per step; None means 32, or all if there are fewer than 64.
        shuffle: shuffle the examples in each epoch.
        max_iter: maximum number of epochs.
        tol: training stops when the cost has decreased by less than `tol` in `n_iter_no_change` epochs.
        n_iter_no_change: see `tol`; with `math.inf`, training always takes `max_iter` epochs.
        early_stopping: hold out validation examples, stop based on their cost, and keep the parameters with
            the lowest one.
        validation_fraction: fraction of validation examples, stratified by class if there are enough of them.
        warm_start: continue from the parameters of the last fit.
        random_state: seed of the initial parameters, the order of the examples, and dropout.
        verbose: show progress.

    Attributes:
        network_: the fitted network, to inspect and draw; its units are named after features and classes or targets.
        n_iter_: number of epochs.
        loss_curve_: cost of each epoch, including the regularization term.
        validation_loss_curve_: cost of the validation examples, None without early stopping.
        n_features_in_: number of features.
        feature_names_in_: their names, if X was a DataFrame.
    """

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
        shuffle: bool = True,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: float = 10,
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
        self.shuffle = shuffle
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _prepare(
        self, features: int, outputs: int, cost: CostName, dtype: np.dtype[Float], names: Sequence[str], keep: bool
    ) -> np.random.RandomState:
        """Build `network_`, or keep the current one; return the generator of all further randomness."""
        random: np.random.RandomState = check_random_state(self.random_state)
        seed = _seed(random)
        if keep and hasattr(self, "network_"):
            return random
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

    def _train(self, X: Features, Y: Array, weights: Array | None, random: np.random.RandomState) -> None:
        """Train `network_` until its cost, or that of a validation set, has converged."""
        seed = _seed(random)
        X, Y, weights = _without_zeros(X, Y, weights)
        stopping = self._stopping()
        validation = None
        if self.early_stopping:
            X, Y, weights, validation = self._set_aside(X, Y, weights, seed)
        history = fit(
            self.network_,
            rows_of(X),
            Y,
            self._optimizer(),
            self.max_iter,
            self._batch_size(len(Y)),
            validation,
            self.shuffle,
            callbacks=[stopping],
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
                f"the {stopping.monitor.replace('_', ' ')} was still falling after max_iter={self.max_iter} epochs;"
                " increase max_iter, or tol",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _stopping(self) -> EarlyStopping:
        if self.n_iter_no_change == math.inf:
            patience = self.max_iter  # which the epochs after the first cannot reach
        else:
            patience = integer(cast("int", self.n_iter_no_change), "n_iter_no_change")
        tol = real(self.tol, "tol", "a finite number >= 0", least=0)
        monitor = "validation_cost" if self.early_stopping else "cost"
        return EarlyStopping(monitor, patience, tol, restore_best=self.early_stopping)

    def _set_aside(
        self, X: Features, Y: Array, weights: Array | None, seed: int
    ) -> tuple[Features, Array, Array | None, tuple[Array | Rows, Array, Array]]:
        """Split the examples into a training and a validation set."""
        expected = "a number between 0 and 1, exclusive"
        share = real(self.validation_fraction, "validation_fraction", expected, above=0, below=1)
        count = math.ceil(share * len(Y))
        if count == len(Y):
            raise ArgumentError(
                f"validation_fraction: received {share!r}, which leaves no example to train on with n_samples={len(Y)}"
            )
        train, watched = train_test_split(
            np.arange(len(Y)), test_size=count, random_state=seed, stratify=self._strata(Y, count)
        )
        of_watched = np.ones(count) if weights is None else weights[watched]
        validation = rows_of(X[watched]), Y[watched], of_watched
        return X[train], Y[train], None if weights is None else weights[train], validation

    def _strata(self, Y: Array, count: int) -> Array | None:
        """Return the labels by which to stratify when `count` examples are held out."""
        return None

    def _update(self, X: Features, Y: Array, weights: Array | None) -> None:
        """Train for a single pass, continuing from the optimizer state of the last call."""
        if self._training is None:
            self._training = IncrementalTraining(self._optimizer())
        X, Y, weights = _without_zeros(X, Y, weights)
        cost = self._training.run_pass(self.network_, rows_of(X), Y, self._batch_size(len(Y)), weights)
        self.n_iter_ = getattr(self, "n_iter_", 0) + 1
        self.loss_curve_ = [*getattr(self, "loss_curve_", []), cost]
        self.validation_loss_curve_ = None

    def _optimizer(self) -> Optimizer:
        return Adam(0.002) if self.optimizer is None else as_optimizer(self.optimizer)

    def _batch_size(self, m: int) -> int:
        if self.batch_size is not None:
            return self.batch_size
        return 32 if m >= _FEW else m

    def _outputs(self, X: Matrix) -> Array:
        check_is_fitted(self)
        checked = validate_data(self, X, reset=False, accept_sparse="csr", dtype=(np.float64, np.float32))
        return predict(self.network_, checked)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _repr_html_inner(self) -> str:
        """Return scikit-learn's table of settings, followed by the drawing of the fitted network."""
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


def _without_zeros(X: Features, Y: Array, weights: Array | None) -> tuple[Features, Array, Array | None]:
    """Drop examples of weight 0, so that they do not count towards the mini-batch size either."""
    if weights is None or weights.all():
        return X, Y, weights
    kept = np.flatnonzero(weights)
    return X[kept], Y[kept], weights[kept]

"""`NetworkClassifier`: binary, multiclass and multi-label classification."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Tags, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import validate_data

from minigraph.base.arrays import Array
from minigraph.errors import ArgumentError
from minigraph.functions.costs import CostName
from minigraph.network.checks import check_weights
from minigraph.network.column_names import column_names
from minigraph.sklearn.estimator import NetworkEstimator
from minigraph.sklearn.features import Features, Matrix
from minigraph.sklearn.typed_bases import ClassifierMixin

if TYPE_CHECKING:
    from typing import Self

Labels: TypeAlias = NDArray[np.generic]


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network as a scikit-learn classifier; for its settings see `NetworkEstimator`.

    Two classes use one sigmoid unit, trained with cross entropy as in the lecture. K >= 3 classes use K
    softmax units, trained with categorical cross entropy, whose outputs, unlike those of one-vs-all, are
    probabilities that sum to 1. Multi-label targets, (m, K) of 0 and 1, use K sigmoid units.

    Attributes:
        classes_: (K,), the labels in order; 0 … K − 1 for multi-label targets.
        multilabel_: whether an example may belong to several classes.

    >>> import minigraph as mg
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> classifier = NetworkClassifier((8,), max_iter=500, optimizer=mg.Adam(0.01), random_state=0).fit(X, y)
    >>> bool(classifier.score(X, y) > 0.95)
    True
    >>> classifier.network_.inputs[0].unit(4).name
    'petal width (cm)'
    """

    classes_: Labels
    multilabel_: bool

    def fit(self, X: Matrix, y: Matrix, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network, from scratch unless `warm_start` is set.

        Args:
            X: (m, features), dense or sparse.
            y: (m,), labels: numbers, strings or booleans; or (m, K) of 0 and 1 for multi-label targets.
            sample_weight: (m,), weights >= 0: J = Σ w_i cost(i) / Σ w_i.

        Raises:
            ValueError: an argument or a setting is invalid.
        """
        inputs, labels = self._checked(X, y, reset=True)
        classes = np.unique(labels) if labels.ndim == 1 else np.arange(labels.shape[1])
        keep = self.warm_start and hasattr(self, "network_")
        if keep:
            self._require_kind(labels)
            if not np.array_equal(classes, self.classes_):
                raise ArgumentError(
                    f"y: received the classes {classes.tolist()}, expected {self.classes_.tolist()},"
                    " as in the fit that warm_start continues from"
                )
        weights = check_weights(sample_weight, len(labels))
        random = self._start(inputs, y, labels, classes, keep)
        self._train(inputs, self._targets(labels), weights, random)
        return self

    def partial_fit(
        self,
        X: Matrix,
        y: Matrix,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for a single pass over the examples, continuing from the last call or fit.

        Args:
            X: (m, features), dense or sparse.
            y: (m,), labels among the classes; or (m, K) of 0 and 1 for multi-label targets.
            classes: (K,), all labels that will occur; required in the first call.
            sample_weight: (m,), weights >= 0.

        Raises:
            ValueError: an argument or a setting is invalid, or `classes` is missing in the first call.
        """
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ArgumentError("classes: received None, expected all labels there will be, in the first partial_fit")
        inputs, labels = self._checked(X, y, reset=first)
        known = np.unique(np.asarray(classes)) if first else self.classes_
        if not first:
            self._require_kind(labels)
            if classes is not None and not np.array_equal(np.unique(np.asarray(classes)), known):
                raise ArgumentError(f"classes: received {classes!r}, expected {known.tolist()}, as in the first call")
        if labels.ndim == 2:
            if labels.shape[1] != len(known):
                raise ArgumentError(f"y: received {labels.shape[1]} columns, expected one for each of {known.tolist()}")
        elif unknown := set(labels.tolist()) - set(known.tolist()):
            raise ArgumentError(f"y: received the label {min(unknown)!r}, expected one of the classes {known.tolist()}")
        weights = check_weights(sample_weight, len(labels))
        self._start(inputs, y, labels, known, keep=True)
        self._update(inputs, self._targets(labels), weights)
        return self

    def predict_proba(self, X: Matrix) -> Array:
        """Return the probability of each class, shape (m, K), columns as in `classes_`.

        Args:
            X: (m, features), dense or sparse.
        """
        outputs = self._outputs(X)
        if self.multilabel_:
            return outputs
        if outputs.shape[1] == 1:
            return np.hstack([1 - outputs, outputs])
        shares: Array = outputs / outputs.sum(axis=1, keepdims=True)
        return shares

    def predict_log_proba(self, X: Matrix) -> Array:
        """Return the logarithm of `predict_proba`; −∞ for a probability of 0.

        Args:
            X: (m, features), dense or sparse.
        """
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities)

    def predict(self, X: Matrix) -> Labels:
        """Return the label of the most probable class of each example, shape (m,).

        For multi-label targets, return 1 for each class with a probability above ½ and 0 for the others, (m, K).

        Args:
            X: (m, features), dense or sparse.
        """
        probabilities = self.predict_proba(X)  # raises NotFittedError before `multilabel_` is read
        if self.multilabel_:
            return (probabilities > 0.5).astype(np.int_)
        labels: Labels = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _checked(self, X: Matrix, y: Matrix, reset: bool) -> tuple[Features, Labels]:
        inputs, labels = validate_data(
            self, X, y, reset=reset, accept_sparse="csr", multi_output=True, dtype=(np.float64, np.float32)
        )
        if hasattr(labels, "toarray"):
            labels = labels.toarray()
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = column_or_1d(labels, warn=True)
        check_classification_targets(labels)
        if type_of_target(labels).endswith("-multioutput"):
            raise ArgumentError(
                f"y: received {labels.shape[1]} columns of labels, expected shape (m,),"
                " or (m, K) of 0 and 1 for multi-label targets"
            )
        return inputs, labels

    def _require_kind(self, labels: Labels) -> None:
        if (labels.ndim == 2) != self.multilabel_:
            expected = f"({len(labels)}, {len(self.classes_)})" if self.multilabel_ else f"({len(labels)},)"
            raise ArgumentError(f"y: received shape {labels.shape}, expected {expected}, as before")

    def _start(self, X: Features, y: Matrix, labels: Labels, classes: Labels, keep: bool) -> np.random.RandomState:
        if len(classes) < 2:
            raise ArgumentError(f"y: received one class only, {classes.tolist()}, expected at least two classes")
        names = [str(label) for label in classes.tolist()]
        multilabel = labels.ndim == 2
        cost: CostName = "cross_entropy" if multilabel or len(classes) == 2 else "categorical_cross_entropy"
        if multilabel:
            names = [*(column_names(y) or names)]
        elif len(classes) == 2:  # a single unit distinguishes two classes
            del names[0]
        random = self._prepare(X.shape[1], len(names), cost, X.dtype, names, keep)
        self.classes_, self.multilabel_ = classes, multilabel
        if not multilabel:
            with contextlib.suppress(ArgumentError):  # the network cannot store labels of other types
                self.network_.classes = classes.tolist()
        return random

    def _strata(self, Y: Array, count: int) -> Array | None:
        """Return the classes for stratification; None if they cannot be stratified."""
        if self.multilabel_:
            return None
        columns = Y if Y.shape[1] > 1 else np.hstack([1 - Y, Y])
        counts = columns.sum(axis=0)
        if (counts == 1).any():
            label = self.classes_[(counts == 1).argmax()].item()
            raise ArgumentError(
                f"y: received one example only of class {label!r}, expected at least two with early_stopping=True,"
                " one to train on and one to validate on"
            )
        return columns if len(counts) <= min(count, len(Y) - count) else None

    def _targets(self, labels: Labels) -> Array:
        members = labels != 0 if self.multilabel_ else labels[:, None] == self.classes_
        Y: Array = members.astype(np.float64)
        return Y[:, 1:] if len(self.classes_) == 2 and not self.multilabel_ else Y

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

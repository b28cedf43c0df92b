"""`NetworkRegressor`: regression with one or several targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data

from minigraph.base.arrays import Array
from minigraph.network.checks import check_weights
from minigraph.network.column_names import column_names
from minigraph.sklearn.estimator import NetworkEstimator
from minigraph.sklearn.features import Features, Matrix
from minigraph.sklearn.typed_bases import RegressorMixin

if TYPE_CHECKING:
    from typing import Self


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A network as a scikit-learn regressor; for its settings see `NetworkEstimator`.

    Uses identity units, trained with the squared error ½ Σ (a − y)². y is not scaled: targets far from 0 or not
    of magnitude 1 are learned faster inside `sklearn.compose.TransformedTargetRegressor`.

    >>> import numpy as np, minigraph as mg
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> y = X[:, 0] ** 2
    >>> regressor = NetworkRegressor((20,), "tanh", l2=0.0, optimizer=mg.Adam(0.01), batch_size=10, random_state=0)
    >>> bool(regressor.fit(X, y).score(X, y) > 0.9)
    True
    """

    def fit(self, X: Matrix, y: Matrix, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network, from scratch unless `warm_start` is set.

        Args:
            X: (m, features), dense or sparse.
            y: (m,) or (m, targets).
            sample_weight: (m,), weights >= 0: J = Σ w_i cost(i) / Σ w_i.

        Raises:
            ValueError: arguments or settings do not fit.
        """
        inputs, Y, names = self._checked(X, y, reset=True)
        weights = check_weights(sample_weight, len(Y))
        random = self._prepare(inputs.shape[1], Y.shape[1], "squared_error", inputs.dtype, names, keep=self.warm_start)
        self._train(inputs, Y, weights, random)
        return self

    def partial_fit(self, X: Matrix, y: Matrix, sample_weight: ArrayLike | None = None) -> Self:
        """Train for a single pass over the examples, continuing from the last call or fit.

        Args:
            X: (m, features), dense or sparse.
            y: (m,) or (m, targets).
            sample_weight: (m,), weights >= 0.

        Raises:
            ValueError: arguments or settings do not fit.
        """
        inputs, Y, names = self._checked(X, y, reset=not hasattr(self, "network_"))
        weights = check_weights(sample_weight, len(Y))
        self._prepare(inputs.shape[1], Y.shape[1], "squared_error", inputs.dtype, names, keep=True)
        self._update(inputs, Y, weights)
        return self

    def predict(self, X: Matrix) -> Array:
        """Return the predictions, shape (m,), or (m, targets) if y was 2-D.

        Args:
            X: (m, features), dense or sparse.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if self._is_vector else outputs

    def _checked(self, X: Matrix, y: Matrix, reset: bool) -> tuple[Features, Array, Sequence[str]]:
        inputs, targets = validate_data(
            self, X, y, reset=reset, accept_sparse="csr", dtype=(np.float64, np.float32), multi_output=True,
            y_numeric=True,
        )  # fmt: skip
        if hasattr(targets, "toarray"):
            targets = targets.toarray()
        self._is_vector = targets.ndim == 1
        Y: Array = targets.reshape(len(targets), -1)
        name = getattr(y, "name", None)
        return inputs, Y, column_names(y) or ([name] if isinstance(name, str) and name else [])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

"""Networks as scikit-learn estimators; needs the extra `sklearn`.

Settings of the network are named as in minigraph, those of its training as in scikit-learn. Both estimators
follow `MLPClassifier` and `MLPRegressor`, multi-label targets and sparse X included. They differ where
minigraph has a means of its own, or where the other behavior would hide something:

- `solver`, `learning_rate`, `momentum`, …: an `Optimizer` holds these, with any schedule for the learning rate.
  There is no `lbfgs`, and so no `max_fun`: `mg.minimize(estimator.network_, X, Y)` goes on from a fit.
- `loss="poisson"` and other costs: `build` returns a network with the cost that you want.
- `coefs_` and `intercepts_`: `network_.layers[l].theta`, the bias in column 0.
- Early stopping watches the cost of the examples set aside (`validation_loss_curve_`), not a score.
  `partial_fit` ignores `early_stopping`, since it leaves the decision when to stop to its caller.
- A single class in y is an error, as is a cost that is not finite (`NonFiniteError`).
- `verbose` shows the progress bar of `mg.fit`.
"""

from __future__ import annotations

from minigraph.errors import MissingExtraError

try:
    import sklearn  # noqa: F401
except ModuleNotFoundError as _error:
    raise MissingExtraError("scikit-learn is not installed: pip install 'minigraph[sklearn]'") from _error

from minigraph.sklearn.classifier import NetworkClassifier
from minigraph.sklearn.estimator import Build, NetworkEstimator
from minigraph.sklearn.regressor import NetworkRegressor

__all__ = ["Build", "NetworkClassifier", "NetworkEstimator", "NetworkRegressor"]

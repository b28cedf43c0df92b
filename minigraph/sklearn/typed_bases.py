"""scikit-learn's base classes, with the types that scikit-learn itself lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin"]

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

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

"""X as scikit-learn passes it in: a dense or a sparse matrix, and how the network reads its rows."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from minigraph.base.arrays import Array, Float
from minigraph.base.sources import Indices, Rows
from minigraph.network.network import Network

Matrix: TypeAlias = "ArrayLike | sparse.sparray | sparse.spmatrix"
"""What users pass in as X."""
Features: TypeAlias = "Array | sparse.csr_matrix[Float]"
"""X when it has been checked."""

_ENTRIES = 2**20
"""Entries of a sparse matrix that `predict` makes dense at a time."""


class DenseRows:
    """The rows of a sparse matrix, made dense only when training reads them."""

    def __init__(self, matrix: sparse.csr_matrix[Float]) -> None:
        self._matrix = matrix

    def __len__(self) -> int:
        return self._matrix.shape[0]

    def __getitem__(self, indices: Indices, /) -> Array:
        return self._matrix[indices].toarray()


def rows_of(X: Features) -> Array | Rows:
    """Return what `fit` takes for X."""
    return DenseRows(X) if sparse.issparse(X) else X


def predict(net: Network[Array], X: Features) -> Array:
    """Return the network's outputs for X, shape (m, s_L)."""
    rows = rows_of(X)
    if isinstance(rows, np.ndarray):
        return net.predict(rows)
    size = max(1, _ENTRIES // X.shape[1])
    chunks = np.split(np.arange(len(rows)), range(size, len(rows), size))
    return np.concatenate([net.predict(rows[chunk]) for chunk in chunks])

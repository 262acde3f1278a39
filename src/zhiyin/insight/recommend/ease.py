"""EASE: how much having one product speaks for another, in closed form.

Steck (2019), "Embarrassingly Shallow Autoencoders for Sparse Data": with G = XᵀX + λI and
P = G⁻¹, the weights are B_ij = −P_ij / P_jj and 0 on the diagonal. The inverse is dense, so it is
for up to some 20,000 products (1.6 GB in single precision at that size).
"""

from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from zhiyin.insight.recommend.ratings import Matrix, Numbers

MOST_PRODUCTS = 20_000
_BLOCK = 1_024
_SINGLE_ABOVE = 6_000  # products: above this, single precision halves memory and time


def fit_ease(likes: Matrix, ridge: float) -> npt.NDArray[np.float32]:
    """Products x products; column j says what speaks for j. `ridge` is λ."""
    products = likes.shape[1]
    precision = np.float64 if products <= _SINGLE_ABOVE else np.float32
    held = likes.astype(precision)
    gram = cast("Numbers", (held.T @ held).toarray(order="F"))
    gram[np.diag_indices(products)] += precision(ridge)
    inverse = _inverse(gram)
    inverse *= -1 / inverse[np.diag_indices(products)][None, :]
    inverse[np.diag_indices(products)] = 0
    return np.ascontiguousarray(inverse, dtype=np.float32)


def _inverse(gram: Numbers) -> Numbers:
    """Inverse of a symmetric positive definite matrix (in Fortran order) by Cholesky, in place."""
    double = gram.dtype == np.float64
    factor, inverted = (lapack.dpotrf, lapack.dpotri) if double else (lapack.spotrf, lapack.spotri)
    lower, wrong = factor(gram, lower=1, overwrite_a=1)
    if wrong == 0:
        lower, wrong = inverted(lower, lower=1, overwrite_c=1)
    if wrong != 0:
        raise np.linalg.LinAlgError("the matrix of products cannot be inverted; raise the ridge")
    for at in range(0, len(lower), _BLOCK):
        end = at + _BLOCK
        block = np.tril(lower[at:end, at:end])
        lower[at:end, at:end] = block + np.tril(block, -1).T
        lower[at:end, end:] = lower[end:, at:end].T
    return cast("Numbers", lower.T)  # symmetric, and now in the order of C

"""A list whose offers differ: maximal marginal relevance (Carbonell and Goldstein 1998).

Two products are alike as far as the same customers have both (cosine); products that nobody has
yet are like nothing.
"""

import numpy as np
from scipy import sparse

from zhiyin.insight.contract import Floats
from zhiyin.insight.given import Integers
from zhiyin.insight.recommend.ratings import Numbers


def spread_out(
    candidates: Integers,
    scores: Numbers,
    likes_by_product: "sparse.csc_array[np.float64]",
    n: int,
    diversity: float,
) -> Integers:
    """`n` of the candidates, best first: (1 − d)·score − d·likeness to the nearest one above."""
    if len(candidates) <= 1:
        return candidates
    low, high = float(scores.min()), float(scores.max())
    worth = (scores - low) / (high - low) if high > low else np.ones(len(scores))
    alike = likeness(candidates, likes_by_product)
    left = np.ones(len(candidates), dtype=np.bool_)
    nearest = np.zeros(len(candidates))
    chosen: list[int] = []
    while len(chosen) < min(n, len(candidates)):
        marginal = np.where(left, (1 - diversity) * worth - diversity * nearest, -np.inf)
        best = int(np.argmax(marginal))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, alike[best])
    return candidates[chosen]


def likeness(products: Integers, likes_by_product: "sparse.csc_array[np.float64]") -> Floats:
    """Cosine between products over customers."""
    known = products < likes_by_product.shape[1]
    alike = np.zeros((len(products), len(products)))
    held = likes_by_product[:, products[known]]
    together = (held.T @ held).toarray()
    length = np.sqrt(np.diag(together))
    scaled = together / np.maximum(length[:, None] * length[None, :], 1e-12)
    alike[np.ix_(known, known)] = scaled
    return alike

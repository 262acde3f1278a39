"""How good a list was: the whole catalogue is ranked, never a sample of it.

Sampled-negative figures are not comparable with full ones: .449 against .236 for the same model on
the same data (RecSys 2019 evaluation of Ferrari Dacrema and others).
"""

import numpy as np

from zhiyin.insight.contract import Floats
from zhiyin.insight.given import Integers
from zhiyin.insight.recommend.ratings import Numbers


def ranks(scores: Numbers, wanted: Integers) -> Floats:
    """Place of the wanted product in each row, from 0; equal scores share their mean place."""
    value = scores[np.arange(len(scores)), wanted][:, None]
    above = (scores > value).sum(axis=1)
    equal = (scores == value).sum(axis=1) - 1
    return np.asarray(above + equal / 2, dtype=np.float64)


def ndcg(rank: Floats, at: int = 10) -> Floats:
    """For one wanted product a row: 1 / log2(place + 1), 0 below `at`."""
    return np.asarray(np.where(rank < at, 1 / np.log2(rank + 2), 0.0))


def hits(rank: Floats, at: int = 10) -> Floats:
    return np.asarray((rank < at).astype(np.float64))


def coverage(offered: Integers, products: int) -> float:
    """Share of the catalogue that appears in anybody's list."""
    return len(np.unique(offered)) / max(products, 1)

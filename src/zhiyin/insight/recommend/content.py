"""What is known of products and of people, for whoever and whatever has no history yet.

A product that nobody has bought inherits from the products most like it by their attributes
(TF-IDF, cosine). A person without a history gets what people with the same attributes have (naive
Bayes, shrunk towards what everybody has).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from scipy import sparse

from zhiyin.insight.contract import Floats
from zhiyin.insight.given import As, Integers, Rows, arrow, given, places
from zhiyin.insight.recommend.ratings import Matrix, Ratings

NEIGHBOURS = 10  # a new product inherits from so many
PRIOR_PEOPLE = 20.0  # an attribute shared by fewer people counts less than half
_PRICE_BANDS = 8
_PARTS = re.compile(r"[|,;/\s]+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Described:
    """Rows of attributes: `ids` in order, and ids x attributes."""

    ids: pa.Array
    features: Matrix
    labels: list[str]
    names: dict[str, str]


def describe(table: Rows, key: str) -> Described:
    """Attributes of every column but the key; of several rows with one key the first counts.

    Texts fall apart at blanks and |,;/ and Chinese into pairs of characters; numbers fall into
    bands of equal size. A column `name` is kept for the reasons as well.
    """
    whole = arrow(table)
    others = {
        field.name: As.NUMBER if _is_number(field.type) else As.LABEL
        for field in whole.schema
        if field.name != key and _is_readable(field.type)
    }
    rows = given(whole, {key: As.IDENTIFIER}, optional=dict.fromkeys(others, As.LABEL))
    ids, at = rows.coded(key)
    first = np.full(len(ids), -1, dtype=np.int64)
    first[at[::-1]] = np.arange(len(rows))[::-1]
    table_of_ids = rows.rows.take(pa.array(first))
    vocabulary: dict[str, int] = {}
    entries: list[tuple[int, int]] = []
    for column, kind in others.items():
        for row, tokens in enumerate(_tokens(table_of_ids.column(column), column, kind)):
            for token in tokens:
                entries.append((row, vocabulary.setdefault(token, len(vocabulary))))
    features = _tfidf(entries, len(ids), len(vocabulary))
    names: dict[str, str] = {}
    if "name" in others:
        texts = table_of_ids.column("name").to_pylist()
        names = {i: str(t) for i, t in zip(ids.to_pylist(), texts, strict=True) if t}
    return Described(ids, features, list(vocabulary), names)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_readable(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind))


def _tokens(values: pa.ChunkedArray, column: str, kind: As) -> list[list[str]]:
    texts = values.to_pylist()
    if kind is As.NUMBER:
        numbers = np.array([float(t) if t else np.nan for t in texts])
        known = numbers[np.isfinite(numbers)]
        if len(known) == 0:
            return [[] for _ in texts]
        cuts = np.unique(np.quantile(known, np.linspace(0, 1, _PRICE_BANDS + 1)[1:-1]))
        band = np.searchsorted(cuts, numbers, side="right")
        return [
            [f"{column}={b}"] if np.isfinite(n) else [] for n, b in zip(numbers, band, strict=True)
        ]
    return [[f"{column}={part}" for part in _parts(t)] if t else [] for t in texts]


def _parts(text: str) -> list[str]:
    found: list[str] = []
    for part in _PARTS.split(text.lower()):
        han = "".join(_HAN.findall(part))
        if len(han) > 2:
            found += [a + b for a, b in pairwise(han)]
        elif part:
            found.append(part)
    return sorted(set(found))


def _tfidf(entries: Sequence[tuple[int, int]], rows: int, columns: int) -> Matrix:
    at = np.array(entries, dtype=np.int64).reshape(-1, 2)
    counts = sparse.csr_array(
        (np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(rows, max(columns, 1))
    )
    shared = np.bincount(at[:, 1], minlength=max(columns, 1))
    rarity = np.log((1 + rows) / (1 + shared)) + 1
    weighed = counts.multiply(rarity[None, :]).tocsr()
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    return sparse.csr_array(weighed.multiply(scale[:, None]))


def inherited(described: Described, products: pa.Array, new: pa.Array) -> Matrix:
    """New products x known ones: from whom each new product inherits, and how much.

    The weights of a row add up to the mean likeness of its ten neighbours: who is like nobody
    inherits little.
    """
    known_at, new_at = places(products, described.ids), places(new, described.ids)
    rows: list[Integers] = []
    columns: list[Integers] = []
    weights: list[Floats] = []
    held = np.flatnonzero(known_at >= 0)
    known = described.features[known_at[held]].T.tocsc() if len(held) else None
    for at in range(0, len(new), 500):
        chunk = np.arange(at, min(at + 500, len(new)))
        described_ones = chunk[new_at[chunk] >= 0]
        if known is None or len(described_ones) == 0:
            continue
        likeness = (described.features[new_at[described_ones]] @ known).toarray()
        most = min(NEIGHBOURS, likeness.shape[1])
        near = np.argsort(-likeness, axis=1, kind="stable")[:, :most]
        values = np.take_along_axis(likeness, near, axis=1)
        rows.append(np.repeat(described_ones, most))
        columns.append(held[near.ravel()])
        weights.append(values.ravel() / NEIGHBOURS)
    shape = (len(new), len(products))
    if not rows:
        return sparse.csr_array(shape)
    matrix = sparse.csr_array(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape
    )
    matrix.eliminate_zeros()
    return matrix


@dataclass(frozen=True)
class LikePeople:
    """What people with an attribute have, against everybody: log-odds, people's attributes."""

    described: Described
    popular: Floats
    lift: Floats  # attributes x products

    def scores(self, person: int) -> Floats:
        """How many of the people like this one have each product, as a share."""
        row = self.described.features[[person]]
        return np.asarray(self.popular * np.exp(self.lift[row.indices].sum(axis=0)))


def like_people(described: Described, ratings: Ratings) -> LikePeople:
    """Learn from the people of whom both attributes and history are known."""
    at = places(ratings.customers, described.ids)
    both = np.flatnonzero(at >= 0)
    carried = described.features[at[both]]
    carried = sparse.csr_array(
        (np.ones_like(carried.data), carried.indices, carried.indptr), shape=carried.shape
    )
    has = ratings.likes()
    popular = (ratings.buyers() + 0.5) / (len(ratings.customers) + 1)
    together = (carried.T @ has[both]).toarray()
    people: Floats = np.asarray(carried.sum(axis=0)).ravel()
    share = (together + PRIOR_PEOPLE * popular) / (people + PRIOR_PEOPLE)[:, None]
    return LikePeople(described, popular, np.log(share / popular))

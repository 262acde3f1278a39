"""Baskets as a sparse matrix of zeros and ones, and the sets of things that are frequent in them.

A basket is an order; the same thing twice in it counts once. What came back (a quantity that is not
above zero) is in no basket.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pyarrow as pa
from scipy import sparse

from zhiyin.insight.contract import Floats
from zhiyin.insight.given import As, Flags, Given, Integers, Rows, coded, given, places

_MOST_ITEMS = 5_000  # more than this many frequent things would make pairs by the million


@dataclass(frozen=True)
class Itemset:
    """Places of things in order, and how many baskets hold them all."""

    items: tuple[int, ...]
    baskets: int


@dataclass(frozen=True)
class Baskets:
    """Baskets x items in the order of time; `segment` is a place in `segment_names` or -1."""

    items: pa.Array
    matrix: "sparse.csr_array[np.float64]"
    segment: Integers
    segment_names: list[str]
    left_out: dict[str, int]

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def sizes(self) -> Integers:
        return np.diff(self.matrix.indptr).astype(np.int64)

    def counts(self) -> Floats:
        """In how many baskets each item is."""
        return np.asarray(self.matrix.sum(axis=0), dtype=np.float64).ravel()

    def popular(self) -> list[str]:
        """Items by how many baskets hold them."""
        counts = self.counts()
        order = np.lexsort((np.arange(len(counts)), -counts))
        return [self.items[int(i)].as_py() for i in order if counts[i] > 0]

    def of(self, basket: int) -> Integers:
        start, end = self.matrix.indptr[basket], self.matrix.indptr[basket + 1]
        return np.sort(self.matrix.indices[start:end]).astype(np.int64)

    def part(self, keep: Flags) -> "Baskets":
        at = np.flatnonzero(keep)
        return Baskets(self.items, self.matrix[at], self.segment[at], [], self.left_out)


def read_baskets(
    lines: Rows, as_of: datetime, *, level: Literal["product", "category"], segments: Rows | None
) -> Baskets:
    """See `basket.fit`; items of a category level are the categories."""
    item = "product_id" if level == "product" else "category"
    columns = {"order_id": As.IDENTIFIER, item: As.IDENTIFIER, "at": As.MOMENT}
    if segments is not None:
        columns["customer_id"] = As.IDENTIFIER
    taken = given(lines, columns, optional={"quantity": As.NUMBER}, before=as_of)
    left_out = dict(taken.left_out)
    rows = taken.rows
    if taken.has("quantity"):
        bought = taken.numbers("quantity") > 0
        if not bought.all():
            left_out["quantity is not above zero"] = int((~bought).sum())
        rows = rows.filter(pa.array(bought)).combine_chunks()
    kept = Given(rows, left_out)
    orders, order = kept.coded("order_id")
    items, what = kept.coded(item)
    first = np.full(len(orders), np.iinfo(np.int64).max)
    np.minimum.at(first, order, kept.moments("at"))
    by_time = np.lexsort((np.arange(len(orders)), first))
    rank = np.empty(len(orders), dtype=np.int64)
    rank[by_time] = np.arange(len(orders))
    pair = np.unique(rank[order] * max(len(items), 1) + what)
    basket, thing = pair // max(len(items), 1), pair % max(len(items), 1)
    matrix = sparse.csr_array(
        (np.ones(len(pair)), (basket, thing)), shape=(len(orders), len(items))
    )
    segment, names = _segments(kept, rank[order], len(orders), segments)
    return Baskets(items, matrix, segment, names, left_out)


def _segments(
    kept: Given, basket: Integers, baskets: int, segments: Rows | None
) -> tuple[Integers, list[str]]:
    if segments is None:
        return np.full(baskets, -1, dtype=np.int64), []
    told = given(segments, {"customer_id": As.IDENTIFIER, "segment": As.IDENTIFIER})
    names, place = told.coded("segment")
    ids, who = coded(told.rows.column("customer_id").combine_chunks())
    of_customer = np.full(len(ids) + 1, -1, dtype=np.int64)
    np.maximum.at(of_customer, who, place)
    at = places(kept.rows.column("customer_id").combine_chunks(), ids)
    segment = np.full(baskets, -1, dtype=np.int64)
    np.maximum.at(segment, basket, of_customer[at])
    return segment, names.to_pylist()


def frequent(baskets: Baskets, least: int, longest: int) -> list[Itemset]:
    """All sets of up to `longest` items that at least `least` baskets hold, in a fixed order."""
    counts = baskets.counts()
    single = np.flatnonzero(counts >= least)
    if len(single) > _MOST_ITEMS:  # the most frequent; rules among the rest would be noise
        single = np.sort(np.lexsort((single, -counts[single]))[:_MOST_ITEMS])
        single = np.flatnonzero(counts >= least)[single]
    found = [Itemset((int(i),), int(counts[i])) for i in single]
    inside = baskets.matrix[:, single].tocsc()
    level = list(_pairs(inside, least))
    size = 2
    while level:
        found += [Itemset(tuple(int(single[i]) for i in items), n) for items, n in level]
        size += 1
        if size > longest:
            break
        level = list(_longer(inside, level, least))
    return found


def _pairs(
    inside: "sparse.csc_array[np.float64]", least: int
) -> Iterator[tuple[tuple[int, ...], int]]:
    together = sparse.triu((inside.T @ inside).tocoo(), k=1).tocoo()
    enough = together.data >= least
    a, b, n = together.row[enough], together.col[enough], together.data[enough]
    for at in np.lexsort((b, a)):
        yield (int(a[at]), int(b[at])), int(n[at])


def _longer(
    inside: "sparse.csc_array[np.float64]", level: list[tuple[tuple[int, ...], int]], least: int
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Sets of one more item: the baskets of a set, times all items that come after its last."""
    by_row = inside.tocsr()
    known = {items for items, _ in level}
    for items, _ in level:
        held = _holding(inside, items)
        counts: Floats = np.asarray(by_row[held].sum(axis=0)).ravel()
        for further in np.flatnonzero(counts >= least):
            if further <= items[-1]:
                continue
            longer = (*items, int(further))
            if all(longer[:k] + longer[k + 1 :] in known for k in range(len(longer))):
                yield longer, int(counts[further])


def _holding(inside: "sparse.csc_array[np.float64]", items: tuple[int, ...]) -> Integers:
    """The baskets with all of the items."""
    columns = [inside.indices[inside.indptr[i] : inside.indptr[i + 1]] for i in items]
    held = columns[0]
    for column in columns[1:]:
        held = np.intersect1d(held, column, assume_unique=True)
    return held.astype(np.int64)

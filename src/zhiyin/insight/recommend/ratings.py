"""Who bought, liked or watched what, how much and when: one row a customer and product.

Repeated rows of a pair are added up and the latest date counts. The order of the rows in the source
cannot change anything: they are sorted before they are added.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from zhiyin.insight.contract import Floats, NotEnoughHistoryError
from zhiyin.insight.given import As, Flags, Integers, Rows, given

Matrix: TypeAlias = "sparse.csr_array[np.float64]"
Numbers: TypeAlias = "npt.NDArray[np.float32] | Floats"


@dataclass(frozen=True)
class Ratings:
    """`who` and `what` are places in `customers` and `products`; sorted by who, when, what."""

    customers: pa.Array
    products: pa.Array
    who: Integers
    what: Integers
    when_us: Integers
    weight: Floats
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.who)

    def part(self, keep: Flags) -> "Ratings":
        """Some of the rows; customers and products keep their places."""
        return Ratings(
            self.customers, self.products, self.who[keep], self.what[keep], self.when_us[keep],
            self.weight[keep], self.left_out,
        )  # fmt: skip

    def buyers(self) -> Floats:
        """How many customers each product has."""
        counts = np.bincount(self.what, minlength=len(self.products))
        return np.asarray(counts, dtype=np.float64)

    def starts(self) -> Integers:
        """Where the rows of each customer begin, and the end of the last."""
        counts = np.bincount(self.who, minlength=len(self.customers))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def likes(self) -> Matrix:
        """Customers x products: 1 where there is a row."""
        return self.matrix(np.ones(len(self)))

    def strengths(self, half_life: float) -> Floats:
        """How much each row counts now: half after `half_life` newer products.

        Infinity counts all alike; what came at one moment shares its mean place.
        """
        if not np.isfinite(half_life):
            return np.ones(len(self))
        return np.asarray(np.power(0.5, self._newer_products() / half_life))

    def matrix(self, values: Floats) -> Matrix:
        """Customers x products, one value a row of this table."""
        shape = (len(self.customers), len(self.products))
        # copies, because scipy may sort the places of a matrix where they stand
        return sparse.csr_array((values.copy(), self.what.copy(), self.starts()), shape=shape)

    def _newer_products(self) -> Floats:
        ends = self.starts()[1:]
        places = ends[self.who] - 1.0 - np.arange(len(self))
        new = np.r_[True, (np.diff(self.who) != 0) | (np.diff(self.when_us) != 0)][: len(self)]
        group = np.cumsum(new) - 1
        means = np.bincount(group, weights=places) / np.maximum(np.bincount(group), 1)
        return np.asarray(means[group])


def read_ratings(table: Rows, as_of: datetime) -> Ratings:
    """Rows strictly before `as_of` with a weight above zero (a return is no wish).

    Raises NotEnoughHistoryError where none is left, ColumnsError where a column is missing.
    """
    taken = given(
        table,
        {"customer_id": As.IDENTIFIER, "product_id": As.IDENTIFIER, "at": As.MOMENT},
        optional={"weight": As.NUMBER},
        before=as_of,
    )
    left_out = dict(taken.left_out)
    rows = taken.rows
    if taken.has("weight"):
        good = taken.numbers("weight") > 0
        if not good.all():
            left_out["weight is not above zero"] = int((~good).sum())
            rows = rows.filter(pa.array(good))
    if rows.num_rows == 0:
        raise NotEnoughHistoryError(f"nobody has taken anything before {as_of:%Y-%m-%d}")
    kept = type(taken)(rows.combine_chunks(), left_out)
    customers, who = kept.coded("customer_id")
    products, what = kept.coded("product_id")
    when = kept.moments("at")
    weight = kept.numbers("weight") if kept.has("weight") else np.ones(len(kept))

    order = np.lexsort((weight, when, what, who))
    who, what, when, weight = who[order], what[order], when[order], weight[order]
    first = np.flatnonzero(np.r_[True, (np.diff(who) != 0) | (np.diff(what) != 0)])
    last = np.r_[first[1:], len(who)] - 1
    weight = np.add.reduceat(weight, first)
    who, what, when = who[first], what[first], when[last]
    order = np.lexsort((what, when, who))
    return Ratings(
        customers, products, who[order], what[order], when[order], weight[order], left_out
    )

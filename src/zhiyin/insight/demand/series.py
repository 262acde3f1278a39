"""From sales to series: one row a thing that is sold, one column a day or week, gaps filled with 0.

Periods are counted back from the day of the question, so the last one is always whole; a part of
the first that is not is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.contract import DAY_US, Floats, NotEnoughHistoryError, microseconds
from zhiyin.insight.given import As, Integers, Rows, given

JOINED = " · "


class Every(StrEnum):
    """The length of a period, and the season in it."""

    DAY = "day"
    WEEK = "week"

    @property
    def days(self) -> int:
        return 1 if self is Every.DAY else 7

    @property
    def season(self) -> int:
        """Periods until the same comes again: weekdays, weeks of the year."""
        return 7 if self is Every.DAY else 52

    @property
    def month(self) -> int:
        """Periods in the 28 days of the naive baseline."""
        return 28 // self.days


@dataclass(frozen=True)
class Panel:
    """`values`: series x periods, quantities (or money) sold; returns are taken off.

    `labels` names each series by the columns that it was made of; `worth` weighs series against
    each other (money of the last 28 days, the quantity where there is no price); `end_day` is the
    first day after the last period, in days since 1970.
    """

    every: Every
    labels: dict[str, list[str]]
    values: Floats
    worth: Floats
    end_day: int
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def periods(self) -> int:
        return int(self.values.shape[1])

    @cached_property
    def started(self) -> Integers:
        """The first period with a sale; before it the thing was not for sale yet."""
        sold = self.values != 0
        return np.where(sold.any(axis=1), sold.argmax(axis=1), self.periods - 1).astype(np.int64)

    def names(self) -> list[str]:
        return [JOINED.join(parts) for parts in zip(*self.labels.values(), strict=True)]

    def until(self, periods: int) -> "Panel":
        """What was known after so many periods; series that had not begun stay, all zero."""
        cut = self.values[:, :periods]
        month = self.every.month
        recent = np.abs(cut[:, -month:]).sum(axis=1)
        later = np.abs(self.values[:, -month:]).sum(axis=1)
        price = np.divide(self.worth, later, out=np.ones(len(self)), where=later > 0)
        end = self.end_day - (self.periods - periods) * self.every.days
        return Panel(self.every, self.labels, cut, recent * price, end, self.left_out)

    def since(self, period: int) -> "Panel":
        """Without the periods before."""
        return Panel(
            self.every, self.labels, self.values[:, period:], self.worth, self.end_day,
            self.left_out,
        )  # fmt: skip

    def day_of(self, period: int | Integers) -> Integers:
        """The first day of a period, counted from the first of the panel; may lie ahead."""
        start = self.end_day - self.periods * self.every.days
        return np.asarray(start + np.asarray(period) * self.every.days, dtype=np.int64)


def panel(
    sales: Rows,
    as_of: datetime,
    *,
    by: str | Sequence[str],
    every: Every,
    measure: str = "quantity",
) -> Panel:
    """Sum `measure` over every combination of the columns `by`, period by period.

    `sales` has the columns `by`, `at`, `measure` and optionally `price` (of a piece). Raises
    NotEnoughHistoryError where nothing was sold before `as_of`, ColumnsError for missing columns.
    """
    columns = [by] if isinstance(by, str) else list(by)
    taken = given(
        sales,
        {**dict.fromkeys(columns, As.IDENTIFIER), "at": As.MOMENT, measure: As.NUMBER},
        optional={"price": As.NUMBER},
        before=as_of,
    )
    end_day = microseconds(as_of) // DAY_US
    if len(taken) == 0:
        raise NotEnoughHistoryError(f"nothing was sold before {as_of:%Y-%m-%d}")
    day = taken.moments("at") // DAY_US
    back = (end_day - 1 - day) // every.days
    whole = (back >= 0) & (day >= end_day - ((end_day - day.min()) // every.days) * every.days)
    if not whole.any():
        raise NotEnoughHistoryError(f"not one whole {every.value} lies before {as_of:%Y-%m-%d}")
    periods = int(back[whole].max()) + 1
    keys, at = _keys(taken.rows, columns)
    amount = taken.numbers(measure)
    order = np.lexsort((amount, back, at))  # sums must not depend on the order of the rows
    order = order[whole[order]]
    values = np.zeros((len(keys), periods))
    np.add.at(values, (at[order], periods - 1 - back[order]), amount[order])
    month = every.month
    worth = np.abs(values[:, -month:]).sum(axis=1)
    if taken.has("price"):
        worth = worth * _prices(at, amount, taken.numbers("price"), len(keys))
    labels = {c: keys.column(c).to_pylist() for c in columns}
    return Panel(every, labels, values, worth, end_day, taken.left_out)


def _keys(rows: pa.Table, columns: list[str]) -> tuple[pa.Table, Integers]:
    """Different combinations in order, and the place of each row's."""
    code = np.zeros(rows.num_rows, dtype=np.int64)
    for name in columns:
        values = rows.column(name).combine_chunks()
        different = values.unique()
        different = different.take(pc.sort_indices(different))
        place = pc.index_in(values, value_set=different).to_numpy(zero_copy_only=False)
        code = code * len(different) + place
    _, first, at = np.unique(code, return_index=True, return_inverse=True)
    return rows.select(columns).take(pa.array(first)), np.asarray(at, dtype=np.int64)


def _prices(at: Integers, amount: Floats, price: Floats, series: int) -> Floats:
    """What a piece of each series costs on average."""
    sold = np.maximum(amount, 0)
    order = np.lexsort((price, sold, at))
    money = np.bincount(at[order], weights=(sold * price)[order], minlength=series)
    pieces = np.bincount(at[order], weights=sold[order], minlength=series)
    return np.asarray(np.divide(money, pieces, out=np.ones(series), where=pieces > 0))

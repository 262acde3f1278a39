"""What every question of this room has in common: words, dates, and a past that cannot be left.

`KnownUntil` is the guard against leakage: a model that is fitted "as of" a date is handed a history
that refuses any question about that date or later. `Frame` is one snapshot of features, always
sorted by customer, so that the order of the rows in a source can never change a result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
DAY_US = 86_400_000_000


class Words(msgspec.Struct, frozen=True):
    """One meaning in both languages."""

    zh: str
    en: str


class Reason(msgspec.Struct, frozen=True):
    """Why a score is what it is: a sentence with its numbers, and how much it weighs.

    `points` is the contribution in percentage points (for a risk) or in money (for a value).
    """

    feature: str
    zh: str
    en: str
    points: float


class InsightError(Exception):
    """Base of everything that a caller of this room can act on."""


class NotEnoughHistoryError(InsightError):
    """The history is too short or holds too few customers to learn from."""


class LookAheadError(InsightError):
    """A model asked for something that was not yet known at its date."""


class Past(Protocol):
    """What a model may ask; `zhiyin.features.history.History` answers it."""

    def customer_features(self, as_of: datetime) -> pa.Table: ...

    def outcomes(self, as_of: datetime, horizon: timedelta) -> pa.Table: ...

    def span(self) -> tuple[datetime, datetime]: ...


def microseconds(at: datetime) -> int:
    """Exact microseconds since 1970 (float timestamps lose the last digit)."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


@dataclass(frozen=True)
class Frame:
    """Features of all customers at one date, sorted by customer."""

    as_of: datetime
    table: pa.Table

    @classmethod
    def of(cls, table: pa.Table, as_of: datetime) -> "Frame":
        order = pc.sort_indices(table.column("customer_id"))
        return cls(as_of, table.take(order).combine_chunks())

    @property
    def ids(self) -> pa.Array:
        return self.table.column("customer_id").combine_chunks()

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def has(self, name: str) -> bool:
        return name in self.table.column_names

    def column(self, name: str) -> Floats:
        """A column as floats; what is unknown becomes NaN."""
        values = pc.cast(self.table.column(name), pa.float64())
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)

    def days(self, name: str) -> Floats:
        """A `*_us` column as whole UTC days since 1970."""
        us = pc.cast(self.table.column(name), pa.int64()).to_numpy(zero_copy_only=False)
        return np.asarray(us // DAY_US, dtype=np.float64)

    def where(self, keep: npt.NDArray[np.bool_]) -> "Frame":
        return Frame(self.as_of, self.table.filter(pa.array(keep)))


def aligned(ids: pa.Array, table: pa.Table, column: str) -> Floats:
    """`column` of `table` in the order of `ids`; customers it does not hold count as zero."""
    if table.num_rows == 0:
        return np.zeros(len(ids))
    values = pc.cast(table.column(column), pa.float64()).combine_chunks()
    at = pc.index_in(ids, value_set=table.column("customer_id").combine_chunks())
    return np.asarray(pc.fill_null(values.take(at), 0.0).to_numpy(zero_copy_only=False))


@dataclass(frozen=True)
class Remembered:
    """A history that answers each question once: snapshots are shared by all models."""

    past: Past
    _frames: dict[datetime, Frame] = field(default_factory=dict)
    _outcomes: dict[tuple[datetime, timedelta], pa.Table] = field(default_factory=dict)
    _span: list[tuple[datetime, datetime]] = field(default_factory=list)

    def customer_features(self, as_of: datetime) -> pa.Table:
        return self.frame(as_of).table

    def frame(self, as_of: datetime) -> Frame:
        if as_of not in self._frames:
            self._frames[as_of] = Frame.of(self.past.customer_features(as_of), as_of)
        return self._frames[as_of]

    def outcomes(self, as_of: datetime, horizon: timedelta) -> pa.Table:
        if (as_of, horizon) not in self._outcomes:
            self._outcomes[as_of, horizon] = self.past.outcomes(as_of, horizon)
        return self._outcomes[as_of, horizon]

    def span(self) -> tuple[datetime, datetime]:
        if not self._span:
            self._span.append(self.past.span())
        return self._span[0]


@dataclass(frozen=True)
class KnownUntil:
    """A history that ends before `end`: asking about `end` or later is an error, not a leak."""

    history: Remembered
    end: datetime

    def frame(self, as_of: datetime) -> Frame:
        if as_of > self.end:
            raise LookAheadError(
                f"features of {as_of:%Y-%m-%d} are not known on {self.end:%Y-%m-%d}"
            )
        return self.history.frame(as_of)

    def buyers(self, as_of: datetime, horizon: timedelta, column: str) -> Floats:
        """What each customer of the snapshot did in [as_of, as_of + horizon): orders or revenue."""
        if as_of + horizon > self.end:
            raise LookAheadError(
                f"outcomes until {as_of + horizon:%Y-%m-%d} are not known on {self.end:%Y-%m-%d}"
            )
        return aligned(self.frame(as_of).ids, self.history.outcomes(as_of, horizon), column)

    def first_sale(self) -> datetime:
        """When the history begins. Only its beginning is used: its end lies in the future."""
        return self.history.span()[0]

    def snapshots(self, last: datetime, step: timedelta, most: int) -> list[datetime]:
        """Up to `most` dates, `step` apart, going back from `last`, with a month of past each."""
        earliest = self.first_sale() + timedelta(days=30)
        return [at for k in range(most) if (at := last - k * step) >= earliest]


def remembered(history: Past) -> Remembered:
    return history if isinstance(history, Remembered) else Remembered(history)


def known_until(history: Past, as_of: datetime) -> KnownUntil:
    return KnownUntil(remembered(history), as_of)


def horizon_for(days: int, choices: tuple[int, ...]) -> timedelta:
    """The longest horizon that still leaves three backtests, each with a past to learn from."""
    for choice in choices:
        if 5 * choice + 30 <= days:
            return timedelta(days=choice)
    raise NotEnoughHistoryError(
        f"{5 * choices[-1] + 30} days of history are needed; there are {days}"
    )


def score_table(
    ids: pa.Array,
    value: Floats,
    low: Floats | None = None,
    high: Floats | None = None,
    reasons: Sequence[str] | None = None,
) -> pa.Table:
    """The answer of a model, one row a customer: customer_id, value, low, high, reasons (JSON)."""
    nothing = pa.nulls(len(ids), pa.float64())
    return pa.table(
        {
            "customer_id": ids,
            "value": pa.array(value, pa.float64()),
            "low": nothing if low is None else pa.array(low, pa.float64()),
            "high": nothing if high is None else pa.array(high, pa.float64()),
            "reasons": pa.array(["[]"] * len(ids) if reasons is None else reasons, pa.string()),
        }
    )

"""Events in the order of time, cut into sequences: one a customer, or one a visit.

A visit ends where nothing happens for half an hour. Equal moments are ordered by the name of the
event, so that the order of the rows in the source changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import pyarrow as pa

from zhiyin.insight.contract import Floats, NotEnoughHistoryError, microseconds
from zhiyin.insight.given import As, Integers, Rows, given

PAUSE = timedelta(minutes=30)


class Unit(StrEnum):
    """What one sequence is."""

    CUSTOMER = "customer"
    VISIT = "visit"


@dataclass(frozen=True)
class Sequences:
    """Events one after another: `unit` counts sequences from 0; `event` is a place in `names`.

    `owner` is the customer of each sequence, a place in `customers`.
    """

    customers: pa.Array
    names: list[str]
    owner: Integers
    unit: Integers
    event: Integers
    at_us: Integers
    weight: Floats
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.owner)

    def place(self, name: str) -> int:
        """Where an event stands in `names`; -1 if it never happened."""
        return self.names.index(name) if name in self.names else -1

    def starts(self) -> Integers:
        counts = np.bincount(self.unit, minlength=len(self))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def sequences(
    events: Rows,
    as_of: datetime,
    *,
    unit: Unit = Unit.CUSTOMER,
    since: datetime | None = None,
    pause: timedelta = PAUSE,
    collapse: bool = True,
) -> Sequences:
    """Read events in [since, as_of). `collapse` counts the same event twice in a row once.

    Raises NotEnoughHistoryError where nothing happened, ColumnsError for missing columns.
    """
    taken = given(
        events,
        {"customer_id": As.IDENTIFIER, "event": As.IDENTIFIER, "at": As.MOMENT},
        optional={"weight": As.NUMBER},
        before=as_of,
    )
    customers, who = taken.coded("customer_id")
    names, event = taken.coded("event")
    at = taken.moments("at")
    weight = taken.numbers("weight") if taken.has("weight") else np.ones(len(taken))
    order = np.lexsort((weight, event, at, who))
    if since is not None:
        order = order[at[order] >= microseconds(since)]
    if len(order) == 0:
        raise NotEnoughHistoryError(f"nothing happened before {as_of:%Y-%m-%d}")
    who, event, at, weight = who[order], event[order], at[order], weight[order]
    new = np.r_[True, np.diff(who) != 0]
    if unit is Unit.VISIT:
        new |= np.r_[True, np.diff(at) > pause // timedelta(microseconds=1)]
    place = np.cumsum(new) - 1
    if collapse:
        keep = new | np.r_[True, np.diff(event) != 0]
        owner = who[new]
        who, event, at, weight, place = (v[keep] for v in (who, event, at, weight, place))
    else:
        owner = who[new]
    return Sequences(
        customers, names.to_pylist(), owner, place.astype(np.int64), event, at, weight,
        taken.left_out,
    )  # fmt: skip

"""The dashboard's figures together: asked once, kept for some minutes, the same for equal sight.

Plain SQL over orders and customers, no table of daily sums: people who bought twice cannot be added
up from days, so such a table would spare only the cheapest question. What is kept is dropped at
once when an import, an undo or a training changed what it was made of.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from zhiyin.customers.asof import data_as_of
from zhiyin.monitor.figures import retention, risk, trade, value
from zhiyin.monitor.figures.asking import row
from zhiyin.monitor.figures.retention import Contrast, Row
from zhiyin.monitor.figures.risk import Risk
from zhiyin.monitor.figures.trade import Mix, Repurchase, Trade
from zhiyin.monitor.figures.value import Spread
from zhiyin.monitor.periods import Period, Span
from zhiyin.monitor.sight import Sight

KEPT_SECONDS = 300
_asking = threading.Lock()  # those who come while figures are asked for wait for that one answer

_CHANGED = (
    "select (select concat(max(finished_at), max(undone_at)) from collect_import),"
    " (select max(trained_at)::text from customers_modelversion),"
    " exists (select from customers_order)"
)


@dataclass(frozen=True)
class Board:
    """All figures of one period and sight."""

    as_of: datetime
    asked_at: datetime
    spans: list[Span]
    trade: list[Trade]
    mix: list[Mix]
    repurchase: list[Repurchase]
    retention: list[Row]
    contrast: Contrast | None
    value: Spread | None
    risk: Risk | None

    @property
    def is_old(self) -> bool:
        """The data end before the day they are looked at."""
        return self.as_of != self.asked_at

    @property
    def now(self) -> Trade:
        return self.trade[0]

    @property
    def before(self) -> Trade:
        return self.trade[1]


def board(period: Period, sight: Sight, now: datetime) -> Board | None:
    """The figures; None in a workspace without orders."""
    imported, trained, any_order = row(_CHANGED, {})
    if not any_order:
        return None
    made_of = f"{period.key} {sight.key} {imported} {trained}"
    key = f"monitor:{hashlib.sha256(made_of.encode()).hexdigest()}"
    found: Board | None = cache.get(key)
    if found is None:
        with _asking:
            found = cache.get(key)
            if found is None:
                found = ask(period, sight, now)
                cache.set(key, found, KEPT_SECONDS)
    return found


def ask(period: Period, sight: Sight, now: datetime) -> Board:
    """The figures, asked of the database."""
    as_of = data_as_of(now)
    spans = period.spans(as_of)
    table = retention.retention(as_of, sight)
    return Board(
        as_of,
        now,
        spans,
        trade.trade(spans, sight),
        trade.mix(spans[:2], sight),
        trade.repurchase(as_of, sight),
        table,
        retention.contrast(table),
        value.spread(sight),
        risk.risk(sight),
    )

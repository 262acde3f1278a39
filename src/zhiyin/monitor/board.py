"""The dashboard's figures together: asked once, kept for some minutes, the same for equal sight.

Plain SQL over orders and customers, no table of daily sums: people who bought twice cannot be added
up from days, so such a table would spare only the cheapest question. At a million customers the
questions take seconds, so nobody waits for them twice: figures older than five minutes are shown
once more, with their time, while new ones are asked for behind the scenes. What an import, an undo
or a training changed is asked for at once.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection, transaction

from zhiyin.accounts import seat
from zhiyin.customers.asof import data_as_of
from zhiyin.monitor.figures import retention, risk, trade, value
from zhiyin.monitor.figures.asking import row
from zhiyin.monitor.figures.retention import Contrast, Row
from zhiyin.monitor.figures.risk import Risk
from zhiyin.monitor.figures.trade import Mix, Repurchase, Trade
from zhiyin.monitor.figures.value import Spread
from zhiyin.monitor.periods import Period, Span
from zhiyin.monitor.sight import Sight

FRESH = timedelta(minutes=5)
KEPT_SECONDS = 3600  # older figures are not shown: who comes then waits for new ones
_asking = threading.Lock()  # those who come while figures are asked for wait for that one answer
_renewing: set[str] = set()

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


@seat.system("figures of everybody in a sight, kept for all who have it (see sight.py)")
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
                found = _keep(key, period, sight, now)
    elif now - found.asked_at > FRESH and key not in _renewing:
        _renewing.add(key)
        threading.Thread(target=_renew, args=(key, period, sight, now), daemon=True).start()
    return found


def _keep(key: str, period: Period, sight: Sight, now: datetime) -> Board:
    found = ask(period, sight, now)
    cache.set(key, found, KEPT_SECONDS)
    return found


def _renew(key: str, period: Period, sight: Sight, now: datetime) -> None:
    """Ask anew in a thread of its own, one at a time, and give its connection back."""
    try:
        with _asking:
            _keep(key, period, sight, now)
    finally:
        _renewing.discard(key)
        connection.close()


@seat.system("figures of everybody in a sight")
@transaction.atomic
def ask(period: Period, sight: Sight, now: datetime) -> Board:
    """The figures, asked of the database; it may sort and hash them in memory."""
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '64MB'; set local jit = off")
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

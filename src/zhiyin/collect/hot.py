"""Hot events: how long they stay in PostgreSQL, and how they leave it.

An event leaves when it is older than the hot days and the lake has it, which is what the archiver's
list says. Timelines read what is older from the lake.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from zhiyin.collect.models import ToArchive

HOT = timedelta(days=settings.HOT_DAYS)
CHUNK = 20_000  # rows of a transaction: nobody waits long for one of them
_LEAVE = """
delete from collect_event where event_id in (
    select event_id from collect_event where at < %s and received_at < %s limit %s)
"""


def age_out(now: datetime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Let events leave that are older than the hot days and safely in the lake; how many did."""
    safe = ToArchive.objects.aggregate(first=Min("at"))["first"] or now
    gone = 0
    while not stop():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LEAVE, [now - HOT, min(safe, now) - timedelta(days=1), CHUNK])
            gone += cursor.rowcount
            if cursor.rowcount < CHUNK:
                break
    return gone

"""Events that only the lake still holds: older than the hot ones, without personal text."""

from __future__ import annotations

import json

from zhiyin.collect.archive import lake
from zhiyin.collect.models import Event, Source
from zhiyin.customers.models import Customer, Identifier
from zhiyin.customers.timeline import Entry, Row
from zhiyin.customers.timeline.own import ORDER_EVENTS, tell_event
from zhiyin.customers.timeline.reading import folded
from zhiyin.instants import from_us

MOST = 500
_COLUMNS = ("event_id", "name", "source", "identifier_id", "ts_us", "properties")


def read(customer: Customer) -> list[Entry]:
    """The newest of them, folded like the timeline."""
    own = Identifier.objects.filter(customer=customer).values_list("pk", flat=True)
    ids = [str(pk) for pk in own]
    if not ids:
        return []
    table = lake().read("events", list(_COLUMNS), {"identifier_id": ids})
    hot = {
        str(pk)
        for pk in Event.objects.filter(customer_id=customer.pk).values_list("event_id", flat=True)
    }
    sources = {one.key: one for one in Source.objects.all()}
    rows = [
        row
        for row in table.sort_by([("ts_us", "descending")]).to_pylist()
        if row["name"] not in ORDER_EVENTS and row["event_id"] not in hot
    ]
    return folded([_told(row, sources) for row in rows[:MOST]])


def _told(row: dict[str, object], sources: dict[str, Source]) -> Entry:
    source = sources.get(str(row["source"]))
    facts = {
        "name": row["name"], "properties": json.loads(str(row["properties"] or "{}")),
        "simulated": bool(source and source.simulated),
    }  # fmt: skip
    at = from_us(int(str(row["ts_us"])))
    return tell_event(Row("events", str(row["event_id"]), at, source.pk if source else None, facts))

"""Events from a file: what happened, when, and the identifiers seen with it.

Columns that are not mapped become properties. Whose event it is, is decided by identity later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from . import contacts, mended, originals, words
from .columns import parse_distinct, parse_moments, tidy_column
from .errors import BadValue, Reason
from .field_columns import FieldColumns
from .mapping import Mapping
from .reading import Batch
from .report import Action, CleaningReport, Rule, Tally
from .row_copies import Copies
from .sweep import Swept, sweep

EVENTS = pa.schema(
    [
        ("row_number", pa.int64()),
        ("name", pa.string()),
        ("ts_us", pa.int64()),
        ("customer_ref", pa.string()),
        ("email", pa.string()),
        ("phone", pa.string()),
        ("device_id", pa.string()),
        ("message_id", pa.string()),
        ("properties", pa.string()),
        originals.WAS,
    ]
)
IDENTIFIERS = ("customer_ref", "email", "phone", "device_id")
DUPLICATE = Rule(
    "duplicate_event",
    Action.SET_ASIDE,
    "整行与前面某一行完全相同：只保留第一行。",
    "The whole row equals an earlier one: the first is kept.",
)
PROPERTIES_LIMIT = 32_768


@dataclass(frozen=True)
class CleanedEvents:
    """The clean events, the rejected rows, and the report."""

    events: pa.Table
    rejected: pa.Table
    report: CleaningReport
    changed: pa.Table  # examples, as `originals.CHANGED` has them


def clean_events(
    batches: Iterable[Batch | pa.Table], mapping: Mapping, *, now: datetime
) -> CleanedEvents:
    """Clean a file of events; `now` decides what is in the future."""
    copies = Copies()

    def clean(columns: FieldColumns, tally: Tally) -> pa.Table:
        return _events(columns, mapping, now, tally, copies)

    swept: Swept = sweep(batches, mapping, clean, EVENTS, copies)
    return CleanedEvents(swept.rows, swept.rejected, swept.report, swept.changed)


def parse_properties(text: str) -> str:
    """A JSON object in one canonical form (keys sorted)."""
    try:
        entry = msgspec.json.decode(text, type=dict[str, object])
        canonical = msgspec.json.encode(entry, order="sorted").decode()
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadValue(
            "properties_not_json",
            '属性必须是 JSON 对象，例如 {"page": "/cart"}',
            'properties must be a JSON object such as {"page": "/cart"}',
        ) from error
    return words.limited(canonical, PROPERTIES_LIMIT)


def _events(
    columns: FieldColumns, mapping: Mapping, now: datetime, tally: Tally, copies: Copies
) -> pa.Table:
    name = columns.problems(
        "name",
        parse_distinct(
            columns.text("name"), lambda text: words.limited(words.tidy(text), 200), pa.string()
        ),
    )
    if mapping.event:
        name = pc.fill_null(name, mapping.event)
    else:
        columns.required("name", tidy_column(columns.text("name")))
    times = parse_moments(
        columns.text("occurred_at"), zone=mapping.zone, day_first=mapping.day_first
    )
    columns.required("occurred_at", times.values, times.problem)
    ts_us = columns.problems("occurred_at", times)
    if mapping.shift_days:
        ts_us = pc.add(ts_us, mapping.shift_days * 86_400_000_000)
    latest = int((now.astimezone(UTC) + timedelta(days=1)).timestamp() * 1_000_000)
    columns.refuse(
        "occurred_at",
        pc.greater(ts_us, latest),
        Reason("date_future", "事件时间在未来", "the time of the event is in the future"),
    )
    phone = partial(contacts.phone_text, region=mapping.region)
    values = {
        "row_number": columns.row_numbers,
        "name": name,
        "ts_us": ts_us,
        "customer_ref": pc.replace_substring_regex(
            tidy_column(columns.text("customer_ref")), r"^(\d+)\.0+$", r"\1"
        ),
        "email": columns.problems(
            "email", parse_distinct(columns.text("email"), contacts.parse_email, pa.string())
        ),
        "phone": columns.problems(
            "phone", parse_distinct(columns.text("phone"), phone, pa.string())
        ),
        "device_id": tidy_column(columns.text("device_id")),
        "message_id": tidy_column(columns.text("message_id")),
        "properties": _properties(columns, mapping),
    }
    nobody = pc.invert(columns.any_problem())
    for field in IDENTIFIERS:
        nobody = pc.and_(nobody, pc.is_null(values[field]))
    columns.refuse(
        next((n for n in IDENTIFIERS if columns.has(n)), "customer_ref"),
        nobody,
        Reason(
            "no_identifier",
            "客户编号、邮箱、手机、设备号至少要填一项",
            "give at least one of customer number, e-mail, phone or device id",
        ),
    )
    was = _originals(columns, values)
    values["was"] = was.column()
    table = pa.table([values[n] for n in EVENTS.names], schema=EVENTS)
    again = copies.mask(columns)
    tally.note_mask(DUPLICATE, pc.and_(columns.good(), again), columns.row_numbers)
    kept = pc.and_(columns.good(), pc.invert(again))
    columns.keep_changed(was.shown, kept)
    return table.filter(kept)


def _originals(columns: FieldColumns, values: dict[str, pa.Array]) -> originals.Originals:
    """What each cell was before, where it reads differently now."""
    was = originals.Originals(columns.row_numbers)
    for field in ("name", *IDENTIFIERS):
        if columns.has(field):
            rule = mended.TEXT if field == "name" else mended.rule_of(field)
            was.compared(field, columns.text(field), values[field], rule)
    was.moments("occurred_at", columns.text("occurred_at"), columns.as_date(values["ts_us"]))
    return was


def _properties(columns: FieldColumns, mapping: Mapping) -> pa.Array:
    given = columns.problems(
        "properties", parse_distinct(columns.text("properties"), parse_properties, pa.string())
    )
    found = columns.unmapped() if mapping.extra_properties else {}
    others = {name: cells for name, cells in found.items() if name not in mapping.dropped()}
    if not others:
        return pc.fill_null(given, "{}")
    rows = zip(given.to_pylist(), *(c.to_pylist() for c in others.values()), strict=True)
    joined: list[str] = []
    for properties, *cells in rows:
        entry: dict[str, object] = {
            key: cell for key, cell in zip(others, cells, strict=True) if not words.is_missing(cell)
        }
        if properties:
            entry |= msgspec.json.decode(properties, type=dict[str, object])
        joined.append(msgspec.json.encode(entry, order="sorted").decode())
    return pa.array(joined, pa.string())

"""Rules that the data itself proposes: never empty, a known pattern, a short list, a range.

What is found is looked at in one pass over an object (newest events by name), and proposed only
where nearly every row fits already, with how many, so that a rule which holds today is noticed when
it breaks. Values of personal fields are never listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from zhiyin.accounts import seat
from zhiyin.collect.models import PlanDay
from zhiyin.quality import catalogue
from zhiyin.quality.catalogue import Field, Param, Subject
from zhiyin.quality.models import Proposal, QualityRule
from zhiyin.quality.rules import PATTERNS, Allowed, Pattern, Range, Required, Rule, Type, dump

FEWEST_ROWS = 100  # a rule is not learnt from less
NEARLY_ALL = 0.99
MOST_VALUES = 12
MOST_EVENTS, EVENT_ROWS = 20, 20_000
SAMPLE = 200_000  # rows of an object that are looked at, spread over the table
# The most telling first: an e-mail address is also a text without spaces.
_ASKED = ("email", "e164", "credit_code", "iso_day", "uuid", "currency", "url", "digits", "code")
_LISTED = frozenset({"gender", "language", "country", "tier", "industry", "size", "kind",
                     "currency", "province"})  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A rule and what it rests on."""

    rule: Rule
    evidence: dict[str, object]


@seat.system("figures over everybody, of which values of personal fields are left out")
def look(now: datetime) -> int:
    """Look for rules in everything; how many new ones are proposed."""
    made = 0
    for name in catalogue.OBJECTS[:-1]:
        made += _propose(catalogue.subject(name), now)
    for event in _usual_events():
        made += _propose(catalogue.subject("event", event), now)
    return made


def _usual_events() -> list[str]:
    rows = PlanDay.objects.filter(fault="").exclude(event="").order_by("-day")[:5000]
    found: dict[str, int] = {}
    for name, events in rows.values_list("event", "events"):
        found[name] = found.get(name, 0) + events
    return sorted(found, key=lambda name: -found[name])[:MOST_EVENTS]


@transaction.atomic
def _propose(of: Subject, now: datetime) -> int:
    have = {(one.field, str(one.definition.get("type")))
            for one in QualityRule.objects.filter(object=of.name, event=of.event)}  # fmt: skip
    made = 0
    for one in found_in(of):
        definition = dump(one.rule)
        field, kind = one.rule.field, str(definition["type"])
        if (field, kind) in have:
            continue
        known = Proposal.objects.filter(object=of.name, event=of.event, field=field, kind=kind)
        if known.exists():
            known.filter(state=Proposal.State.OPEN).update(
                definition=definition, evidence=one.evidence, found_at=now
            )
            continue
        Proposal.objects.create(
            object=of.name, event=of.event, definition=definition, field=field, kind=kind,
            evidence=one.evidence, found_at=now,
        )  # fmt: skip
        made += 1
    return made


def found_in(of: Subject) -> Iterator[Found]:
    """The rules that hold already of nearly all rows of an object: one pass, and a list a field."""
    asked = [one for one in of.fields.values() if one.type is not Type.ROW and not one.counted]
    if not asked:
        return
    pieces: list[str] = ["count(*)"]
    params: list[Param] = []
    for one in asked:
        for text, values in _figures(one):
            pieces.append(text)
            params += values
    rows, base = _rows_of(of)
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(pieces)} from {rows} t", [*params, *base])  # noqa: S608
        total, *figures = cursor.fetchone() or (0,)
    if total < FEWEST_ROWS:
        return
    at = 0
    for one in asked:
        width = len(_figures(one))
        yield from _rules(of, one, total, figures[at : at + width])
        at += width


def _rows_of(of: Subject) -> tuple[str, list[Param]]:
    """The rows that are looked at: the newest events of a name, a spread sample of large tables."""
    if of.event:
        return (f"(select * from {of.table} where name = %s order by at desc limit {EVENT_ROWS})",  # noqa: S608
                [of.event])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("select greatest(reltuples, 0) from pg_class where oid = %s::regclass",
                       [of.table])  # fmt: skip
        row = cursor.fetchone()
    size = float(row[0]) if row else 0.0
    if size <= SAMPLE:
        return of.table, []
    share = 100 * SAMPLE / size
    return f"(select * from {of.table} tablesample system ({share:.6f}) repeatable (1))", []  # noqa: S608


def _figures(one: Field) -> list[tuple[str, list[Param]]]:
    """What is asked of a field: how often filled, and then by its type."""
    if one.type is not Type.TEXT:
        filled = (f"count(*) filter (where {one.sql} is not null)", [*one.params])
        bounds = [(f"{name}({one.sql})", [*one.params]) for name in ("min", "max")]
        return [filled, *bounds] if one.type is not Type.YES_NO else [filled]
    value = f"coalesce({one.sql}, '')"
    found: list[tuple[str, list[Param]]] = [
        (f"count(*) filter (where {value} <> '')", [*one.params])
    ]
    found += [
        (f"count(*) filter (where {value} ~ %s)", [*one.params, f"^({PATTERNS[name]})$"])
        for name in _ASKED
    ]
    return found


def _rules(of: Subject, one: Field, total: int, figures: list[Any]) -> Iterator[Found]:
    filled = figures[0]
    if filled >= NEARLY_ALL * total:
        yield Found(Required(one.name), _share(total, filled))
    if filled < FEWEST_ROWS:
        return
    if one.type is Type.TEXT:
        for name, fits in zip(_ASKED, figures[1:], strict=True):
            if fits >= NEARLY_ALL * filled:
                yield Found(Pattern(one.name, name), _share(filled, fits))
                break
        yield from _lists(of, one)
    elif one.type in (Type.NUMBER, Type.DATE) and figures[1] is not None:
        low, high = (_bound(value) for value in figures[1:3])
        if low != high:
            evidence: dict[str, object] = {"rows": filled, "low": low, "high": high}
            yield Found(Range(one.name, low, high), {**evidence, "share": 100.0})


def _lists(of: Subject, one: Field) -> Iterator[Found]:
    """A short list of values that come again and again."""
    if one.name not in _LISTED and not one.name.startswith(catalogue.PROPERTY):
        return
    rows, base = _rows_of(of)
    value = f"coalesce({one.sql}, '')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"select v, count(*) from (select {value} as v from {rows} t) x where v <> ''"  # noqa: S608
            f" group by 1 order by 2 desc, 1 limit {MOST_VALUES + 1}",
            [*one.params, *base],
        )
        found = cursor.fetchall()
    total = sum(count for _, count in found)
    few = 1 < len(found) <= MOST_VALUES and all(len(value) <= 60 for value, _ in found)
    if few and min(count for _, count in found) >= 3 and total >= FEWEST_ROWS:
        values = tuple(sorted(value for value, _ in found))
        told = [[value, count] for value, count in found]
        yield Found(Allowed(one.name, values), {"rows": total, "share": 100.0, "values": told})


def _share(total: int, fits: int) -> dict[str, object]:
    return {"rows": total, "share": round(100 * fits / total, 2)}


def _bound(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    number = float(value)
    return str(int(number)) if number.is_integer() else f"{number:.4g}"

"""The values that sources say of a field, for the page of one person: two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.cleaning import mended
from zhiyin.collect.models import Source
from zhiyin.customers import source_records, survivorship
from zhiyin.customers.fields import shown
from zhiyin.customers.models import Customer
from zhiyin.customers.source_records import Entry, Record
from zhiyin.instants import from_us
from zhiyin.privacy import masking

MOST = 50  # values that a page shows


@dataclass(frozen=True)
class Mark:
    """What a fact says of itself in one glance."""

    values: int = 0
    cleaned: bool = False
    locked: bool = False


NO_MARK = Mark()


@dataclass(frozen=True)
class SaidValue:
    """One value of one source, as the reader may see it."""

    record: int | None
    source: Source
    text: str
    at: datetime
    stands: bool
    original: str
    rule: str
    weak: bool
    locked: bool
    locked_by: str
    earlier: list[tuple[str, datetime]]
    unread: tuple[str, str, datetime] | None


def marks(customer: Customer) -> Mapping[str, Mark]:
    """For each field whether sources differ, its value was cleaned, or somebody locked it."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for one in _records(customer):
        for field, entry in one.said.items():
            found[field].append(entry)
    return {
        field: Mark(
            len({str(one.v) for one in entries if one.v not in (None, "")}),
            any(one.o is not None and str(one.v) == _text(customer, field) for one in entries),
            any(one.l for one in entries),
        )
        for field, entries in found.items()
    }


def values(customer: Customer, field: str, level: Level, *, language: str) -> list[SaidValue]:
    """What each source says of a field, the value that stands first."""
    records = [one for one in _records(customer) if field in one.said][:MOST]
    sources = Source.objects.in_bulk([one.source for one in records])
    people = _names(one.said[field].u for one in records)
    stands = _standing(customer, field, records)
    told = []
    for one in records:
        entry = one.said[field]
        rule = mended.words_of(entry.r)[language] if entry.r else ""
        unread = entry.x
        told.append(
            SaidValue(
                one.id, sources[one.source], _seen(field, entry.v, level), from_us(entry.at),
                one is stands, "" if entry.o is None else _original(entry.o, level), rule,
                entry.w, entry.l, people.get(entry.u, ""),
                [(_seen(field, was.v, level), from_us(was.at)) for was in _earlier(entry)],
                None if unread is None else (_original(unread.o, level),
                    mended.words_of(unread.r)[language], from_us(unread.at)),
            )
        )  # fmt: skip
    return sorted(told, key=lambda one: (not one.stands, -one.at.timestamp()))


def _records(customer: Customer) -> list[Record]:
    return source_records.of_customers([customer.pk]).get(customer.pk, [])


def _standing(customer: Customer, field: str, records: Iterable[Record]) -> Record | None:
    """Whose value it is that stands on the profile: the one that wins, if it is the value."""
    policy = source_records.policy()
    best = None
    for one in records:
        entry = one.said[field]
        if entry.v is None or str(entry.v) != _text(customer, field):
            continue
        pair = [c for r in (best, one) if r for c in source_records.candidates([r], field)]
        winner = survivorship.survivor(field, pair, policy)
        best = one if best is None or (winner and winner.source == one.source) else best
    return best


def _text(customer: Customer, field: str) -> str:
    value = getattr(customer, field, "")
    return "" if value is None else str(value)


def _seen(field: str, value: survivorship.Kept | None, level: Level) -> str:
    return shown(field, "" if value is None else str(value), level)


def _original(text: str, level: Level) -> str:
    """What was written before is as personal as what was made of it, and in no known form."""
    return text if level >= Level.READ else masking.mask_text(text)


def _earlier(entry: Entry) -> Iterable[Entry]:
    while entry.p is not None:
        entry = entry.p
        if entry.v is not None:
            yield entry


def _names(ids: Iterable[str]) -> dict[str, str]:
    wanted = [UUID(one) for one in ids if one]
    if not wanted:
        return {}
    return {str(pk): name for pk, name in
            User.objects.filter(pk__in=wanted).values_list("pk", "name")}  # fmt: skip

"""What the events of a batch say of identifiers: which there are, which were seen together, and who
is known by nothing but what they share with others.

A shared phone or e-mail joins nobody whose name is another one: whoever comes with it only uses it,
and is known by it together with the name. What nobody can be told by (zeros, 13800138000) is no
identifier at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from zhiyin.cleaning.pinyin import search_keys
from zhiyin.collect.batch import Batch, Incoming, Seen
from zhiyin.collect.bulk import Texts, asking
from zhiyin.customers.identities.kinds import CARRIERS, SHARED_AT_HOME, STRENGTH, Kind, refused
from zhiyin.ids import uuid7, uuid_of

TOGETHER, USED = "seen together", "used by"
# Of those that stand there, also whether what this batch saw lies within what was seen before. Who
# somebody is called is asked only where it matters: a profile is a wide row, and one more to read.
_LOOK = """
select i.value, uuid_send(i.id), uuid_send(i.customer_id),
    i.first_seen_at <= %s and i.last_seen_at >= %s, i.public, i.last_seen_at, ''
from customers_identifier i where i.kind = %s and i.namespace = %s and i.value = any(%s)
"""
_LOOK_AT_NAMES = """
select i.value, uuid_send(i.id), uuid_send(i.customer_id),
    i.first_seen_at <= %s and i.last_seen_at >= %s, i.public, i.last_seen_at, coalesce(c.name, '')
from customers_identifier i left join customers_customer c on c.id = i.customer_id
where i.kind = %s and i.namespace = %s and i.value = any(%s)
"""


@dataclass(slots=True)
class Known:
    id: UUID
    seen: Seen
    customer: UUID | None = None
    own: UUID | None = None  # of a fresh one
    name: str = ""  # of that customer, where the identifier is one that people share
    public: bool = False
    steady: bool = False  # this batch cannot widen when it was seen first and last
    until: datetime | None = None  # when it was seen last before
    first: datetime | None = None
    last: datetime | None = None
    sights: list[tuple[datetime, Known]] = field(default_factory=list)  # of a carrier: with whom

    @property
    def fresh(self) -> bool:
        return self.own is not None

    @property
    def personal(self) -> bool:
        return self.seen.kind not in CARRIERS


Pair = tuple[UUID, UUID, str]


@dataclass(slots=True)
class Sight:
    """Two identifiers in one event: the stronger, the other, and when."""

    hub: Known
    other: Known
    at: datetime


@dataclass
class Found:
    known: dict[Seen, Known]
    sights: dict[Pair, Sight] = field(default_factory=dict)
    claims: list[tuple[Incoming, list[Known]]] = field(default_factory=list)


def claim(event: Incoming, found: Found, batch: Batch) -> None:
    """What the event says of identifiers: which there are, and which were seen together."""
    seen = event.seen if len(event.seen) == 1 else sorted(event.seen, key=_strength)
    name = str(event.profile.fields.get("name", "")) if event.profile else ""
    own: list[Known] = []
    lent: list[Known] = []
    turned_away: list[Seen] = []
    for one in seen:
        known = found.known.get(one)
        if known is None:
            if refused(one.kind, one.value):
                batch.counts["worthless"] += 1
                turned_away.append(one)
                continue
            known = found.known[one] = Known(uuid7(), one, own=uuid7())
        if not known.steady:
            known.first = min(known.first or event.at, event.at)
            known.last = max(known.last or event.at, event.at)
        (own if _may_join(known, name) else lent).append(known)
    hub = next((known for known in own if known.personal and not known.public), None)
    if hub is None and (somebody := _record_for(event, name, own, lent, turned_away)):
        hub = _record(somebody, found, event.at)
        own.insert(0, hub)
    for known in lent:
        # Who had it keeps it: a link of their own, and not only that somebody uses it.
        record = _record(_record_of(*known.seen, _letters(known.name)), found, event.at)
        _pair(record, known, TOGETHER, event.at, found)
    if hub is None:
        hub = own[0] if own else None
    for known in own:
        if known is not hub and hub is not None:
            _pair(hub, known, TOGETHER, event.at, found)
        if known.fresh and name and not known.name and known.seen.kind in SHARED_AT_HOME:
            known.name = name
    for known in lent:
        if hub is not None:
            _pair(hub, known, USED, event.at, found)
    found.claims.append((event, own))


def _strength(seen: Seen) -> int:
    return STRENGTH[seen.kind]


def _may_join(known: Known, name: str) -> bool:
    """Whether this identifier is the person's own; a shared one only where the names agree."""
    if known.seen.kind not in SHARED_AT_HOME or not name or not known.name:
        return True
    return _letters(name) == _letters(known.name)


def _letters(name: str) -> str:
    """The letters of a name in Latin script, sorted, so that 王小明 and Xiaoming WANG agree."""
    return "".join(sorted(search_keys(name).joined))


def _record_for(
    event: Incoming, name: str, own: Sequence[Known], lent: Sequence[Known],
    turned_away: Sequence[Seen],
) -> Seen | None:  # fmt: skip
    """By what somebody is known who has no identifier of their own: what they share with others
    and their name; or, where nothing can tell them apart, that this event was about somebody."""
    if not name:
        return None
    shared = next((known.seen for known in (*lent, *own) if known.personal), None)
    if shared is not None:
        return _record_of(*shared, _letters(name))
    return _record_of(str(event.event_id)) if _is_about_somebody(event, turned_away) else None


def _is_about_somebody(event: Incoming, turned_away: Sequence[Seen]) -> bool:
    told = event.profile is not None and not event.profile.fills_gaps_only
    return told and any(one.kind not in CARRIERS for one in turned_away)


def _record(seen: Seen, found: Found, at: datetime) -> Known:
    """Whoever is known by a record."""
    known = found.known.get(seen)
    if known is None:
        known = found.known[seen] = Known(uuid7(), seen, own=uuid7())
    if not known.steady:
        known.first = min(known.first or at, at)
        known.last = max(known.last or at, at)
    return known


def _record_of(*said: str) -> Seen:
    digest = hashlib.blake2b("\x1f".join(said).encode(), digest_size=16).hexdigest()
    return Seen(Kind.RECORD.value, "", digest)


def _pair(hub: Known, other: Known, rule: str, at: datetime, found: Found) -> None:
    """Two were seen together: kept as it was seen first, of a carrier as it was seen last."""
    a, b = hub.id, other.id
    if rule == TOGETHER and b < a:
        a, b = b, a
    sight = found.sights.get((a, b, rule))
    if sight is None:
        found.sights[a, b, rule] = Sight(hub, other, at)
    elif other.personal:
        sight.at = min(sight.at, at)
    else:
        sight.at = max(sight.at, at)
    if not other.personal:
        other.sights.append((at, hub))


def look_up(events: list[Incoming], step: timedelta) -> dict[Seen, Known]:
    """The identifiers of these events that are known; a last sight that is not older than `step`
    is as good as now."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for event in events:
        for kind, namespace, value in event.seen:
            wanted.setdefault((kind, namespace), set()).add(value)
    return _asked(wanted, events, step)


def _asked(
    wanted: dict[tuple[str, str], set[str]], events: list[Incoming], step: timedelta
) -> dict[Seen, Known]:
    found: dict[Seen, Known] = {}
    if not wanted:
        return found
    moments = [event.at for event in events]
    within = (min(moments), max(moments) - step)
    with asking() as cursor:
        for (kind, namespace), values in wanted.items():
            question = _LOOK_AT_NAMES if kind in SHARED_AT_HOME else _LOOK
            cursor.execute(question, [*within, kind, namespace, Texts(values)])
            for value, id_, customer, steady, public, until, name in cursor:
                seen = Seen(kind, namespace, value)
                found[seen] = Known(
                    uuid_of(id_), seen, None if customer is None else uuid_of(customer),
                    name=name, public=public, steady=steady, until=until,
                )  # fmt: skip
    return found


def look_up_records(events: list[Incoming], found: Found, step: timedelta) -> None:
    """Records by which somebody may be known who shares an address with others."""
    names: dict[Seen, set[str]] = {}
    wanted: set[str] = set()
    for event in events:
        name = str(event.profile.fields.get("name", "")) if event.profile else ""
        if not name:
            continue
        for seen in event.seen:
            known = found.known.get(seen)
            if seen.kind in SHARED_AT_HOME or _is_public(seen, found):
                names.setdefault(seen, set()).add(_letters(name))
                if known is not None and known.name:
                    names[seen].add(_letters(known.name))
            if known is None and refused(seen.kind, seen.value):
                wanted.add(_record_of(str(event.event_id)).value)
    wanted |= {
        _record_of(*seen, letters).value
        for seen, said in names.items() if len(said) > 1 or _is_public(seen, found)
        for letters in said
    }  # fmt: skip
    if wanted:
        found.known |= _asked({(Kind.RECORD.value, ""): wanted}, events, step)


def _is_public(seen: Seen, found: Found) -> bool:
    known = found.known.get(seen)
    return known is not None and known.public

"""Events as they come, for who may see them, with what became of each.

Whose events a reader sees is asked twice: of the policy of customers, and of row-level security.
What belongs to nobody who is known (made anonymous, come twice, set aside) is shown to who sees all
customers. The newest are found along the index of batches, whose ids sort by time, in windows that
grow until there is enough or it took long enough.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet

from zhiyin.accounts import access, records
from zhiyin.accounts.models import User
from zhiyin.accounts.policy import resource_named
from zhiyin.collect.models import Event, Repeat, SetAside, Source, Tally
from zhiyin.collect.plan.checking import Fault
from zhiyin.collect.plan.step import CONTEXT

Outcome = Tally.Outcome
PAGE = 50
FAULTS = frozenset(Fault)
WINDOWS = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=30))
PATIENCE_S = 1.5
_NOBODY = Q(customer_id=None, identifier_id=None)

Finder = Callable[[User, str], list[UUID]]
_finders: list[Finder] = []


def find_people_with(finder: Finder) -> None:
    """The room that knows people says how they are searched for."""
    _finders[:] = [finder]


FLAGGED = "flagged"  # as an outcome: kept, and marked by the plan of its source


@dataclass(frozen=True)
class Asked:
    """Which events: of a source, a name, an outcome, of whom, and with which deviation."""

    source: str = ""
    name: str = ""
    outcome: str = ""
    person: str = ""
    fault: str = ""
    of: str = ""  # the property that deviates

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.source or self.name or self.outcome or self.person)


def asked(given: dict[str, str]) -> Asked:
    """From an address; what is no such thing is left out."""
    outcome = given.get("outcome", "")
    return Asked(
        given.get("source", "")[:60],
        given.get("name", "").strip()[:120],
        outcome if outcome in (*Outcome.values, FLAGGED) else "",
        given.get("person", "").strip()[:80],
        given.get("fault", "") if given.get("fault", "") in FAULTS else "",
        given.get("of", "")[:120],
    )


@dataclass(frozen=True)
class Line:
    """An event as the list shows it; `ref` opens it."""

    ref: str
    arrived: datetime
    name: str
    source: Source
    outcome: Outcome
    reason: str = ""
    customer: UUID | None = None
    person: str = ""
    person_at: str = ""
    flagged: bool = False


@dataclass(frozen=True)
class Found:
    """The newest lines, and how far back was looked."""

    lines: list[Line] = field(default_factory=list)
    since: datetime | None = None
    complete: bool = True


def sees_all(user: User) -> bool:
    """Whether what belongs to nobody is for this user."""
    return access.open_rows(user, "customer.see").everything


def events_of(user: User) -> QuerySet[Event]:
    """The hot events that this user may see."""
    rows = access.scoped(user, Event.objects.all(), "event.see")
    if sees_all(user):
        return rows
    people = apps.get_model(resource_named("customer").model)._default_manager.all()
    return rows.filter(customer_id__in=access.scoped(user, people, "customer.see").values("pk"))


def latest(
    user: User, wanted: Asked, now: datetime, *, windows: tuple[timedelta, ...] = WINDOWS
) -> Found:
    """The newest events of every outcome that is asked for."""
    people: list[UUID] | None = None
    if wanted.person:
        people = _people(user, wanted.person)
        if not people:
            return Found()
    sources = Source.objects.in_bulk()
    begun, found, since = time.monotonic(), Found(), now
    for window in windows:
        since = now - window
        lines = list(_lines(user, wanted, since, people, sources))
        lines.sort(key=lambda line: line.arrived, reverse=True)
        late = time.monotonic() - begun > PATIENCE_S
        found = Found(lines[:PAGE], since, complete=window is windows[-1])
        if len(lines) >= PAGE or late:
            break
    return Found(_named(user, found.lines), since, found.complete)


def _lines(
    user: User, wanted: Asked, since: datetime, people: list[UUID] | None,
    sources: dict[UUID, Source],
) -> Iterator[Line]:  # fmt: skip
    of = [pk for pk, one in sources.items() if one.key == wanted.source] if wanted.source else None
    narrow: dict[str, object] = {}
    if of is not None:
        narrow["source__in"] = of
    if wanted.name:
        narrow["name"] = wanted.name
    if wanted.outcome in ("", Outcome.KEPT, Outcome.ANONYMOUS, FLAGGED):
        rows = events_of(user).filter(batch__gte=_first_id(since), **narrow)
        if people is not None:
            rows = rows.filter(customer_id__in=people)
        if wanted.outcome == Outcome.ANONYMOUS:
            rows = rows.filter(_NOBODY)
        elif wanted.outcome == Outcome.KEPT:
            rows = rows.exclude(_NOBODY)
        elif wanted.outcome == FLAGGED:
            rows = rows.filter(context__has_key=CONTEXT)
            if wanted.fault:
                mark = [wanted.fault, *([wanted.of] if wanted.of else [])]
                rows = rows.filter(context__contains={CONTEXT: [mark]})
        for one in rows.only(
            "event_id",
            "received_at",
            "name",
            "source_id",
            "customer_id",
            "identifier_id",
            "context",
        ).order_by("-batch")[:PAGE]:
            nobody = one.customer_id is None and one.identifier_id is None
            yield Line(
                f"e-{one.pk}", one.received_at, one.name, sources[one.source_id],
                Outcome.ANONYMOUS if nobody else Outcome.KEPT, customer=one.customer_id,
                flagged=bool(one.context and CONTEXT in one.context),
            )  # fmt: skip
    if people is not None or not sees_all(user):
        return
    if wanted.outcome in ("", Outcome.DUPLICATE):
        for two in Repeat.objects.filter(at__gte=since, **narrow).order_by("-at")[:PAGE]:
            yield Line(f"d-{two.event_id}-{two.pk}", two.received_at, two.name,
                       sources[two.source_id], Outcome.DUPLICATE)  # fmt: skip
    if wanted.outcome in ("", Outcome.SET_ASIDE):
        bad = access.scoped(user, SetAside.objects.all(), "set_aside.see")
        for bad_one in bad.filter(received_at__gte=since, **narrow).order_by("-received_at")[:PAGE]:
            yield Line(f"s-{bad_one.pk}", bad_one.received_at, bad_one.name or bad_one.kind,
                       sources[bad_one.source_id], Outcome.SET_ASIDE, bad_one.reason)  # fmt: skip


def _people(user: User, text: str) -> list[UUID]:
    return [pk for finder in _finders for pk in finder(user, text)]


def _named(user: User, lines: list[Line]) -> list[Line]:
    """With the name of whose event it is, where the reader may know; one query for all."""
    refs = {("customer", line.customer) for line in lines if line.customer is not None}
    seen = records.visible(user, refs)
    named = []
    for line in lines:
        ref = ("customer", line.customer) if line.customer else None
        row = seen.get(ref) if ref else None
        if ref and row is not None:
            line = replace(
                line, person=records.title_of(ref, row), person_at=records.address_of(ref, row)
            )
        named.append(line)
    return named


def _first_id(moment: datetime) -> UUID:
    """The smallest id that a batch of this moment can have (RFC 9562: milliseconds first)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)

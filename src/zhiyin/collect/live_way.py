"""The whole way of one event: what came, its times, and each step with its decision and why.

Nothing is written down for this: the way follows from the row that the event became, so it costs
the pump nothing. Of a kept event the message is gone with its request; what is kept of it is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Min
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.accounts import access, records
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.collect import live, masked_messages, reasons
from zhiyin.collect.models import Event, Repeat, SetAside, Source, Tally, ToArchive
from zhiyin.collect.plan import wording
from zhiyin.collect.plan.step import CONTEXT
from zhiyin.collect.pump.times import ANCIENT, FUTURE, UNREADABLE

Outcome = Tally.Outcome
_ODD = {
    FUTURE: gettext_lazy("The sender's clock was ahead; the moment of arrival is taken."),
    ANCIENT: gettext_lazy("It is more than a year old."),
    UNREADABLE: gettext_lazy("A time could not be read."),
}


@dataclass(frozen=True)
class Step:
    """One step of the pipeline: what it decided and why. `tone`: good, bad, or empty."""

    title: str
    said: str
    tone: str = "good"
    link: str = ""


@dataclass
class Way:
    """Everything about one event."""

    name: str
    source: Source
    outcome: Outcome
    arrived: datetime
    message: str
    whole: bool  # whether the message is shown without masks
    raw: bool  # whether it is what came, and not what is kept of it
    times: list[tuple[str | Promise, str]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def way(user: User, ref: str) -> Way:
    """The way of the event that a line leads to; 404 where the reader may not see it."""
    kind, _dash, pk = ref.partition("-")
    if kind == "d":
        pk = pk.rpartition("-")[2]
    if not (pk.isdecimal() if kind == "d" else _is_id(pk)):
        raise Http404
    whole = access.levels(user, "event")["message"] >= Level.READ
    if kind == "e":
        return _kept(user, get_object_or_404(live.events_of(user), pk=pk), whole)
    if not live.sees_all(user):
        raise Http404
    if kind == "d":
        known = get_object_or_404(Repeat.objects.select_related("source"), pk=pk)
        return _twice(known, whole)
    rows = access.scoped(user, SetAside.objects.select_related("source"), "set_aside.see")
    return _aside(get_object_or_404(rows, pk=pk), whole)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _kept(user: User, event: Event, whole: bool) -> Way:
    source = Source.objects.get(pk=event.source_id)
    context = event.context or {}
    nobody = event.customer_id is None and event.identifier_id is None
    kept = {"event": event.name, "properties": event.properties, "context": context}
    made = Way(
        event.name, source, Outcome.ANONYMOUS if nobody else Outcome.KEPT, event.received_at,
        _shown(json.dumps(kept, ensure_ascii=False), whole), whole, raw=False,
        times=_times(event, context),
    )  # fmt: skip
    made.steps = [
        Step(_("Arrived"), _through(context)),
        Step(_("Checked"), _("It can be an event, and was not here before.")),
        _plan(source, context),
        _whose(user, event, nobody=nobody),
        _consent(source, nobody=nobody),
        Step(_("Taken in"), _("It is among the hot events, and on the profile if it has one.")),
        _lake(event),
    ]
    return made


def _times(event: Event, context: dict[str, object]) -> list[tuple[str | Promise, str]]:
    told: list[tuple[str | Promise, str]] = []
    for label, name in ((_("Happened, as said"), "original_at"), (_("Sent, as said"), "sent_at")):
        if isinstance(given := context.get(name), str):
            told.append((label, given))
    told.append((_("Arrived"), event.received_at.isoformat()))
    told.append((_("Happened, corrected"), event.at.isoformat()))
    odd = context.get("odd")
    if isinstance(odd, str) and odd in _ODD:
        told.append((_("Odd"), str(_ODD[odd])))
    return told


def _through(context: dict[str, object]) -> str:
    library = context.get("library")
    if isinstance(library, dict) and isinstance(library.get("name"), str):
        version = str(library.get("version") or "")
        return _("Sent by %(library)s.") % {"library": f"{library['name']} {version}".strip()[:80]}
    return _("The request was on disk before it was answered.")


def _plan(source: Source, context: dict[str, object]) -> Step:
    title = _("Tracking plan")
    if deviates := wording.sentences(context.get(CONTEXT)):
        return Step(title, deviates, "bad")
    if not source.plan_version:
        return Step(title, _("The source has none; what it sends is learnt."), "")
    return Step(title, _("Nothing was flagged."))


def _whose(user: User, event: Event, *, nobody: bool) -> Step:
    title = _("Whose is it")
    if nobody:
        return Step(title, _("A person was found, and taken off again: see consent."), "")
    if event.customer_id is None:
        return Step(title, _("A device that nobody is known to hold; a person gets it later."), "")
    ref = ("customer", event.customer_id)
    row = records.visible(user, [ref]).get(ref)
    if row is None:
        return Step(title, _("A customer whom you may not see."))
    return Step(title, records.title_of(ref, row), link=records.address_of(ref, row))


def _consent(source: Source, *, nobody: bool) -> Step:
    title = _("Consent")
    if nobody:
        said = _("The person refused profiling: the event counts, but nobody can say whose it is.")
        if source.needs is Source.Asks.CONSENT:
            said = _("Nobody allowed profiling: the event counts, but nobody can say whose it is.")
        return Step(title, said, "bad")
    if source.needs is Source.Asks.NOTHING:
        return Step(title, _("This source asks for none."), "")
    if source.needs is Source.Asks.CONSENT:
        return Step(title, _("The person has allowed profiling."))
    return Step(title, _("The person has not refused profiling."))


def _lake(event: Event) -> Step:
    title = _("Lake")
    oldest = ToArchive.objects.aggregate(oldest=Min("at"))["oldest"]
    taken = _moment(event.batch) or event.received_at
    if oldest is not None and oldest <= taken + timedelta(seconds=1):
        return Step(title, _("It waits for the lake, which is written every half minute."), "")
    return Step(title, _("The lake has it, without personal text."))


def _moment(batch: UUID | None) -> datetime | None:
    """When a batch was made: an id of version 7 begins with it."""
    if batch is None or batch.version != 7:
        return None
    return datetime.fromtimestamp((batch.int >> 80) / 1000, UTC)


def _twice(known: Repeat, whole: bool) -> Way:
    made = Way(known.name, known.source, Outcome.DUPLICATE, known.received_at,
               _shown(known.message, whole), whole, raw=True)  # fmt: skip
    first = Event.objects.filter(pk=known.event_id).values_list("received_at", flat=True).first()
    said = _("Its message id, or its order, was here already; it counts once.")
    if first is not None:
        said += " " + _("The first arrived at %(at)s.") % {"at": first.isoformat()}
    made.steps = [
        Step(_("Arrived"), _("The request was on disk before it was answered.")),
        Step(_("Checked"), said, "bad"),
    ]
    return made


def _aside(row: SetAside, whole: bool) -> Way:
    told = reasons.told(row.reason)
    detail = wording.explained(row.reason, row.detail)
    said = f"{told.title}. {detail}" if detail else f"{told.title}."
    made = Way(row.name or row.kind, row.source, Outcome.SET_ASIDE, row.received_at,
               _shown(row.message, whole), whole, raw=True)  # fmt: skip
    where = _("Pipeline") if row.reason == "failed" else _("Checked")
    if row.reason.startswith(wording.PREFIX):
        where = _("Tracking plan")
    made.steps = [
        Step(_("Arrived"), _("The request was on disk before it was answered.")),
        Step(where, f"{said} {told.mend}".strip(), "bad"),
        Step(_("Set aside"), str(row.get_state_display()), "", link=f"?open={row.pk}"),
    ]
    return made


def _shown(text: str, whole: bool) -> str:
    return masked_messages.pretty(text) if whole else masked_messages.masked(text)

"""Who is one person: pairs to be looked at, the links behind somebody, and the decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.fields import levels_for, shown
from zhiyin.customers.identities.deciding import Outcome
from zhiyin.customers.models import Customer, Proposal
from zhiyin.customers.queries import identity as queries
from zhiyin.customers.queries import record
from zhiyin.customers.seeing import as_seen, may_read
from zhiyin.customers.services import merging
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.views.answers import say, signed_in, way_back
from zhiyin.identity.words import SAID
from zhiyin.ids import read_id

State = Proposal.State
_FIELDS = ("name", "number", "phone", "email", "birth_date", "gender", "province", "city",
           "job_title")  # fmt: skip


@gate("customer.see")
@require_GET
def identity_review(request: HttpRequest) -> HttpResponse:
    """The pairs; `?open=` shows one beside the list: both sides, and the evidence."""
    user = signed_in(request)
    wanted = queries.asked(request.GET.dict())
    start = wanted.page * queries.PAGE
    rows = list(queries.pairs(user, wanted)[start : start + queries.PAGE + 1])
    more, rows = len(rows) > queries.PAGE, rows[: queries.PAGE]
    people = queries.both(user, rows)
    open_ = _opened(rows, request.GET.get("open", "")) or (rows[0] if rows else None)
    query = {"state": wanted.state, "why": wanted.why, "sort": wanted.sort}
    address = urlencode({key: value for key, value in query.items() if value})
    context = {
        "rows": [(one, *_titles(user, one, people), _why(one)) for one in rows],
        "asked": wanted, "query": address, "open": open_,
        "pair": _compared(user, open_, people) if open_ else None,
        "tabs": [(f"?state={value}", label, value == wanted.state)
                 for value, label in State.choices],
        "reasons": [("", gettext("Every reason")),
                    *((key, _word(key)) for key in _REASONS)],
        "sorts": [("likeliest", gettext("Likeliest first")),
                  ("doubtful", gettext("Most doubtful first")),
                  ("newest", gettext("Newest first"))],
        "next": f"{address}&page={wanted.page + 1}" if more else "",
        "may_merge": access.allowed(user, "customer.merge"), "is_open": wanted.state == State.OPEN,
        "following": _following(rows, open_),
    }  # fmt: skip
    return render(request, "customers/identity/review.html", context)


@gate("customer.merge")
@require_POST
def decide_pairs(request: HttpRequest) -> HttpResponse:
    """One pair, or those that were selected: one person, or two."""
    user = signed_in(request)
    decide = {"merge": _merge, "apart": _keep_apart}.get(request.POST.get("do", ""))
    if decide is None:
        raise Http404
    chosen = [read_id(one) for one in request.POST.getlist("id")[:200]]
    rows = list(Proposal.objects.filter(pk__in=[one for one in chosen if one], state=State.OPEN))
    back = way_back(request, reverse("identity_review"))
    _carry_out(request, rows, user, decide)
    return redirect(back)


@gate("customer.merge")
@require_POST
def undo_decision(request: HttpRequest, decision: UUID) -> HttpResponse:
    """Take a merge, a split or a "two people" back."""
    try:
        merging.undo(decision, by=signed_in(request))
    except CannotBe as reason:
        say(request, str(reason))
    else:
        say(request, gettext("Taken back: everything is where it was"))
    return redirect(way_back(request, reverse("identity_review")))


@gate("customer.see")
@require_GET
def customer_identity(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Why these are one person, now or as it was known on a day."""
    user = signed_in(request)
    person = record.person(user, customer_id)
    day = _day(request.GET.get("on", ""))
    at = _end_of(day)
    told = queries.told(person, user, at)
    ends = [read_id(request.GET.get(one, "")) for one in ("a", "b")]
    road = queries.road(person, user, ends[0], ends[1], at) if ends[0] and ends[1] else None
    seen = as_seen(person, levels_for(user, person))
    return render(request, "customers/identity/why.html", {
        "customer": seen, "title": seen.name or seen.number or str(person.pk)[-8:],
        "told": told, "on": day, "today": timezone.localdate(), "ends": ends, "road": road,
        "choices": [("", "–"), *((str(one.id), f"{one.label} {one.text}".strip())
                                 for one in told.identifiers)],
        "a": str(ends[0] or ""), "b": str(ends[1] or ""),
        "may_merge": access.can_reach(user, "customer.merge", person),
    })  # fmt: skip


@gate("customer.merge")
@require_POST
def split_customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Part the chosen identifiers from this customer."""
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.merge")
    chosen = [one for text in request.POST.getlist("identifier") if (one := read_id(text))]
    address = reverse("customer_identity", args=[person.pk])
    try:
        done = merging.split(person, chosen, by=user)
    except CannotBe as reason:
        say(request, str(reason))
    else:
        text = ngettext(
            "%(n)s identifier is a person of its own now",
            "%(n)s identifiers are a person of their own now", len(chosen),
        ) % {"n": len(chosen)}  # fmt: skip
        say(request, text, undo=reverse("undo_identity", args=[done.id]))
    return redirect(address)


@gate("customer.merge")
@require_POST
def merge_customers(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """This customer and another one are one person."""
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.merge")
    other = read_id(request.POST.get("other", ""))
    if other is None:
        raise Http404
    try:
        done = merging.merge([person, record.person(user, other, "customer.merge")], by=user)
    except CannotBe as reason:
        say(request, str(reason))
        return redirect("customer", person.pk)
    say(request, gettext("They are one person now"),
        undo=reverse("undo_identity", args=[done.id]))  # fmt: skip
    return redirect("customer", queries.place_of(person.pk) or person.pk)


def _carry_out(
    request: HttpRequest, rows: Iterable[Proposal], user: User,
    decide: Callable[[list[Customer], User], Outcome],
) -> None:  # fmt: skip
    done: list[Outcome] = []
    refused: list[str] = []
    for one in rows:
        ids = [queries.place_of(end) or end for end in (one.customer_id, one.other_id)]
        if ids[0] == ids[1]:
            continue  # a merge before in this list made them one
        try:
            done.append(decide([record.person(user, id_, "customer.merge") for id_ in ids], user))
        except CannotBe as reason:
            refused.append(str(reason))
    for text in dict.fromkeys(refused):
        say(request, text)
    if done:
        text = ngettext("%(n)s pair decided", "%(n)s pairs decided", len(done)) % {"n": len(done)}
        undo = reverse("undo_identity", args=[done[0].id]) if len(done) == 1 else ""
        say(request, text, undo=undo)


def _merge(people: list[Customer], user: User) -> Outcome:
    return merging.merge(people, by=user)


def _keep_apart(people: list[Customer], user: User) -> Outcome:
    return merging.keep_apart(people[0], people[1], by=user)


_REASONS = (
    "likely, but not sure", "the names do not prove it: perhaps one household",
    "the only link between two groups", "more of one kind than a person has",
    "more identifiers than a person has",
)  # fmt: skip


def _word(key: str) -> str:
    told = SAID.get(key)
    if told is None:
        return ""
    return told.zh if (get_language() or "zh").startswith("zh") else told.en


def _why(one: Proposal) -> str:
    return _word(one.why)


def _opened(rows: list[Proposal], text: str) -> Proposal | None:
    wanted = read_id(text)
    return next((one for one in rows if one.pk == wanted), None)


def _following(rows: list[Proposal], open_: Proposal | None) -> str:
    """The pair after this one: where a skip leads."""
    ids = [one.pk for one in rows]
    place = ids.index(open_.pk) if open_ else -1
    return str(ids[place + 1]) if 0 <= place < len(ids) - 1 else ""


def _titles(user: User, one: Proposal, people: dict[UUID, Customer]) -> tuple[str, str]:
    return _title(user, people.get(one.customer_id)), _title(user, people.get(one.other_id))


def _title(user: User, person: Customer | None) -> str:
    if person is None:
        return gettext("part of the other")
    seen = as_seen(person, levels_for(user, person))
    return seen.name or seen.number or str(person.pk)[-8:]


def _compared(user: User, one: Proposal, people: dict[UUID, Customer]) -> dict[str, object]:
    """Both sides, field by field, and the evidence as bars."""
    sides = [people.get(one.customer_id), people.get(one.other_id)]
    levels = [levels_for(user, side) if side else {} for side in sides]
    lines = []
    for name in _FIELDS:
        values = [
            shown(name, _value(side, name), level.get(name, Level.HIDDEN)) if side else ""
            for side, level in zip(sides, levels, strict=True)
        ]
        if any(values):
            lines.append((_label(name) or name, *values, values[0] == values[1]))
    largest = max((abs(bar["bits"]) for bar in one.evidence), default=1.0) or 1.0
    chinese = (get_language() or "zh").startswith("zh")
    bars = [
        {"field": bar["zh" if chinese else "en"],
         "found": bar["found_zh" if chinese else "found_en"], "bits": bar["bits"],
         "share": round(50 * abs(bar["bits"]) / largest, 1), "against": bar["bits"] < 0}
        for bar in one.evidence
    ]  # fmt: skip
    return {"sides": [_side(side, level) for side, level in zip(sides, levels, strict=True)],
            "lines": lines, "bars": bars}  # fmt: skip


def _value(person: Customer, name: str) -> str | date | None:
    if name == "gender":
        return str(person.get_gender_display())
    value = getattr(person, name)
    return value if value is None or isinstance(value, date) else str(value)


def _label(name: str) -> str:
    from zhiyin.objects.definitions import fields_of, object_type

    known = fields_of(object_type("customer")).get(name)
    return str(known.label) if known else ""


def _side(person: Customer | None, levels: dict[str, Level]) -> dict[str, object] | None:
    if person is None:
        return None
    seen = as_seen(person, levels)
    return {
        "customer": seen, "title": seen.name or seen.number or str(person.pk)[-8:],
        "url": reverse("customer", args=[person.pk]), "since": person.created_at,
        "orders": person.orders if may_read(levels, "orders") else None,
    }  # fmt: skip


def _day(text: str) -> date | None:
    """The day that is asked for; None, which is now, where there is no such day."""
    try:
        return parse_date(text)
    except ValueError:  # 30 February
        return None


def _end_of(day: date | None) -> datetime | None:
    """The last instant of a day here; none for today and what is to come."""
    if day is None or day >= timezone.localdate():
        return None
    start = timezone.make_aware(datetime.combine(day, time.min))
    return start + timedelta(days=1) - timedelta(microseconds=1)

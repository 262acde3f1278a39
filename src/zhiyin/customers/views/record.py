"""One person's page: the 360° view, its drawer, and the neighbours in the list it came from."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from zhiyin.accounts import access, audit
from zhiyin.accounts.access import Level
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import AuditEntry, User
from zhiyin.collect.models import Source
from zhiyin.customers import catalogue, panels, timeline, words
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.cells import rfm_tone
from zhiyin.customers.fields import PERSONAL, Levels, levels_for, shown_identifier
from zhiyin.customers.models import Customer, Group, GroupMember
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.queries import golden, identity, lake_events, record, related
from zhiyin.customers.seeing import as_seen, sees_orders
from zhiyin.customers.views.answers import signed_in, wants_fragment
from zhiyin.customers.views.facts import fact_of, facts_of
from zhiyin.customers.views.insight import insight_of
from zhiyin.objects import recent
from zhiyin.objects.drawing import Drawing
from zhiyin.objects.views import records

MENU_SECONDS = 60
TABS = ("timeline", "orders", "tasks", "scores", "comments", "files", "audit")


@gate("customer.see")
@require_GET
def customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Who this is, what happened, and what is made of it."""
    user = signed_in(request)
    try:
        person = record.person(user, customer_id)
    except access.OutOfSight:
        stays = identity.place_of(customer_id)
        if stays is None:
            raise
        return redirect("customer", record.person(user, stays).pk)
    recent.opened(user, "customer", person.pk)
    levels = levels_for(user, person)
    as_of = data_as_of()
    wanted = request.GET.get("tab", TABS[0])
    may_audit = access.allowed(user, "audit.see")
    tab = wanted if wanted in TABS and (wanted != "audit" or may_audit) else TABS[0]
    counts = record.counts(person)
    context = {
        **_head(person, user, levels), **insight_of(person, as_of, levels),
        "tab": tab, "counts": counts if sees_orders(levels) else replace(counts, orders=0),
        "may_audit": may_audit, "may_erase": access.allowed(user, "erasure.erase"),
        "identifiers": [(one, shown_identifier(one, levels)) for one in record.identifiers(person)],
        "consents": _consents(person), "tasks": record.open_tasks(person),
        "relations": related.relations(
            person, reader=user, levels=levels, in_groups=bool(counts.groups)
        ),
        "group_kinds": Group.Kind.choices, "group_roles": GroupMember.Role.choices,
        "company": _company(as_seen(person, levels), user), "walk": _walk_query(request),
        "list_address": _list_address(request), "panels": panels.of(person, user, levels),
    }  # fmt: skip
    context |= _tab_context(request, person, tab, levels)
    _note_reading(user, person, levels)
    return render(request, "customers/record.html", context)


def _head(person: Customer, user: User, levels: dict[str, Level]) -> dict[str, object]:
    seen, marks = as_seen(person, levels), golden.marks(person)
    return {
        "customer": seen, "levels": levels, "told_tags": related.told_tags(seen),
        "facts": facts_of(person, user, levels, marks),
        "name_fact": fact_of(person, "name", user, levels, marks.get("name", golden.NO_MARK)),
        "own_facts": _own_facts(person, user),
        "title": seen.name or seen.number or str(person.pk)[-8:],
        "tier": words.TIERS.get(seen.tier), "segment": words.RFM_SEGMENTS.get(seen.rfm_segment),
        "segment_tone": rfm_tone(seen.rfm_segment),
        "may": {action: access.can_reach(user, f"customer.{action}", person)
                for action in ("change", "tag", "reveal")},
    }  # fmt: skip


def _own_facts(person: Customer, user: User) -> list[records.Fact]:
    """The fields that the company added itself, as this person's layout places them."""
    drawing = Drawing([], timezone.now())  # no age is counted in them
    facts = records.facts_of(user, CUSTOMER, person, drawing)
    return [one for one in facts if one.field.custom and not one.hidden]


def _company(seen: Customer, user: User) -> dict[str, str] | None:
    """The company they buy for; its page only for who may open that."""
    if seen.company is None:
        return None
    opens = access.can_reach(user, "company.see", seen.company)
    address = reverse("company", args=[seen.company.pk]) if opens else ""
    return {"name": seen.company.name, "url": address}


def _consents(person: Customer) -> list[dict[str, object]]:
    """What the customer allows, in words."""
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    return [
        {
            "channel": catalogue.CHANNELS.get(one.channel, {}).get(language, one.channel),
            "purpose": catalogue.PURPOSES.get(one.purpose, {}).get(language, one.purpose),
            "marketing": one.purpose == "marketing", "granted": one.granted, "at": one.at,
            "evidence": one.evidence,
        }
        for one in record.consents(person)
    ]  # fmt: skip


def _note_reading(user: User, person: Customer, levels: dict[str, Level]) -> None:
    """Whole personal values on a screen are a reading that the audit trail keeps."""
    read = [name for name in PERSONAL if levels[name] >= Level.READ and getattr(person, name)]
    if read:
        audit.read_of(user, person, fields=read)


def _tab_context(
    request: HttpRequest, person: Customer, tab: str, levels: Levels
) -> dict[str, object]:
    if tab == "timeline":
        return timeline_context(request, person, levels)
    if tab == "orders":
        if not sees_orders(levels):
            return {"page": record.OrderPage([], "")}
        before = request.GET.get("before", "").replace(" ", "+")
        return {"page": record.orders(person, before)}
    if tab == "tasks":
        found = person.tasks.select_related("owner").order_by("-created_at")
        return {"all_tasks": found[:100]}
    if tab == "audit":
        entries = AuditEntry.objects.filter(object_type="customer", object_id=str(person.pk))
        rows = list(entries.order_by("-seq")[:50])
        names = dict(User.objects.filter(pk__in={r.by for r in rows}).values_list("pk", "name"))
        return {"audit": [(row, names.get(row.by) if row.by else None) for row in rows]}
    return {}


def timeline_context(request: HttpRequest, person: Customer, levels: Levels) -> dict[str, object]:
    """The lines that a timeline shows, and what they can be narrowed to."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in timeline.kinds() else ""
    try:
        source = UUID(request.GET.get("source", ""))
    except ValueError:
        source = None
    before = request.GET.get("before", "").replace(" ", "+")
    lines = timeline.read(person, reader=signed_in(request), kind=kind,
                          source=source, before=before)  # fmt: skip
    sources = _sources()
    chosen = sources.get(str(source)) if source else None
    lines = _with_sources(lines, sources)
    return {
        "lines": lines, "kind": kind, "source": chosen, "kinds": timeline.kinds(),
        "sources": sources, "kind_name": timeline.kinds().get(kind, ""), "is_first": not before,
    }  # fmt: skip


def _with_sources(lines: timeline.Timeline, sources: dict[str, Source]) -> timeline.Timeline:
    """The lines with the names of their sources instead of ids."""
    names = {key: source_name(one) for key, one in sources.items()}
    named = [replace(line, source=names.get(line.source, "")) for line in lines.entries]
    return replace(lines, entries=named)


def source_name(source: Source) -> str:
    """What a source is called in the reader's language."""
    chinese = (get_language() or "zh").startswith("zh")
    return source.name_zh if chinese else source.name_en


def _sources() -> dict[str, Source]:
    """All sources by id, for the menu; a new one may come a minute late."""
    known: dict[str, Source] | None = cache.get("customers:sources")
    if known is None:
        known = {str(one.pk): one for one in Source.objects.order_by("key")[:200]}
        cache.set("customers:sources", known, MENU_SECONDS)
    return known


@gate("customer.see")
@require_GET
def older(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Older lines of the timeline: a fragment that htmx puts below; a page without script."""
    user = signed_in(request)
    person = record.person(user, customer_id)
    if not wants_fragment(request):
        return customer(request, customer_id)
    levels = levels_for(user, person)
    shown = timeline_context(request, person, levels)
    context = {"customer": as_seen(person, levels), **shown}
    return render(request, "customers/timeline.html", context)


@gate("customer.see")
@require_GET
def lake(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """What only the lake still knows: events older than the hot ones."""
    user = signed_in(request)
    person = record.person(user, customer_id)
    read = timeline.Timeline(lake_events.read(person), "")
    lines = _with_sources(read, _sources()).entries
    seen = as_seen(person, levels_for(user, person))
    context = {"customer": seen, "lines": lines, "from_lake": True, "sources": {}}
    return render(request, "customers/lake.html", context)


def _walk_query(request: HttpRequest) -> str:
    if "list" not in request.GET:
        return ""
    return urlencode({key: request.GET.get(key, "") for key in ("list", "at", "of")})


def _list_address(request: HttpRequest) -> str:
    query = QueryDict(request.GET.get("list", "").lstrip("?")).urlencode()
    return f"{reverse('customers')}?{query}" if query else reverse("customers")


def drawer_context(request: HttpRequest, customer_id: UUID) -> dict[str, object]:
    """What the drawer shows: the record's head, its voice, risk and latest lines."""
    user = signed_in(request)
    person = record.person(user, customer_id)
    levels = levels_for(user, person)
    _note_reading(user, person, levels)
    recent = _with_sources(timeline.read(person, reader=user), _sources()).entries[:5]
    return {
        **_head(person, user, levels), **insight_of(person, data_as_of(), levels, brief=True),
        "consents": _consents(person), "recent": recent, "sources": {},
    }  # fmt: skip

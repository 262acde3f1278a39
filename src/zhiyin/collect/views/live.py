"""The live view: the newest events, one with its whole way, and the stream that follows them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from zhiyin.accounts import access, audit
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.collect import live, live_way, streaming
from zhiyin.collect.models import Source, Tally
from zhiyin.collect.source_health import name_of
from zhiyin.collect.views.asking import person


@gate("event.see")
@never_cache
@require_GET
def live_events(request: HttpRequest) -> HttpResponse:
    """The page; with `?open=` an event beside the list. What htmx polls is its rows alone."""
    me, wanted = person(request), live.asked(request.GET.dict())
    found = live.latest(me, wanted, timezone.now())
    query = request.GET.copy()
    opened = query.pop("open", [""])[0]
    context: dict[str, object] = {
        "found": found,
        "asked": wanted,
        "query": query.urlencode(),
        "seen": ",".join(line.ref for line in found.lines),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "collect/live_rows.html", context)
    context |= {
        "sources": [("", _("All sources")), *((o.key, name_of(o)) for o in _sources(me))],
        "outcomes": [
            ("", _("All outcomes")),
            *Tally.Outcome.choices,
            (live.FLAGGED, _("Deviates from the plan")),
        ],
        "sees_all": live.sees_all(me),
    }
    if opened:
        context |= _drawer(me, opened)
    return render(request, "collect/live.html", context)


@gate("event.see")
@never_cache
@require_GET
def live_event(request: HttpRequest, ref: str) -> HttpResponse:
    """One event, as the drawer shows it."""
    context = _drawer(person(request), ref) | {"query": request.GET.urlencode()}
    return render(request, "collect/live_drawer.html", context)


@gate("event.see")
@never_cache
@require_GET
def live_stream(request: HttpRequest) -> HttpResponse:
    """Server-sent events. Under ASGI the stream goes on when this answer is made (`streaming`);
    elsewhere the browser asks again, and each answer holds what is new."""
    me, wanted = person(request), live.asked(request.GET.dict())
    follow = streaming.Follow(me.pk, wanted, get_language() or "zh-hans", request.GET.urlencode())
    if not streaming.hand_over(request, follow):
        return HttpResponse(streaming.piece(follow.fresh() or ""), headers=streaming.HEADERS)
    return HttpResponse(streaming.HELLO, headers=streaming.HEADERS)


def _sources(me: User) -> list[Source]:
    return list(access.scoped(me, Source.objects.order_by("key"), "source.see"))


def _drawer(me: User, ref: str) -> dict[str, object]:
    one = live_way.way(me, ref)
    if one.whole:
        audit.record(me, "event.read", one.source, event=ref)
    return {"way": one, "open": ref, "may_set_aside": access.allowed(me, "set_aside.see")}

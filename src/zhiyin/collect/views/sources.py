"""The sources: how each does, for everybody; keys and changes for whoever looks after them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.collect import reasons, snippets, source_health, source_rules, tracking_services
from zhiyin.collect.models import Source
from zhiyin.collect.source_forms import NewSourceForm, OriginsForm, SourceForm
from zhiyin.collect.source_health import name_of
from zhiyin.collect.tracking_services import Limits
from zhiyin.collect.views.asking import person

_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("source.see")
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """Every source, those in trouble first."""
    me, now = person(request), timezone.now()
    context = {
        "lines": source_health.lines(me, now),
        "strangers": _in_words(source_health.refused(None, now)),
        "now": now,
        "may_manage": access.allowed(me, "source.manage"),
        "may_see_imports": access.allowed(me, "import.see"),
        "may_add": access.allowed(me, "import.add"),
    }
    return render(request, "collect/sources.html", context)


@gate("source.manage")
@never_cache
@_read_or_write
def new_source(request: HttpRequest) -> HttpResponse:
    """A new source; its first key is on its page."""
    me = person(request)
    form = NewSourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        zh, en = form.names()
        made = tracking_services.create(
            by=me, key=form.cleaned_data["key"], name_zh=zh, name_en=en,
            kind=Source.Kind(form.cleaned_data["kind"]), origins=form.cleaned_data["origins"],
        )  # fmt: skip
        if promise := form.cleaned_data["promise_minutes"]:
            tracking_services.change(
                made.source, by=me, name_zh=zh, name_en=en, limits=Limits(promise_minutes=promise)
            )
        messages.success(request, _("The source is there. Send it its first event."))
        return redirect("source", made.source_id)
    status = 422 if form.errors else 200
    return render(request, "collect/new_source.html", {"form": form}, status=status)


@gate("source.see")
@never_cache
@require_GET
def source(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """How one source does; its keys and the code with them for whoever looks after it."""
    me = person(request)
    one = source_of(me, source_id, "source.see")
    return source_page(request, one)


@gate("source.manage")
@require_POST
def change_source(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Names and thresholds."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    form = SourceForm(request.POST)
    if not form.is_valid():
        return source_page(request, one, form=form, status=422)
    tracking_services.change(
        one, by=me, name_zh=form.cleaned_data["name_zh"], name_en=form.cleaned_data["name_en"],
        limits=form.limits(), consent=form.consent(),
    )  # fmt: skip
    messages.success(request, _("Saved."))
    return redirect("source", one.pk)


@gate("source.manage")
@require_POST
def switch_source(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """On or off, as the button says."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    on = request.POST.get("on") == "1"
    tracking_services.switch(one, on=on, by=me)
    said = _("It takes events again.") if on else _("It takes no more events.")
    messages.success(request, said)
    return redirect("source", one.pk)


def source_of(me: User, source_id: UUID, permission: str) -> Source:
    """The source, where this person may do this to it; 404 where they may not even see it."""
    found = get_object_or_404(access.scoped(me, Source.objects.all(), "source.see"), pk=source_id)
    access.require(me, permission, found)
    return found


def source_page(
    request: HttpRequest, one: Source, *, form: SourceForm | None = None,
    origins: tuple[UUID, OriginsForm] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page of a source, perhaps with a form that was not accepted."""
    me, now = person(request), timezone.now()
    report = source_health.report(one, now)
    context: dict[str, object] = {
        "source": one,
        "name": name_of(one),
        "report": report,
        "health": source_rules.health(one, now),
        "chart": _chart(report),
        "in_hour": sum(report.minutes.events),
        "busiest": max(report.minutes.events),
        "reasons": [(reasons.told(r.reason), r) for r in report.reasons],
        "refused": _in_words(report.refused),
        "now": now,
        "may_manage": access.can_reach(me, "source.manage", one),
        "may_see_set_aside": access.allowed(me, "set_aside.see"),
        "connections": source_health.connections(one),
    }
    if context["may_manage"]:
        context |= _kept(request, one, form, origins)
    return render(request, "collect/source.html", context, status=status)


def _in_words(refused: list[source_health.Turned]) -> list[tuple[reasons.Told, object]]:
    return [(reasons.REFUSALS[one.status], one) for one in refused]


def _kept(
    request: HttpRequest, one: Source, form: SourceForm | None,
    origins: tuple[UUID, OriginsForm] | None,
) -> dict[str, object]:  # fmt: skip
    """What only the keeper of a source is shown."""
    known = tracking_services.keys_in_use(one)
    shown = next((key for key in known if key.ends_at is None), None) or next(iter(known), None)
    lines = [
        (
            key,
            origins[1]
            if origins and origins[0] == key.pk
            else OriginsForm(
                initial={"origins": "\n".join(key.origins)}, auto_id=f"id_{key.pk}_%s"
            ),
        )
        for key in known
    ]
    fields = ("name_zh", "name_en", "promise_minutes", "most_refused_percent", "most_lag_seconds",
              "most_drift_percent", "asks", "without")  # fmt: skip
    made = form or SourceForm(initial={name: getattr(one, name) for name in fields})
    address = f"{request.scheme}://{request.get_host()}"
    return {
        "keys": lines,
        "form": made,
        "snippets": snippets.snippets(address, shown.key) if shown else [],
    }


def _chart(report: source_health.Report) -> dict[str, object]:
    minutes = report.minutes
    return {
        "kind": "columns",
        "name": _("Events"),
        "x": [f"{timezone.localtime(start):%H:%M}" for start in minutes.starts],
        "values": minutes.events,
        "unfinished": True,
    }

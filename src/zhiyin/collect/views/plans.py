"""The tracking plan of a source: looked at by everybody, edited by whoever looks after sources."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.collect.models import Source
from zhiyin.collect.plan import drift, schema, services, showing
from zhiyin.collect.plan.schema import MODES, CannotBe, Place
from zhiyin.collect.plan.services import Gone, Outdated
from zhiyin.collect.plan_forms import BasedForm, EventForm, FileForm, ModesForm, PropertyForm
from zhiyin.collect.source_health import name_of
from zhiyin.collect.views.asking import person
from zhiyin.collect.views.sources import source_of


@gate("source.see")
@never_cache
@require_GET
def plan(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """The plan; with `?event=` one event of it, with `&property=` a property beside it."""
    one = source_of(person(request), source_id, "source.see")
    if name := request.GET.get("event", ""):
        return _event_page(request, one, name, request.GET.get("property"))
    return _plan_page(request, one)


@gate("source.see")
@never_cache
@require_GET
def plan_versions(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """What was changed when and by whom."""
    one = source_of(person(request), source_id, "source.see")
    context = _around(request, one, "plan") | {"versions": showing.versions(one)}
    return render(request, "collect/plan_versions.html", context)


@gate("source.see")
@never_cache
@require_GET
def plan_drift(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """How what comes differs from the plan."""
    me = person(request)
    one = source_of(me, source_id, "source.see")
    now = timezone.now()
    report = drift.report(one, now)
    context = _around(request, one, "drift") | {
        "report": report,
        "total": sum(report.came),
        "deviated": sum(report.deviated),
        "chart": _chart(report),
        "now": now,
        "may_see_events": access.allowed(me, "event.see"),
        "may_see_set_aside": access.allowed(me, "set_aside.see"),
    }
    return render(request, "collect/plan_drift.html", context)


@gate("source.see")
@never_cache
@require_GET
def export_plan(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """The plan as a file."""
    one = source_of(person(request), source_id, "source.see")
    answer = HttpResponse(schema.write(services.plan_of(one)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="plan-{one.key}.json"'
    return answer


@gate("source.manage")
@require_POST
def change_plan_modes(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """What becomes of what deviates."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    form = ModesForm(request.POST)
    if not form.is_valid():
        return _plan_page(request, one, modes=form, status=422)
    return _done(request, one, form, "", lambda base: services.set_modes(
        one, by=me, base=base, **form.modes()))  # fmt: skip


@gate("source.manage")
@require_POST
def accept_plan(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Take what was learnt into the plan: all, the chosen events, or one property."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    event, about = request.POST.get("of", ""), request.POST.get("property", "")
    only = [Place(name) for name in request.POST.getlist("event")]
    if event:
        only = [Place(event, about)]
    if not only and request.POST.get("all") != "1":
        messages.warning(request, _("Nothing was selected."))
        return redirect("source_plan", one.pk)
    return _done(request, one, BasedForm(request.POST), event, lambda base: services.accept(
        one, by=me, base=base, only=only or None))  # fmt: skip


@gate("source.manage")
@require_POST
def put_plan_event(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """An event by hand, or its description."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    form = EventForm(request.POST)
    if not form.is_valid():
        return _plan_page(request, one, event=form, status=422)
    name, text = form.cleaned_data["event"], form.cleaned_data["description"]
    return _done(request, one, form, name, lambda base: services.put_event(
        one, name, text, by=me, base=base))  # fmt: skip


@gate("source.manage")
@require_POST
def put_plan_property(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """A property as it is to be."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    form = PropertyForm(request.POST)
    if not form.is_valid():
        name, about = request.POST.get("event", ""), request.POST.get("property", "")
        return _event_page(request, one, name, about, form=form, status=422)
    place = Place(form.cleaned_data["event"], form.cleaned_data["property"])
    return _done(request, one, form, place.event, lambda base: services.put_property(
        one, place, form.rule(), by=me, base=base))  # fmt: skip


@gate("source.manage")
@require_POST
def remove_from_plan(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Take an event or a property out."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    place = Place(request.POST.get("event", ""), request.POST.get("property", ""))
    back = place.event if place.property else ""
    return _done(request, one, BasedForm(request.POST), back, lambda base: services.remove(
        one, place, by=me, base=base))  # fmt: skip


@gate("source.manage")
@require_POST
def restore_plan(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Let an earlier version hold again."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    text = request.POST.get("version", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return _done(request, one, BasedForm(request.POST), "", lambda base: services.restore(
        one, number, by=me, base=base))  # fmt: skip


@gate("source.manage")
@require_POST
def import_plan(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Let the plan of a file hold; what it changed is on the page of versions."""
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _plan_page(request, one, file=form, status=422)
    content = form.cleaned_data["file"].read(schema.MOST_BYTES + 1)
    return _done(request, one, form, "", lambda base: services.save(
        one, schema.read(content), by=me, base=base, note=services.IMPORTED))  # fmt: skip


def _done(
    request: HttpRequest, one: Source, form: BasedForm, event: str, do: Callable[[int], bool]
) -> HttpResponse:
    """Do it, say what came of it, and show the plan or the event again."""
    base = form.cleaned_data["base"] if form.is_valid() else -1
    try:
        changed = do(base)
    except Outdated:
        messages.warning(request, _("Somebody changed the plan meanwhile. Look at it, and again."))
    except Gone:
        messages.warning(request, _("It is not in the plan."))
    except CannotBe as reason:
        messages.error(request, str(reason))
    else:
        number = {"n": one.plan_version}
        said = _("Saved as version %(n)s.") % number if changed else _("The plan says so already.")
        messages.success(request, said)
    query = f"?{urlencode({'event': event})}" if event and showing.event(one, event) else ""
    return redirect(reverse("source_plan", args=[one.pk]) + query)


def _around(request: HttpRequest, one: Source, tab: str) -> dict[str, object]:
    me = person(request)
    return {
        "source": one,
        "name": name_of(one),
        "tab": tab,
        "may_manage": access.can_reach(me, "source.manage", one),
    }


def _plan_page(
    request: HttpRequest, one: Source, *, modes: ModesForm | None = None,
    event: EventForm | None = None, file: FileForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    found = showing.shown(one)
    base = {"base": one.plan_version}
    context = _around(request, one, "plan") | {
        "shown": found,
        "words": {name: MODES[getattr(found.plan, name)] for name in schema.SETTINGS},
        "modes": modes or ModesForm.of(found.plan, one.plan_version),
        "event_form": event or EventForm(initial=base, auto_id="id_event_%s"),
        "file_form": file or FileForm(initial=base, auto_id="id_file_%s"),
    }
    return render(request, "collect/plan.html", context, status=status)


def _event_page(
    request: HttpRequest, one: Source, name: str, about: str | None, *,
    form: PropertyForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    line = showing.event(one, name)
    if line is None:
        raise Http404
    chosen = next((each for each in line.properties if each.name == about), None)
    context = _around(request, one, "plan") | {"line": line, "chosen": chosen}
    if about is not None or form is not None:
        rule = chosen.suggested if chosen else schema.Property()
        context["opened"] = True
        context["form"] = form or PropertyForm.of(name, about or "", rule, one.plan_version)
    given = line.planned.description if line.planned else ""
    context["event_form"] = EventForm(
        initial={"base": one.plan_version, "event": name, "description": given},
        auto_id="id_event_%s",
    )
    return render(request, "collect/plan_event.html", context, status=status)


def _chart(report: drift.Drift) -> dict[str, object]:
    return {
        "kind": "columns",
        "name": _("Deviating events"),
        "x": [f"{day:%m-%d}" for day in report.days],
        "values": report.deviated,
        "unfinished": True,
    }

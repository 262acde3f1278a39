"""What was set aside: looked through, mended and sent again, discarded, taken along as a file."""

from __future__ import annotations

import tempfile
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from zhiyin.accounts import access, audit
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.collect import masked_messages, reasons, set_aside_services
from zhiyin.collect import set_aside_queries as queries
from zhiyin.collect.models import SetAside, Source
from zhiyin.collect.plan import wording
from zhiyin.collect.pump.messages import Unfit
from zhiyin.collect.set_aside_queries import Asked
from zhiyin.collect.set_aside_services import NotWaiting, Unreadable
from zhiyin.collect.source_health import name_of
from zhiyin.collect.views.asking import person

State = SetAside.State
_FIELDS = ("id", "source", "received_at", "kind", "event", "reason", "detail", "message")


@gate("set_aside.see")
@never_cache
@require_GET
def set_aside(request: HttpRequest) -> HttpResponse:
    """The list; `?open=` shows one of them beside it."""
    me = person(request)
    row = _opened(me, request.GET.get("open", ""))
    return _page(request, queries.asked(request.GET.dict()), row)


@gate("set_aside.replay")
@require_POST
def replay_set_aside(request: HttpRequest) -> HttpResponse:
    """Those that were selected, or all that the filter leaves."""
    me, wanted = person(request), queries.asked(request.POST.dict())
    done = set_aside_services.replay(_chosen(request, me, wanted), by=me)
    if done.sent:
        said = ngettext("%(n)s event goes in again.", "%(n)s events go in again.", done.sent)
        messages.success(request, said % {"n": f"{done.sent:,}"})
    if done.unfit:
        said = ngettext(
            "%(n)s is no JSON and must be mended first.",
            "%(n)s are no JSON and must be mended first.", done.unfit,
        )  # fmt: skip
        messages.warning(request, said % {"n": f"{done.unfit:,}"})
    if not (done.sent or done.unfit):
        messages.warning(request, _("Nothing was selected that still waits."))
    return _back(wanted)


@gate("set_aside.discard")
@require_POST
def discard_set_aside(request: HttpRequest) -> HttpResponse:
    """Those that were selected, or all that the filter leaves."""
    me, wanted = person(request), queries.asked(request.POST.dict())
    done = set_aside_services.discard(_chosen(request, me, wanted), by=me)
    if done:
        said = ngettext("%(n)s event is discarded.", "%(n)s events are discarded.", done)
        messages.success(request, said % {"n": f"{done:,}"})
    else:
        messages.warning(request, _("Nothing was selected that still waits."))
    return _back(wanted)


@gate("set_aside.replay")
@require_POST
def mend_set_aside(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One event as it was mended."""
    me, wanted = person(request), queries.asked(request.POST.dict())
    row = _row(me, event_id)
    text = request.POST.get("message", "")
    try:
        set_aside_services.mend(row, text, by=me)
    except Unfit as unfit:
        told = reasons.told(unfit.reason)
        problem = f"{told.title}: {unfit.detail}" if unfit.detail else str(told.title)
        return _page(request, wanted, row, typed=text, problem=problem)
    except Unreadable:
        problem = str(reasons.told("unreadable").title)
        return _page(request, wanted, row, typed=text, problem=problem)
    except NotWaiting:
        messages.warning(request, _("It does not wait any more: somebody was quicker."))
    else:
        messages.success(request, _("It goes in again as you mended it."))
    return _back(wanted)


@gate("set_aside.export")
@require_GET
def export_set_aside(request: HttpRequest) -> FileResponse:
    """All that the filter leaves, one JSON a line."""
    me, wanted = person(request), queries.asked(request.GET.dict())
    out = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    rows = 0
    for line in queries.exported(me, Asked(wanted.state, wanted.source, wanted.reason)):
        out.write(line)
        rows += 1
    audit.exported(me, "set_aside", rows=rows, fields=_FIELDS)
    out.seek(0)
    return FileResponse(
        out, as_attachment=True, filename="set-aside.jsonl", content_type="application/x-ndjson"
    )


def _page(
    request: HttpRequest, wanted: Asked, row: SetAside | None, *, typed: str = "",
    problem: str = "",
) -> HttpResponse:  # fmt: skip
    me = person(request)
    shown = list(queries.found(me, wanted)[: queries.PAGE + 1])
    more = len(shown) > queries.PAGE
    shown = shown[: queries.PAGE]
    total = queries.counted(me, wanted)
    waits = wanted.state == State.WAITING
    context: dict[str, object] = {
        "rows": [
            (one, reasons.told(one.reason), wording.explained(one.reason, one.detail))
            for one in shown
        ],
        "asked": wanted,
        "query": wanted.query(),
        "tabs": [(f"?{wanted.query(state=value)}", label, value == wanted.state)
                 for value, label in State.choices],
        "sources": [("", _("All sources")),
                    *((one.key, name_of(one)) for one in Source.objects.order_by("key"))],
        "reasons": [("", _("All reasons")),
                    *((one.key, one.title) for one in reasons.REASONS.values())],
        "total": total,
        "capped": total >= queries.MOST_COUNTED,
        "next": wanted.query(before=queries.place_of(shown[-1])) if more else "",
        "is_narrowed": bool(wanted.source or wanted.reason),
        "may_replay": waits and access.allowed(me, "set_aside.replay"),
        "may_discard": waits and access.allowed(me, "set_aside.discard"),
        "may_export": access.allowed(me, "set_aside.export"),
        "most": set_aside_services.MOST,
    }  # fmt: skip
    if row is not None:
        context |= _drawer(me, row, typed, problem)
    return render(request, "collect/set_aside.html", context, status=422 if problem else 200)


def _drawer(me: User, row: SetAside, typed: str, problem: str) -> dict[str, object]:
    whole = set_aside_services.may_read(me)
    show = masked_messages.pretty if whole else masked_messages.masked
    if whole and row.message:
        audit.read_of(me, row)
    return {
        "row": row,
        "told": reasons.told(row.reason),
        "detail": wording.explained(row.reason, row.detail),
        "message": typed or show(row.message),
        "whole": whole,
        "problem": problem,
        "may_mend": row.state == State.WAITING and set_aside_services.may_edit(me)
        and access.can_reach(me, "set_aside.replay", row),
    }  # fmt: skip


def _opened(me: User, text: str) -> SetAside | None:
    if not text:
        return None
    try:
        return _row(me, UUID(text))
    except ValueError:
        return None


def _row(me: User, pk: UUID) -> SetAside:
    seen = access.scoped(me, SetAside.objects.select_related("source"), "set_aside.see")
    return get_object_or_404(seen, pk=pk)


def _chosen(request: HttpRequest, me: User, wanted: Asked) -> QuerySet[SetAside]:
    """The selected rows, or all that the filter leaves where that was said."""
    every = queries.found(me, Asked(State.WAITING.value, wanted.source, wanted.reason))
    every = every.select_related(None)
    if request.POST.get("all") == "1":
        return every
    ids = []
    for text in request.POST.getlist("id")[: queries.PAGE]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return every.filter(pk__in=ids)


def _back(wanted: Asked) -> HttpResponse:
    return redirect(f"{reverse('set_aside')}?{wanted.query()}")

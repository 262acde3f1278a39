"""Quick entry for shop staff: one page, good on a phone, that goes on without a line.

Without script the form is sent as any form. With it, entries wait in the browser until there is a
line; its worker keeps the page and its files.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts.gate import gate, public
from zhiyin.collect import entries
from zhiyin.collect.entries import CannotBe, Entry
from zhiyin.collect.views.asking import in_chinese, person

MOST_AT_ONCE = 50
MOST_BYTES = 200_000
FIELDS = ("name", "phone", "email", "amount", "bought", "number")
_WORKER = Path(__file__).parents[1] / "static" / "collect" / "entry-worker.js"


class _Batch(msgspec.Struct):
    entries: list[Entry]


@gate("entry.add")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest) -> HttpResponse:
    """The form; a POST of it is how it works without script."""
    context: dict[str, object] = {"id": uuid4(), "given": {}}
    if request.method != "POST":
        return render(request, "collect/entry.html", context)
    given = {name: request.POST.get(name, "")[:300] for name in FIELDS}
    try:
        one = Entry(UUID(request.POST.get("id", "")), timezone.now(),
                    consent=request.POST.get("consent") == "on", **given)  # fmt: skip
        entries.take(one, by=person(request))
    except CannotBe as cannot:
        context |= {"given": given, "problem": cannot.message["zh" if in_chinese() else "en"],
                    "id": request.POST.get("id", "")}  # fmt: skip
        return render(request, "collect/entry.html", context, status=422)
    except ValueError:
        return redirect("entry")
    messages.success(request, _("It is in."))
    return redirect("entry")


@gate("entry.add")
@require_POST
def send_entries(request: HttpRequest) -> HttpResponse:
    """What waited in a browser; says of each what became of it."""
    me, language = person(request), "zh" if in_chinese() else "en"
    body = request.read(MOST_BYTES + 1)
    try:
        told = msgspec.json.decode(body, type=_Batch).entries
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return JsonResponse({"problem": "unreadable"}, status=422)
    if len(body) > MOST_BYTES or len(told) > MOST_AT_ONCE:
        return JsonResponse({"problem": "too many"}, status=413)
    answers = []
    for one in told:
        answer: dict[str, str] = {"id": str(one.id)}
        try:
            at = one.at if one.at.tzinfo else timezone.make_aware(one.at)
            took = entries.take(replace(one, at=at), by=me)
            answer["became"] = took.value
        except CannotBe as cannot:
            answer |= {"became": "refused", "field": cannot.field,
                       "why": cannot.message[language]}  # fmt: skip
        answers.append(answer)
    return JsonResponse({"entries": answers})


@public
@require_GET
def entry_worker(request: HttpRequest) -> HttpResponse:
    """The service worker of this page alone; it holds nobody's data."""
    return HttpResponse(
        _script(), content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache"},
    )  # fmt: skip


@cache
def _script() -> bytes:
    return _WORKER.read_bytes()

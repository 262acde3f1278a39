"""What every screen of this room shows around its answer: as of when, what is missing, ask anew."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User, Work
from zhiyin.insight.contract import Words
from zhiyin.understand import asked, tasks
from zhiyin.understand.models import Run


def person(request: HttpRequest) -> User:
    """Who is signed in."""
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user


def word(words: Words) -> str:
    """The words in the reader's language."""
    return words.zh if (get_language() or "zh").startswith("zh") else words.en


def around(request: HttpRequest, name: str) -> dict[str, object]:
    """The context of `understand/page.html` for the screen of one question."""
    user = person(request)
    run = Run.objects.filter(question=name).first()
    return {
        "question": asked.question(name), "run": run,
        "run_said": word(Words(run.said_zh, run.said_en)) if run else "",
        "may_ask": access.allowed(user, "insight.change"), **_asking(user),
    }  # fmt: skip


def _asking(user: User) -> dict[str, object]:
    running = tasks.under_way()
    may_cancel = (
        running is not None
        and access.allowed(user, "work.cancel")
        and access.can_reach(user, "work.cancel", running)
    )
    return {"work": running, "stage": _stage(running), "may_cancel": may_cancel}


def _stage(running: Work | None) -> str:
    if running is None or not running.stage:
        return ""
    try:
        return str(asked.question(running.stage).label)
    except KeyError:
        return ""


@gate("insight.change")
@require_POST
def ask_again(request: HttpRequest) -> HttpResponse:
    """Ask one question anew in the background; its screen shows how far that is."""
    try:
        question = asked.question(request.POST.get("question", ""))
    except KeyError as unknown:
        raise Http404 from unknown
    tasks.begin([question.name], by=person(request))
    return redirect(question.url_name)


@gate("insight.see")
@never_cache
@require_GET
def asking(request: HttpRequest) -> HttpResponse:
    """How far the asking is: a fragment that asks again; when it is over, the page is new."""
    context = _asking(person(request))
    if context["work"] is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "understand/asking.html", context)

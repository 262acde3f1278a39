"""Screens: the bell, the list of notices, and how one wants to be told."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.ids import read_id
from zhiyin.talk import defaults, kinds, queries, services, vapid
from zhiyin.talk.models import Hours, Mail, Preference, PushDevice

LATEST = 40  # notices looked at for the bell's menu
SHOWN = 8  # lines in it


@gate("account.own")
@never_cache
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """What I was told, grouped, the newest first."""
    me = _me(request)
    unread_only = request.GET.get("unread") == "1"
    found = queries.notices(me)
    if unread_only:
        found = found.filter(read_at=None)
    if before := read_id(request.GET.get("before", "")):
        found = found.filter(pk__lt=before)
    page = list(found[: queries.PAGE + 1])
    more, page = len(page) > queries.PAGE, page[: queries.PAGE]
    context = {
        "lines": queries.lines(me, page), "unread": queries.unread(me),
        "older": page[-1].pk if more else None, "unread_only": unread_only,
    }  # fmt: skip
    return render(request, "talk/notices.html", context)


@gate("account.own")
@never_cache
@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """How much is unread, for the bell: a fragment asked for once a minute."""
    found = queries.unread(_me(request))
    return render(request, "talk/count.html", {"unread": found, "most": queries.MOST_COUNTED - 1})


@gate("account.own")
@never_cache
@require_GET
def latest(request: HttpRequest) -> HttpResponse:
    """The newest notices, for the bell's menu: a fragment."""
    me = _me(request)
    found = queries.lines(me, list(queries.notices(me)[:LATEST]))
    context = {"lines": found[:SHOWN], "unread": any(line.unread for line in found)}
    return render(request, "talk/latest.html", context)


@gate("account.own")
@require_GET
def follow(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Go where a notice leads; it and what was told with it is read then."""
    me = _me(request)
    line = queries.line_of(me, notice_id)
    services.mark_read(me, line.ids, now=timezone.now())
    return redirect(line.address)


@gate("account.own")
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark some notices, or all, as read."""
    me, now = _me(request), timezone.now()
    chosen = [found for text in request.POST.getlist("id")[:500] if (found := read_id(text))]
    if chosen:
        services.mark_read(me, chosen, now=now)
    else:
        services.mark_all_read(me, now=now)
    if request.headers.get("HX-Request"):
        answer = latest_of(request)
        answer.headers["HX-Trigger"] = "noticesRead"
        return answer
    return redirect("notices")


def latest_of(request: HttpRequest) -> HttpResponse:
    """The bell's menu after something was read."""
    me = _me(request)
    found = queries.lines(me, list(queries.notices(me)[:LATEST]))
    return render(request, "talk/latest.html", {"lines": found[:SHOWN], "unread": False})


@gate("account.own")
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: HttpRequest) -> HttpResponse:
    """How I want to be told: by kind and channel, and when not."""
    me = _me(request)
    problem = ""
    hours = queries.hours(me)
    if request.method == "POST":
        hours = _hours(request, me)
        try:
            wanted = _wanted(request, me)
            services.set_wishes(me, wanted, hours)
            if "house" in request.POST:
                defaults.keep_as(wanted, by=me)
        except services.Refused as reason:
            problem = str(reason)
        else:
            messages.success(request, _("Saved."))
            return redirect("notice_wishes")
    devices = list(PushDevice.objects.filter(user=me).order_by("-created_at"))
    context = {
        "may_set_house": access.allowed(me, "workspace.change"),
        "wishes": queries.wishes(me), "hours": hours, "problem": problem, "mails": Mail.choices,
        "has_mail": bool(settings.SMTP_URL),
        "devices": devices, "has_push": bool(devices), "push_key": vapid.public_key(),
        "zones": sorted(available_timezones()),
    }  # fmt: skip
    return render(request, "talk/wishes.html", context, status=422 if problem else 200)


def _wanted(request: HttpRequest, me: User) -> list[Preference]:
    """One preference for each kind that the form had; what it does not know stays as it was."""
    sent = set(request.POST.getlist("kind"))
    known = {wish.key: wish for wish in queries.wishes(me)}
    has_push = "has_push" in request.POST
    return [
        Preference(
            user=me, kind=key, in_product=f"product:{key}" in request.POST,
            mail=_mail(request.POST.get(f"mail:{key}", "")),
            push=f"push:{key}" in request.POST if has_push else known[key].push,
        )
        for key in kinds.kinds()
        if key in sent
    ]  # fmt: skip


def _mail(text: str) -> str:
    return text if text in Mail.values else Mail.OFF.value


def _hours(request: HttpRequest, me: User) -> Hours:
    before, sent = queries.hours(me), request.POST
    return Hours(
        user=me, zone=sent.get("zone", before.zone)[:60], quiet="quiet" in sent,
        quiet_from=services.clock(sent.get("quiet_from", ""), before.quiet_from),
        quiet_until=services.clock(sent.get("quiet_until", ""), before.quiet_until),
        digest_at=services.clock(sent.get("digest_at", ""), before.digest_at),
    )  # fmt: skip


def _me(request: HttpRequest) -> User:
    assert not isinstance(request.user, AnonymousUser)  # the gate has seen to it
    return request.user

"""Ends sessions: one of one's own, all others, or those of a user whose password one may reset."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.accounts import access, services, sessions
from zhiyin.accounts.asking import asker
from zhiyin.accounts.devices import describe
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import KnownDevice, Session, User


@gate("account.own")
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    me = services.end_sessions(asker(request), by=asker(request))
    update_session_auth_hash(request, me)
    messages.success(request, _("Every other session has ended."))
    return redirect("account")


@gate("account.own")
@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End one of one's own sessions."""
    me = asker(request)
    sessions.end(get_object_or_404(sessions.listed(me), public_id=session_id), by=me)
    messages.success(request, _("The session has ended."))
    return redirect("account")


@gate("user.reset_password")
@require_POST
def end_user_sessions(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """End every session of a user, or the one that is named."""
    me = asker(request)
    seen = access.scoped(me, User.objects.all(), "user.reset_password")
    user = get_object_or_404(seen, pk=user_id)
    if named := request.POST.get("session"):
        session = get_object_or_404(sessions.listed(user).filter(public_id__in=_uuids(named)))
        services.end_session_of(session, by=me)
    else:
        services.end_sessions(user, by=me)
    messages.success(request, _("The session has ended."))
    return redirect("user", user_id)


def rows(user: User, request: HttpRequest | None = None) -> list[Session]:
    """The sessions of a user as a screen lists them, each with `device` and `here`."""
    here = sessions.public_id_of(request.session) if request else None
    found = list(sessions.listed(user)[:100])
    for one in found:
        one.device = describe(one.agent)  # type: ignore[attr-defined]
        one.here = one.public_id == here  # type: ignore[attr-defined]
    return found


def news(user: User) -> list[KnownDevice]:
    """First sign-ins of late, as a screen lists them; the very first one of all is none."""
    found = list(sessions.new_devices(user)[:20])
    for one in found:
        one.device = describe(one.agent)  # type: ignore[attr-defined]
    return found


def _uuids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []

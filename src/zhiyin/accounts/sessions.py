"""Sessions and browsers of a user: begun, seen, listed, ended; a sign-in in a new browser is told.

What ends the other sessions of a user is in one place, `credentials_changed`, with what ends their
tokens.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from allauth.core import context
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from zhiyin.accounts import access, tokens
from zhiyin.accounts.audit import record
from zhiyin.accounts.devices import network_of
from zhiyin.accounts.models import KnownDevice, Session, User
from zhiyin.accounts.session_store import ABOUT, SessionStore

COOKIE = "zy_device"
COOKIE_SECONDS = 400 * 24 * 3600  # the most that browsers keep
SEEN_EVERY = timedelta(minutes=5)
NEW_FOR = timedelta(days=30)
_signer = Signer(salt="zhiyin.device")


def begin(request: HttpRequest, user: User, *, provider_session: str = "") -> None:
    """Note what is shown of the session that has just begun, and whether the browser is new."""
    now, agent = timezone.now(), request.META.get("HTTP_USER_AGENT", "")[:300]
    network = network_of(request.META.get("REMOTE_ADDR", ""))
    request.session[ABOUT] = {
        "agent": agent, "network": network, "since": now.isoformat(), "provider": provider_session,
    }  # fmt: skip
    held = device_of(request)
    held = held or secrets.token_urlsafe(24)
    request.zhiyin_device = held  # type: ignore[attr-defined]  # for `remember`
    known = {"agent": agent, "network": network, "last_seen_at": now}
    has_others = KnownDevice.objects.filter(user=user).exists()
    device, is_new = KnownDevice.objects.update_or_create(
        user=user, digest=_digest(held), defaults=known
    )
    if is_new and has_others:
        record(user, "user.new_device", user)
        transaction.on_commit(lambda: _tell(device.pk))


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Give the browser the cookie by which it is known again."""
    held = getattr(request, "zhiyin_device", None)
    if held is not None:
        response.set_cookie(
            COOKIE, _signer.sign(held), max_age=COOKIE_SECONDS, secure=settings.SECURE,
            httponly=True, samesite="Lax",
        )  # fmt: skip


def device_of(request: HttpRequest) -> str | None:
    """What the browser's cookie holds, where it is one of ours."""
    try:
        return _signer.unsign(request.COOKIES.get(COOKIE, ""))
    except BadSignature:
        return None


def is_known(request: HttpRequest, email: str) -> bool:
    """Whether somebody with this address has signed in in this browser before."""
    held = device_of(request) or ""
    return KnownDevice.objects.filter(user__email=email, digest=_digest(held)).exists()


def listed(user: User) -> QuerySet[Session]:
    """The living sessions of a user, the last used first."""
    found = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    return found.order_by("-seen_at", "-started_at")


def new_devices(user: User) -> QuerySet[KnownDevice]:
    """Browsers in which the user signed in for the first time of late."""
    devices = KnownDevice.objects.filter(user=user)
    first = devices.order_by("first_seen_at").values("pk")[:1]  # somebody's very first is no news
    found = devices.filter(first_seen_at__gte=timezone.now() - NEW_FOR).exclude(pk__in=first)
    return found.order_by("-first_seen_at")


@transaction.atomic
def end(session: Session, *, by: User) -> None:
    """End one session: one's own, or that of somebody whose password one may reset."""
    user = session.user
    assert user is not None
    if user.pk != by.pk:
        access.require(by, "user.reset_password", user)
    record(by, "user.session_ended", user)
    session.delete()


def end_all(user: User, *, keep: str | None = None) -> int:
    """End the sessions of a user but the one with this key."""
    ended, _ = Session.objects.filter(user=user).exclude(session_key=keep or "").delete()
    return ended


def credentials_changed(user: User) -> None:
    """A user's sign-in or rights have changed: their tokens end, and every session but the one in
    which they did it themselves."""
    tokens.end_all(user)
    end_others(user)


def end_others(user: User) -> None:
    """End every session of a user but the one in which they ask for it."""
    end_all(user, keep=_current_key(user))


def clear_expired() -> None:
    """Throw away what has run out."""
    SessionStore.clear_expired()


class SeenMiddleware:
    """Notes that a session is in use; after Django's authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and note the visit where the last note is old; the row was read on the way."""
        response = self.get_response(request)
        row, now = getattr(request.session, "row", None), timezone.now()
        if row is not None and row.user_id and now - row.seen_at >= SEEN_EVERY:
            Session.objects.filter(pk=row.pk).update(seen_at=now)
        return response


def public_id_of(session: SessionBase) -> UUID | None:
    """How the list names this very session."""
    row = getattr(session, "row", None)
    return row.public_id if row is not None else None


def _current_key(user: User) -> str | None:
    request = context.request
    if request is None or getattr(request.user, "pk", None) != user.pk:
        return None
    key: str | None = request.session.session_key
    return key


def _tell(device: UUID) -> None:
    from zhiyin.accounts.tasks import tell_new_device  # the tasks need the rooms above to be there

    tell_new_device.defer(device=str(device))


def _digest(held: str) -> bytes:
    return hashlib.sha256(held.encode()).digest()

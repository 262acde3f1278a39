"""Access tokens: made, found by what a request carries, ended.

A token is `zy_`, eight letters by which it is known, `_` and a secret of 32 letters. Only the
SHA-256 of the whole is kept. Tokens end when they are revoked, when their time is over, when their
user is deactivated, and with every change of the user's password, roles, department or second
factor (accounts.services and signals).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.accounts import access, token_scopes
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import AccessToken, User
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.routes import endpoint_permissions
from zhiyin.cleaning.words import tidy

LIFETIMES = (7, 30, 90, 365)  # days
DEFAULT_LIFETIME = 90
MOST_ALIVE = 50
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_FORM = re.compile(r"(zy_[A-Za-z0-9]{8})_[A-Za-z0-9]{32}")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class NewToken:
    """A token just made, and its text, which is shown once and kept nowhere."""

    token: AccessToken
    text: str


@transaction.atomic
def make(
    user: User, *, by: User, name: str, scopes: Iterable[str], days: int = DEFAULT_LIFETIME
) -> NewToken:
    """Make a token for oneself, or for a service account."""
    _require(user, by)
    written = tidy(name)
    if not 1 <= len(written) <= 80:
        raise NotAllowed(_("Give it a name of 1 to 80 characters."))
    if days not in LIFETIMES:
        raise NotAllowed(_("Choose how long the token lives."))
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)  # two makers count one another
    if alive(user).count() >= MOST_ALIVE:
        raise NotAllowed(_("There are %(n)s tokens already; revoke one first.") % {"n": MOST_ALIVE})
    text, now = _new_text(), timezone.now()
    token = AccessToken.objects.create(
        user=user, created_by=by, name=written, scopes=_checked(user, scopes),
        prefix=_prefix(text), digest=_digest(text), expires_at=now + timedelta(days=days),
    )  # fmt: skip
    record(by, "token.made", token, user=user.pk, scopes=token.scopes, days=days)
    return NewToken(token, text)


@transaction.atomic
def revoke(token: AccessToken, *, by: User) -> None:
    """End a token now; once more changes nothing."""
    _require(token.user, by)
    if _end(AccessToken.objects.filter(pk=token.pk), AccessToken.Ended.REVOKED):
        record(by, "token.revoked", token, user=token.user_id)


def end_all(user: User) -> int:
    """End every token of a user whose sign-in or rights have changed; in that deed's transaction
    and under its audit entry."""
    return _end(AccessToken.objects.filter(user=user), AccessToken.Ended.ACCOUNT)


def alive(user: User) -> QuerySet[AccessToken]:
    """The tokens that still open something."""
    return AccessToken.objects.filter(
        user=user, ended_at__isnull=True, expires_at__gt=timezone.now()
    )


def find(text: str, at: datetime) -> AccessToken | None:
    """The living token of a person or service that works here; notes its use, to the minute."""
    if not _FORM.fullmatch(text):
        return None
    found = (
        AccessToken.objects.select_related("user", "user__department")
        .filter(prefix=_prefix(text))
        .first()
    )
    # Compared also where nothing was found, so that the time says little about prefixes.
    same = hmac.compare_digest(_digest(text), bytes(found.digest) if found else bytes(32))
    if found is None or not same or not found.is_alive(at) or not found.user.is_active:
        return None
    _note_use(found, at.replace(second=0, microsecond=0))
    return found


def choices_for(user: User) -> list[str]:
    """The permissions that a token of this user can be narrowed to: those that the API asks for
    and the user has."""
    return [one for one in endpoint_permissions() if access.allowed(user, one)]


def _checked(user: User, scopes: Iterable[str]) -> list[str]:
    wanted = set(scopes)
    known = choices_for(user)
    if not wanted or wanted - {token_scopes.ALL, token_scopes.READ, *known}:
        raise NotAllowed(_("Choose what the token may do."))
    return token_scopes.complete(wanted, known)


def _require(user: User, by: User) -> None:
    if user.kind == User.Kind.SERVICE:
        access.require(by, "service_account.change")
    elif user.pk == by.pk:
        access.require(by, "account.own")
    else:
        raise access.Denied("account.own")  # nobody acts in another person's name


def _end(chosen: QuerySet[AccessToken], why: AccessToken.Ended) -> int:
    return chosen.filter(ended_at__isnull=True).update(ended_at=timezone.now(), ended=why)


def _note_use(token: AccessToken, minute: datetime) -> None:
    if token.last_used_at is not None and token.last_used_at >= minute:
        return
    AccessToken.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lte=minute - _MINUTE), pk=token.pk
    ).update(last_used_at=minute)


def _new_text() -> str:
    letters = [secrets.choice(_LETTERS) for _ in range(40)]
    return f"zy_{''.join(letters[:8])}_{''.join(letters[8:])}"


def _prefix(text: str) -> str:
    return text[: len("zy_") + 8]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

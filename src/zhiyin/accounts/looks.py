"""A look behind a mask: opened for a reason, readable for a minute, by the seat that opened it.

What opens a look is audited by its room; what is handed out is a ticket, signed here, that names
row, field, seat and end. The value itself is never in it: each reading asks the policy again, so a
role that was taken away ends its looks with it. A ticket that was logged or passed on is worth
nothing to another user, another sign-in or another token.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from zhiyin.accounts import challenge

LASTS = timedelta(seconds=60)
_SALT = "zhiyin.accounts.looks"


@dataclass(frozen=True)
class Look:
    """One open look, and the ticket by which it is read."""

    row: UUID
    field: str
    until: datetime
    ticket: str

    def seconds_left(self) -> int:
        """Whole seconds until it closes, for a page that puts the mask back."""
        return max(0, int((self.until - timezone.now()).total_seconds()))


class LookClosedError(Exception):
    """The minute is over, or the ticket was never one of this seat for this row."""


def open_look(request: HttpRequest, row: UUID, field: str) -> Look:
    """A look at one field of one row, from now on; the caller has audited why."""
    until = timezone.now() + LASTS
    said = {
        "row": row.hex,
        "field": field,
        "until": until.timestamp(),
        "seat": _seat_of(request),
    }
    return Look(row, field, until, signing.dumps(said, salt=_SALT))


def read_look(request: HttpRequest, row: UUID, ticket: str) -> Look:
    """The look that a ticket opens for this seat and row; else `LookClosedError`."""
    try:
        said = signing.loads(ticket, salt=_SALT)
    except signing.BadSignature as error:
        raise LookClosedError from error
    until = datetime.fromtimestamp(said["until"], UTC)
    if (said["row"], said["seat"]) != (row.hex, _seat_of(request)) or timezone.now() >= until:
        raise LookClosedError
    return Look(row, said["field"], until, ticket)


def _seat_of(request: HttpRequest) -> str:
    """The user with their sign-in or token, as a digest that leads back to neither."""
    token = challenge.token_of(request)
    by = f"token:{token.pk}" if token is not None else f"session:{request.session.session_key}"
    return hashlib.sha256(f"{_SALT}:{request.user.pk}:{by}".encode()).hexdigest()[:24]

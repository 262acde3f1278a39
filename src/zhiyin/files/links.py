"""Links to a file's bytes: made for one user, for some minutes.

On this origin the link also needs the session of that user, so one that is passed on opens nothing.
On an origin of the files' own there is no session; there a ticket is good for one request.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from zhiyin.accounts.models import User
from zhiyin.files import services
from zhiyin.files.models import File

LIVES = timedelta(minutes=5)
TICKET_LIVES = timedelta(minutes=1)
_SALT = "zhiyin.files.link"


def address(file: File, *, by: User) -> str:
    """Where this user gets the bytes."""
    if settings.FILES_ORIGIN:
        ticket = services.make_ticket(file, by=by, lives=TICKET_LIVES)
        return f"{settings.FILES_ORIGIN}{reverse('file_by_ticket', args=[ticket.pk])}"
    token = signing.dumps([str(file.pk), str(by.pk)], salt=_SALT)
    return reverse("file_bytes", args=[token])


def opened(token: str, *, by: User) -> UUID | None:
    """Which file a link leads to, for the user for whom it was made; None for everybody else."""
    try:
        found = signing.loads(token, salt=_SALT, max_age=LIVES)
    except signing.BadSignature:
        return None
    file, user = found
    return UUID(file) if user == str(by.pk) else None

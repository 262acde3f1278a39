"""Background work of this room: the audit chain, mail about sign-ins in new browsers, and throwing
away what has run out."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from zhiyin.accounts import new_device_mail, sessions, throttle
from zhiyin.accounts.api import idempotency, limits
from zhiyin.accounts.audit import chain_pending


@app.periodic(cron="* * * * *")
@app.task(queue="accounts", lock="audit-chain", queueing_lock="audit-chain", pass_context=False)
def chain_audit(timestamp: int) -> None:
    """Once a minute; the screen and `zhiyin audit verify` chain what waits before they look."""
    chain_pending()


@app.task(queue="accounts", pass_context=False)
def tell_new_device(device: str) -> None:
    """Write to a user that their account was used in a browser for the first time."""
    new_device_mail.send(UUID(device))


@app.periodic(cron="17 * * * *")
@app.task(queue="accounts", queueing_lock="sign-in-leftovers", pass_context=False)
def clear_leftovers(timestamp: int) -> None:
    """Once an hour: sessions that ran out, failures that no longer count, answers kept long."""
    sessions.clear_expired()
    throttle.forget(timezone.now())
    idempotency.forget(timezone.now())
    limits.forget(timezone.now().timestamp())

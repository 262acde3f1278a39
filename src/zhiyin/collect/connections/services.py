"""The use cases of a connection: try it, keep it, change it, pause it, run it now, sync it anew."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.connections import kinds, webhooks
from zhiyin.collect.connections.pieces import Cursor, Where
from zhiyin.collect.connections.problems import Trouble
from zhiyin.collect.connections.running import PURPOSE
from zhiyin.collect.connections.signatures import Scheme
from zhiyin.collect.models import Connection, Source
from zhiyin.connect import vault

Kind = Connection.Kind
EARLIEST = date(2000, 1, 1)


def create(
    source: Source, kind: Kind, *, name: str, where: Where, secret: str,
    every_minutes: int, by: User,
) -> Connection:  # fmt: skip
    """Keep a connection; it is read within a minute."""
    access.require(by, "source.manage", source)
    made = Connection(
        source=source, kind=kind, name=name, where=dict(where), every_minutes=every_minutes,
        secret=vault.seal(secret, purpose=PURPOSE) if secret else None, owner=by,
        next_at=timezone.now(),
    )  # fmt: skip
    with transaction.atomic():
        made.save(force_insert=True)
        record(by, "source.connected", source, kind=kind.value)
    return made


def change(
    one: Connection, *, name: str, where: Where, secret: str, every_minutes: int,
    by: User,
) -> None:  # fmt: skip
    """Other settings; an empty secret leaves the password as it is. What is read from another place
    begins at its beginning."""
    access.require(by, "source.manage", one.source)
    if dict(where) != one.where:
        one.cursor = {}
    one.name, one.where, one.every_minutes = name, dict(where), every_minutes
    if secret:
        one.secret = vault.seal(secret, purpose=PURPOSE)
    with transaction.atomic():
        one.save()
        record(by, "source.connection_changed", one.source)


def exchange_secret(one: Connection, *, by: User) -> str:
    """A new secret for a webhook, told this once; what is signed with the old one is refused."""
    access.require(by, "source.manage", one.source)
    made = webhooks.new_secret(Scheme(str(one.where["signed"])))
    one.secret = vault.seal(made, purpose=PURPOSE)
    with transaction.atomic():
        one.save(update_fields=["secret"])
        record(by, "source.connection_secret", one.source)
    return made


def pause(one: Connection, *, paused: bool, by: User) -> None:
    """Leave it alone, or go on."""
    access.require(by, "source.manage", one.source)
    one.paused, one.next_at = paused, timezone.now()
    with transaction.atomic():
        one.save(update_fields=["paused", "next_at"])
        record(
            by, "source.connection_paused" if paused else "source.connection_resumed", one.source
        )


def anew(one: Connection, *, since: date | None, by: User) -> None:
    """Read again from a day on, or from the beginning; what is in already counts once."""
    access.require(by, "source.manage", one.source)
    kept_here = not kinds.of(one).asks
    one.cursor = _set_back(one, since or EARLIEST) if since or kept_here else {}
    one.next_at = timezone.now()
    with transaction.atomic():
        one.save(update_fields=["cursor", "next_at"])
        record(by, "source.connection_reset", one.source)


def _set_back(one: Connection, day: date) -> Cursor:
    back = kinds.of(one).since
    if back is None:
        raise Trouble(
            "这个连接不是按时间读取的，只能从头同步。",
            "This connection does not read by time; it can only be synced from the beginning.",
        )
    return back(one.cursor, day)


def remove(one: Connection, *, by: User) -> None:
    """Forget the connection and its runs; what it brought stays."""
    access.require(by, "source.manage", one.source)
    with transaction.atomic():
        record(by, "source.disconnected", one.source)
        one.delete()


def due(now: datetime) -> list[Connection]:
    """Connections whose turn it is; each is told when it is next."""
    with transaction.atomic():
        ready = Connection.objects.select_for_update(skip_locked=True).filter(
            paused=False, next_at__lte=now, source__enabled=True
        )
        found = list(ready.order_by("next_at")[:100])
        for one in found:
            one.next_at = now + timedelta(minutes=one.every_minutes)
            one.save(update_fields=["next_at"])
    return found

"""The use cases of a connection: try it, keep it, change it, pause it, run it now, sync it anew."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from django.db import transaction
from django.utils import timezone

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.connections import databases, folders
from zhiyin.collect.connections.databases import Look, Place
from zhiyin.collect.connections.running import PURPOSE
from zhiyin.collect.models import Connection, Source
from zhiyin.connect import vault

Kind = Connection.Kind


def create(
    source: Source, kind: Kind, *, name: str, where: dict[str, object], secret: str,
    every_minutes: int, by: User,
) -> Connection:  # fmt: skip
    """Keep a connection; it is read within a minute."""
    access.require(by, "source.manage", source)
    made = Connection(
        source=source, kind=kind, name=name, where=where, every_minutes=every_minutes,
        secret=vault.seal(secret, purpose=PURPOSE) if secret else None, owner=by,
        next_at=timezone.now(),
    )  # fmt: skip
    with transaction.atomic():
        made.save(force_insert=True)
        record(by, "source.connected", source, kind=kind.value)
    return made


def change(
    one: Connection, *, name: str, where: dict[str, object], secret: str, every_minutes: int,
    by: User,
) -> None:  # fmt: skip
    """Other settings; an empty secret leaves the password as it is. What is read from another place
    begins at its beginning."""
    access.require(by, "source.manage", one.source)
    if where != one.where:
        one.cursor = {}
    one.name, one.where, one.every_minutes = name, where, every_minutes
    if secret:
        one.secret = vault.seal(secret, purpose=PURPOSE)
    with transaction.atomic():
        one.save()
        record(by, "source.connection_changed", one.source)


def look(kind: Kind, where: dict[str, object], secret: str) -> Look:
    """What can be seen there now; raises `Trouble`."""
    if kind == Kind.DATABASE:
        return databases.look(msgspec.convert(where, Place), secret)
    files = {name: str(value) for name, value in where.items()}
    there = [one.name for one in folders.new_files(files, {})]
    return Look(there, [], [])


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
    one.cursor = databases.since(one.cursor, since) if since else {}
    one.next_at = timezone.now()
    with transaction.atomic():
        one.save(update_fields=["cursor", "next_at"])
        record(by, "source.connection_reset", one.source)


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

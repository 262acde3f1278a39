"""Imports whose loading was interrupted, and how to tell them from those that load right now.

Whoever loads outside the queue holds a lock of the database, which ends with its connection, so
also with a kill -9. What is in the queue is taken up again by the queue itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from zhiyin.accounts.models import Work
from zhiyin.collect.models import Import

_LOCKS = 0x7A68_696E  # the first half of the lock's number: imports; the second is the import's


def interrupted() -> list[Import]:
    """Imports that are half loaded and that nobody works on."""
    loading = Import.objects.filter(state=Import.State.LOADING).select_related("source", "owner")
    queued = loading.filter(work__state__in=[Work.State.QUEUED, Work.State.RUNNING])
    return [one for one in loading.exclude(pk__in=queued.values("pk")) if _is_free(one.pk)]


@contextmanager
def held(one: Import) -> Iterator[None]:
    """The time in which this process loads the import."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, %s)", [_LOCKS, _number(one.pk)])
        try:
            yield
        finally:
            cursor.execute("select pg_advisory_unlock(%s, %s)", [_LOCKS, _number(one.pk)])


def _is_free(id_: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [_LOCKS, _number(id_)])
        row = cursor.fetchone()
        if row and row[0]:
            cursor.execute("select pg_advisory_unlock(%s, %s)", [_LOCKS, _number(id_)])
            return True
    return False


def _number(id_: UUID) -> int:
    """The id's last 32 bits (the random ones) as PostgreSQL's signed integer."""
    return (id_.int & 0xFFFF_FFFF) - 0x8000_0000

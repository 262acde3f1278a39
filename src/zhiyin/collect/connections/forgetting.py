"""Forgetting a person in what came to webhooks, and letting go of what is old.

A message holds one order or a few people; one that names the person goes as a whole: what it
brought is in the database and is forgotten there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from zhiyin.accounts.forgetting import SHORTEST_WORD, Leaving, folded
from zhiyin.cleaning.documents import NotDocuments
from zhiyin.collect.connections import webhooks
from zhiyin.collect.models import Arrival, Connection, Import, TurnedAway

CHUNK = 500
State = Import.State
_UNREAD = (State.NEW, State.CHECKED, State.FAILED, State.CANCELLED)
TURNED_AWAY_KEPT = timedelta(days=90)
# Where a short number is somebody's, and not how many or how much.
_OF_SOMEBODY = ("id", "no", "number", "ref", "card", "code", "phone", "mobile", "customer")


def count(leaving: Leaving) -> int:
    """How many messages name the person."""
    return sum(1 for _ in _theirs(leaving))


def forget(leaving: Leaving) -> int:
    """Those messages go."""
    return Arrival.objects.filter(pk__in=list(_theirs(leaving))).delete()[0]


def _theirs(leaving: Leaving) -> Iterator[int]:
    for pk, body in Arrival.objects.values_list("pk", "body").iterator(CHUNK):
        if _names(bytes(body), leaving):
            yield pk


def _names(body: bytes, leaving: Leaving) -> bool:
    if leaving.mentioned_in(body.decode("utf-8", "replace")):
        return True
    try:
        rows = webhooks.rows_in(body)
    except NotDocuments:
        return False
    return any(_is_theirs(name, cell, leaving) for row in rows for name, cell in row.items())


def _is_theirs(name: str, cell: str, leaving: Leaving) -> bool:
    if folded(cell) not in leaving.values:
        return False
    tail = name.rpartition(".")[2].lower()
    return len(cell) >= SHORTEST_WORD or any(word in tail for word in _OF_SOMEBODY)


def age(now: datetime) -> int:
    """Let go of messages that were read long ago; what waits to be read stays however long."""
    old = Arrival.objects.filter(received_at__lt=now - timedelta(days=settings.ARRIVAL_DAYS))
    read = old.exclude(made=None).exclude(made__state__in=_UNREAD)
    heard = old.filter(
        connection__kind=Connection.Kind.DEVICES
    )  # read in their order, not by import
    TurnedAway.objects.filter(day__lt=(now - TURNED_AWAY_KEPT).date()).delete()
    return read.delete()[0] + heard.delete()[0]

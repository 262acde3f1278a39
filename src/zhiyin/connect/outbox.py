"""Saying that something happened, inside the transaction that makes it so.

Where no endpoint listens, that is one quick query. Otherwise the occurrence and a delivery for
each endpoint are written with the change: both are kept or neither. The sender is woken after the
commit; should that be lost, it looks once a minute on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from zhiyin.connect.models import Delivery, Occurrence

_BATCH = 2000


def tell(
    type: str,
    object_id: UUID | str = "",
    *,
    fields: Iterable[str] = (),
    facts: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> None:
    """Something happened to one object. `fields` are names only; `facts` hold nothing personal."""
    with transaction.atomic():
        if listeners := _listening(type, importing=False):
            said = Occurrence(type=type, object_id=str(object_id), fields=sorted(set(fields)),
                              facts=dict(facts or {}), at=at or timezone.now())  # fmt: skip
            _keep([said], listeners)


def tell_many(type: str, changed: Mapping[UUID, Iterable[str]], *, importing: bool = False) -> None:
    """The same happened to many objects: which fields, by object.

    With `importing` only those endpoints hear it that want to hear of each row of an import.
    """
    if not changed:
        return
    with transaction.atomic():
        if listeners := _listening(type, importing=importing):
            now = timezone.now()
            _keep(
                [
                    Occurrence(type=type, object_id=str(one), fields=sorted(set(fields)), at=now)
                    for one, fields in changed.items()
                ],
                listeners,
            )


def _listening(type: str, *, importing: bool) -> list[UUID]:
    """Endpoints that want to hear this; none of them can be deleted before the commit.

    KEY SHARE (which Django's ORM cannot ask for) keeps them without making two changes wait for
    each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from connect_endpoint where active and types @> array[%s]::varchar[]"
            " and (with_imports or not %s) order by id for key share",
            [type, importing],
        )
        return [row[0] for row in cursor.fetchall()]


def _keep(said: Sequence[Occurrence], listeners: Sequence[UUID]) -> None:
    now = timezone.now()
    Occurrence.objects.bulk_create(said, batch_size=_BATCH)
    Delivery.objects.bulk_create(
        [
            Delivery(endpoint_id=endpoint, occurrence=one, due_at=now, created_at=now)
            for one in said
            for endpoint in listeners
        ],
        batch_size=_BATCH,
    )
    transaction.on_commit(partial(_wake, listeners), robust=True)


def _wake(listeners: Sequence[UUID]) -> None:
    from zhiyin.connect.tasks import wake  # tasks send what is kept here

    for endpoint in listeners:
        wake(endpoint)

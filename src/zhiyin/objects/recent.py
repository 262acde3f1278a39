"""What each user opened last: kept as ids alone, and shown only as far as they may still see it.

A room that has records in the palette registers how to name some of them again (`recall`), and
says at its record page that one was opened. A row that is deleted leaves nobody's memory behind;
whoever deletes many at once says so (`forget`), because a statement for each would take longer than
the deletion. The table is unlogged: opening a page does not wait for the disk because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete
from django.utils.translation import gettext

from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.objects.models import Opened
from zhiyin.palette import Entry

KEPT = 30  # of each user
SHOWN = 8
Recall = Callable[[User, Sequence[UUID]], Mapping[UUID, Entry]]
_recalls: dict[str, Recall] = {}

_NOTE = """
with noted as (
    insert into objects_opened (user_id, kind, record, at)
    values (%(user)s, %(kind)s, %(record)s, statement_timestamp())
    on conflict (user_id, kind, record) do update set at = excluded.at
)
delete from objects_opened where user_id = %(user)s and at < (
    select at from objects_opened where user_id = %(user)s order by at desc offset %(kept)s limit 1)
"""


def register(kind: str, model: type[Model], recall: Recall) -> None:
    """Let a room name its records again; whoever is erased is forgotten here, too."""
    _recalls[kind] = recall

    def deleted(instance: Model, origin: Model | QuerySet[Model], **_: object) -> None:
        if isinstance(origin, Model):
            forget(kind, [instance.pk])

    post_delete.connect(deleted, sender=model, weak=False, dispatch_uid=f"opened:{kind}")


def forget(kind: str, records: Collection[UUID]) -> None:
    """These records are no more; nobody has opened them."""
    Opened.objects.filter(kind=kind, record__in=list(records)).delete()


def opened(user: User, kind: str, record: UUID) -> None:
    """Remember that this user opened a record."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"user": user.pk, "kind": kind, "record": record, "kept": KEPT - 1})


def entries(user: Person, query: str) -> Iterator[Entry]:
    """What was opened last, before anything is typed; what is out of sight now is left out."""
    if query or not isinstance(user, User):
        return
    last = list(Opened.objects.filter(user=user).order_by("-at").values_list("kind", "record"))
    found: dict[tuple[str, UUID], Entry] = {}
    for kind, recall in _recalls.items():
        ids = [record for of, record in last if of == kind]
        if ids:
            found.update({(kind, pk): entry for pk, entry in recall(user, ids).items()})
    for entry in [found[one] for one in last if one in found][:SHOWN]:
        yield Entry(entry.title, entry.subtitle, entry.url, entry.icon, gettext("Recently opened"))

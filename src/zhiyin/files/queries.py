"""Reads: the files of a record, one file, as a user may see them now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from zhiyin.accounts import access, records
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.files.models import File, Ticket

MOST = 200


def of_record(ref: Ref) -> QuerySet[File]:
    """The files of a record, the newest first; the record's rights were asked before."""
    found = File.objects.filter(record_type=ref[0], record_id=ref[1])
    return found.select_related("content", "by").order_by("-pk")


def listed(ref: Ref) -> tuple[list[File], list[File]]:
    """What is attached, and what was deleted and can be brought back: one query."""
    found = list(of_record(ref)[: 2 * MOST])
    here = [file for file in found if file.deleted_at is None]
    return here, [file for file in found if file.deleted_at is not None]


def file(user: User, file_id: UUID, *, deleted: bool = False) -> File:
    """The file, where the user may see the record that it is attached to; else `OutOfSight`."""
    found = File.objects.select_related("content", "by").filter(pk=file_id).first()
    if found is None or (found.deleted_at is not None and not deleted):
        raise access.OutOfSight
    records.find(user, (found.record_type, found.record_id))
    return found


def redeem(ticket_id: UUID, *, now: datetime) -> tuple[User, UUID] | None:
    """Whose ticket for which file this is; it is good once. None where there is none.

    The file itself is read with the eyes of the ticket's holder: nobody has signed in here.
    """
    ticket = Ticket.objects.select_related("user").filter(pk=ticket_id).first()
    if ticket is None or not Ticket.objects.filter(pk=ticket_id).delete()[0]:
        return None
    return (ticket.user, ticket.file_id) if ticket.expires_at >= now else None


def counts(refs: Collection[Ref]) -> dict[Ref, int]:
    """How many files each record has."""
    found = File.objects.filter(records.attached_to(refs), deleted_at=None)
    result: dict[Ref, int] = dict.fromkeys(refs, 0)
    for record_type, record_id in found.values_list("record_type", "record_id"):
        result[record_type, record_id] += 1
    return result

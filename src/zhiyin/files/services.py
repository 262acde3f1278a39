"""Writes: attach, delete and bring back a file; note what a scan found and what was drawn.

A file is attached to a record by whoever may change that record.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, records
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.files import notices, pictures, scanning, store
from zhiyin.files.models import Content, File, Ticket
from zhiyin.files.names import tidy_name
from zhiyin.files.rules import Limits, is_disguised, is_doubtful
from zhiyin.files.taking import Doubtful, RecordFull, Taken, taken
from zhiyin.talk.emitting import notify

KEPT_AFTER_DELETION = timedelta(days=30)
_LOST_AFTER = timedelta(days=1)  # an object without a row is a crash's, once no upload takes longer
_RECORD_LOCK = 0x66_69_6C_65  # the first key of pg_advisory_xact_lock: how full a record is


def limits() -> Limits:
    """The limits of this installation."""
    return Limits(settings.MAX_FILE_BYTES, settings.MAX_RECORD_FILES_BYTES)


def attach(ref: Ref, chunks: Iterable[bytes], *, name: str, by: User) -> File:
    """Keep an upload and attach it to a record. Raises `taking.Refused` with the reason."""
    access.require(by, "file.add")
    records.find(by, ref, "change")
    with taken(chunks, limits()) as upload:
        shown = tidy_name(name, gettext("unnamed"))
        disguised = is_disguised(shown, upload.found.kind)
        if settings.REFUSE_DOUBTFUL_FILES and is_doubtful(
            upload.found.kind, upload.found.doubt, disguised
        ):
            raise Doubtful
        return _attach(ref, upload, name=shown, disguised=disguised, by=by)


@transaction.atomic
def _attach(ref: Ref, upload: Taken, *, name: str, disguised: bool, by: User) -> File:
    _ensure_room(ref, upload.size)
    content = _content(upload)
    made = File.objects.create(
        record_type=ref[0], record_id=ref[1], content=content, name=name, disguised=disguised, by=by
    )
    record(
        by, "file.attached", made, to_type=ref[0], to=ref[1], size=upload.size,
        kind=content.kind, doubt=content.doubt, disguised=disguised,
    )  # fmt: skip
    return made


def _ensure_room(ref: Ref, size: int) -> None:
    """Refuse what the record cannot hold; two uploads at once are counted one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))",
                       [_RECORD_LOCK, f"{ref[0]}:{ref[1]}"])  # fmt: skip
    here = File.objects.filter(record_type=ref[0], record_id=ref[1], deleted_at=None)
    held = here.aggregate(held=Sum("content__size"))["held"] or 0
    if not limits().has_room(held, size):
        raise RecordFull(limits())


def _content(upload: Taken) -> Content:
    """The row of these bytes; they are put into the store where nobody had them before."""
    held = Content.objects.select_for_update().filter(sha256=upload.sha256)
    if known := held.first():
        return known
    place = secrets.token_hex(16)
    kept = store.configured()
    kept.put(place, upload.path)
    made = Content(
        sha256=upload.sha256, size=upload.size, place=place, kind=upload.found.kind.key,
        doubt=upload.found.doubt.value if upload.found.doubt else "",
        scan=Content.Scan.WAITING if scanning.scanner() else Content.Scan.NOT_SCANNED,
    )  # fmt: skip
    made.picture = Content.Picture.WAITING if made.wants_picture else Content.Picture.NONE
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # somebody brought the same bytes in this very moment
        kept.remove(place)
        return held.get()
    if made.scan == Content.Scan.WAITING or made.wants_picture:
        from zhiyin.files import tasks

        tasks.look_at.defer(content_id=str(made.pk))
    return made


@transaction.atomic
def delete(file: File, *, by: User, now: datetime) -> File:
    """Take a file off its record; it can be brought back for thirty days."""
    access.require(by, "file.delete")
    records.find(by, (file.record_type, file.record_id), "change")
    changed = File.objects.filter(pk=file.pk, deleted_at=None).update(deleted_at=now, deleted_by=by)
    if changed:
        record(by, "file.deleted", file, to_type=file.record_type, to=file.record_id)
    file.refresh_from_db()
    return file


@transaction.atomic
def restore(file: File, *, by: User) -> File:
    """Bring a deleted file back, where its record still has room for it."""
    access.require(by, "file.delete")
    ref = (file.record_type, file.record_id)
    records.find(by, ref, "change")
    held = File.objects.select_for_update(of=("self",)).select_related("content").get(pk=file.pk)
    if held.deleted_at is None:
        return held
    _ensure_room(ref, held.content.size)
    held.deleted_at = held.deleted_by = None
    held.save(update_fields=["deleted_at", "deleted_by"])
    record(by, "file.restored", held, to_type=ref[0], to=ref[1])
    return held


def scan(content: Content, *, now: datetime) -> Content:
    """Ask the scanner about some bytes. Raises `scanning.ScannerError` where it cannot tell."""
    asked = scanning.scanner()
    if asked is None:
        return content
    finding = asked(store.configured().chunks(content.place))
    with transaction.atomic():
        content.scan = Content.Scan.INFECTED if finding else Content.Scan.CLEAN
        content.finding, content.scanned_at = finding, now
        content.save(update_fields=["scan", "finding", "scanned_at"])
        if finding:
            record(None, "file.infected", content, files=content.files.count())
            for file in content.files.filter(deleted_at=None).select_related("by"):
                notify([file.by], notices.INFECTED, ref=(file.record_type, file.record_id))
    return content


def draw(content: Content) -> Content:
    """Make the pictures that are shown of some bytes, and keep them beside the bytes."""
    kept = store.configured()
    whole = b"".join(kept.chunks(content.place))
    try:
        drawn = pictures.draw(io.BytesIO(whole))
    except pictures.CannotDraw:
        content.picture = Content.Picture.FAILED
    else:
        for size, data in drawn.items():
            path = store.incoming() / secrets.token_hex(16)
            path.write_bytes(data)
            kept.put(picture_place(content, size), path)
        content.picture = Content.Picture.READY
    content.save(update_fields=["picture"])
    return content


def picture_place(content: Content, size: str) -> str:
    """Under which name the store has a picture of this content."""
    return f"{content.place}-{size}"


def purge(*, now: datetime) -> int:
    """Forget what was deleted long ago, bytes that nobody attaches any more, and lost uploads."""
    Ticket.objects.filter(expires_at__lt=now).delete()
    File.objects.filter(deleted_at__lt=now - KEPT_AFTER_DELETION).delete()
    gone = 0
    kept = store.configured()
    unused = Content.objects.filter(files=None, created_at__lt=now - _LOST_AFTER)
    for pk in list(unused.values_list("pk", flat=True)):
        if content := _forget(pk):
            _remove(kept, content)
            gone += 1
    gone += _sweep(kept, now)
    return gone


@transaction.atomic
def _forget(pk: UUID) -> Content | None:
    """Remove the row of some bytes, unless somebody attaches them meanwhile and holds it."""
    held = Content.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if held is None or held.files.exists():
        return None
    record(None, "file.forgotten", held)
    Content.objects.filter(pk=held.pk).delete()
    return held


def _remove(kept: store.Store, content: Content) -> None:
    for name in (content.place, *(picture_place(content, size) for size in pictures.SIZES)):
        kept.remove(name)


def _sweep(kept: store.Store, now: datetime) -> int:
    """Objects that a crash left without a row."""
    lost = 0
    for name in kept.names(before=now - _LOST_AFTER):
        if not Content.objects.filter(place=name.partition("-")[0]).exists():
            kept.remove(name)
            lost += 1
    for path in store.incoming().iterdir():
        if path.stat().st_mtime < (now - _LOST_AFTER).timestamp():
            path.unlink(missing_ok=True)
            lost += 1
    return lost


def note_reading(file: File, *, by: User) -> None:
    """Files hold what people said and signed: who takes one out is noted."""
    record(by, "file.read", file, to_type=file.record_type, to=file.record_id)


def make_ticket(file: File, *, by: User, lives: timedelta) -> Ticket:
    """A way to this file on the files' own origin, where nobody is signed in."""
    return Ticket.objects.create(
        id=_random_id(), file=file, user=by, expires_at=timezone.now() + lives
    )


def _random_id() -> UUID:
    return UUID(bytes=secrets.token_bytes(16), version=4)  # nobody guesses the next one

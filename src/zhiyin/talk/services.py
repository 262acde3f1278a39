"""Writes: comments, wishes, what was read, and the browsers that may be called."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext

from zhiyin.accounts import access, records
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.talk import mentions
from zhiyin.talk.emitting import notify
from zhiyin.talk.kinds import kinds
from zhiyin.talk.models import Comment, Hours, Mail, Notice, Preference

LONGEST = 4000
KEPT_AFTER_DELETION = timedelta(days=30)
NOTICES_KEPT = timedelta(days=90)


class Refused(Exception):  # noqa: N818  (the message says what to do about it)
    """This cannot be kept; the message is for people."""


@dataclass(frozen=True)
class Written:
    """A comment as it was kept, and whom it calls."""

    comment: Comment
    called: mentions.Called


@transaction.atomic
def add_comment(ref: Ref, text: str, *, by: User, chosen: Collection[UUID] = ()) -> Written:
    """Write beside a record, and tell whom the text calls."""
    access.require(by, "comment.add")
    row = records.find(by, ref)
    written = _tidy(text)
    called = mentions.called(written, ref, row, chosen)
    made = Comment.objects.create(
        record_type=ref[0], record_id=ref[1], by=by, text=written,
        mentions=[user.pk for user in called.told],
    )  # fmt: skip
    notify(called.told, mentions.MENTION, by=by, ref=ref, comment=str(made.pk))
    record(by, "comment.added", made, to_type=ref[0], to=ref[1], told=len(called.told))
    return Written(made, called)


@transaction.atomic
def edit_comment(
    comment: Comment, text: str, *, by: User, now: datetime, chosen: Collection[UUID] = ()
) -> Written:
    """Write it differently; only who is called for the first time is told."""
    held, row = _own(comment, by)
    ref = (held.record_type, held.record_id)
    written = _tidy(text)
    called = mentions.called(written, ref, row, {*chosen, *held.mentions})
    if written != held.text:
        before = set(held.mentions)
        held.text, held.edited_at = written, now
        held.mentions = [user.pk for user in called.told]
        held.save(update_fields=["text", "edited_at", "mentions"])
        new = [user for user in called.told if user.pk not in before]
        notify(new, mentions.MENTION, by=by, ref=ref, comment=str(held.pk))
        record(by, "comment.edited", held, to_type=ref[0], to=ref[1], told=len(new))
    return Written(held, called)


@transaction.atomic
def delete_comment(comment: Comment, *, by: User, now: datetime) -> Comment:
    """Take one's comment back, with what it told; it can be restored for thirty days."""
    held, _ = _own(comment, by)
    if held.deleted_at is None:
        held.deleted_at = now
        held.save(update_fields=["deleted_at"])
        Notice.objects.filter(
            kind=mentions.MENTION.key, detail__comment=str(held.pk), read_at=None
        ).delete()
        record(by, "comment.deleted", held, to_type=held.record_type, to=held.record_id)
    return held


@transaction.atomic
def restore_comment(comment: Comment, *, by: User) -> Comment:
    """Bring one's comment back; nobody is told anew."""
    held, _ = _own(comment, by)
    if held.deleted_at is not None:
        held.deleted_at = None
        held.save(update_fields=["deleted_at"])
        record(by, "comment.restored", held, to_type=held.record_type, to=held.record_id)
    return held


def _own(comment: Comment, by: User) -> tuple[Comment, Model]:
    """The comment's row, held; refused to all but its author, who must still see the record."""
    row = records.find(by, (comment.record_type, comment.record_id))
    access.require(by, "comment.change", comment)
    return Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk), row


def _tidy(text: str) -> str:
    """NFC, without characters that nobody sees, but with its lines."""
    whole = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    seen = "".join(
        letter for letter in whole
        if letter in "\n\t\u200d" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co")
    ).strip()  # fmt: skip
    if not seen:
        raise Refused(gettext("Write something first."))
    if len(seen) > LONGEST:
        raise Refused(gettext("At most %(limit)s characters") % {"limit": LONGEST})
    return seen


def mark_read(user: User, notices: Iterable[UUID], *, now: datetime) -> int:
    """Note that the user has read these of theirs; what was read is not mailed any more."""
    own = Notice.objects.filter(user=user, read_at=None, pk__in=list(notices))
    return own.update(read_at=now, mail_due=None, push_due=None)


def mark_all_read(user: User, *, now: datetime) -> int:
    """Note that the user has read everything."""
    own = Notice.objects.filter(user=user, read_at=None)
    return own.update(read_at=now, mail_due=None, push_due=None)


@transaction.atomic
def set_wishes(user: User, wanted: Iterable[Preference], hours: Hours) -> None:
    """Keep how the user wants to be told."""
    if hours.zone not in available_timezones():
        raise Refused(gettext("There is no such time zone."))
    if hours.quiet and hours.quiet_from == hours.quiet_until:
        raise Refused(gettext("Quiet hours must end at another time than they begin."))
    known = kinds()
    for one in wanted:
        if one.kind in known:
            Preference.objects.update_or_create(
                user=user, kind=one.kind,
                defaults={
                    "in_product": one.in_product, "mail": Mail(one.mail).value, "push": one.push,
                },
            )  # fmt: skip
    Hours.objects.update_or_create(
        user=user,
        defaults={
            "zone": hours.zone, "quiet": hours.quiet, "quiet_from": hours.quiet_from,
            "quiet_until": hours.quiet_until, "digest_at": hours.digest_at,
        },
    )  # fmt: skip
    record(user, "notices.wishes_set", user)


def clock(text: str, otherwise: time) -> time:
    """A time of day as a form gives it."""
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return otherwise


def purge(*, now: datetime) -> int:
    """Forget old notices and comments that were taken back long ago."""
    gone = Notice.objects.filter(created_at__lt=now - NOTICES_KEPT).delete()[0]
    return gone + Comment.objects.filter(deleted_at__lt=now - KEPT_AFTER_DELETION).delete()[0]

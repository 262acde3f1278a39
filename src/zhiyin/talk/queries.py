"""Reads: comments of a record, notices as their reader may see them now, wishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext

from zhiyin.accounts import access, records
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.talk import defaults, kinds, rules
from zhiyin.talk.kinds import NoticeKind, Said
from zhiyin.talk.models import Comment, Hours, Mail, Notice, Preference

MOST_COMMENTS = 200
PAGE = 100
MOST_COUNTED = 100  # the bell says 99+ above


@dataclass(frozen=True)
class Shown:
    """A comment cut into what is drawn apart."""

    comment: Comment
    pieces: list[rules.Piece]
    is_own: bool


def comment(user: User, comment_id: UUID) -> Comment:
    """The comment, where the user may see its record; else `OutOfSight`."""
    found = Comment.objects.select_related("by").filter(pk=comment_id).first()
    if found is None or (found.deleted_at is not None and found.by_id != user.pk):
        raise access.OutOfSight
    records.find(user, (found.record_type, found.record_id))
    return found


def of_record(ref: Ref) -> QuerySet[Comment]:
    """The comments of a record, the newest first; the record's rights were asked before."""
    found = Comment.objects.filter(record_type=ref[0], record_id=ref[1], deleted_at=None)
    return found.select_related("by").order_by("-pk")


def shown(user: User, found: Sequence[Comment]) -> list[Shown]:
    """Comments ready to be drawn: two queries however many there are."""
    called = {pk for one in found for pk in one.mentions}
    names = dict(User.objects.filter(pk__in=called).values_list("pk", "name")) if called else {}
    return [
        Shown(
            one,
            rules.pieces(one.text, [names[pk] for pk in one.mentions if pk in names]),
            one.by_id == user.pk and access.can_reach(user, "comment.change", one),
        )
        for one in found
    ]


@dataclass(frozen=True)
class Line:
    """Some notices told as one."""

    ids: tuple[UUID, ...]
    kind: str
    icon: str
    text: str
    at: datetime
    unread: bool
    count: int
    address: str

    @property
    def id(self) -> UUID:
        """The newest of them."""
        return self.ids[0]

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()


def notices(user: User) -> QuerySet[Notice]:
    """What a user was told in the product, the newest first."""
    own = Notice.objects.filter(user=user, in_product=True)
    return own.select_related("by").order_by("-pk")


def lines(user: User, found: Sequence[Notice]) -> list[Line]:
    """Notices grouped and put into words; the rights on their records are asked again, now."""
    refs = {(one.record_type, one.record_id) for one in found if one.record_id is not None}
    seen = records.visible(user, refs)
    groups: dict[tuple[object, ...], list[Notice]] = {}
    for one in found:
        kind = kinds.kind(one.kind)
        if kind is not None:
            groups.setdefault(_together(one, kind), []).append(one)
    return [_line(group, seen) for group in groups.values()]


def _together(notice: Notice, kind: NoticeKind) -> tuple[object, ...]:
    """What two notices share when they are told as one."""
    day = timezone.localtime(notice.created_at).date()
    ref = (notice.record_type, notice.record_id) if kind.by_record else ()
    return (kind.key, ref, day, notice.read_at is None)


def _line(group: list[Notice], seen: dict[Ref, Model]) -> Line:
    newest = group[0]
    kind = kinds.kind(newest.kind)
    assert kind is not None  # others were left out
    ref = _ref(newest)
    row = seen.get(ref) if ref else None
    title = records.title_of(ref, row) if ref and row is not None else ""
    said = Said(len(group), newest.by.name if newest.by else gettext("Zhiyin"), title,
                newest.detail)  # fmt: skip
    return Line(
        ids=tuple(one.pk for one in group), kind=kind.key, icon=kind.icon, text=kind.says(said),
        at=newest.created_at, unread=newest.read_at is None, count=len(group),
        address=_address(newest, kind, ref, row),
    )  # fmt: skip


def _ref(notice: Notice) -> Ref | None:
    return (notice.record_type, notice.record_id) if notice.record_id is not None else None


def _address(notice: Notice, kind: NoticeKind, ref: Ref | None, row: Model | None) -> str:
    if ref is not None and row is not None:
        return records.address_of(ref, row) + kind.anchor
    if ref is None and kind.leads is not None:
        return kind.leads(notice.detail)
    return reverse("notices")


def line_of(user: User, notice_id: UUID) -> Line:
    """One notice of the user's own with the unread ones told with it; else `OutOfSight`."""
    one = notices(user).filter(pk=notice_id).first()
    kind = kinds.kind(one.kind) if one is not None else None
    if one is None or kind is None:
        raise access.OutOfSight
    same = notices(user).filter(kind=one.kind, pk__lte=one.pk)
    group = [other for other in same[:PAGE] if _together(other, kind) == _together(one, kind)]
    return lines(user, group)[0]


def unread(user: User) -> int:
    """How many notices the user has not read, at most `MOST_COUNTED`: one look into an index."""
    own = Notice.objects.filter(user=user, read_at=None, in_product=True)
    return own[:MOST_COUNTED].count()


@dataclass(frozen=True)
class Wish:
    """One kind in the preferences."""

    key: str
    label: str | Promise
    in_product: bool
    mail: str
    push: bool


def wishes(user: User) -> list[Wish]:
    """Each kind with how the user wants to be told of it."""
    usual = defaults.everything()
    kept = {one.kind: one for one in Preference.objects.filter(user=user)}
    told = {key: kept.get(key) or one for key, one in usual.items()}
    return [
        Wish(one.key, one.label, told[one.key].in_product, Mail(told[one.key].mail).value,
             told[one.key].push)
        for one in kinds.kinds().values()
    ]  # fmt: skip


def hours(user: User) -> Hours:
    """The user's zone and quiet hours; the house's where nothing was said."""
    return Hours.objects.filter(user=user).first() or Hours(user=user, zone=settings.TIME_ZONE)

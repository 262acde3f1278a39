"""How people are told who have not said otherwise: the kind's own way, or what the house keeps."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.talk.kinds import NoticeKind, kind, kinds
from zhiyin.talk.models import KindDefault, Mail, Preference


class Unknown(ValueError):  # noqa: N818  (names what the person wrote)
    """There is no such kind of notice."""


def of(one: NoticeKind) -> KindDefault:
    """How this kind is told at first."""
    return everything([one])[one.key]


def everything(some: Iterable[NoticeKind] | None = None) -> dict[str, KindDefault]:
    """The same of many kinds, by key."""
    wanted = {one.key: one for one in (kinds().values() if some is None else some)}
    kept = KindDefault.objects.in_bulk(list(wanted))
    return {
        key: kept.get(key) or KindDefault(kind=key, in_product=True, mail=one.mail, push=one.push)
        for key, one in wanted.items()
    }


@transaction.atomic
def keep(key: str, in_product: bool, mail: Mail, push: bool, *, by: User) -> None:
    """Let everybody who has not said otherwise be told this way; the kind's own is not kept."""
    access.require(by, "workspace.change")
    known = kind(key)
    if known is None:
        raise Unknown(gettext("There is no kind of notice “%(key)s”.") % {"key": key[:60]})
    if (in_product, mail, push) == (True, known.mail, known.push):
        drop(key, by=by)
        return
    values = {"in_product": in_product, "mail": mail.value, "push": push}
    there = KindDefault.objects.filter(kind=key).values(*values).first()
    if there != values:
        KindDefault.objects.update_or_create(kind=key, defaults=values)
        record(
            by, "notices.default_kept", kind=key, in_product=in_product, mail=mail.value, push=push
        )


@transaction.atomic
def drop(key: str, *, by: User) -> None:
    """Go back to the kind's own way."""
    access.require(by, "workspace.change")
    if KindDefault.objects.filter(kind=key).delete()[0]:
        record(by, "notices.default_dropped", kind=key)


def keep_as(wanted: Iterable[Preference], *, by: User) -> None:
    """Make one's own wishes those of the house."""
    for one in wanted:
        keep(one.kind, one.in_product, Mail(one.mail), one.push, by=by)

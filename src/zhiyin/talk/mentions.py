"""Whom a comment calls: users behind an @, told only where they may see the record."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Model, Value
from django.db.models.functions import Concat, StrIndex
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import records
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.cleaning.pinyin import search_keys
from zhiyin.talk.kinds import NoticeKind, Said, register
from zhiyin.talk.models import Mail
from zhiyin.talk.rules import names_called

OFFERED = 8


@dataclass(frozen=True)
class Called:
    """Who is told, who may not see the record, and which names are borne by several."""

    told: list[User]
    unable: list[User]
    unclear: list[str]


def _says(said: Said) -> str:
    facts = {"by": said.by, "title": said.title, "n": said.count}
    if not said.title:
        return gettext("%(by)s mentioned you where you can no longer look") % facts
    if said.count == 1:
        return gettext("%(by)s mentioned you on %(title)s") % facts
    return gettext("You were mentioned %(n)s times on %(title)s, last by %(by)s") % facts


def _plainly(count: int) -> str:
    return ngettext(
        "You were mentioned in a comment", "You were mentioned in %(n)s comments", count
    ) % {"n": count}


MENTION = register(
    NoticeKind(
        key="comment.mention",
        label=_("Somebody mentions me"),
        icon="at",
        says=_says,
        plainly=_plainly,
        anchor="?tab=comments",
        mail=Mail.NOW,
        push=True,
    )
)


def called(text: str, ref: Ref, row: Model, chosen: Collection[UUID]) -> Called:
    """Whom a text calls. `chosen` are ids that the author picked, which tell namesakes apart."""
    behind_at = StrIndex(Value(text), Concat(Value("@"), "name"))
    candidates = User.objects.filter(is_active=True).exclude(name="").alias(at=behind_at)
    by_name: dict[str, list[User]] = {}
    for user in candidates.filter(at__gt=0).order_by("pk")[:200]:
        by_name.setdefault(user.name, []).append(user)
    meant: list[User] = []
    unclear: list[str] = []
    for name in sorted(names_called(text, by_name)):
        bearers = by_name[name]
        picked = [user for user in bearers if user.pk in chosen]
        if len(bearers) > 1 and not picked:
            unclear.append(name)
        else:
            meant += picked or bearers
    lets = records.kinds()[ref[0]].lets
    told = [user for user in meant if lets(user, "see", row)]
    return Called(told, [user for user in meant if user not in told], unclear)


def offered(ref: Ref, row: Model, typed: str, *, but: User) -> list[User]:
    """Users who may see the record and whose name begins so: in characters or in pinyin."""
    wanted = typed.strip().casefold()
    lets = records.kinds()[ref[0]].lets
    found: list[User] = []
    for user in User.objects.filter(is_active=True).exclude(pk=but.pk).order_by("name", "pk"):
        if user.name and _fits(user.name, wanted) and lets(user, "see", row):
            found.append(user)
            if len(found) == OFFERED:
                break
    return found


def _fits(name: str, wanted: str) -> bool:
    if wanted in name.casefold():
        return True
    keys = search_keys(name)
    return any(key.startswith(wanted) for key in (keys.full, keys.joined, keys.initials))

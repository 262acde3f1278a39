"""Territories: which rows belong to a part of the market, and who works there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Department, Territory, TerritoryMember, TerritoryRule, User
from zhiyin.accounts.policy import resources
from zhiyin.accounts.services import NotAllowed

MOST_RULES = 200


@dataclass(frozen=True)
class Rule:
    """One condition as somebody wrote it; what is empty may be anything."""

    country: str = ""
    province: str = ""
    city: str = ""
    department: Department | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.country or self.province or self.city or self.department)


@dataclass(frozen=True)
class Member:
    """Who works there, and whether its rows are as their own."""

    user: User
    may_change: bool


@transaction.atomic
def keep_territory(
    territory: Territory | None,
    *,
    by: User,
    name_zh: str,
    name_en: str,
    rules: Iterable[Rule],
    members: Iterable[Member],
) -> Territory:
    """Make a territory, or change one as a whole; what it opens or closes holds at once."""
    access.require(by, "territory.change")
    _check_not_beyond(by)
    wanted = list(dict.fromkeys(_tidy(rule) for rule in rules if rule.says_something))
    if not wanted:
        raise NotAllowed(_("Say where the territory lies: one condition at least."))
    if len(wanted) > MOST_RULES:
        raise NotAllowed(_("A territory has %(most)s conditions at most.") % {"most": MOST_RULES})
    kept = territory or Territory()
    kept.name_zh, kept.name_en = name_zh.strip(), name_en.strip()
    kept.full_clean()
    kept.save()
    kept.rules.all().delete()
    TerritoryRule.objects.bulk_create(
        TerritoryRule(
            territory=kept, country=rule.country, province=rule.province, city=rule.city,
            department=rule.department,
        )
        for rule in wanted
    )  # fmt: skip
    people = {member.user.pk: member for member in members}
    kept.members.all().delete()
    TerritoryMember.objects.bulk_create(
        TerritoryMember(territory=kept, user=member.user, may_change=member.may_change)
        for member in people.values()
    )
    record(
        by, "territory.changed" if territory else "territory.created", kept, rules=len(wanted),
        members=sorted(map(str, people)),
        may_change=sorted(str(key) for key, member in people.items() if member.may_change),
    )  # fmt: skip
    return kept


@transaction.atomic
def remove_territory(territory: Territory, *, by: User) -> None:
    """Take a territory away; nobody reaches a row through it any more."""
    access.require(by, "territory.change")
    record(by, "territory.removed", territory)
    territory.delete()


def territory_list() -> QuerySet[Territory]:
    """Every territory with its conditions and people, by name."""
    return (
        Territory.objects.annotate(people=Count("members", distinct=True))
        .prefetch_related("rules__department", "members__user")
        .order_by("name_zh")
    )


def members_of(users: Iterable[User], changing: Iterable[UUID]) -> list[Member]:
    """Members from the users chosen, and from the ids of those who may change rows."""
    may = set(changing)
    return [Member(user, user.pk in may) for user in users]


def _check_not_beyond(by: User) -> None:
    """A territory opens rows to others, so whoever draws it must see all that it can hold."""
    for resource in resources().values():
        seen = access.scope_of(by, f"{resource.name}.see") if resource.places else access.Scope.ALL
        if seen is not access.Scope.ALL:
            raise access.Denied("territory.change")


def _tidy(rule: Rule) -> Rule:
    def clean(text: str) -> str:
        return unicodedata.normalize("NFC", text).strip()

    return Rule(clean(rule.country), clean(rule.province), clean(rule.city), rule.department)

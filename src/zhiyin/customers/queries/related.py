"""Who belongs to a person: their groups with roles, and colleagues; why they have their tags.

A question each, and of others only whom the reader may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers.fields import Levels
from zhiyin.customers.models import Customer, GivenTag, GroupMember

MOST, MOST_MEMBERS = 5, 30


@dataclass(frozen=True)
class Related:
    """Somebody, and how they belong."""

    person: Customer
    how: str
    member: GroupMember | None = None
    kind: str = ""


@dataclass(frozen=True)
class Relations:
    """Groups with roles, and colleagues."""

    groups: list[Related]
    colleagues: list[Customer]


@dataclass(frozen=True)
class ToldTag:
    """A tag, and why and until when somebody has it, where that is known."""

    tag: str
    rule: bool = False
    until: datetime | None = None


def told_tags(person: Customer) -> list[ToldTag]:
    """The tags of a person: one question, none where there are no tags."""
    if not person.tags:
        return []
    known: dict[str, GivenTag] = {}
    for one in GivenTag.objects.filter(customer_id=person.pk).order_by("-pk"):
        if one.tag not in known or one.until is None:  # the reason that lasts longest
            known[one.tag] = one
    return [
        ToldTag(tag, known[tag].rule_id is not None, known[tag].until) if tag in known
        else ToldTag(tag)
        for tag in person.tags
    ]  # fmt: skip


def relations(person: Customer, *, reader: User, levels: Levels, in_groups: bool) -> Relations:
    """Groups, where the person is in any, and who else buys for the same company."""
    seen = access.scoped(reader, Customer.objects.all(), "customer.see")
    theirs = GroupMember.objects.filter(customer=person).values("group")
    members = (
        GroupMember.objects.filter(group__in=theirs, customer__in=seen).exclude(customer=person)
        .select_related("customer", "group").order_by("group__kind", "since", "pk")
    )  # fmt: skip
    groups = [
        Related(one.customer, str(one.get_role_display()), one, str(one.group.get_kind_display()))
        for one in (members[:MOST_MEMBERS] if in_groups else ())
    ]
    colleagues = []
    if person.company_id and levels.get("company", Level.HIDDEN) >= Level.READ:
        others = seen.filter(company=person.company_id).exclude(pk=person.pk)
        colleagues = list(others.order_by("-revenue_minor", "id")[:MOST])
    return Relations(groups, colleagues)

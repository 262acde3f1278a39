"""Who belongs together: households and circles, each member with a role."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.customers.models import Customer, Group, GroupMember
from zhiyin.customers.services.values import CannotBe

MOST_MEMBERS = 30
Role, Kind = GroupMember.Role, Group.Kind


@transaction.atomic
def join(
    customer: Customer, other: Customer, *, by: User, kind: str = Kind.HOUSEHOLD,
    role: str = Role.MEMBER,
) -> Group:  # fmt: skip
    """Say that `other` belongs to the customer's group of this kind, as `role`; a customer who has
    none yet gets one."""
    for one in (customer, other):
        access.require(by, "customer.change", one)
    if other.pk == customer.pk:
        raise CannotBe(gettext("Choose somebody else"))
    if kind not in Kind.values or role not in Role.values:
        raise CannotBe(gettext("Choose one of the list"))
    list(Customer.objects.select_for_update().filter(pk__in=[customer.pk, other.pk]).order_by("pk"))
    group = Group.objects.filter(kind=kind, members__customer=customer).first()
    if group is None:
        theirs = Group.objects.filter(kind=kind, members__customer=other).first()
        group = theirs or Group.objects.create(kind=kind)
        GroupMember.objects.create(group=group, customer=customer, by=by)
    if group.members.count() >= MOST_MEMBERS:
        raise CannotBe(gettext("At most %(limit)s people") % {"limit": MOST_MEMBERS})
    GroupMember.objects.update_or_create(
        group=group, customer=other, defaults={"role": role, "by": by}
    )
    for one in (customer, other):
        record(by, "customer.related", one, kind=kind)
    return group


@transaction.atomic
def leave(member: GroupMember, *, by: User) -> None:
    """Somebody belongs to a group no more; a group of one is none."""
    access.require(by, "customer.change", member.customer)
    group = member.group
    record(by, "customer.unrelated", member.customer, kind=group.kind)
    member.delete()
    if group.members.count() < 2:
        group.delete()

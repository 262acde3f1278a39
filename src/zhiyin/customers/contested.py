"""An address or number that belongs to somebody out of the writer's sight.

"It is taken" would tell the writer that this person is a customer here. So what they write is kept
for their own customer, as if it were new, and those who see both are told that the books may hold
one person, or one company, twice.
"""

from __future__ import annotations

from django.db.models import Model

from zhiyin.accounts import access
from zhiyin.accounts.access import Scope
from zhiyin.accounts.models import User
from zhiyin.customers import notices
from zhiyin.customers.models import Customer
from zhiyin.talk.emitting import notify
from zhiyin.talk.models import Notice

MOST_JUDGES = 20


def space_of(customer: Customer) -> str:
    """The namespace in which an identifier stands that is another's already."""
    return customer.pk.hex


def tell_judges(resource: str, new: Model, other: Model, *, field: str) -> None:
    """Tell who sees both rows that they may be one; once for each pair and field."""
    twin = str(new.pk)
    told = Notice.objects.filter(
        kind=notices.TWICE.key,
        record_type=resource,
        record_id=other.pk,
        detail__contains={"twin": twin, "field": field},
    )
    if told.exists():
        return
    judges = _judges(resource, new, other)
    notify(judges, notices.TWICE, ref=(resource, other.pk), twin=twin, field=field)


def _judges(resource: str, new: Model, other: Model) -> list[User]:
    """The nearest who may put both right: those of a department before those of the whole house."""
    permission = f"{resource}.assign"
    near: dict[Scope, list[User]] = {}
    for user in User.objects.filter(is_active=True, kind=User.Kind.PERSON).order_by("pk"):
        scope = access.scope_of(user, permission)
        if scope > Scope.NONE:
            near.setdefault(scope, []).append(user)
    for scope in sorted(near):
        found = [
            user
            for user in near[scope]
            if access.can_reach(user, permission, new) and access.can_reach(user, permission, other)
        ]
        if found:
            return found[:MOST_JUDGES]
    return []

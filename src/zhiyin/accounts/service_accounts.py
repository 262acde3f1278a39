"""Service accounts: users that are programs. They cannot sign in and ask the API by tokens.

An administrator gives them roles and a department, within what that administrator may give to a
person, so that a program never reaches further than its maker could.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from zhiyin.accounts import access, services
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Department, User
from zhiyin.accounts.roles import Role
from zhiyin.ids import uuid7


def listed(reader: User) -> QuerySet[User]:
    """The service accounts with how many living tokens each has and when one was last used."""
    alive = Q(tokens__ended_at__isnull=True, tokens__expires_at__gt=timezone.now())
    found = User.objects.filter(kind=User.Kind.SERVICE).select_related("department")
    return (
        access.scoped(reader, found, "service_account.see")
        .annotate(alive=Count("tokens", filter=alive), used_at=Max("tokens__last_used_at"))
        .order_by("-is_active", "name", "id")
    )


@transaction.atomic
def create(*, by: User, name: str, roles: Iterable[Role], department: Department | None) -> User:
    """Make a service account; tokens are made for it afterwards (tokens.make)."""
    access.require(by, "service_account.change")
    wanted = services.checked_roles(by, set(), roles)
    services.check_department(by, department)
    id_ = uuid7()
    account = User(
        id=id_, kind=User.Kind.SERVICE, name=name, roles=wanted, department=department,
        email=f"service-{id_.hex}@zhiyin.invalid",  # RFC 2606: a domain that never gets mail
    )  # fmt: skip
    account.set_unusable_password()
    account.full_clean()
    account.save(force_insert=True)
    record(by, "service_account.created", account, roles=wanted, department=account.department_id)
    return account

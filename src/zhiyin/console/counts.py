"""How many customers and companies a user sees: the numbers beside these in the side bar."""

from __future__ import annotations

from django.db.models import Model

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.customers.models import Company, Customer
from zhiyin.objects import counting


def people(user: Person) -> int | None:
    """How many customers this user sees; an estimate where somebody sees very many."""
    return _seen(user, "customer", Customer)


def companies(user: Person) -> int | None:
    """How many companies this user sees; an estimate where somebody sees very many."""
    return _seen(user, "company", Company)


def _seen(user: Person, resource: str, model: type[Model]) -> int | None:
    if not isinstance(user, User):
        return None
    permission = f"{resource}.see"
    if access.scope_of(user, permission) is access.Scope.ALL:
        return counting.everything(model).count
    seen = access.scoped(user, model._default_manager.all(), permission)
    return counting.capped(seen, key=f"bar:{resource}:{user.pk}").count

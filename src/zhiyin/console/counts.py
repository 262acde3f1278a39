"""How many customers and companies a user sees: the numbers beside these in the side bar."""

from __future__ import annotations

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.customers.models import Company, Customer
from zhiyin.objects import counting


def people(user: Person) -> int | None:
    """How many this user sees, for the side bar; an estimate where somebody sees very many."""
    if not isinstance(user, User):
        return None
    if access.scope_of(user, "customer.see") is access.Scope.ALL:
        return counting.everything(Customer).count
    seen = access.scoped(user, Customer.objects.all(), "customer.see")
    return counting.capped(seen, key=f"bar:customer:{user.pk}").count


def companies(user: Person) -> int | None:
    """How many this user sees, for the side bar; an estimate where somebody sees very many."""
    if not isinstance(user, User):
        return None
    if access.scope_of(user, "company.see") is access.Scope.ALL:
        return counting.everything(Company).count
    seen = access.scoped(user, Company.objects.all(), "company.see")
    return counting.capped(seen, key=f"bar:company:{user.pk}").count

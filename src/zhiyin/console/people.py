"""Customers in the command palette: by any part of what the person who types may search."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.console.palette import LIMIT, Entry
from zhiyin.customers.asking import asked
from zhiyin.customers.models import Customer
from zhiyin.customers.objects.people import CUSTOMER
from zhiyin.objects import counting
from zhiyin.objects.keyset import in_usual_order

SHORTEST = 1  # one hanzi is a question; one Latin letter would find half of all people


def entries(user: Person, query: str) -> Iterator[Entry]:
    """Actions where nothing was typed yet, else the people found, the best customers first."""
    if not isinstance(user, User) or not access.allowed(user, "customer.see"):
        return
    action = gettext("New customer")
    if access.allowed(user, "customer.add") and query.casefold() in action.casefold():
        yield Entry(action, "", reverse("new_customer"), "user-plus", gettext("Do"))
    if len(query) < SHORTEST or (len(query) == 1 and query.isascii()):
        return
    seen = access.scoped(user, Customer.objects.all(), "customer.see")
    found = in_usual_order(CUSTOMER, asked(user, seen, query).rows)
    for one in found.only("name", "number", "city")[:LIMIT]:
        about = " ".join(part for part in (one.number, one.city) if part)
        address = reverse("customer", args=[one.pk])
        yield Entry(one.name or one.number, about, address, "user", gettext("Customers"))


def count(user: Person) -> int | None:
    """How many this user sees, for the side bar; an estimate where somebody sees very many."""
    if not isinstance(user, User):
        return None
    if access.scope_of(user, "customer.see") is access.Scope.ALL:
        return counting.everything(Customer).count
    seen = access.scoped(user, Customer.objects.all(), "customer.see")
    return counting.capped(seen, key=f"bar:customer:{user.pk}").count

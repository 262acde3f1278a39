"""Companies in the command palette: by any part of their name, its pinyin, or their number."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.console.palette import LIMIT, Entry
from zhiyin.customers import companies
from zhiyin.customers.models import Company
from zhiyin.objects import counting


def entries(user: Person, query: str) -> Iterator[Entry]:
    """The way to a new company, and the companies found, the largest first."""
    if not isinstance(user, User) or not access.allowed(user, "company.see"):
        return
    action = gettext("New company")
    if access.allowed(user, "company.add") and query.casefold() in action.casefold():
        yield Entry(action, "", reverse("new_company"), "building", gettext("Do"))
    if not query or (len(query) == 1 and query.isascii()):
        return
    for one in companies.suggested(user, query)[:LIMIT]:
        about = " ".join(part for part in (one.number, one.city) if part)
        address = reverse("company", args=[one.pk])
        yield Entry(one.name, about, address, "building", gettext("Companies"))


def count(user: Person) -> int | None:
    """How many this user sees, for the side bar; an estimate where somebody sees very many."""
    if not isinstance(user, User):
        return None
    if access.scope_of(user, "company.see") is access.Scope.ALL:
        return counting.everything(Company).count
    seen = access.scoped(user, Company.objects.all(), "company.see")
    return counting.capped(seen, key=f"bar:company:{user.pk}").count

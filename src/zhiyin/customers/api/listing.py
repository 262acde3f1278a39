"""Pages of customers for the API: the same filters, orders and row scope as the screen's list."""

from __future__ import annotations

from collections.abc import Mapping

from zhiyin.accounts.models import User
from zhiyin.customers.api import telling
from zhiyin.customers.api.schemas import PeopleQuery
from zhiyin.customers.objects import CUSTOMER
from zhiyin.objects.api import listing


def page(
    user: User, asked: PeopleQuery, filters: Mapping[str, str], question: str = ""
) -> dict[str, object]:
    """The customers whom this user may see, in order, from the cursor on."""
    return listing.page(
        CUSTOMER, user, asked, filters, lambda one: telling.in_list(user, one), question=question
    )

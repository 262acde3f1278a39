"""Pages of customers for the API: the same filters, orders and row scope as the screen's list."""

from __future__ import annotations

from collections.abc import Mapping

from zhiyin.accounts.api import paging
from zhiyin.accounts.api.problems import Fault, Problem
from zhiyin.accounts.models import User
from zhiyin.customers.api import telling
from zhiyin.customers.api.schemas import CustomersQuery, PeopleQuery
from zhiyin.customers.objects import CUSTOMER
from zhiyin.objects import counting, levels
from zhiyin.objects.definitions import Asked
from zhiyin.objects.keyset import order_of, read_mark, read_page
from zhiyin.objects.listing import Listing, may_sort, rows_of

_NOT_ASKED = {
    "zh": "您的角色不能按这一项筛选或排序，或值无法识别",
    "en": "Your role may not filter or sort by this, or the value cannot be read",
}
_CHIPS = {chip.key for chip in CUSTOMER.chips}


def conditions(asked: CustomersQuery) -> dict[str, str]:
    """The conditions of a request as the list keeps them."""
    given = asked.model_dump(include=_CHIPS, exclude_none=True)
    return {name: text for name, value in given.items() if (text := str(value).strip())}


def page(
    user: User, asked: PeopleQuery, filters: Mapping[str, str], question: str = ""
) -> dict[str, object]:
    """The customers whom this user may see, in order, from the cursor on."""
    listing = Listing(CUSTOMER, filters=dict(filters), sort=asked.sort, question=question)
    if not may_sort(levels.everywhere(user, CUSTOMER), listing):
        raise Problem(422, faults=[Fault("sort", _NOT_ASKED)])
    narrowed = rows_of(listing, Asked(user, CUSTOMER.as_of()))
    if narrowed.bad:
        raise Problem(422, faults=[Fault(one.chip, _NOT_ASKED) for one in narrowed.bad])
    belongs_to = f"customers:{user.pk}:{asked.sort}"
    mark = read_mark(paging.unseal(asked.cursor, belongs_to)) if asked.cursor else None
    rows = narrowed.rows.select_related("owner", "department")
    found = read_page(rows, order_of(CUSTOMER, asked.sort), asked.limit, after=mark)
    total = counting.capped(narrowed.counted) if asked.total else None
    return {
        "items": [telling.in_list(user, one) for one in found.rows],
        "next": paging.seal(found.after, belongs_to) if found.after else None,
        "total": total and {"count": total.count, "kind": total.kind},
    }

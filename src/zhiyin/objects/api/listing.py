"""Pages of an object's rows for the API: the filters, orders and row scope of the screen's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from django.db.models import Q
from ninja import Field, Schema

from zhiyin.accounts.api import paging
from zhiyin.accounts.api.paging import PageQuery
from zhiyin.accounts.api.problems import Fault, Problem
from zhiyin.accounts.models import User
from zhiyin.objects import conditions, counting, levels
from zhiyin.objects.conditions import BadCondition, Node
from zhiyin.objects.definitions import Asked, ObjectType
from zhiyin.objects.keyset import order_of, orders, read_mark, read_page
from zhiyin.objects.listing import Listing, in_allowed_order, may_sort, rows_of, shown

Tell = Callable[[Any], dict[str, object]]
_NOT_ASKED = {
    "zh": "您的角色不能按这一项筛选或排序，或值无法识别",
    "en": "Your role may not filter or sort by this, or the value cannot be read",
}


class ListQuery(PageQuery):
    """A part of a list in an order, narrowed by conditions."""

    sort: str = Field(
        "", max_length=80, pattern="^(-?[a-z][a-z0-9_]*)?$", examples=["-revenue"],
        description="A field that has an order, also one of your own (`c_size`); a minus sign means"
        " descending. Without it, the order in which your list opens.",
    )  # fmt: skip
    total: bool = Field(False, description="Count as well (up to 10,000).")
    where: str = Field(
        "", max_length=conditions.LONGEST,
        description="Conditions as JSON, as saved views keep them: `is` is `field` (with `field`,"
        " `op`, `values`), `all`, `any`, `not` (with `of`), or `has` (with `relation`, `where`)."
        " Custom fields go by their key.",
        examples=['{"is":"field","field":"city","op":"is","values":["杭州"]}'],
    )  # fmt: skip


class Total(Schema):
    """How many there are: `exact`, or `more` than the count."""

    count: int = Field(examples=[4338])
    kind: Literal["exact", "more"]


def page(
    of: ObjectType, user: User, asked: ListQuery, filters: Mapping[str, str], tell: Tell, *,
    question: str = "", within: Q | None = None, place: str = "",
) -> dict[str, object]:  # fmt: skip
    """The rows that this user may see, in order, from the cursor on; `within` narrows them to a
    `place`, to which the cursor belongs."""
    listing = Listing(
        of, filters=dict(filters), where=tree(asked.where), sort=asked.sort, question=question
    )
    known = levels.everywhere(user, of)
    if not asked.sort:
        listing = in_allowed_order(known, listing)
    elif asked.sort.removeprefix("-") not in orders(of) or not may_sort(known, listing):
        raise Problem(422, faults=[Fault("sort", _NOT_ASKED)])
    narrowed = rows_of(listing, Asked(user, of.as_of()))
    if narrowed.bad:
        raise Problem(422, faults=[Fault(one.chip or "where", _NOT_ASKED) for one in narrowed.bad])
    belongs_to = f"{of.plural_name}:{user.pk}:{listing.sort}:{place}"
    mark = read_mark(paging.unseal(asked.cursor, belongs_to)) if asked.cursor else None
    within = within or Q()
    rows, order = narrowed.rows.filter(within), order_of(of, listing.sort)
    found = read_page(rows, order, asked.limit, after=mark, shown=shown(of))
    if of.as_seen is not None:
        of.as_seen(found.rows, user)
    total = counting.capped(narrowed.counted.filter(within)) if asked.total else None
    return {
        "items": [tell(one) for one in found.rows],
        "next": paging.seal(found.after, belongs_to) if found.after else None,
        "total": total and {"count": total.count, "kind": total.kind},
    }


def filters_of(of: ObjectType, asked: ListQuery) -> dict[str, str]:
    """The conditions with a short name, as the list keeps them."""
    given = asked.model_dump(include={chip.key for chip in of.chips}, exclude_none=True)
    return {name: text for name, value in given.items() if (text := str(value).strip())}


def tree(text: str, field: str = "where") -> Node | None:
    """The conditions of a request; a problem names them where they cannot be read."""
    if not text:
        return None
    try:
        return conditions.read(text)
    except BadCondition as error:
        raise Problem(422, faults=[Fault(field, _NOT_ASKED)]) from error

"""Lists of many rows: paged by a custom field like by a column, and changed and brought back."""

from __future__ import annotations

from typing import Any

import pytest

from zhiyin.customers.models import Customer
from zhiyin.objects.custom import known
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.keyset import order_of, ordered, read_mark, read_page
from zhiyin.objects.models import BulkChange
from zhiyin.objects.services import bulk
from zhiyin.objects.services.changing import change_field

from .fields import administrator, customers, field

pytestmark = pytest.mark.django_db
KEPT = {  # as the document holds them, from the least to the greatest
    "number": ["-1.500000", "3.000000", "3.000000", "5000000000.000000"],
    "text": ["Bath", "Bath", "York", "上海"],
    "date": ["1987-03-02", "2026-11-01", "2026-11-01", "2026-11-02"],
    "moment": ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z",
               "2026-01-01T00:00:01Z"],
}  # fmt: skip


@pytest.mark.parametrize("sort", ["c_own", "-c_own"])
@pytest.mark.parametrize("type", KEPT)
def test_a_list_is_walked_page_by_page_in_the_order_of_a_field(type: str, sort: str) -> None:
    field("c_own", type, listed=True)
    CustomField.objects.update(index_state=CustomField.IndexState.READY)
    known.forget()
    held = [*KEPT[type], None, None]
    made = [
        Customer.objects.create(name="x", custom={} if value is None else {"c_own": value})
        for value in held
    ]
    everybody, order = Customer.objects.all(), order_of(customers(), sort)
    assert order.field.key == "c_own"
    page = read_page(everybody, order, 2)
    rows = list(page.rows)
    while page.after:
        page = read_page(everybody, order, 2, after=read_mark(page.after))
        rows += page.rows
    values = [row.custom.get("c_own") for row in rows]
    assert values == [*(KEPT[type] if sort == "c_own" else KEPT[type][::-1]), None, None]
    assert {row.pk for row in rows} == {one.pk for one in made}
    assert [row.pk for row in ordered(everybody, order)] == [row.pk for row in rows]
    back = list(page.rows)
    while page.before:
        page = read_page(everybody, order, 2, before=read_mark(page.before))
        back = [*page.rows, *back]
    assert [row.pk for row in back] == [row.pk for row in rows]


@pytest.mark.parametrize(
    ("type", "held", "typed", "kept"),
    [
        ("date", ["2026-01-31", "1999-12-31", None], "2027-02-28", "2027-02-28"),
        ("bool", [True, False, None], "yes", True),
        ("number", ["2.500000", "7.000000", None], "2.5", "2.500000"),
        ("text", ["Bath", "York", None], "", None),
    ],
)
def test_a_field_of_many_is_set_at_once_and_comes_back_as_it_was(
    type: str, held: list[Any], typed: str, kept: Any
) -> None:
    by = administrator()
    field("c_own", type, by=by)
    made = [
        Customer.objects.create(name="x", custom={} if value is None else {"c_own": value})
        for value in held
    ]

    def stored() -> list[Any]:
        there = dict(Customer.objects.values_list("pk", "custom"))
        return [there[one.pk].get("c_own") for one in made]

    change = bulk.preview(customers(), Customer.objects.all(), "c_own", typed, by=by)
    assert change.had_it == held.count(kept)
    done = bulk.carry_out(BulkChange.objects.get(pk=change.pk), by=by)
    assert done.changed == 3 - held.count(kept)
    assert stored() == [kept] * 3
    bulk.undo(BulkChange.objects.get(pk=change.pk), by=by)
    assert stored() == held
    row = Customer.objects.get(pk=made[0].pk)
    change_field(customers(), row, "c_own", typed, by=by, version=row.version)
    assert stored() == [kept, *held[1:]]

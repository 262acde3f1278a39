"""Indexes of custom fields: made when something asks, used by lists, dropped after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.models import F
from procrastinate.contrib.django.models import ProcrastinateJob

from zhiyin.customers.models import Customer
from zhiyin.objects.custom import indexes, services
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.definitions import fields_of

from .fields import administrator, customers, draft, field

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_index_stays() -> Iterator[None]:
    yield
    CustomField.objects.all().delete()
    indexes.bring_in_line()


def plan(rows: object) -> str:
    return str(rows.explain())  # type: ignore[attr-defined]


def test_the_index_serves_the_order_and_the_condition_of_a_list() -> None:
    field("c_points", "number", listed=True)
    field("c_since", "date", listed=True)
    field("c_ratio", "formula", formula="revenue / 7 + coalesce(c_points, 0)", listed=True)
    Customer.objects.bulk_create(
        Customer(name=f"C{n}", revenue=n, custom={"c_points": f"{n}.000000",
                 "c_since": f"20{n % 30:02}-01-{n % 28 + 1:02}"})
        for n in range(4000)
    )  # fmt: skip
    assert fields_of(customers())["c_points"].sort is None  # offered once the index is there
    assert indexes.bring_in_line() == (3, 0)
    assert indexes.bring_in_line() == (0, 0)
    with connection.cursor() as cursor:
        cursor.execute("analyze customers_customer")
    known = fields_of(customers())
    for key, value in (("c_points", 17), ("c_since", "2017-01-18"), ("c_ratio", 17 + 17 / 7)):
        one = known[key]
        assert one.sort is not None
        assert one.expression is not None
        asked = Customer.objects.alias(x=one.expression())
        ordered = asked.order_by(F("x").desc(nulls_last=True), "id")[:50]
        assert one.sort.index in plan(ordered), plan(ordered)
        found = asked.filter(x=value)
        assert one.sort.index in plan(found), plan(found)


def test_an_index_goes_when_nothing_asks_any_more() -> None:
    one, by = field("c_points", "number", listed=True), administrator()
    indexes.bring_in_line()
    assert CustomField.objects.get().index_state == "ready"
    services.change_definition(one, draft("c_points", "number"), customers(), by=by)
    assert indexes.bring_in_line() == (0, 1)
    assert indexes.existing(Customer) == {}
    assert CustomField.objects.get().index_state == ""


def test_what_views_and_segments_ask_gets_an_index() -> None:
    field("c_points", "number")
    field("c_notes", "long_text")
    field("c_age", "formula", formula="days_between(birth_date, today())")

    def uses(name: str) -> list[str]:
        return ["c_points", "c_notes", "c_age"]

    indexes.register_use(uses)
    try:
        assert indexes.bring_in_line() == (1, 0)  # no long text, nothing that changes daily
    finally:
        indexes._uses.remove(uses)
    assert indexes.bring_in_line() == (0, 1)


def test_a_request_only_queues_the_work() -> None:
    with transaction.atomic():
        field("c_points", "number", listed=True)
        field("c_more", "number", listed=True)
    assert indexes.existing(Customer) == {}
    waiting = ProcrastinateJob.objects.filter(queueing_lock="custom-indexes", status="todo")
    assert waiting.count() == 1

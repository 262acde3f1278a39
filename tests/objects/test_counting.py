"""A count is exact where that is quick; otherwise it says that it is about, or more than."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.customers import people
from zhiyin.customers.models import Customer
from zhiyin.objects import counting
from zhiyin.objects.counting import Total

pytestmark = pytest.mark.django_db


def test_a_large_table_is_told_about_and_a_small_one_exactly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people.many(12)
    assert counting.everything(Customer) == Total(12)
    with connection.cursor() as cursor:
        cursor.execute("analyze customers_customer")
    monkeypatch.setattr(counting, "EXACT_UNTIL", 10)
    with CaptureQueriesContext(connection) as asked:
        found = counting.everything(Customer)
    assert (found.kind, found.text, found.exact) == ("about", "≈ 12", "")
    assert "count(" not in asked[0]["sql"].lower()


def test_that_there_are_more_than_anybody_reads_is_found_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people.many(12)
    monkeypatch.setattr(counting, "CAP", 10)
    rows = Customer.objects.all()
    for queries in (1, 0):
        with CaptureQueriesContext(connection) as asked:
            found = counting.capped(rows, key="test:twelve")
        assert (found.text, found.exact, len(asked)) == ("10+", "", queries)
    assert counting.capped(rows) == counting.capped(rows) == Total(10, "more")
    few = counting.capped(rows.filter(name="Person 0003"), key="test:one")
    assert (few.text, few.exact) == ("1", 1)


def test_a_tab_tells_the_count_that_its_view_had_when_it_was_last_opened() -> None:
    me, somebody = factories.user(), factories.user()
    counting.remember("customer", me.pk, "best", Total(7))
    assert counting.remembered("customer", me.pk, "best") == Total(7)
    assert counting.remembered("customer", somebody.pk, "best") is None

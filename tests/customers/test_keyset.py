"""Walking a list page by page meets everybody once, in order, forwards and back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.customers import people
from zhiyin.customers.models import Company, Customer
from zhiyin.customers.objects import CUSTOMER
from zhiyin.ids import uuid7
from zhiyin.objects.keyset import (
    Mark,
    Page,
    in_usual_order,
    order_of,
    ordered,
    read_mark,
    read_page,
)

pytestmark = pytest.mark.django_db
SORTS = [one.key for one in CUSTOMER.fields if one.sort is not None]
EVERY_SORT = [sign + name for name in SORTS for sign in ("", "-")]


def walked(sort: str, size: int) -> tuple[list[Customer], Page[Customer]]:
    """All rows from the first page to the last, and the last page."""
    everybody = Customer.objects.all()
    page = read_page(everybody, order_of(CUSTOMER, sort), size)
    rows = list(page.rows)
    while page.after:
        page = read_page(everybody, order_of(CUSTOMER, sort), size, after=read_mark(page.after))
        rows += page.rows
    return rows, page


@pytest.mark.parametrize("sort", EVERY_SORT)
@pytest.mark.parametrize("size", [1, 7, 40])
def test_everybody_is_met_once(sort: str, size: int) -> None:
    made = people.many(40)
    rows, _ = walked(sort, size)
    assert len(rows) == len(made)
    assert {row.pk for row in rows} == {one.pk for one in made}


def test_a_page_is_fetched_with_what_it_shows(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    firm = Company.objects.create(name="Acme")
    people.many(9, company=firm)
    rows, shown = Customer.objects.all(), Customer.objects.select_related("company")
    plain = read_page(rows, order_of(CUSTOMER, "number"), 4)
    with django_assert_num_queries(1):
        page = read_page(rows, order_of(CUSTOMER, "number"), 4, shown=shown)
        assert [one.company for one in page.rows] == [firm] * 4
    assert [one.pk for one in page.rows] == [one.pk for one in plain.rows]


@pytest.mark.parametrize("sort", EVERY_SORT)
def test_values_come_in_order_and_those_without_one_last(sort: str) -> None:
    people.many(40)
    rows, _ = walked(sort, 9)
    values = [getattr(row, sort.removeprefix("-")) for row in rows]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert values[len(known) :] == [None] * (len(values) - len(known))


@pytest.mark.parametrize("sort", EVERY_SORT)
def test_walking_back_meets_the_same_people_in_the_same_order(sort: str) -> None:
    people.many(40)
    forwards, page = walked(sort, 7)
    backwards = list(page.rows)
    while page.before:
        page = read_page(
            Customer.objects.all(), order_of(CUSTOMER, sort), 7, before=read_mark(page.before)
        )
        backwards = [*page.rows, *backwards]
    assert [row.pk for row in backwards] == [row.pk for row in forwards]


@pytest.mark.parametrize("sort", ["revenue", "-revenue", "orders", "-orders"])
def test_sums_of_billions_hide_nobody_who_comes_after_them(sort: str) -> None:
    made = people.many(9)
    for number, one in enumerate(made[:4]):
        Customer.objects.filter(pk=one.pk).update(
            revenue=Decimal(5_000_000_000 + number), orders=2**31 - 1 - number
        )
    rows, page = walked(sort, 1)
    assert [row.pk for row in rows] == [
        one.pk for one in ordered(Customer.objects.all(), order_of(CUSTOMER, sort))
    ]
    assert len(rows) == len(made)
    assert page.before is not None


def test_an_order_that_somebody_made_up_is_the_usual_one() -> None:
    people.many(9)
    assert order_of(CUSTOMER, "password") == order_of(CUSTOMER, CUSTOMER.sort)
    usual = [one.pk for one in in_usual_order(CUSTOMER, Customer.objects.all())]
    assert [row.pk for row in walked("password", 4)[0]] == usual


@pytest.mark.parametrize("text", ["", "!!", "bm9wZQ", "e30", "a" * 400])
def test_a_mark_changed_by_hand_shows_the_first_page(text: str) -> None:
    assert read_mark(text) is None


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("value", ["\x00", "NaN", "Infinity", "1e400", "9" * 40, "2011-01-01", "x"])
def test_an_end_of_page_that_somebody_made_up_never_breaks_the_list(sort: str, value: str) -> None:
    mark = Mark(value, uuid7())
    read_page(Customer.objects.all(), order_of(CUSTOMER, sort), 5, after=mark)
    read_page(Customer.objects.all(), order_of(CUSTOMER, f"-{sort}"), 5, before=mark)

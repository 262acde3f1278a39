"""What this room answers in the command palette: people, companies, orders, tasks, segments.

Tables that can hold millions are asked along an index only; a test reads the plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from zhiyin import palette
from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.collect import live
from zhiyin.customers import companies as known_companies
from zhiyin.customers import seeing
from zhiyin.customers.asking import asked
from zhiyin.customers.models import Company, Customer, Order, Segment, Task
from zhiyin.customers.objects.companies import COMPANY
from zhiyin.customers.objects.people import CUSTOMER
from zhiyin.objects import levels, recent
from zhiyin.objects.keyset import in_usual_order
from zhiyin.objects.levels import Levels, may_ask
from zhiyin.palette import LIMIT, Entry, fits, way_to_new

SHORTEST_NUMBER = 4  # of an order: a shorter one would begin thousands
MOST_BEGUN = 200  # orders whose numbers begin so are looked at, whoever sees how many of them


def _says_something(query: str) -> bool:
    """One hanzi is a question; one Latin letter would find half of all people."""
    return bool(query) and not (len(query) == 1 and query.isascii())


def people(user: Person, query: str) -> Iterator[Entry]:
    """The way to a new customer, and those found, the best first."""
    if not isinstance(user, User) or not access.allowed(user, "customer.see"):
        return
    title = gettext("New customer")
    yield from way_to_new(user, query, "customer.add", title, "new_customer", "user-plus")
    if not _says_something(query):
        return
    seen = access.scoped(user, Customer.objects.all(), "customer.see")
    found = in_usual_order(CUSTOMER, asked(user, seen, query).rows)
    known = levels.everywhere(user, CUSTOMER)
    for one in found.only("name", "number", "city")[:LIMIT]:
        yield _person(one, known)


def _person(one: Customer, known: Levels) -> Entry:
    address = reverse("customer", args=[one.pk])
    title = one.name or _told(one, known, "number") or str(one.pk)[-8:]
    about = _told(one, known, "number", "city")
    return Entry(title, about, address, "user", gettext("Customers"))


def _told(one: Customer | Company, known: Levels, *keys: str) -> str:
    """What of these fields is filled and may be read of every row that the reader sees."""
    return " ".join(filter(None, (getattr(one, key) for key in keys if may_ask(known, key))))


def people_ids(user: User, query: str) -> list[UUID]:
    """The best of those found whom the user may see, for other rooms' filters."""
    seen = access.scoped(user, Customer.objects.all(), "customer.see")
    found = in_usual_order(CUSTOMER, asked(user, seen, query).rows)
    return list(found.values_list("pk", flat=True)[:LIMIT]) if _says_something(query) else []


live.find_people_with(people_ids)


def _people_again(user: User, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    seen = access.scoped(user, Customer.objects.filter(pk__in=ids), "customer.see")
    known = levels.everywhere(user, CUSTOMER)
    return {one.pk: _person(one, known) for one in seen.only("name", "number", "city")}


def companies(user: Person, query: str) -> Iterator[Entry]:
    """The way to a new company, and the companies found, the largest first."""
    if not isinstance(user, User) or not access.allowed(user, "company.see"):
        return
    title = gettext("New company")
    yield from way_to_new(user, query, "company.add", title, "new_company", "building")
    if not _says_something(query):
        return
    known = levels.everywhere(user, COMPANY)
    for one in known_companies.suggested(user, query)[:LIMIT]:
        yield _company(one, known)


def _company(one: Company, known: Levels) -> Entry:
    address = reverse("company", args=[one.pk])
    about = _told(one, known, "number", "city")
    return Entry(one.name, about, address, "building", gettext("Companies"))


def _companies_again(user: User, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    seen = access.scoped(user, Company.objects.filter(pk__in=ids), "company.see")
    known = levels.everywhere(user, COMPANY)
    return {one.pk: _company(one, known) for one in seen.only("name", "number", "city")}


def orders(user: Person, query: str) -> Iterator[Entry]:
    """Orders by the beginning of their number, of customers in sight; opens the customer."""
    if not isinstance(user, User) or len(query) < SHORTEST_NUMBER or not query.isascii():
        return
    if not seeing.sees_orders(access.levels(user, "customer")):
        return
    with seat.system("candidates of a search, by id"):
        begun = Order.objects.filter(number__startswith=query.upper()).order_by("number")
        ids = list(begun.values_list("pk", flat=True)[:MOST_BEGUN])
    seen = access.scoped(user, Customer.objects.all(), "customer.see")
    found = Order.objects.filter(pk__in=ids, customer__in=seen)
    known = levels.everywhere(user, CUSTOMER)
    for one in found.select_related("customer").order_by("number")[:LIMIT]:
        if one.customer is not None:
            address = f"{reverse('customer', args=[one.customer.pk])}?tab=orders#o{one.pk}"
            who = one.customer.name or _told(one.customer, known, "number")
            yield Entry(one.number, who, address,
                        "shopping-bag", gettext("Orders"))  # fmt: skip


def tasks(user: Person, query: str) -> Iterator[Entry]:
    """One's own open tasks by their title."""
    if not isinstance(user, User) or not query or not access.allowed(user, "task.see"):
        return
    mine = Task.objects.filter(owner=user, done_at=None).select_related("customer")
    for one in mine.order_by("due_at")[: palette.LOOKED_AT]:
        if fits(query, one.title):
            address = f"{reverse('customer', args=[one.customer_id])}?tab=tasks"
            yield Entry(one.title, one.customer.name, address, "checkbox", gettext("Tasks"))


def segments(user: Person, query: str) -> Iterator[Entry]:
    """Segments by name."""
    if not query or not access.allowed(user, "segment.see"):
        return
    seen = access.scoped(user, Segment.objects.filter(archived_at=None), "segment.see")
    for one in seen.only("name", "size").order_by("name")[: palette.LOOKED_AT]:
        if fits(query, one.name):
            yield _segment(one)


def _segment(one: Segment) -> Entry:
    about = f"{one.size:,}" if one.size is not None else ""
    address = reverse("segment", args=[one.pk])
    return Entry(one.name, about, address, "filter", gettext("Segments"))


def _segments_again(user: User, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    seen = access.scoped(user, Segment.objects.filter(pk__in=ids, archived_at=None), "segment.see")
    return {one.pk: _segment(one) for one in seen.only("name", "size")}


for _provider in (people, companies, orders, tasks, segments):
    palette.register(_provider)
recent.register("customer", Customer, _people_again)
recent.register("company", Company, _companies_again)
recent.register("segment", Segment, _segments_again)

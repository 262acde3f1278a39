"""A simulation counts the rows that come and go as if each were asked, reading a table once."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from zhiyin.accounts import policy
from zhiyin.accounts.models import Department, User
from zhiyin.accounts.policy_simulation import _Counter
from zhiyin.accounts.roles import Role
from zhiyin.accounts.rows import Place, Rows
from zhiyin.customers.models import Customer

pytestmark = pytest.mark.django_db
CITIES = ("杭州", "London")


class Books:
    """Customers of two colleagues or nobody, in two departments or none, in two cities."""

    def __init__(self) -> None:
        self.departments: list[Department] = [factories.department(name) for name in "AB"]
        self.users: list[User] = [factories.user(Role.SALES) for _ in range(2)]
        self.rows = [
            Customer.objects.create(owner=owner, department=department, city=CITIES[n % 2])
            for n, (owner, department) in enumerate(
                (owner, department)
                for owner in (*self.users, None)
                for department in (*self.departments, None)
                for _ in range(2)
            )
        ]

    def sets(self) -> st.SearchStrategy[Rows]:
        def some(ids: list[UUID]) -> st.SearchStrategy[frozenset[UUID]]:
            return st.frozensets(st.sampled_from(ids), max_size=2)

        places = st.builds(
            Place, city=st.sampled_from(CITIES),
            departments=st.none() | some([one.pk for one in self.departments]),
        )  # fmt: skip
        return st.builds(
            Rows, st.integers(0, 9).map(lambda n: n == 0), some([one.pk for one in self.users]),
            some([one.pk for one in self.departments]), some([one.pk for one in self.rows]),
            st.just(frozenset()) | st.frozensets(places, max_size=1),
        )  # fmt: skip


def test_it_counts_what_would_be_found_row_by_row() -> None:
    books, resource = Books(), policy.resource_named("customer")

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(books.sets(), books.sets())
    def check(some: Rows, without: Rows) -> None:
        asked = [
            row for row in books.rows
            if some.hold(resource, row) and not without.hold(resource, row)
        ]  # fmt: skip
        assert _Counter().only_in(resource, some, without) == len(asked)

    check()


def test_a_table_is_read_once_however_many_users_are_asked_about() -> None:
    books, resource, counter = Books(), policy.resource_named("customer"), _Counter()
    everything = Rows(everything=True)
    with CaptureQueriesContext(connection) as seen:
        for user in books.users:
            own = Rows(owners=frozenset({user.pk}))
            assert counter.only_in(resource, everything, own) == 12
            assert counter.only_in(resource, own, Rows()) == 6
    assert len(seen) == 1
    assert "group by" in seen.captured_queries[0]["sql"].lower()
    assert len(counter._grouped(resource)) == 9  # and not as many as there are customers

"""The palette answers a frequent name along an index, however many people bear it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from zhiyin import palette
from zhiyin.accounts.roles import Role
from zhiyin.customers import asking
from zhiyin.customers.models import Customer
from zhiyin.customers.search import index
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db


def test_a_surname_is_found_without_sorting_everybody_who_bears_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "SMALL", 20)
    made = Customer.objects.bulk_create(
        Customer(id=uuid7(), name=f"杨{n}", revenue=n) for n in range(200)
    )
    index([one.pk for one in made])
    user = factories.user(Role.ADMINISTRATOR)
    with CaptureQueriesContext(connection) as seen:
        groups = palette.find(user, "杨")
    titles = [entry.title for group in groups for entry in group.entries]
    assert titles[:3] == ["杨199", "杨198", "杨197"]
    asked = next(q["sql"] for q in seen.captured_queries if '"revenue_minor" DESC' in q["sql"])
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(f"explain {asked.replace('%', '%%')}", [])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "customer_revenue" in plan
    assert "Sort" not in plan

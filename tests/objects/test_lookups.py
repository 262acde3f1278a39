"""Many ids as one parameter: given as a list, as PostgreSQL's own text, or by another query."""

from __future__ import annotations

import pytest
from django.contrib.postgres.expressions import ArraySubquery

from tests.customers import people
from zhiyin.customers.models import Customer

pytestmark = pytest.mark.django_db


def test_the_same_people_are_among_a_list_its_text_and_a_query() -> None:
    people.many(9)
    wanted = Customer.objects.filter(orders=1)
    ids = list(wanted.values_list("pk", flat=True))
    assert len(ids) == 3
    written = "{" + ",".join(map(str, ids)) + "}"
    for given in (ids, written, ArraySubquery(wanted.values("pk"))):
        found = Customer.objects.filter(pk__among=given).values_list("pk", flat=True)
        assert set(found) == set(ids)

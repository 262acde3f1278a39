"""The rows behind a figure: by key, only what the reader may see, out through the guard."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.customers import people
from tests.quality import world
from zhiyin.accounts.access import Denied
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import SourceRecord
from zhiyin.quality import rows
from zhiyin.quality.rules import Outlier, Pattern, Range, Required

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def test_pages_go_on_by_key_until_all_were_shown() -> None:
    people.many(7)
    one, admin = world.rule("customer", Required("phone")), factories.user(Role.ADMINISTRATOR)
    seen, after = [], ""
    while True:
        page = rows.failing(one, by=admin, after=after, size=3)
        seen += [row.title for row in page.rows]
        after = page.next
        if not after:
            break
    assert sorted(seen) == [f"Person {n:04}" for n in range(7)]


def test_a_manager_sees_the_failing_rows_of_their_department() -> None:
    mine, theirs = factories.department(), factories.department()
    people.customer("我的", department=mine)
    people.customer("别人的", department=theirs)
    manager = factories.user(Role.MANAGER, department=mine)
    page = client_of(manager).get(
        reverse("quality_rule", args=[world.rule("customer", Required("phone")).pk])
    )
    text = page.content.decode()
    assert "我的" in text
    assert "别人的" not in text


def test_a_field_that_is_hidden_shows_no_rows_but_figures() -> None:
    world.customers()
    one = world.rule("customer", Range("birth_date", "", "2020-01-01"))
    marketer = factories.user(Role.MARKETER)
    assert not rows.may_look(marketer, one)
    with pytest.raises(Denied):
        rows.failing(one, by=marketer)
    answer = client_of(marketer).get(reverse("quality_rule", args=[one.pk]))
    assert answer.status_code == 200
    assert "钱七" not in answer.content.decode()


def test_a_masked_field_stays_masked_in_the_list() -> None:
    department = factories.department()
    people.customer("张三", phone="13812345678", department=department)
    manager = factories.user(Role.MANAGER, department=department)
    page = rows.failing(world.rule("customer", Pattern("phone", "e164")), by=manager)
    assert [row.title for row in page.rows] == ["张三"]
    assert "12345678" not in page.rows[0].cells[0]


def test_rows_of_one_source_are_what_that_source_says() -> None:
    person = people.customer("王小明", phone="+8613812345678")
    till = people.source("till")
    SourceRecord.objects.create(
        source=till, home=person.pk, customer=person, said={"phone": {"v": "12", "at": 1}},
        first_at=world.NOW, last_at=world.NOW,
    )  # fmt: skip
    one = world.rule("customer", Pattern("phone", "e164"))
    admin = factories.user(Role.ADMINISTRATOR)
    assert rows.failing(one, by=admin).rows == []
    assert rows.failing(one, by=admin, source=till).rows[0].cells == ["12"]


def test_an_outlying_order_is_listed_with_its_customer() -> None:
    from zhiyin.quality import measuring

    world.orders(people.customer("王小明"), ["10", "11", "12", "13", "14", "9000"])
    one = world.rule("order", Outlier("total", log=True))
    measuring.measure(world.NOW, only=[one])
    one.refresh_from_db()
    page = rows.failing(one, by=factories.user(Role.ADMINISTRATOR))
    assert [(row.title, row.cells) for row in page.rows] == [("王小明", ["9000.00"])]


def test_an_export_goes_through_the_guard_and_into_the_audit() -> None:
    people.customer("=cmd()")
    one, admin = world.rule("customer", Required("phone")), factories.user(Role.ADMINISTRATOR)
    answer = client_of(admin).get(reverse("export_quality_rows", args=[one.pk]))
    text = b"".join(answer.streaming_content).decode()
    assert "'=cmd()" in text
    assert AuditPending.objects.filter(verb="customers.exported").exists()
    company = world.rule("company", Required("industry"))
    world.companies()
    answer = client_of(admin).get(reverse("export_quality_rows", args=[company.pk]))
    assert "乙公司" in b"".join(answer.streaming_content).decode()
    order = world.rule("order", Range("total", "", "5"))
    world.orders(people.customer("@x"), ["10"])
    answer = client_of(admin).get(reverse("export_quality_rows", args=[order.pk]))
    assert "'@x,10.00" in b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST])
def test_who_may_not_export_gets_nothing(role: Role) -> None:
    one = world.rule("customer", Required("phone"))
    answer = client_of(factories.user(role)).get(reverse("export_quality_rows", args=[one.pk]))
    assert answer.status_code == 403


def test_a_page_costs_no_more_for_more_rows() -> None:
    one, admin = world.rule("customer", Required("phone")), factories.user(Role.ADMINISTRATOR)
    client, counts = client_of(admin), []
    for how_many in (2, 40):
        people.many(how_many) if how_many == 2 else [people.customer(f"P{n}") for n in range(40)]
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("quality_rule", args=[one.pk])).status_code == 200
        counts.append(len(asked))
    assert counts[1] <= counts[0] <= 22

"""Customers over HTTP: whose rows, which fields, what may be written."""

from __future__ import annotations

import pytest

from tests.api.desk import API, HOSTILE, Desk, ids
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer
from zhiyin.customers.objects import CUSTOMER
from zhiyin.ids import uuid7
from zhiyin.objects.keyset import orders

pytestmark = pytest.mark.django_db
PARTS = ("", "/timeline", "/orders", "/scores")


def test_the_list_holds_the_rows_of_ones_own_scope_only() -> None:
    desk = Desk()
    ours = {str(desk.customer().pk), str(desk.customer(desk.colleague).pk)}
    everybody = ours | {str(desk.customer(desk.stranger).pk)}
    assert ids(desk.client(Role.SALES).get(f"{API}/customers")) == ours
    assert ids(desk.client(Role.ADMINISTRATOR).get(f"{API}/customers")) == everybody
    answer = desk.client(Role.SALES).get(f"{API}/customers?total=true&city=杭州")
    assert answer.json()["total"] == {"count": 2, "kind": "exact"}


@pytest.mark.parametrize("part", PARTS)
def test_a_customer_of_another_department_does_not_exist(part: str) -> None:
    desk = Desk()
    hidden = desk.customer(desk.stranger)
    client = desk.client(Role.SALES)
    seen, missing = (client.get(f"{API}/customers/{id_}{part}") for id_ in (hidden.pk, uuid7()))
    assert seen.status_code == missing.status_code == 404
    assert seen.content == missing.content


def test_filters_search_and_pages_agree_with_the_whole_list() -> None:
    desk = Desk()
    people = [desk.customer(name=f"Ann {n:02}", orders=n, city="杭州") for n in range(7)]
    desk.customer(name="Bob", city="London")
    client = desk.client(Role.ADMINISTRATOR)
    found, cursor = [], ""
    for _ in range(3):
        page = client.get(
            f"{API}/customers",
            {"city": "杭州", "q": "ann", "sort": "orders", "limit": 3, "cursor": cursor},
        ).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert found == [str(one.pk) for one in people]


def test_every_order_of_the_list_can_be_asked_for() -> None:
    client = Desk().client(Role.ADMINISTRATOR)
    for name in orders(CUSTOMER):
        for sign in ("", "-"):
            assert client.get(f"{API}/customers?sort={sign}{name}").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=email", "sort"), ("sort=owner__password", "sort"), ("limit=201", "limit"),
        ("limit=0", "limit"), ("cursor=eyJ2YWx1ZSI6IngifQ", "cursor"), ("tier=x", "tier"),
        ("q=%00", "q"), ("city=%00", "city"), ("owner__is_superuser=1", "owner__is_superuser"),
        ("segment=1", "segment"), ("risk=nan", "risk"), ("value=1e400", "value"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(query: str, field: str) -> None:
    answer = Desk().client(Role.ADMINISTRATOR).get(f"{API}/customers?{query}")
    assert answer.status_code == 422
    # A value that two types could hold is named with the type.
    assert answer.json()["errors"][0]["field"].split(".")[0] == field


def test_a_cursor_of_one_order_is_no_cursor_of_another() -> None:
    desk = Desk()
    for _ in range(3):
        desk.customer()
    client = desk.client(Role.ADMINISTRATOR)
    cursor = client.get(f"{API}/customers?limit=1").json()["next"]
    assert client.get(f"{API}/customers?limit=1&cursor={cursor}").status_code == 200
    assert client.get(f"{API}/customers?sort=name&cursor={cursor}").status_code == 422


def test_personal_values_are_masked_in_lists_and_whole_only_for_who_may() -> None:
    desk = Desk()
    mine, colleagues = desk.customer(), desk.customer(desk.colleague)
    for role in Role:
        client = desk.client(role)
        text = client.get(f"{API}/customers").content.decode()
        assert "13800005678" not in text
        assert mine.email not in text
        assert "1990-05-01" not in text
    sales = desk.client(Role.SALES)
    own = sales.get(f"{API}/customers/{mine.pk}").json()
    assert own["phone"] == "+8613800005678"
    assert own["masked"] == []
    assert "birth_date" not in own
    other = sales.get(f"{API}/customers/{colleagues.pk}").json()
    assert other["masked"] == ["email", "phone"]
    assert colleagues.email not in str(other)
    assert "13800005678" not in str(other)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MARKETER, Role.ANALYST, Role.READ_ONLY])
def test_no_answer_about_a_customer_shows_a_masked_value(role: Role) -> None:
    desk = Desk()
    person = desk.customer()
    desk.order(person)
    for part in PARTS:
        text = desk.client(role).get(f"{API}/customers/{person.pk}{part}").content.decode()
        assert "13800005678" not in text
        assert person.email not in text


def test_a_look_at_whole_values_is_audited() -> None:
    desk = Desk()
    person = desk.customer()
    desk.client(Role.MARKETER).get(f"{API}/customers/{person.pk}")
    assert not AuditPending.objects.filter(verb="customer.read").exists()
    desk.client(Role.SALES).get(f"{API}/customers/{person.pk}")
    entry = AuditPending.objects.get(verb="customer.read")
    assert entry.detail == {"fields": ["phone", "email"]}


def test_a_change_is_written_with_its_version_and_history() -> None:
    desk = Desk()
    person = desk.customer()
    answer = desk.client(Role.SALES).patch(
        f"{API}/customers/{person.pk}",
        {"version": 1, "city": "上海", "phone": "138 1111 2222"},
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert answer.json()["city"] == "上海"
    assert answer.json()["phone"] == "+8613811112222"
    assert answer.json()["version"] == 3
    assert set(person.changes.values_list("field", "after")) == {
        ("city", "上海"), ("phone", "+8613811112222"),
    }  # fmt: skip


def test_who_read_an_older_version_is_told_so() -> None:
    desk = Desk()
    person = desk.customer(version=5)
    answer = desk.client(Role.SALES).patch(
        f"{API}/customers/{person.pk}", {"version": 4, "city": "上海"},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 409
    assert "5" in answer.json()["detail"]
    person.refresh_from_db()
    assert person.city == "杭州"


@pytest.mark.parametrize(
    "field",
    [
        "owner", "owner_id", "department", "department_id", "roles", "revenue", "orders", "tags",
        "churn_risk", "value_12m", "tier", "id", "created_at", "simulated_profile",
        "created_by_batch", "is_superuser", "masked",
    ],
)  # fmt: skip
def test_what_is_not_offered_cannot_be_written(field: str) -> None:
    desk = Desk()
    person = desk.customer()
    before = Customer.objects.filter(pk=person.pk).values().get()
    answer = desk.client(Role.ADMINISTRATOR).patch(
        f"{API}/customers/{person.pk}", {"version": 1, "city": "上海", field: 1},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert Customer.objects.filter(pk=person.pk).values().get() == before


def test_a_role_writes_only_the_fields_that_it_may() -> None:
    desk = Desk()
    person = desk.customer()
    change = {"version": 1, "city": "上海", "phone": "13811112222", "birth_date": "1991-01-01"}
    answer = desk.client(Role.SERVICE).patch(
        f"{API}/customers/{person.pk}", change, content_type="application/json"
    )
    assert answer.status_code == 403
    assert {one["field"] for one in answer.json()["errors"]} == {"phone", "birth_date"}
    person.refresh_from_db()
    assert (person.city, person.version) == ("杭州", 1)


def test_a_colleagues_customer_is_seen_but_not_changed() -> None:
    desk = Desk()
    person = desk.customer(desk.colleague)
    answer = desk.client(Role.SALES).patch(
        f"{API}/customers/{person.pk}", {"version": 1, "city": "上海"},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 403


def test_one_bad_value_and_nothing_is_written() -> None:
    desk = Desk()
    person, other = desk.customer(), desk.customer(email="taken@example.com")
    client = desk.client(Role.ADMINISTRATOR)
    change = {"version": 1, "city": "上海", "email": "no address"}
    answer = client.patch(f"{API}/customers/{person.pk}", change, content_type="application/json")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["field"] == "email"
    assert fault["zh"] != fault["en"]
    person.refresh_from_db()
    assert (person.city, person.version) == ("杭州", 1)
    assert other.pk


def test_a_tag_is_given_once() -> None:
    desk = Desk()
    person = desk.customer()
    client = desk.client(Role.SALES)
    for _ in range(2):
        answer = client.post(
            f"{API}/customers/{person.pk}/tags", {"tag": HOSTILE[:40]},
            content_type="application/json",
        )  # fmt: skip
        assert answer.status_code == 200
    assert len(answer.json()["tags"]) == 1
    assert answer.json()["version"] == 2


def test_hostile_text_comes_back_as_json_and_nothing_else() -> None:
    desk = Desk()
    person = desk.customer(name=HOSTILE)
    desk.order(person)
    client = desk.client(Role.ADMINISTRATOR)
    answer = client.get(f"{API}/customers/{person.pk}")
    assert answer.json()["name"] == HOSTILE
    for part in ("", "/orders", "/timeline"):
        answer = client.get(f"{API}/customers/{person.pk}{part}")
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_orders_and_timeline_go_on_from_their_cursors() -> None:
    desk = Desk()
    person = desk.customer()
    made = {str(desk.order(person, days=n).pk) for n in range(65)}
    client = desk.client(Role.SALES)
    for part, pages in (("orders", 3), ("timeline", 2)):
        found, cursor = [], ""
        for _ in range(pages):
            page = client.get(f"{API}/customers/{person.pk}/{part}", {"cursor": cursor}).json()
            found += page["items"]
            cursor = page["next"]
        assert cursor is None
        assert len(found) == 65
    orders = client.get(f"{API}/customers/{person.pk}/orders").json()["items"]
    assert orders[0]["id"] in made
    assert orders[0]["lines"][0]["product"] == HOSTILE


def test_a_page_of_200_asks_the_database_a_bounded_number_of_times(
    django_assert_max_num_queries: object,
) -> None:
    desk = Desk()
    for _ in range(40):
        desk.customer()
    client = desk.client(Role.SALES)
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        client.get(f"{API}/customers?limit=200&total=true")


def test_nobody_asks_or_orders_by_what_they_may_not_read() -> None:
    from zhiyin.objects.custom.models import CustomField

    desk = Desk()
    desk.customer()
    CustomField.objects.create(
        object_type="customer", key="c_income", label_zh="收入", label_en="Income", type="number",
        sensitivity="sensitive",
    )  # fmt: skip
    for field, role in (("c_income", Role.ANALYST), ("phone", Role.ANALYST), ("x", Role.DPO)):
        where = f'{{"is":"any","of":[{{"is":"field","field":"{field}","op":"filled"}}]}}'
        answer = desk.client(role).get(f"{API}/customers", {"where": where})
        assert answer.status_code == 422, field
        assert answer.json()["errors"][0]["field"] == "where"
    assert desk.client(Role.ANALYST).get(f"{API}/customers?sort=c_income").status_code == 422
    where = '{"is":"has","relation":"company","where":{"is":"field","field":"city","op":"filled"}}'
    answer = desk.client(Role.ANALYST).get(f"{API}/customers", {"where": where})
    assert answer.json()["items"] == []

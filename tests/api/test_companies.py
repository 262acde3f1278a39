"""Companies over HTTP: listed, read, written down, changed, with the people who belong to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.desk import API, Desk, ids
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.connect.models import Occurrence
from zhiyin.customers.models import Company
from zhiyin.ids import uuid7
from zhiyin.objects.custom.models import CustomField

pytestmark = pytest.mark.django_db
JSON = "application/json"


def company(desk: Desk, **fields: Any) -> Company:
    facts: dict[str, Any] = {"name": "深圳远帆物流", "owner": desk.sales, "department": desk.ours}
    return Company.objects.create(**facts | fields)


def test_the_list_holds_the_rows_of_ones_own_scope_filtered_and_in_order() -> None:
    desk = Desk()
    ours = company(desk, city="杭州", industry="retail")
    other = company(desk, name="B", owner=desk.colleague)
    company(desk, name="C", owner=desk.stranger, department=desk.theirs)
    client = desk.client(Role.SALES)
    assert ids(client.get(f"{API}/companies")) == {str(ours.pk), str(other.pk)}
    assert ids(client.get(f"{API}/companies?industry=retail&city=杭州")) == {str(ours.pk)}
    page = client.get(f"{API}/companies?sort=name&limit=1&total=true").json()
    assert page["total"] == {"count": 2, "kind": "exact"}
    rest = client.get(f"{API}/companies", {"sort": "name", "limit": 1, "cursor": page["next"]})
    assert [page["items"][0]["name"], rest.json()["items"][0]["name"]] == ["B", "深圳远帆物流"]


def test_a_company_out_of_sight_is_answered_like_one_that_does_not_exist() -> None:
    desk = Desk()
    hidden = company(desk, owner=desk.stranger, department=desk.theirs)
    client = desk.client(Role.SALES)
    seen, missing = (client.get(f"{API}/companies/{id_}") for id_ in (hidden.pk, uuid7()))
    assert (seen.status_code, seen.content) == (404, missing.content)


def test_a_company_is_written_down_audited_and_told_to_webhooks() -> None:
    desk = Desk()
    body = {
        "name": "杭州远帆",
        "number": "9133 0106 ma2b",
        "tags": ["物流", "VIP"],
        "size": "small",
    }
    made = desk.client(Role.SALES).post(f"{API}/companies", body, JSON)
    assert made.status_code == 201
    told = made.json()
    assert (told["name"], told["number"], told["tags"]) == (
        "杭州远帆",
        "91330106MA2B",
        ["物流", "VIP"],
    )
    assert told["owner"]["id"] == str(desk.sales.pk)
    assert AuditPending.objects.filter(verb="company.added").count() == 1
    assert Company.objects.get().department == desk.ours
    assert not Occurrence.objects.filter(type="company.created").exists()  # nobody listens


def test_what_cannot_be_kept_is_named_and_nothing_is_written() -> None:
    desk = Desk()
    company(desk, number="A1")
    client = desk.client(Role.SALES)
    answer = client.post(
        f"{API}/companies", {"name": " ", "number": "a1", "website": "nowhere"}, JSON
    )
    assert answer.status_code == 422
    errors = {one["field"]: one for one in answer.json()["errors"]}
    assert set(errors) == {"name", "number", "website"}
    assert errors["number"]["zh"] != errors["number"]["en"]
    assert Company.objects.count() == 1
    for body in ({"name": "X", "owner_id": str(desk.admin.pk)}, {"name": "X", "revenue": "9"}):
        assert client.post(f"{API}/companies", body, JSON).status_code == 422


def test_a_change_writes_all_fields_or_none() -> None:
    desk = Desk()
    one = company(desk)
    client, place = desk.client(Role.SALES), f"{API}/companies/{one.pk}"
    bad = client.patch(place, {"version": 1, "city": "London", "website": "nowhere"}, JSON)
    assert bad.status_code == 422
    one.refresh_from_db()
    assert (one.city, one.version) == ("", 1)
    tag = client.get(place).headers["ETag"]
    good = client.patch(place, {"city": "London"}, JSON, headers={"if-match": tag})
    assert (good.status_code, good.json()["city"]) == (200, "London")
    late = client.patch(place, {"version": 1, "city": "Paris"}, JSON)
    assert late.status_code == 409
    assert client.patch(place, {"city": "Paris"}, JSON).json()["errors"][0]["field"] == "version"


def test_a_colleagues_company_is_read_but_not_changed() -> None:
    desk = Desk()
    place = f"{API}/companies/{company(desk, owner=desk.colleague).pk}"
    client = desk.client(Role.SALES)
    assert client.get(place).status_code == 200
    assert client.patch(place, {"version": 1, "city": "London"}, JSON).status_code == 403


def test_people_are_placed_listed_and_taken_out() -> None:
    desk = Desk()
    one, person = company(desk), desk.customer()
    desk.customer(name="elsewhere")
    client = desk.client(Role.SALES)
    place = f"{API}/companies/{one.pk}/customers"
    placed = client.put(f"{place}/{person.pk}", {"job_title": "采购"}, JSON)
    assert placed.json()["company"] == {"id": str(one.pk), "name": one.name}
    assert placed.json()["job_title"] == "采购"
    assert ids(client.get(f"{place}?sort=name&total=true")) == {str(person.pk)}
    assert client.get(f"{API}/companies/{one.pk}").json()["headcount"] == 1
    late = client.delete(f"{place}/{person.pk}", headers={"if-match": '"old"'})
    assert late.status_code == 412
    gone = client.delete(f"{place}/{person.pk}", headers={"if-match": placed.headers["ETag"]})
    assert gone.json()["company"] is None
    assert client.delete(f"{place}/{person.pk}").status_code == 404
    assert client.get(place).json()["items"] == []


def test_whose_people_one_may_not_see_are_not_listed() -> None:
    desk = Desk()
    one = company(desk)
    desk.customer(company=one)
    desk.customer(desk.stranger, company=one)
    client = desk.client(Role.SALES)
    assert len(client.get(f"{API}/companies/{one.pk}/customers").json()["items"]) == 1


def test_fields_of_ones_own_are_read_written_asked_and_ordered_by() -> None:
    desk = Desk()
    CustomField.objects.create(
        object_type="company", key="c_seats", label_zh="席位", label_en="Seats", type="number",
        rules={"decimals": 0},
    )  # fmt: skip
    client = desk.client(Role.SALES)
    few, many = (
        client.post(f"{API}/companies", {"name": "X", "custom": {"c_seats": seats}}, JSON).json()
        for seats in (9, "40")
    )
    assert (few["custom"], many["custom"]) == ({"c_seats": "9"}, {"c_seats": "40"})
    where = '{"is":"field","field":"c_seats","op":"at_least","values":["10"]}'
    assert ids(client.get(f"{API}/companies", {"where": where})) == {many["id"]}
    place = f"{API}/companies/{few['id']}"
    emptied = client.patch(place, {"version": 1, "custom": {"c_seats": None}}, JSON)
    assert emptied.json()["custom"] == {"c_seats": None}
    for wrong, field in (
        ({"c_seats": "many"}, "custom.c_seats"), ({"c_seats": ["1"]}, "custom.c_seats"),
        ({"c_nothing": 1}, "custom.c_nothing"), ({"name": "Y"}, "custom.name"),
    ):  # fmt: skip
        answer = client.patch(place, {"version": 2, "custom": wrong}, JSON)
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "query",
    [
        "where={}", "where=x", 'where={"is":"field","field":"salary","op":"is","values":["1"]}',
        "sort=c_nothing", "sort=text", "industry=x", "salary=1",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(query: str) -> None:
    assert Desk().client(Role.ADMINISTRATOR).get(f"{API}/companies?{query}").status_code == 422


def test_a_customers_company_out_of_sight_is_not_named_with_them() -> None:
    desk = Desk()
    hidden = company(desk, owner=desk.stranger, department=desk.theirs)
    person = desk.customer(company=hidden)
    client = desk.client(Role.SALES)
    assert "company" not in client.get(f"{API}/customers/{person.pk}").json()
    (listed,) = client.get(f"{API}/customers").json()["items"]
    assert "company" not in listed
    whole = desk.client(Role.ADMINISTRATOR).get(f"{API}/customers/{person.pk}").json()
    assert whole["company"] == {"id": str(hidden.pk), "name": hidden.name}

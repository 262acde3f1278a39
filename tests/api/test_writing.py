"""What the console writes, the API writes too: customers, tags, notes, tasks, views, segments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.desk import API, BUYERS, Desk, ids
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer, Identifier, Note, ProfileChange, Segment, Task
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.models import SavedView

pytestmark = pytest.mark.django_db
JSON = "application/json"


class TestCustomers:
    def test_a_customer_is_written_down_like_on_the_screen(self) -> None:
        desk = Desk()
        body = {"name": "李雷", "phone": "138 0000 9999", "custom": {}}
        made = desk.client(Role.SALES).post(f"{API}/customers", body, JSON)
        assert (made.status_code, made.json()["phone"]) == (201, "+8613800009999")
        assert made.headers["ETag"]
        one = Customer.objects.get()
        assert (one.owner, one.department) == (desk.sales, desk.ours)
        assert Identifier.objects.get(kind="phone").customer_id == one.pk
        assert AuditPending.objects.filter(verb="customer.added").count() == 1

    def test_somebody_elses_phone_is_refused_by_name(self) -> None:
        desk = Desk()
        client = desk.client(Role.SALES)
        body = {"name": "A", "phone": "13800009999"}
        client.post(f"{API}/customers", body, JSON)
        answer = client.post(f"{API}/customers", body, JSON)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [
            {
                "field": "phone", "zh": "这已经属于另一位客户",
                "en": "This belongs to another customer already",
            }
        ]  # fmt: skip
        assert Customer.objects.count() == 1

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"), ({"name": "A", "email": "no"}, "email"),
            ({"name": "A", "owner": "x"}, "owner"), ({"name": "A", "revenue": 1}, "revenue"),
            ({"name": "A", "tags": ["x"]}, "tags"), ({"name": "A", "birth_date": "3000-01-01"},
                                                    "birth_date"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_kept_is_named(self, body: dict[str, Any], field: str) -> None:
        desk = Desk()
        answer = desk.client(Role.ADMINISTRATOR).post(f"{API}/customers", body, JSON)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]
        assert not Customer.objects.exists()

    def test_a_field_that_one_may_not_write_is_refused(self) -> None:
        desk = Desk()
        answer = desk.client(Role.SALES).post(
            f"{API}/customers", {"name": "A", "birth_date": "1990-05-01"}, JSON
        )
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["field"] == "birth_date"

    def test_fields_of_ones_own_are_written_and_read(self) -> None:
        desk = Desk()
        rules = {"choices": [{"key": "tea", "zh": "茶", "en": "Tea"}]}
        facts = {"object_type": "customer", "label_zh": "x", "label_en": "x"}
        CustomField.objects.create(key="c_likes", type="choices", rules=rules, **facts)
        CustomField.objects.create(key="c_member", type="bool", **facts)
        CustomField.objects.create(key="c_day", type="date", sensitivity="sensitive", **facts)
        client = desk.client(Role.ADMINISTRATOR)
        custom = {"c_likes": ["茶"], "c_member": True, "c_day": "2026-03-01"}
        made = client.post(f"{API}/customers", {"name": "A", "custom": custom}, JSON).json()
        assert made["custom"] == {"c_likes": ["tea"], "c_member": True, "c_day": "2026-03-01"}
        place = f"{API}/customers/{made['id']}"
        assert "c_day" not in desk.client(Role.ANALYST).get(place).json()["custom"]
        (listed,) = client.get(f"{API}/customers?fields=custom").json()["items"]
        assert listed == {"id": made["id"], "custom": {"c_likes": ["tea"], "c_member": True}}
        changed = client.patch(place, {"version": 1, "custom": {"c_member": False}}, JSON)
        assert changed.json()["custom"]["c_member"] is False
        assert ProfileChange.objects.filter(field="c_member").exists()

    def test_a_tag_is_taken_away(self) -> None:
        desk = Desk()
        person = desk.customer(tags=["VIP", "新/客"])
        client, place = desk.client(Role.SALES), f"{API}/customers/{person.pk}/tags"
        answer = client.delete(f"{place}/新%2F客")
        assert answer.json() == {"tags": ["VIP"], "version": 2}
        assert client.delete(f"{place}/gone").json()["version"] == 2


class TestNotesAndTasks:
    def test_a_note_is_kept_and_listed(self) -> None:
        desk = Desk()
        client, place = desk.client(Role.SALES), f"{API}/customers/{desk.customer().pk}/notes"
        made = client.post(place, {"text": " 下周二 "}, JSON)
        assert (made.status_code, made.json()["text"]) == (201, "下周二")
        assert ids(client.get(place)) == {made.json()["id"]}
        assert client.post(place, {"text": "  "}, JSON).status_code == 422
        assert desk.client(Role.READ_ONLY).post(place, {"text": "x"}, JSON).status_code == 403
        assert Note.objects.count() == 1

    def test_a_task_is_given_done_and_opened_again(self) -> None:
        desk = Desk()
        person = desk.customer()
        client = desk.client(Role.SALES)
        body = {"customer_id": str(person.pk), "title": "回电", "due": "2026-12-01"}
        made = client.post(f"{API}/tasks", body, JSON)
        assert made.status_code == 201
        assert made.json()["owner"]["id"] == str(desk.sales.pk)
        place, tag = f"{API}/tasks/{made.json()['id']}", made.headers["ETag"]
        done = client.patch(place, {"done": True}, JSON, headers={"if-match": tag})
        assert done.json()["done_at"]
        again = client.patch(place, {"done": False}, JSON, headers={"if-match": tag})
        assert again.status_code == 412
        assert ids(client.get(f"{API}/tasks?done=true&customer_id={person.pk}")) == {
            made.json()["id"]
        }
        assert ids(client.get(f"{API}/tasks?done=false")) == set()
        assert client.patch(place, {"done": False}, JSON).json()["done_at"] is None

    def test_tasks_are_ones_own_and_for_customers_in_sight(self) -> None:
        desk = Desk()
        client = desk.client(Role.SALES)
        theirs = desk.customer(desk.stranger)
        refused = client.post(f"{API}/tasks", {"customer_id": str(theirs.pk), "title": "x"}, JSON)
        assert refused.status_code == 404
        task = Task.objects.create(
            customer=theirs, title="x", owner=desk.stranger, created_by=desk.stranger
        )
        assert client.get(f"{API}/tasks/{task.pk}").status_code == 404
        assert ids(client.get(f"{API}/tasks")) == set()
        body = {"customer_id": str(desk.customer().pk), "title": "x"}
        nobody = client.post(f"{API}/tasks", {**body, "owner_id": str(theirs.pk)}, JSON)
        assert nobody.json()["errors"][0]["field"] == "owner_id"

    def test_ones_task_for_a_customer_out_of_sight_does_not_say_for_whom(self) -> None:
        desk = Desk()
        theirs = desk.customer(desk.stranger)
        task = Task.objects.create(customer=theirs, title="x", owner=desk.sales,
                                   created_by=desk.admin)  # fmt: skip
        client = desk.client(Role.SALES)
        alone = client.get(f"{API}/tasks/{task.pk}").json()
        (listed,) = client.get(f"{API}/tasks").json()["items"]
        assert (alone["customer_id"], listed["customer_id"]) == (None, None)
        assert client.get(f"{API}/tasks?customer_id={theirs.pk}").json()["items"] == []


class TestViews:
    BODY = {
        "object_type": "customer", "name": "杭州", "filters": {"tier": "gold", "q": "wang"},
        "where": {"is": "field", "field": "city", "op": "is", "values": ["杭州"]},
        "sort": "-orders", "columns": ["name", "city"], "shared": True,
    }  # fmt: skip

    def test_a_view_is_kept_changed_shared_and_thrown_away(self) -> None:
        desk = Desk()
        client = desk.client(Role.SALES)
        made = client.post(f"{API}/views", self.BODY, JSON)
        assert made.status_code == 201
        told = made.json()
        assert {key: told[key] for key in self.BODY} == self.BODY
        place = f"{API}/views/{told['id']}"
        changed = client.patch(
            place, {"columns": ["name"]}, JSON, headers={"if-match": made.headers["ETag"]}
        )
        assert changed.json()["columns"] == ["name"]
        assert changed.json()["where"] == self.BODY["where"]
        other = desk.client(Role.MANAGER)
        assert ids(other.get(f"{API}/views?object_type=customer")) == {told["id"]}
        assert other.get(place).status_code == 200
        assert other.patch(place, {"columns": ["city"]}, JSON).status_code in (403, 404)
        assert other.delete(place).status_code in (403, 404)
        late = client.delete(place, headers={"if-match": made.headers["ETag"]})
        assert late.status_code == 412
        assert client.delete(place).json()["id"] == told["id"]
        assert not SavedView.objects.exists()

    def test_a_private_view_of_another_does_not_exist(self) -> None:
        desk = Desk()
        view = SavedView.objects.create(name="x", owner=desk.colleague, object_type="customer")
        client = desk.client(Role.SALES)
        assert client.get(f"{API}/views/{view.pk}").status_code == 404
        assert ids(client.get(f"{API}/views?object_type=customer")) == set()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"filters": {"salary": "1"}}, "filters"), ({"sort": "salary"}, "sort"),
            ({"columns": ["password"]}, "columns"), ({"where": {"is": "x"}}, "where"),
            ({"object_type": "user"}, "object_type"), ({"name": " "}, "name"),
            ({"owner": "x"}, "owner"),
        ],
    )  # fmt: skip
    def test_what_a_list_does_not_have_is_named(self, change: dict[str, Any], field: str) -> None:
        answer = Desk().client(Role.SALES).post(f"{API}/views", {**self.BODY, **change}, JSON)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert not SavedView.objects.exists()


def test_a_segment_is_renamed_put_away_and_brought_back() -> None:
    desk = Desk()
    client = desk.client(Role.MARKETER)
    made = client.post(f"{API}/segments", {"name": "A", "tree": BUYERS}, JSON)
    place = f"{API}/segments/{made.json()['id']}"
    named = client.patch(place, {"name": "B"}, JSON, headers={"if-match": made.headers["ETag"]})
    assert (named.json()["name"], named.json()["tree"]) == ("B", made.json()["tree"])
    late = client.delete(place, headers={"if-match": made.headers["ETag"]})
    assert late.status_code == 412
    assert client.delete(place).json()["name"] == "B"
    assert ids(client.get(f"{API}/segments")) == set()
    assert client.post(f"{place}/restore").json()["name"] == "B"
    assert Segment.objects.get().archived_at is None
    assert desk.client(Role.SALES).patch(place, {"name": "C"}, JSON).status_code == 403

"""Many rows in one request: each has its own outcome, and of a failed one nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.accounts.test_tokens import bearer, token_for
from tests.api.desk import API, Desk
from zhiyin.accounts.api import bulk
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company, Customer, Identifier, ProfileChange, Task
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db
JSON = "application/json"


def send(client: Any, what: str, rows: list[Any], **headers: str) -> Any:
    return client.post(f"{API}/{what}/bulk", {"rows": rows}, JSON, headers=headers)


class TestCustomers:
    def test_each_row_has_its_own_status_problem_and_id(self) -> None:
        desk = Desk()
        mine, theirs = desk.customer(), desk.customer(desk.stranger)
        colleagues = desk.customer(desk.colleague)
        answer = send(
            desk.client(Role.SALES), "customers",
            [
                {"name": "李雷"},
                {"name": "韩梅梅", "email": "no address"},
                {"id": str(mine.pk), "version": 1, "city": "London"},
                {"id": str(mine.pk), "version": 1, "city": "Paris"},
                {"id": str(theirs.pk), "version": 1, "city": "London"},
                {"id": str(colleagues.pk), "version": 1, "city": "London"},
                {"id": "x", "city": "London"},
                {"id": str(mine.pk), "city": "London"},
                {"name": "A", "owner_id": str(desk.admin.pk)},
                {"name": 7},
            ],
        )  # fmt: skip
        assert answer.status_code == 200
        told = answer.json()
        assert (told["done"], told["failed"]) == (2, 8)
        assert [one["index"] for one in told["results"]] == list(range(10))
        assert [one["status"] for one in told["results"]] == [
            201, 422, 200, 409, 404, 403, 422, 422, 422, 422,
        ]  # fmt: skip
        made = Customer.objects.get(name="李雷")
        assert [one["id"] for one in told["results"]] == [
            str(made.pk), None, str(mine.pk), *[None] * 7,
        ]  # fmt: skip
        assert [
            [each["field"] for each in one["problem"]["errors"]] if one["problem"] else None
            for one in told["results"]
        ] == [
            None, ["email"], None, ["version"], [], [], ["id"], ["version"], ["owner_id"], ["name"],
        ]  # fmt: skip
        assert told["results"][1]["problem"]["texts"]["zh"] != ""
        mine.refresh_from_db()
        assert (mine.city, mine.version) == ("London", 2)

    def test_of_a_row_that_failed_half_way_nothing_is_written(self) -> None:
        desk = Desk()
        person = desk.customer(name="A", city="杭州")
        desk.customer(name="B", phone="")
        taken = {"name": "C", "email": "c@example.com"}
        client = desk.client(Role.SALES)
        assert send(client, "customers", [taken]).json()["done"] == 1
        before = _written()
        answer = send(
            client, "customers",
            [
                {"id": str(person.pk), "version": 1, "city": "London", "email": "c@example.com"},
                {"name": "D", "phone": "13900001111", "email": "c@example.com"},
            ],
        )  # fmt: skip
        assert [one["status"] for one in answer.json()["results"]] == [422, 422]
        assert _written() == before
        person.refresh_from_db()
        assert (person.city, person.version) == ("杭州", 1)

    def test_a_key_makes_it_happen_once(self) -> None:
        desk = Desk()
        client, rows = desk.client(Role.SALES), [{"name": "A"}, {"email": "no"}]
        first = send(client, "customers", rows, **{"idempotency-key": "k"})
        second = send(client, "customers", rows, **{"idempotency-key": "k"})
        assert first.content == second.content
        assert second.headers["Idempotent-Replayed"] == "true"
        assert Customer.objects.count() == 1

    def test_after_a_failure_of_the_server_no_row_is_kept(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = Desk()
        client = desk.client(Role.SALES)
        client.raise_request_exception = False
        monkeypatch.setattr("zhiyin.customers.api.people.change", lambda *_: 1 / 0)
        rows = [{"name": "A"}, {"id": str(desk.sales.pk), "version": 1}]
        assert send(client, "customers", rows).status_code == 500
        assert not Customer.objects.exists()

    @pytest.mark.parametrize("rows", [[], [{}] * (bulk.MOST + 1), ["x"], "x", None])
    def test_no_rows_and_too_many_are_refused_as_a_whole(self, rows: Any) -> None:
        answer = send(Desk().client(Role.SALES), "customers", rows)
        assert answer.status_code == 422
        assert not Customer.objects.exists()

    def test_as_many_as_are_promised_are_done(self) -> None:
        rows = [{"name": f"N{number}"} for number in range(bulk.MOST)]
        answer = send(Desk().client(Role.SALES), "customers", rows)
        assert (answer.json()["done"], answer.json()["failed"]) == (bulk.MOST, 0)

    def test_who_may_change_but_not_add_only_changes(self) -> None:
        desk = Desk()
        person = desk.customer()
        rows = [{"name": "A"}, {"id": str(person.pk), "version": 1, "city": "London"}]
        answer = send(desk.client(Role.SERVICE), "customers", rows)
        assert [one["status"] for one in answer.json()["results"]] == [403, 200]
        assert Customer.objects.count() == 1

    def test_a_token_that_may_only_change_adds_nobody(self) -> None:
        desk = Desk()
        client = bearer(token_for(desk.sales, "customer.see", "customer.change"))
        answer = send(client, "customers", [{"name": "A"}])
        assert [one["status"] for one in answer.json()["results"]] == [403]
        assert not Customer.objects.exists()

    def test_who_only_reads_is_refused_as_a_whole(self) -> None:
        assert send(Desk().client(Role.READ_ONLY), "customers", [{"name": "A"}]).status_code == 403


@pytest.mark.parametrize("kind", ["customers", "companies", "tasks"])
def test_each_row_is_written_only_as_its_reader_saw_it(kind: str) -> None:
    desk = Desk()
    person, client = desk.customer(), desk.client(Role.SALES)
    made = {
        "customers": lambda: person,
        "companies": lambda: Company.objects.create(name="A", owner=desk.sales),
        "tasks": lambda: Task.objects.create(
            customer=person, title="x", owner=desk.sales, created_by=desk.sales
        ),
    }[kind]()
    what: dict[str, Any] = {"done": True} if kind == "tasks" else {"city": "London"}
    tag = client.get(f"{API}/{kind}/{made.pk}").headers["ETag"]
    row = {"id": str(made.pk), **what}
    other = {"id": str(uuid7()), **what, "if_match": tag}
    rows = [{**row, "if_match": '"old"'}, {**row, "if_match": tag}, {**row, "if_match": tag}, other]
    told = send(client, kind, rows).json()
    assert [one["status"] for one in told["results"]] == [412, 200, 412, 404]
    assert told["results"][2]["problem"]["type"] == "urn:zhiyin:problem:changed"
    assert send(client, kind, [{**row, "if_match": "*"}]).json()["done"] == 1
    if kind != "tasks":
        late = {**row, "version": 1, "if_match": "*"}
        assert [one["status"] for one in send(client, kind, [late]).json()["results"]] == [409]


def test_companies_and_tasks_are_written_in_bulk_too() -> None:
    desk = Desk()
    client = desk.client(Role.SALES)
    rows: list[Any] = [{"name": "A", "number": "1"}, {"name": "B", "number": "1"}, {"number": "2"}]
    made = send(client, "companies", rows).json()["results"]
    assert [one["status"] for one in made] == [201, 422, 422]
    assert Company.objects.count() == 1
    changed = send(client, "companies", [{"id": made[0]["id"], "version": 1, "city": "X"}]).json()
    assert changed["done"] == 1
    customer = str(desk.customer().pk)
    rows = [{"customer_id": customer, "title": "x"}, {"customer_id": customer, "title": " "}]
    tasks = send(client, "tasks", rows).json()["results"]
    assert [one["status"] for one in tasks] == [201, 422]
    done = send(client, "tasks", [{"id": tasks[0]["id"], "done": True}, {"id": tasks[0]["id"]}])
    assert [one["status"] for one in done.json()["results"]] == [200, 422]
    assert Task.objects.get().done_at is not None


def _written() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from connect_occurrence")
        (told,) = cursor.fetchone() or (0,)
    counted = (Customer, Identifier, ProfileChange, AuditPending)
    return [int(told), *(model.objects.count() for model in counted)]

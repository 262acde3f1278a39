"""`fields=` gives these fields of a record and nothing else, on every read of the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.desk import API, Desk
from zhiyin.accounts.api import selection
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.console.api import root


def reads() -> list[Any]:
    return [
        operation
        for bound in root.api._get_bound_routers()
        for path in bound.path_operations.values()
        for operation in path.operations
        if "GET" in operation.methods
    ]


def test_every_read_says_which_fields_can_be_chosen() -> None:
    paths = root.api.get_openapi_schema()["paths"]
    told = {
        operation["operationId"]: parameter["schema"]["items"]["enum"]
        for operations in paths.values()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", [])
        if method == "get" and parameter["name"] == "fields"
    }
    assert told == {one.operation_id: selection.names(one) for one in reads()}
    assert all(told.values())


@pytest.mark.django_db
class TestChosen:
    def test_a_list_holds_what_was_asked_for_and_how_to_go_on(self) -> None:
        desk = Desk()
        desk.customer(), desk.customer(name="B")
        answer = desk.client(Role.SALES).get(
            f"{API}/customers?fields=city&fields=name,orders&limit=1"
        )
        (item,) = answer.json()["items"]
        assert set(item) == {"id", "name", "city", "orders"}
        assert answer.json()["next"]

    def test_a_record_holds_what_was_asked_for(self) -> None:
        desk = Desk()
        place = f"{API}/customers/{desk.customer().pk}?fields=name"
        assert set(desk.client(Role.SALES).get(place).json()) == {"id", "name"}

    def test_what_is_hidden_stays_hidden_when_it_is_asked_for(self) -> None:
        desk = Desk()
        place = f"{API}/customers/{desk.customer().pk}?fields=name,phone,birth_date"
        assert set(desk.client(Role.ANALYST).get(place).json()) == {"id", "name", "phone"}
        whole = desk.client(Role.ADMINISTRATOR).get(place).json()
        assert set(whole) == {"id", "name", "phone", "birth_date"}

    def test_what_was_not_asked_for_was_not_read(self) -> None:
        desk = Desk()
        client, place = desk.client(Role.SALES), f"{API}/customers/{desk.customer().pk}"
        client.get(f"{place}?fields=name,city")
        assert not AuditPending.objects.filter(verb="customer.read").exists()
        client.get(f"{place}?fields=name,phone")
        (entry,) = AuditPending.objects.filter(verb="customer.read")
        assert "email" not in str(entry.detail) and "phone" in str(entry.detail)

    @pytest.mark.parametrize("fields", ["salary", "name,owner_id", "name,__class__", "", ","])
    def test_a_field_that_is_not_there_is_refused(self, fields: str) -> None:
        desk = Desk()
        desk.customer()
        answer = desk.client(Role.SALES).get(f"{API}/customers", {"fields": fields})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "fields"

    def test_who_may_not_read_learns_nothing_of_fields(self) -> None:
        answer = Desk().client(Role.SALES).get(f"{API}/webhooks?fields=salary")
        assert answer.status_code == 403

    def test_a_write_does_not_take_it(self) -> None:
        desk = Desk()
        answer = desk.client(Role.SALES).patch(
            f"{API}/customers/{desk.customer().pk}?fields=name", {"version": 1, "city": "London"},
            "application/json",
        )  # fmt: skip
        assert "phone" in answer.json()

    def test_every_read_takes_it(self) -> None:
        desk = Desk()
        desk.furnish()
        client = desk.client(Role.ADMINISTRATOR)
        for operation in reads():
            if "{" in operation.path:
                continue
            name = selection.names(operation)[-1]
            needed = {"record_type": "customer", "record_id": str(desk.customer().pk)}
            asks: dict[str, str] = {
                "list_files": needed, "list_comments": needed,
                "list_views": {"object_type": "customer"},
            }.get(operation.operation_id, {})  # fmt: skip
            answer = client.get(f"{API}{operation.path}", {**asks, "fields": name})
            assert answer.status_code == 200, operation.path
            found = answer.json()
            items = found if isinstance(found, list) else found.get("items", [found])
            assert all(set(one) <= {"id", name} for one in items), operation.path

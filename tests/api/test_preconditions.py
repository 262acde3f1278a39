"""`If-Match`: a write is done only while the record is as it was read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.desk import API, Desk
from zhiyin.accounts.models import KeptAnswer
from zhiyin.accounts.roles import Role
from zhiyin.connect.models import Endpoint
from zhiyin.console.api import root
from zhiyin.talk.models import Comment

pytestmark = pytest.mark.django_db


def patch(client: Any, place: str, body: dict[str, Any], tag: str, **headers: str) -> Any:
    return client.patch(place, body, "application/json", headers={"if-match": tag, **headers})


class TestCustomer:
    def test_a_change_of_what_was_read_is_done_and_tells_the_next_tag(self) -> None:
        desk = Desk()
        client, place = desk.client(Role.SALES), f"{API}/customers/{desk.customer().pk}"
        first = client.get(place).headers["ETag"]
        done = patch(client, place, {"version": 1, "city": "London"}, first)
        assert done.status_code == 200
        again = patch(client, place, {"version": 2, "city": "Paris"}, done.headers["ETag"])
        assert again.json()["city"] == "Paris"

    def test_what_somebody_else_changed_meanwhile_is_not_overwritten(self) -> None:
        desk = Desk()
        person = desk.customer()
        client, place = desk.client(Role.SALES), f"{API}/customers/{person.pk}"
        tag = client.get(place).headers["ETag"]
        patch(desk.client(Role.ADMINISTRATOR), place, {"version": 1, "city": "London"}, "*")
        late = patch(client, place, {"version": 2, "city": "Paris"}, tag)
        assert late.status_code == 412
        assert late.json()["type"] == "urn:zhiyin:problem:changed"
        assert "重新读取" in late.json()["texts"]["zh"]["detail"]
        assert "read it again" in late.json()["texts"]["en"]["detail"]
        person.refresh_from_db()
        assert (person.city, person.version) == ("London", 2)

    def test_the_tag_of_a_choice_of_fields_and_of_another_reader_will_do(self) -> None:
        desk = Desk()
        client, place = desk.client(Role.SALES), f"{API}/customers/{desk.customer().pk}"
        few = client.get(f"{place}?fields=city").headers["ETag"]
        other = desk.client(Role.ANALYST).get(place).headers["ETag"]
        assert few != other
        tag = f'"unknown", {other}'
        assert patch(client, place, {"version": 1, "city": "London"}, tag).status_code == 200

    def test_a_figure_that_was_counted_anew_does_not_stand_in_the_way(self) -> None:
        desk = Desk()
        person = desk.customer()
        client, place = desk.client(Role.SALES), f"{API}/customers/{person.pk}"
        tag = client.get(place).headers["ETag"]
        type(person).objects.filter(pk=person.pk).update(orders=9)
        assert client.get(place).headers["ETag"] != tag
        assert patch(client, place, {"version": 1, "city": "London"}, tag).status_code == 200

    @pytest.mark.parametrize("form", ["W/{}", "{}x", '"', "", "x", '"v1"', "键"])
    def test_a_weak_a_broken_and_a_made_up_tag_match_nothing(self, form: str) -> None:
        desk = Desk()
        client, place = desk.client(Role.SALES), f"{API}/customers/{desk.customer().pk}"
        tag = form.format(client.get(place).headers["ETag"][:-1] + '"')
        tag = tag.replace('"x', "x") if form == "{}x" else tag
        assert patch(client, place, {"version": 1, "city": "London"}, tag).status_code == 412

    def test_without_the_header_nothing_is_demanded(self) -> None:
        desk = Desk()
        answer = desk.client(Role.SALES).patch(
            f"{API}/customers/{desk.customer().pk}", {"version": 1, "city": "London"},
            "application/json",
        )  # fmt: skip
        assert answer.status_code == 200

    def test_a_refusal_is_not_kept_under_an_idempotency_key(self) -> None:
        desk = Desk()
        client, place = desk.client(Role.SALES), f"{API}/customers/{desk.customer().pk}"
        key = {"idempotency-key": "k"}
        body = {"version": 1, "city": "London"}
        assert patch(client, place, body, '"old"', **key).status_code == 412
        assert not KeptAnswer.objects.exists()
        tag = client.get(place).headers["ETag"]
        assert patch(client, place, body, tag, **key).status_code == 200

    def test_a_tag_is_given_only_to_a_customer_who_is_as_read(self) -> None:
        desk = Desk()
        person = desk.customer()
        client, place = desk.client(Role.SALES), f"{API}/customers/{person.pk}"
        tag, headers = client.get(place).headers["ETag"], {}
        headers["if-match"] = tag
        for status in (200, 412):
            answer = client.post(
                f"{place}/tags", {"tag": f"T{status}"}, "application/json", headers=headers
            )
            assert answer.status_code == status
        person.refresh_from_db()
        assert person.tags == ["T200"]


def test_a_comment_that_was_edited_meanwhile_is_neither_edited_nor_deleted() -> None:
    desk = Desk()
    client = desk.client(Role.SALES)
    made = client.post(
        f"{API}/comments",
        {"record_type": "customer", "record_id": str(desk.customer().pk), "text": "A"},
        "application/json",
    ).json()
    place = f"{API}/comments/{made['id']}"
    tag = client.get(place).headers["ETag"]
    assert patch(client, place, {"text": "B"}, tag).status_code == 200
    assert patch(client, place, {"text": "C"}, tag).status_code == 412
    assert client.delete(place, headers={"if-match": tag}).status_code == 412
    assert Comment.objects.get().text == "B"
    now = client.get(place).headers["ETag"]
    assert client.delete(place, headers={"if-match": now}).status_code == 200
    assert client.post(f"{place}/restore").json()["deleted_at"] is None


def test_an_endpoint_of_webhooks_that_was_changed_meanwhile_is_not_deleted() -> None:
    desk = Desk()
    one = Endpoint.objects.create(
        url="https://example.com/a", types=["customer.updated"], owner=desk.admin, secret=b"x"
    )
    client, place = desk.client(Role.ADMINISTRATOR), f"{API}/webhooks/{one.pk}"
    tag = client.get(place).headers["ETag"]
    Endpoint.objects.update(description="ERP")
    assert client.delete(place, headers={"if-match": tag}).status_code == 412
    assert Endpoint.objects.exists()


def test_every_write_to_an_address_that_can_be_read_as_one_record_takes_it() -> None:
    """Whoever adds such an endpoint gives it `STATE.unchanged` and names 412."""
    for address, operations in root.api.get_openapi_schema()["paths"].items():
        if not address.endswith("}") or "get" not in operations:
            continue
        for method in set(operations) & {"patch", "put", "delete"}:
            names = [one["name"] for one in operations[method]["parameters"]]
            assert "If-Match" in names, f"{method} {address}"

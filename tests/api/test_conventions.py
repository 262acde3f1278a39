"""What holds for every endpoint: a key makes a write happen once, a tag tells what is unchanged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from tests.accounts.test_tokens import bearer, token_for
from tests.api.desk import API, BUYERS, Desk
from zhiyin.accounts.api import idempotency
from zhiyin.accounts.models import AuditPending, KeptAnswer
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Segment
from zhiyin.customers.queries import record

BODY = {"name": "Buyers", "tree": BUYERS}
KEY = "b5f1c7"


def post(client: Client, key: str = KEY, body: dict[str, Any] | None = None) -> Any:
    return client.post(
        f"{API}/segments", body or BODY, "application/json", headers={"idempotency-key": key}
    )


@pytest.mark.django_db
class TestKeys:
    def test_the_same_request_is_done_once_and_answered_the_same(self) -> None:
        client = Desk().client(Role.ADMINISTRATOR)
        first, second = post(client), post(client)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert first.headers["Content-Type"] == second.headers["Content-Type"]
        assert "Idempotent-Replayed" not in first.headers
        assert second.headers["Idempotent-Replayed"] == "true"
        assert Segment.objects.count() == 1
        assert AuditPending.objects.filter(verb="segment.saved").count() == 1

    def test_another_body_under_the_same_key_is_refused(self) -> None:
        client = Desk().client(Role.ADMINISTRATOR)
        post(client)
        answer = post(client, body={**BODY, "name": "Others"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
        assert Segment.objects.count() == 1

    def test_a_key_belongs_to_its_asker(self) -> None:
        desk = Desk()
        post(desk.client(Role.ADMINISTRATOR))
        post(desk.client(Role.MARKETER))
        post(bearer(token_for(desk.admin)))
        assert Segment.objects.count() == 3

    def test_a_key_is_free_again_after_a_day(self) -> None:
        client = Desk().client(Role.ADMINISTRATOR)
        post(client)
        KeptAnswer.objects.update(created_at=timezone.now() - idempotency.KEPT_FOR)
        post(client)
        assert Segment.objects.count() == 2
        assert KeptAnswer.objects.count() == 1
        idempotency.forget(timezone.now() + timedelta(days=2))
        assert not KeptAnswer.objects.exists()

    def test_a_refusal_of_values_is_kept_and_one_of_rights_is_not(self) -> None:
        desk = Desk()
        assert post(desk.client(Role.ADMINISTRATOR), body={"name": ""}).status_code == 422
        assert post(desk.client(Role.SALES)).status_code == 403
        assert KeptAnswer.objects.get().status == 422

    def test_after_a_failure_nothing_is_kept_and_nothing_is_done(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = Desk()
        person = desk.customer()
        client = desk.client(Role.SALES)
        client.raise_request_exception = False
        place, change = f"{API}/customers/{person.pk}", {"version": 1, "city": "London"}
        with monkeypatch.context() as broken:
            broken.setattr("zhiyin.customers.api.telling.alone", lambda *_: 1 / 0)
            answer = client.patch(
                place, change, "application/json", headers={"idempotency-key": KEY}
            )
            assert answer.status_code == 500
        person.refresh_from_db()
        assert person.city == "杭州"
        assert not KeptAnswer.objects.exists()
        answer = client.patch(place, change, "application/json", headers={"idempotency-key": KEY})
        assert answer.status_code == 200
        assert record.person(desk.sales, person.pk).city == "London"

    @pytest.mark.parametrize("key", ["", "x" * 256, "a b", "键"])
    def test_a_key_that_is_none_is_named(self, key: str) -> None:
        answer = post(Desk().client(Role.ADMINISTRATOR), key)
        assert answer.status_code == 422
        assert not Segment.objects.exists()

    def test_reads_and_strangers_and_too_much_are_left_alone(self) -> None:
        client = Desk().client(Role.ADMINISTRATOR)
        headers = {"idempotency-key": KEY}
        assert client.get(f"{API}/me", headers=headers).status_code == 200
        assert post(Client()).status_code == 401
        large = client.post(
            f"{API}/segments", b"x" * 1_100_000, "application/json", headers=headers
        )
        assert large.status_code == 400
        assert not KeptAnswer.objects.exists()

    def test_the_same_key_on_its_way_is_told_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(idempotency, "_locked", lambda *_: False)
        answer = post(Desk().client(Role.ADMINISTRATOR))
        assert answer.status_code == 409
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.django_db(transaction=True)
def test_a_key_is_held_against_other_connections_until_its_transaction_ends() -> None:
    from django.db import transaction

    other = connections.create_connection("default")
    try:
        with transaction.atomic():
            assert idempotency._locked("user:x", KEY)
            with other.cursor() as cursor:
                cursor.execute("begin")
                held = idempotency.connection
                idempotency.connection = other  # type: ignore[assignment]
                try:
                    assert not idempotency._locked("user:x", KEY)
                    assert idempotency._locked("user:y", KEY)
                finally:
                    idempotency.connection = held
                cursor.execute("rollback")
        assert connection.is_usable()
    finally:
        other.close()


@pytest.mark.django_db
class TestTags:
    def test_what_is_unchanged_is_told_in_a_few_bytes(self) -> None:
        desk = Desk()
        person = desk.customer()
        client, place = desk.client(Role.SALES), f"{API}/customers/{person.pk}"
        tag = client.get(place).headers["ETag"]
        assert not tag.startswith("W/")
        again = client.get(place, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        person.city = "London"
        person.save()
        assert client.get(place, headers={"if-none-match": tag}).status_code == 200

    def test_two_askers_who_see_different_fields_get_different_tags(self) -> None:
        desk = Desk()
        place = f"{API}/customers/{desk.customer().pk}"
        tags = {desk.client(role).get(place).headers["ETag"] for role in (Role.SALES, Role.ANALYST)}
        assert len(tags) == 2

    def test_refusals_and_pages_have_none(self) -> None:
        client = Desk().client(Role.SALES)
        assert "ETag" not in client.get(f"{API}/nothing").headers
        assert "ETag" not in client.get("/account/").headers

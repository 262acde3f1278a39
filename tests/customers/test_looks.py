"""A masked value is looked at for a reason, for a minute, and by the seat that asked alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.api.desk import API, Desk
from zhiyin.accounts.models import AuditPending, KeptAnswer, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.tokens import make
from zhiyin.customers.models import Customer
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db
PHONE = "+8613800005678"
WHY = {"field": "phone", "reason": "call back about 20913"}


def _open(client: Client, person: Customer, **headers: Any) -> dict[str, Any]:
    answer = client.post(
        f"{API}/customers/{person.pk}/looks", WHY, "application/json", headers=headers or None
    )
    assert answer.status_code == 200, answer.content
    return answer.json()  # type: ignore[no-any-return]


def _read(client: Client, person: Customer, look: dict[str, Any]) -> Any:
    return client.get(f"{API}/customers/{person.pk}/looks/{look['ticket']}")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    now = timezone.now

    def move(seconds: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=seconds))

    return move


def test_the_api_gives_a_masked_value_for_a_reason_and_keeps_the_reason() -> None:
    desk = Desk()
    person, client = desk.customer(), desk.client(Role.SERVICE)
    assert PHONE not in client.get(f"{API}/customers/{person.pk}").content.decode()
    look = _open(client, person)
    assert PHONE not in str(look)
    assert _read(client, person, look).json()["value"] == PHONE
    assert "no-store" in _read(client, person, look).headers["Cache-Control"]
    entry = AuditPending.objects.get(verb="customer.revealed")
    assert entry.detail == WHY


def test_the_server_closes_a_look_after_a_minute(later: Any) -> None:
    desk = Desk()
    person, client = desk.customer(), desk.client(Role.SERVICE)
    look = _open(client, person)
    later(59)
    assert _read(client, person, look).status_code == 200
    later(61)
    over = _read(client, person, look)
    assert over.status_code == 410
    assert PHONE not in over.content.decode()
    assert over.json()["texts"]["zh"]["detail"].startswith("查看已过期")


def test_a_reason_is_needed_and_only_masked_fields_are_offered() -> None:
    desk = Desk()
    person, client = desk.customer(), desk.client(Role.SERVICE)
    address = f"{API}/customers/{person.pk}/looks"
    for body, field in (
        ({"field": "phone", "reason": "  "}, "reason"),
        ({"field": "phone"}, "reason"),
        ({"field": "owner", "reason": "x"}, "field"),
    ):
        answer = client.post(address, body, "application/json")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
    hidden = client.post(address, {"field": "birth_date", "reason": "x"}, "application/json")
    assert hidden.status_code == 403
    assert not AuditPending.objects.filter(verb="customer.revealed").exists()


def test_a_ticket_is_worth_nothing_to_anybody_else() -> None:
    desk = Desk()
    person, other = desk.customer(), desk.customer()
    opener = desk.client(Role.SERVICE)
    look = _open(opener, person)
    assert _read(opener, other, look).status_code == 410
    assert _read(desk.client(Role.SERVICE), person, look).status_code == 410  # another sign-in
    assert _read(desk.client(Role.MANAGER), person, look).status_code == 410
    assert _read(desk.client(Role.MARKETER), person, look).status_code == 403
    forged = {"ticket": look["ticket"][:-2] + "xx"}
    assert _read(opener, person, forged).status_code == 410
    assert _read(opener, person, {"ticket": str(uuid7())}).status_code == 410


def test_a_look_ends_with_the_right_to_it() -> None:
    desk = Desk()
    person, client = desk.customer(), desk.client(Role.SERVICE)
    look = _open(client, person)
    User.objects.filter(pk=desk.people[Role.SERVICE].pk).update(roles=["marketer"])
    assert _read(client, person, look).status_code == 403


def test_a_token_looks_by_itself_and_a_reading_one_does_not() -> None:
    desk = Desk()
    person, user = desk.customer(), desk.people[Role.SERVICE]
    whole, reading = (
        Client(headers={"authorization": f"Bearer {_token(user, scope)}"})
        for scope in ("all", "read")
    )
    look = _open(whole, person)
    assert _read(whole, person, look).json()["value"] == PHONE
    assert _read(desk.client(user), person, look).status_code == 410  # the ticket is the token's
    assert _read(reading, person, look).status_code == 403


def test_a_kept_answer_keeps_no_value_and_opens_no_second_minute(later: Any) -> None:
    desk = Desk()
    person, client = desk.customer(), desk.client(Role.SERVICE)
    look = _open(client, person, idempotency_key="k1")
    assert PHONE.encode() not in bytes(KeptAnswer.objects.get().body)
    later(61)
    assert _open(client, person, idempotency_key="k1") == look
    assert _read(client, person, look).status_code == 410


def test_without_script_the_page_shows_the_value_until_the_minute_is_over(later: Any) -> None:
    desk = Desk()
    person, client = desk.customer(), desk.client(Role.SERVICE)
    answer = client.post(reverse("reveal_customer", args=[person.pk, "phone"]), {"why": "call"})
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"])
    assert PHONE in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Refresh"].endswith(reverse("customer", args=[person.pk]))
    later(61)
    again = client.get(answer.headers["Location"])
    assert again.headers["Location"] == reverse("customer", args=[person.pk])
    assert AuditPending.objects.filter(verb="customer.revealed").count() == 1


def _token(user: User, scope: str) -> str:
    return make(user, by=user, name=scope, scopes=[scope]).text

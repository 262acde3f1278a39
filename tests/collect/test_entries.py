"""What is typed at the counter comes in once, however often it is sent, and says what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.collect.desk import Desk
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.collect import entries
from zhiyin.collect.entries import Entry, Outcome
from zhiyin.collect.models import Event, Source, Tally
from zhiyin.customers.models import Customer, Order
from zhiyin.govern.models import Consent

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return factories.user(Role.SALES)


@pytest.fixture
def at(clerk: User) -> Client:
    return Desk(clerk).client


def entry(**more: Any) -> Entry:
    made = {"id": uuid4(), "at": timezone.now(), "name": "王芳", "phone": "138 0571 6207"}
    return Entry(**{**made, **more})


def sent(at: Client, *told: dict[str, object]) -> list[dict[str, str]]:
    answer = at.post(
        reverse("send_entries"), json.dumps({"entries": told}), content_type="application/json"
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, str]] = answer.json()["entries"]
    return found


def wire(**more: object) -> dict[str, object]:
    made = {"id": str(uuid4()), "at": datetime.now(UTC).isoformat(), "phone": "13805716207"}
    return {**made, **more}


def test_a_new_customer_with_consent_and_order(clerk: User) -> None:
    one = entry(email="wang@example.com", consent=True, amount="¥128.50", bought="正山小种")
    assert entries.take(one, by=clerk) is Outcome.KEPT
    person = Customer.objects.get()
    assert (person.name, person.phone, person.email) == (
        "王芳", "+8613805716207", "wang@example.com"
    )  # fmt: skip
    given = Consent.objects.filter(customer_id=person.pk, purpose="marketing")
    assert set(given.values_list("channel", "granted")) == {("sms", True), ("email", True)}
    order = Order.objects.get()
    assert (str(order.total), order.customer_id) == ("128.50", person.pk)
    assert set(Event.objects.values_list("name", flat=True)) >= {
        "Profile Updated", "Order Completed"
    }  # fmt: skip


def test_without_the_tick_nothing_was_agreed_to(clerk: User) -> None:
    entries.take(entry(), by=clerk)
    assert not Consent.objects.exists()


def test_an_entry_that_comes_twice_counts_once(clerk: User) -> None:
    one = entry(amount="10")
    assert entries.take(one, by=clerk) is Outcome.KEPT
    assert entries.take(one, by=clerk) is Outcome.KNOWN
    assert (Customer.objects.count(), Order.objects.count()) == (1, 1)
    counted = dict(Tally.objects.values_list("outcome", "events"))
    assert counted[Tally.Outcome.DUPLICATE] == 2


def test_a_receipt_that_two_people_type_is_one_order_of_one_customer(clerk: User) -> None:
    entries.take(entry(amount="10", number="R-7"), by=clerk)
    entries.take(entry(amount="10", number="R-7"), by=factories.user(Role.SERVICE))
    assert (Customer.objects.count(), Order.objects.count()) == (1, 1)


def test_a_phone_whose_clock_is_ahead_or_never_set_is_not_believed(clerk: User) -> None:
    entries.take(entry(at=timezone.now() + timedelta(days=400), amount="1", number="a"), by=clerk)
    entries.take(entry(at=datetime(1970, 1, 2, tzinfo=UTC), amount="1", number="b"), by=clerk)
    moments = list(Order.objects.order_by("number").values_list("ordered_at", flat=True))
    assert moments[0] <= timezone.now()
    assert moments[1] == entries.EARLIEST


def test_each_of_many_says_what_became_of_it(at: Client) -> None:
    good, twice = wire(), wire(phone="13905716208")
    told = sent(at, good, wire(phone="123"), wire(phone="", email=""), twice, twice,
                wire(amount="a lot"), wire(amount="-3"))  # fmt: skip
    assert [one["became"] for one in told] == [
        "kept", "refused", "refused", "kept", "known", "refused", "refused"
    ]  # fmt: skip
    assert [one.get("field") for one in told] == [
        None, "phone", "phone", None, None, "amount", "amount"
    ]  # fmt: skip
    assert all(one["why"] for one in told if one["became"] == "refused")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"entries": [{"id": 1}]}', b"\xff"])
def test_what_is_no_entry_is_refused(at: Client, body: bytes) -> None:
    answer = at.post(reverse("send_entries"), body, content_type="application/json")
    assert answer.status_code == 422


def test_it_works_without_script(at: Client) -> None:
    page = at.get(reverse("entry")).text
    assert 'name="id"' in page
    one = {"id": str(uuid4()), "name": "Ada", "phone": "13805716207", "consent": "on"}
    assert at.post(reverse("entry"), one).status_code == 302
    assert at.post(reverse("entry"), one).status_code == 302  # the button was pressed twice
    assert Customer.objects.count() == 1
    wrong = at.post(reverse("entry"), {**one, "id": str(uuid4()), "phone": "12"})
    assert wrong.status_code == 422
    assert 'value="Ada"' in wrong.text


def test_hostile_words_stay_words(at: Client, clerk: User) -> None:
    told = sent(at, wire(name="<script>alert(1)</script>\0", bought="=cmd()", amount="1"))
    assert told[0]["became"] == "kept"
    admin = Desk(factories.user(Role.ADMINISTRATOR)).client
    page = admin.get(reverse("customers"))
    assert "<script>alert(1)" not in page.text


def test_who_only_looks_may_not_write(clerk: User) -> None:
    other = Desk(factories.user(Role.READ_ONLY)).client
    assert other.get(reverse("entry")).status_code in (403, 404)
    answer = other.post(
        reverse("send_entries"), json.dumps({"entries": [wire()]}), content_type="application/json"
    )
    assert answer.status_code in (403, 404)
    assert not Source.objects.filter(key=entries.KEY).exists()

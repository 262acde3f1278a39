"""What the pump makes of requests: events once, people known, the bad set aside one by one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import Sum
from pytest_django import Settings

from tests.collect.faults import full_disk
from tests.collect.pump.conftest import NOW, Put
from zhiyin.collect import pipeline
from zhiyin.collect.batch import Batch
from zhiyin.collect.models import Event, Received, SetAside, Source, Tally, ToArchive
from zhiyin.collect.pump import requests
from zhiyin.collect.pump.turning import turn
from zhiyin.collect.tracking.bodies import PARTITIONS
from zhiyin.customers.models import Customer, Identifier
from zhiyin.customers.models.trade import Order

pytestmark = pytest.mark.django_db
ALL = range(PARTITIONS)


def message(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Product Viewed", "anonymousId": "d1",
            "messageId": f"m{number}", **more}  # fmt: skip


def test_an_event_is_hot_with_what_was_around_it(put: Put) -> None:
    sent = (NOW - timedelta(seconds=2)).isoformat()
    put(message(properties={"sku": "A1", "price": 2.5}, timestamp=sent,
                context={"library": {"name": "x", "version": "1"}, "ip": "1.2.3.4"}),
        sentAt=NOW.isoformat())  # fmt: skip
    assert turn(ALL) == 1
    event = Event.objects.get()
    assert (event.name, event.properties) == ("Product Viewed", {"sku": "A1", "price": 2.5})
    assert event.at == NOW - timedelta(seconds=2)
    assert event.context == {
        "library": {"name": "x", "version": "1"}, "original_at": "2026-11-29T09:59:58Z",
        "sent_at": "2026-11-29T10:00:00Z",
    }  # fmt: skip
    assert not Received.objects.exists()
    assert turn(ALL) == 0


def test_a_message_counts_once_however_often_it_comes(put: Put) -> None:
    put(message(1), message(1), message(2))
    put(message(2), message(3))
    turn(ALL)
    put(message(1), at=NOW + timedelta(hours=1))
    turn(ALL)
    assert Event.objects.count() == 3
    assert not SetAside.objects.exists()


def test_a_message_about_long_ago_counts_once_too(put: Put) -> None:
    long_ago = (NOW - timedelta(days=200)).isoformat()
    for _ in range(2):
        put(message(1, timestamp=long_ago))
        turn(ALL)
    assert ToArchive.objects.aggregate(n=Sum("events")) == {"n": 1}
    assert Event.objects.get().at == NOW - timedelta(days=200)


def test_a_device_becomes_a_person_when_they_say_who_they_are(put: Put) -> None:
    put(message(1))
    turn(ALL)
    assert Event.objects.get().customer_id is None
    traits = {"firstName": "小明", "lastName": "王", "email": "Wang@Example.com ",
              "phone": "138 0571 8000", "address": {"city": "杭州"}, "shoe_size": 42}  # fmt: skip
    put({"type": "identify", "userId": 7, "anonymousId": "d1", "messageId": "i1",
         "traits": traits})  # fmt: skip
    turn(ALL)
    person = Customer.objects.get()
    assert (person.number, person.name, person.email) == ("7", "王小明", "wang@example.com")
    assert (person.phone, person.city) == ("+8613805718000", "杭州")
    assert set(Event.objects.values_list("customer_id", flat=True)) == {person.pk}
    assert set(Identifier.objects.values_list("kind", "value")) == {
        ("device", "d1"), ("number", "7"), ("email", "wang@example.com"),
        ("phone", "+8613805718000"),
    }  # fmt: skip
    known = Event.objects.get(name="Profile Updated").properties
    assert known["traits"] == {"shoe_size": 42}


def test_what_a_device_did_earlier_in_the_same_batch_becomes_the_persons_too(put: Put) -> None:
    put(message(1), {"type": "identify", "userId": "u1", "anonymousId": "d1", "messageId": "i1"},
        message(2), message(3, anonymousId="d2"))  # fmt: skip
    turn(ALL)
    person = Customer.objects.get().pk
    owners = Event.objects.filter(name="Product Viewed").order_by("at")
    assert sorted(map(str, owners.values_list("customer_id", flat=True))) == sorted(
        [str(person), str(person), "None"]
    )


def test_rudderstack_has_the_traits_in_the_context(put: Put) -> None:
    put({"type": "identify", "userId": "u1", "messageId": "i1", "channel": "server",
         "originalTimestamp": NOW.isoformat(), "sentAt": NOW.isoformat(),
         "context": {"traits": {"name": "Ann Smith"}}, "integrations": {"All": True}})  # fmt: skip
    turn(ALL)
    assert Customer.objects.get().name == "Ann Smith"


@pytest.mark.parametrize("user", ["", None, "null", "undefined", "-1", "0000", "[object Object]"])
def test_what_programs_write_for_nobody_is_nobody(put: Put, user: str | None) -> None:
    put(message(1, userId=user))
    turn(ALL)
    assert Event.objects.get().customer_id is None
    assert not Identifier.objects.filter(kind="number").exists()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "unreadable"),
        ({"type": "dance", "userId": "u1"}, "unknown_type"),
        ({"type": "track", "userId": "u1"}, "no_event_name"),
        ({"type": "track", "event": " ", "userId": "u1"}, "no_event_name"),
        ({"type": "track", "event": "x" * 121, "userId": "u1"}, "name_too_long"),
        ({"type": "track", "event": "x"}, "no_id"),
        ({"type": "track", "event": "x", "userId": None, "anonymousId": None}, "no_id"),
        ({"type": "track", "event": "x", "userId": "u" * 255}, "id_too_long"),
        ({"type": "track", "event": "x", "userId": ["u1"]}, "no_id"),
        ({"type": "alias", "userId": "u1", "previousId": "u1"}, "self_alias"),
        ({"type": "alias", "userId": "u1"}, "no_previous_id"),
        ({"type": "group", "userId": "u1"}, "no_group_id"),
        (message(9, properties={"x": "y" * 33_000}), "message_too_large"),
        (message(9, properties={f"p{n}": 1 for n in range(501)}), "too_many_properties"),
        (message(9, timestamp="1980-01-01T00:00:00Z"), "time"),
    ],
)
def test_a_bad_message_is_set_aside_alone(put: Put, bad: Any, reason: str) -> None:
    put(message(1), bad, message(2))
    turn(ALL)
    assert Event.objects.count() == 2
    aside = SetAside.objects.get()
    assert aside.reason == reason
    assert not Received.objects.exists()


@pytest.mark.parametrize(
    ("bad", "name"),
    [({"type": "dance", "userId": "u1"}, "dance"), ({"type": "track", "userId": "u1"}, "track"),
     ({"type": "track", "event": "Seen"}, "Seen"), (7, "")],
)  # fmt: skip
def test_what_is_set_aside_is_called_what_it_calls_itself(put: Put, bad: Any, name: str) -> None:
    put(bad)
    turn(ALL)
    assert SetAside.objects.get().name == name


def test_bytes_that_are_no_text_are_set_aside_and_shown_as_they_can_be(put: Put) -> None:
    body = b'{"type": "track", "userId": "u1", "event": "caf\xe9"}'
    put(b'{"batch": [' + body + b', {"type": "track", "userId": "u1", "event": "x"}]}')
    turn(ALL)
    assert Event.objects.get().name == "x"
    assert "caf\N{REPLACEMENT CHARACTER}" in SetAside.objects.get().message


def test_a_zero_character_does_not_stop_the_road(put: Put) -> None:
    put(message(1, event="a\0b", userId="u\0", properties={"k\0": ["x\0", {"y": "\0"}]}))
    turn(ALL)
    event = Event.objects.get()
    assert (event.name, event.properties) == ("ab", {"k": ["x", {"y": ""}]})
    assert Identifier.objects.get(kind="number").value == "u"


def test_numbers_beyond_all_bounds_are_kept_as_json_can(put: Put) -> None:
    put(b'{"batch": [{"type": "track", "userId": "u1", "event": "x", "properties":'
        b' {"a": 1e999, "b": 123456789012345678901234567890, "a": 2}}]}')  # fmt: skip
    turn(ALL)
    assert Event.objects.count() + SetAside.objects.count() == 1


def test_an_order_counts_once_and_its_refund_against_it(put: Put) -> None:
    bought = {"order_id": "1001", "currency": "CNY", "shipping": 5, "products": [
        {"sku": "A", "name": "Tea", "price": "19.90", "quantity": 2}, {"product_id": 7, "price": 1},
    ]}  # fmt: skip
    put(message(1, userId="u1", event="Order Completed", properties=bought),
        message(2, userId="u1", event="Order Completed", properties=bought))  # fmt: skip
    turn(ALL)
    order = Order.objects.get()
    assert (order.number, order.total, order.lines) == ("1001", Decimal("45.80"), 3)
    back = {"order_id": "1001", "products": [{"sku": "A", "price": "19.90", "quantity": 1}]}
    put(message(3, userId="u1", event="Order Refunded", properties=back))
    put(message(3, userId="u1", event="Order Refunded", properties=back))
    turn(ALL)
    person = Customer.objects.get()
    assert (person.orders, person.revenue) == (1, Decimal("25.90"))
    assert Order.objects.filter(kind="return").count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"order_id": "1", "products": []},
        {"order_id": "", "products": [{"sku": "A", "price": 1}]},
        {"order_id": "1", "products": [{"sku": "A", "price": "abc"}]},
        {"order_id": "1", "products": [{"sku": "A", "price": 1, "quantity": 1.5}]},
        {"order_id": "1", "products": [{"price": 1}, "x"]},
        {"order_id": "1", "products": [{"sku": "A", "price": "1e30"}]},
    ],
)
def test_what_is_no_order_stays_an_event(put: Put, said: dict[str, Any]) -> None:
    put(message(1, userId="u1", event="Order Completed", properties=said))
    turn(ALL)
    assert Event.objects.get().name == "Order Completed"
    assert not Order.objects.exists()


def _failing_at(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    steps = pipeline.steps()

    def step(batch: Batch) -> None:
        if any(event.name == name for event in batch.incoming):
            raise error

    monkeypatch.setattr(pipeline, "steps", lambda: (*steps, step))


def test_a_poisonous_event_is_set_aside_after_some_tries_and_everybody_else_goes_on(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing_at(monkeypatch, "Poison", ZeroDivisionError())
    for number in range(20):
        put(message(2 * number), message(2 * number + 1))
    put(message(100), message(101, event="Poison"), message(102))
    for _ in range(5):
        turn(ALL)
    assert not Received.objects.exists()
    assert Event.objects.count() == 42
    aside = SetAside.objects.get()
    assert (aside.reason, aside.detail) == ("failed", "ZeroDivisionError in the pipeline")
    assert aside.name == "Poison"


def test_a_database_that_goes_away_is_no_fault_of_the_event(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing_at(monkeypatch, "Product Viewed", OperationalError())
    put(message(1))
    for _ in range(5):
        with pytest.raises(OperationalError):
            turn(ALL)
    assert Received.objects.get().tries == 0
    assert not SetAside.objects.exists()
    monkeypatch.undo()
    turn(ALL)
    assert Event.objects.count() == 1


@pytest.mark.parametrize("table", ["collect_event", "customers_identifier", "collect_toarchive"])
def test_a_full_disk_is_no_fault_of_the_event(put: Put, table: str) -> None:
    put(message(1))
    with full_disk(table):
        for _ in range(4):
            with pytest.raises(OperationalError):
                turn(ALL)
    assert Received.objects.get().tries == 0
    turn(ALL)
    assert Event.objects.count() == 1
    assert not SetAside.objects.exists()


def test_a_turn_takes_no_more_than_fits_and_at_least_one_request(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in (0, 10, 20, 30):
        put(*(message(start + number) for number in range(10)))
    monkeypatch.setattr(requests, "MOST_EVENTS", 15)
    assert turn(ALL) == 2  # the second was begun before the turn was full
    monkeypatch.setattr(requests, "MOST_EVENTS", 1)
    assert (turn(ALL), turn(ALL), turn(ALL)) == (1, 1, 0)
    assert Event.objects.count() == 40


def test_a_pump_takes_its_own_partitions_only(put: Put) -> None:
    for number in range(40):
        put(message(number, anonymousId=f"d{number}"))
    assert turn(range(0, PARTITIONS, 2)) + turn(range(1, PARTITIONS, 2)) == 40
    assert Event.objects.count() == 40


def test_who_refused_profiling_stays_out_of_the_events_of_a_site(put: Put, site: Source) -> None:
    from zhiyin.govern.models import Channel, Consent, Purpose

    Source.objects.filter(pk=site.pk).update(kind=Source.Kind.WEB)
    put({"type": "identify", "userId": "u1", "messageId": "i"})
    turn(ALL)
    Consent.objects.create(customer=Customer.objects.get(), channel=Channel.NONE,
                           purpose=Purpose.PROFILING, granted=False, at=NOW)  # fmt: skip
    put(message(1, userId="u1", properties={"sku": "A"}))
    turn(ALL)
    event = Event.objects.get(name="Product Viewed")
    assert (event.customer_id, event.identifier_id, event.properties) == (None, None, {})


@pytest.mark.parametrize("kind", [one for one in Source.Kind if one is not Source.Kind.FILE])
@pytest.mark.parametrize(
    ("asks", "granted", "allowed"),
    [("nothing", None, True), ("nothing", False, True), ("refusal", None, True),
     ("refusal", True, True), ("refusal", False, False), ("consent", None, False),
     ("consent", False, False), ("consent", True, True)],
)  # fmt: skip
@pytest.mark.parametrize("without", ["anonymous", "dropped"])
def test_what_a_person_did_not_allow_is_made_anonymous_or_dropped_from_every_kind_of_source(
    put: Put, site: Source, kind: str, asks: str, granted: bool | None, allowed: bool, without: str
) -> None:
    from zhiyin.govern.models import Channel, Consent, Purpose

    put({"type": "identify", "userId": "u1", "messageId": "i"})
    turn(ALL)
    Source.objects.filter(pk=site.pk).update(kind=kind, asks=asks, without=without)
    if granted is not None:
        Consent.objects.create(customer=Customer.objects.get(), channel=Channel.NONE,
                               purpose=Purpose.PROFILING, granted=granted, at=NOW)  # fmt: skip
    put(message(1, userId="u1", properties={"sku": "A"}))
    turn(ALL)
    found = Event.objects.filter(name="Product Viewed")
    person, outcomes = Customer.objects.get().pk, Tally.objects.values_list("outcome", flat=True)
    if allowed:
        assert found.get().customer_id == person
    elif without == "dropped":
        assert not found.exists() and "withheld" in outcomes
    else:
        event = found.get()
        assert (event.customer_id, event.identifier_id, event.properties) == (None, None, {})
        assert "anonymous" in outcomes


def test_where_consent_is_asked_for_a_device_of_nobody_has_none(put: Put, site: Source) -> None:
    Source.objects.filter(pk=site.pk).update(asks="consent", without="dropped")
    put(message(1))
    turn(ALL)
    assert not Event.objects.exists() and not ToArchive.objects.exists()


def test_the_currency_of_an_order_that_names_none_is_the_companys(
    put: Put, settings: Settings
) -> None:
    settings.CURRENCY = "EUR"
    put(message(1, userId="u", event="Order Completed",
                properties={"order_id": "1", "products": [{"sku": "A", "price": 1}]}))  # fmt: skip
    turn(ALL)
    assert Order.objects.get().currency == "EUR"

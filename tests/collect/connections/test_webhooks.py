"""What others send is let in where it is genuine, kept before the 200, read by topic, read anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.collect.connections import senders
from tests.collect.connections.others import mapped
from zhiyin.accounts.forgetting import Leaving
from zhiyin.accounts.models import User
from zhiyin.cleaning.mapping import Mapping
from zhiyin.collect import mappings
from zhiyin.collect.connections import forgetting, running, services
from zhiyin.collect.models import Arrival, Connection, Import, Run, Source, TurnedAway
from zhiyin.customers.models import Order

SECRET = "shpss_0123456789abcdef"
WHSEC = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def connected(source: Source, by: User, signed: str = "shopify", **where: object) -> Connection:
    secret = WHSEC if signed == "standard" else SECRET
    return services.create(
        source, Connection.Kind.WEBHOOK, name="Shop", secret=secret, every_minutes=1, by=by,
        where={"signed": signed, "topics": "", "lines": "", **where},
    )  # fmt: skip


def run(one: Connection) -> Run:
    one.refresh_from_db()
    done = running.run(one)
    assert done is not None
    return done


def body_of(number: int = 1) -> bytes:
    return json.dumps(senders.order(number)).encode()


def orders() -> set[str]:
    return set(Order.objects.values_list("number", flat=True))


def test_an_order_that_a_shop_sends_is_kept_then_mapped_then_the_next_come_by_themselves(
    source: Source, keeper: User
) -> None:
    one = connected(source, keeper)
    assert senders.send(one, SECRET, senders.order(1)) == 200
    assert Arrival.objects.get().topic == "orders/create"
    first = run(one)
    assert first.state == Run.State.WAITS
    senders.send(one, SECRET, senders.order(2))
    assert run(one).state == Run.State.NOTHING  # nothing goes on behind who has to map
    mapped(first, keeper)  # as it was detected
    assert (done := run(one)).state == Run.State.LOADED
    assert (done.rows, done.loaded) == (1, 1)
    assert orders() == {"1", "2"}
    assert Order.objects.get(number="1").total == 176
    assert run(one).state == Run.State.NOTHING


@pytest.mark.parametrize("signed", ["shopify", "woocommerce", "hub", "bearer", "path", "standard"])
def test_only_who_knows_the_secret_is_let_in(signed: str, source: Source, keeper: User) -> None:
    one = connected(source, keeper, signed)
    body = body_of()

    def sent(secret: str, body: bytes = body, signed_body: bytes = body) -> int:
        token = secret if signed == "path" else ""
        headers = {
            "shopify": senders.shopify(secret, signed_body),
            "woocommerce": {
                "X-WC-Webhook-Signature": senders.shopify(secret, signed_body)[
                    "X-Shopify-Hmac-Sha256"
                ]
            },
            "hub": senders.hub(secret, signed_body),
            "bearer": {"Authorization": f"Bearer {secret}"},
            "path": {},
            "standard": {},
        }[signed]
        if signed == "standard":
            headers = senders.standard(secret, signed_body, id_="msg_1")
        return senders.post(one, body, headers, token)

    right = WHSEC if signed == "standard" else SECRET
    wrong = "whsec_" + "AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw" if signed == "standard" else "x" + SECRET
    assert sent(wrong) == 401
    assert senders.post(one, body, {}) == 401
    if signed not in ("bearer", "path"):
        assert sent(right, body_of(2), body) == 401  # another body than was signed
    assert not Arrival.objects.exists()
    assert sent(right) == 200
    assert Arrival.objects.count() == 1
    assert TurnedAway.objects.get(reason="signature").times >= 2


def test_what_was_signed_long_ago_is_a_replay(source: Source, keeper: User) -> None:
    one = connected(source, keeper, "standard")
    old = datetime.now(UTC) - timedelta(minutes=6)
    assert senders.post(one, body_of(), senders.standard(WHSEC, body_of(), id_="m", at=old)) == 401
    assert TurnedAway.objects.get().reason == "stale"


def test_the_same_message_again_is_thanked_for_and_kept_once(source: Source, keeper: User) -> None:
    one = connected(source, keeper)
    body = body_of()
    for _ in range(3):
        assert senders.post(one, body, senders.shopify(SECRET, body, id_="b54557e4")) == 200
    again = json.dumps(senders.order(1, note="x")).encode()  # the id is what counts
    senders.post(one, again, senders.shopify(SECRET, again, id_="b54557e4"))
    assert Arrival.objects.count() == 1
    senders.post(one, body, senders.shopify(SECRET, body))
    senders.post(one, body, senders.shopify(SECRET, body))  # without an id: the same text
    assert Arrival.objects.count() == 2


@pytest.mark.parametrize("body", [b"", b"nothing", b'"text"', b"[]", b"{}", b"[1, 2]", b"\xff"])
def test_what_holds_nothing_is_told_so_and_counted(
    body: bytes, source: Source, keeper: User
) -> None:
    one = connected(source, keeper)
    assert senders.post(one, body, senders.shopify(SECRET, body)) == 422
    assert TurnedAway.objects.get().reason == "not_json"
    assert not Arrival.objects.exists()


def test_what_is_too_large_is_not_kept(
    source: Source, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "WEBHOOK_BODY_BYTES", 500)
    one = connected(source, keeper)
    body = json.dumps(senders.order(1, note="x" * 500)).encode()
    assert senders.post(one, body, senders.shopify(SECRET, body)) == 413


def test_a_source_that_is_off_takes_nothing_and_a_paused_connection_keeps_it_for_later(
    source: Source, keeper: User
) -> None:
    one = connected(source, keeper)
    services.pause(one, paused=True, by=keeper)
    assert senders.send(one, SECRET, senders.order(1)) == 200
    Source.objects.update(enabled=False)
    assert senders.send(one, SECRET, senders.order(2)) == 404
    assert Arrival.objects.count() == 1


def test_nobody_finds_out_which_addresses_there_are(source: Source, keeper: User) -> None:
    folder = Connection.objects.create(
        source=source, kind="folder", name="x", next_at=datetime.now(UTC), owner=keeper
    )
    assert senders.send(folder, SECRET, senders.order(1)) == 404
    where = reverse("arrive", args=[connected(source, keeper).pk])
    assert Client().get(where).status_code == 405


def test_topics_are_mapped_apart_and_none_holds_up_another(source: Source, keeper: User) -> None:
    one = connected(source, keeper)
    senders.send(one, SECRET, senders.order(1))
    mapped(run(one), keeper)
    person = {"id": "C9", "email": "c9@example.com", "first_name": "Ada"}
    senders.send(one, SECRET, person, "customers/update")
    senders.send(one, SECRET, senders.order(2))
    done = run(one)
    assert (done.state, done.loaded) == (Run.State.WAITS, 1)
    assert orders() == {"1", "2"}
    senders.send(one, SECRET, senders.order(3))
    assert run(one).loaded == 1
    mapped(done, keeper)
    assert run(one).state == Run.State.NOTHING
    done.refresh_from_db()
    assert (done.state, done.loaded) == (Run.State.LOADED, 1)  # it waits no more
    kinds = Import.objects.filter(state="loaded").values_list("kind", flat=True)
    assert sorted(kinds) == ["customers", "orders", "orders", "orders"]


def test_topics_that_are_not_wanted_are_kept_and_not_read(source: Source, keeper: User) -> None:
    one = connected(source, keeper, topics="orders/create, orders/paid")
    senders.send(one, SECRET, {"id": "C9", "email": "c9@example.com"}, "customers/update")
    assert run(one).state == Run.State.NOTHING
    assert Arrival.objects.count() == 1


def test_a_field_that_lacks_once_does_not_stop_it_and_a_new_one_is_told_of(
    source: Source, keeper: User
) -> None:
    one = connected(source, keeper)
    senders.send(one, SECRET, senders.order(1))
    mapped(run(one), keeper)
    lacking = senders.order(2)
    del lacking["email"]
    senders.send(one, SECRET, {**lacking, "gift_note": "生日快乐"})
    done = run(one)
    assert (done.state, done.loaded) == (Run.State.LOADED, 1)
    assert "gift_note" in done.problem["en"]
    senders.send(one, SECRET, {"id": 3, "something": "else"})
    assert run(one).state == Run.State.WAITS  # without a number and lines it is no order


def test_after_a_mapping_was_mended_what_came_is_read_anew(source: Source, keeper: User) -> None:
    one = connected(source, keeper)
    senders.send(one, SECRET, senders.order(1))
    first = run(one)
    mapped(first, keeper, **{
        "id": "order_number", "created_at": "ordered_at", "line_items.sku": "sku",
        "line_items.quantity": "quantity", "line_items.price": "unit_price",
    })  # fmt: skip
    senders.send(one, SECRET, senders.order(2))
    run(one)
    assert orders() == {"5000001", "5000002"}  # Shopify's own id is not what people call it by
    assert first.made is not None
    held = mappings.in_use(first.made.shape)
    assert held is not None
    right = msgspec.convert(held.mapping, Mapping)
    columns = {**right.columns, "order_number": "order_number"}
    del columns["id"]
    mappings.remember(
        held.header_digest, msgspec.structs.replace(right, columns=columns), held.columns, by=keeper
    )
    services.anew(one, since=None, by=keeper)
    done = run(one)
    assert (done.rows, done.loaded) == (2, 2)
    assert orders() == {"1", "2"}
    assert run(one).state == Run.State.NOTHING


def test_only_what_came_since_a_day_is_read_anew(source: Source, keeper: User) -> None:
    one = connected(source, keeper)
    senders.send(one, SECRET, senders.order(1))
    mapped(run(one), keeper)
    Arrival.objects.update(received_at=datetime.now(UTC) - timedelta(days=9))
    senders.send(one, SECRET, senders.order(2))
    run(one)
    services.anew(one, since=(datetime.now(UTC) - timedelta(days=2)).date(), by=keeper)
    done = run(one)
    assert (done.rows, done.loaded) == (1, 1)
    assert orders() == {"1", "2"}


def test_messages_that_name_somebody_go_when_they_are_forgotten(
    source: Source, keeper: User
) -> None:
    one = connected(source, keeper)
    senders.send(one, SECRET, senders.order(1))
    senders.send(one, SECRET, senders.order(2, customer={"id": 42}, total_price=42))
    senders.send(one, SECRET, senders.order(3, quantity=42))
    leaving = Leaving((), words=("c1@example.com", "42"))
    assert forgetting.count(leaving) == 2
    assert forgetting.forget(leaving) == 2
    assert b'"order_number": 3' in bytes(Arrival.objects.get().body)


def test_what_was_read_leaves_after_its_days_and_what_waits_stays(
    source: Source, keeper: User
) -> None:
    one = connected(source, keeper)
    senders.send(one, SECRET, senders.order(1))
    mapped(run(one), keeper)
    senders.send(one, SECRET, senders.order(2))
    later = datetime.now(UTC) + timedelta(days=settings.ARRIVAL_DAYS + 1)
    assert forgetting.age(later) == 1
    assert Arrival.objects.get().made is None

"""What makes SDKs lose or double events elsewhere: each trap with the SDK that falls into it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rudderstack.analytics.client
import segment.analytics.client
from pytest_django import Settings

from tests.collect import sdk
from tests.collect.faults import full_disk
from tests.collect.processes import until
from tests.collect.sdk import Sender
from tests.collect.sdks import packages
from tests.collect.sdks.gate import Gate, Instead
from zhiyin.collect.models import Event, Received, SetAside, WriteKey
from zhiyin.collect.pump.turning import turn
from zhiyin.collect.tracking.bodies import PARTITIONS
from zhiyin.customers.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)
SEGMENT, RUDDER = segment.analytics.client.Client, rudderstack.analytics.client.Client
BOTH = pytest.mark.parametrize("client", [SEGMENT, RUDDER], ids=["Segment", "RudderStack"])
NODE = pytest.mark.parametrize("library", ["segment", "rudder"])
WAIT = ((b"retry-after", b"1"),)


@pytest.fixture
def key(transactional_db: None) -> WriteKey:
    return sdk.source()


def send(client: Any, port: int, key: str, calls: int = 3, *, retries: int = 4,
         **more: Any) -> list[Exception]:  # fmt: skip
    """Some calls with an SDK for Python; what it complained about."""
    told: list[Exception] = []
    made = client(key, host=f"http://127.0.0.1:{port}", upload_interval=0.05, max_retries=retries,
                  on_error=lambda error, batch: told.append(error), **more)  # fmt: skip
    for number in range(calls):
        made.track("u1", "Product Viewed", {"n": number})
    made.flush()
    made.join()
    return told


def node(library: str, port: int, key: str, calls: int) -> None:
    """The calls of scripts/server.js with an SDK for Node."""
    packages.run("scripts/server.js", library, f"http://127.0.0.1:{port}", key, str(calls), "0")


def stored() -> list[int]:
    """The numbers of the calls that came through the pump."""
    while turn(range(PARTITIONS)):
        pass
    assert not Received.objects.exists()
    assert not SetAside.objects.exists()
    return sorted(int(said.get("n", said.get("traits", {}).get("n")))  # type: ignore[arg-type]
                  for said in Event.objects.values_list("properties", flat=True))  # fmt: skip


@BOTH
def test_200_is_success_at_once(key: WriteKey, client: Any) -> None:
    gate = Gate()
    with sdk.listening(gate) as port:
        assert send(client, port, key.key) == []
    assert gate.answered == [200]
    assert stored() == [0, 1, 2]


def test_202_would_be_taken_for_a_failure(key: WriteKey) -> None:
    """The trap itself: what was taken in comes again and again. It counts once all the same."""
    gate = Gate(always=Instead(202, b"", after=True))
    with sdk.listening(gate) as port:
        assert send(RUDDER, port, key.key, retries=2)
    assert gate.answered == [202] * 3
    assert stored() == [0, 1, 2]


def _wrong_key(key: WriteKey) -> str:
    return "wrong"


def _switched_off(key: WriteKey) -> str:
    sdk.Source.objects.update(enabled=False)
    return key.key


REFUSED: dict[str, tuple[int, Callable[[WriteKey], str], dict[str, int]]] = {
    "wrong key": (401, _wrong_key, {}),
    "switched off": (404, _switched_off, {}),
    "too large": (413, lambda key: key.key, {"TRACKING_BODY_BYTES": 300}),
}


@BOTH
@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused_is_dropped_at_the_first_try(
    key: WriteKey, client: Any, why: str, settings: Settings
) -> None:
    status, used, set_to = REFUSED[why]
    for name, value in set_to.items():
        setattr(settings, name, value)
    gate = Gate()
    with sdk.listening(gate) as port:
        told = send(client, port, used(key))
    assert gate.answered == [status]
    assert len(told) == 1
    assert not Received.objects.exists()


def test_a_refusal_as_json_would_be_tried_again(key: WriteKey) -> None:
    """The trap itself, for which refusals are plain text."""
    gate = Gate(always=Instead(400, b'{"success":false}'))
    with sdk.listening(gate) as port:
        assert send(RUDDER, port, key.key, retries=2)
    assert gate.answered == [400] * 3


@BOTH
@pytest.mark.parametrize("status", [429, 503])
def test_429_and_503_with_retry_after_are_tried_again_and_count_once(
    key: WriteKey, client: Any, status: int
) -> None:
    gate = Gate(Instead(status, headers=WAIT), Instead(status, headers=WAIT))
    with sdk.listening(gate) as port:
        assert send(client, port, key.key) == []
    assert gate.answered[:2] == [status] * 2
    assert set(gate.answered[2:]) == {200}
    assert stored() == [0, 1, 2]


@BOTH
def test_an_answer_that_was_lost_is_asked_for_again_and_the_events_count_once(
    key: WriteKey, client: Any
) -> None:
    gate = Gate(Instead(504, after=True), Instead(502, after=True))
    with sdk.listening(gate) as port:
        assert send(client, port, key.key) == []
    assert gate.answered == [504, 502, 200]
    assert Received.objects.count() == 3
    assert stored() == [0, 1, 2]


@NODE
def test_nothing_is_lost_or_doubled_by_node_when_it_must_wait_and_answers_are_lost(
    key: WriteKey, library: str
) -> None:
    gate = Gate(Instead(429, headers=WAIT), Instead(503, headers=WAIT), Instead(504, after=True))
    with sdk.listening(gate) as port:
        node(library, port, key.key, 60)
    assert gate.answered[:3] == [429, 503, 504]
    assert stored() == list(range(60))


@BOTH
def test_who_sends_too_fast_waits_and_loses_nothing(
    key: WriteKey, client: Any, settings: Settings
) -> None:
    settings.TRACKING_MESSAGES_A_SECOND = 40
    gate = Gate()
    with sdk.listening(gate) as port:
        assert send(client, port, key.key, 120, upload_size=30, retries=10) == []
    assert 429 in gate.answered
    assert stored() == list(range(120))


@BOTH
def test_a_full_disk_is_told_as_503_and_loses_nothing(key: WriteKey, client: Any) -> None:
    gate = Gate()
    with sdk.listening(gate) as port, ThreadPoolExecutor(1) as sending:
        with full_disk("collect_received"):
            told = sending.submit(send, client, port, key.key)
            until(lambda: gate.answered.count(503) == 2, "nobody said that the disk is full")
        assert told.result(30) == []
    assert set(gate.answered) == {503, 200}
    assert stored() == [0, 1, 2]


@BOTH
def test_a_retry_keeps_its_message_ids_and_says_anew_when_it_is_sent(
    key: WriteKey, client: Any
) -> None:
    """So the moment of an event is right however long its sending took."""
    gate = Gate(*[Instead(503)] * 3)
    with sdk.listening(gate) as port:
        begun = datetime.now(UTC)
        assert send(client, port, key.key, 1) == []
    ids = gate.tries()
    assert len(ids) == 4
    assert all(one == ids[0] for one in ids)
    sent = [datetime.fromisoformat(one.said["sentAt"]) for one in gate.came]
    assert sent == sorted(set(sent))
    assert stored() == [0]
    event = Event.objects.get()
    assert event.received_at - event.at >= sent[-1] - sent[0]
    assert abs(event.at - begun) < timedelta(seconds=1)


def test_retries_say_how_many_they_are(key: WriteKey) -> None:
    gate = Gate(Instead(503), Instead(503))
    with sdk.listening(gate) as port:
        send(SEGMENT, port, key.key, 1)
    counts = [one.headers.get("x-retry-count") for one in gate.came]
    assert counts == [None, "1", "2"]
    assert stored() == [0]


def test_rudderstacks_node_library_says_that_a_gzip_is_a_form(key: WriteKey) -> None:
    gate = Gate()
    with sdk.listening(gate) as port:
        node("rudder", port, key.key, 60)
    assert {one.headers["content-type"] for one in gate.came} == {
        "application/x-www-form-urlencoded"
    }
    assert all(one.body.startswith(b"\x1f\x8b") for one in gate.came)
    first = gate.came[0].said["batch"][0]
    assert {"originalTimestamp", "sentAt"} <= set(first)
    assert "timestamp" not in first
    assert stored() == list(range(60))
    for event in Event.objects.all():
        sent, original = (event.context[name] for name in ("sent_at", "original_at"))
        assert datetime.fromisoformat(sent) >= datetime.fromisoformat(original)
        assert event.at <= event.received_at


def test_rudderstack_has_traits_in_the_context_and_null_for_who_is_not_known(
    key: WriteKey,
) -> None:
    gate = Gate()
    with sdk.listening(gate) as port:
        client = RUDDER(key.key, host=f"http://127.0.0.1:{port}")
        client.identify("u1", {"name": "Ann Smith", "email": "ann@example.com", "n": 1})
        client.flush()
        client.join()
    (message,) = gate.came[0].said["batch"]
    assert message["context"]["traits"]["name"] == "Ann Smith"
    assert "traits" not in message
    assert message["anonymousId"] is None
    assert stored() == [1]
    assert (Customer.objects.get().name, Customer.objects.get().number) == ("Ann Smith", "u1")


def test_the_largest_batch_that_segments_library_makes_is_taken(key: WriteKey) -> None:
    """It looks at the size after it has put a message in: 475,000 bytes and one message more."""
    gate = Gate()
    with sdk.listening(gate) as port:
        client = SEGMENT(key.key, host=f"http://127.0.0.1:{port}", upload_interval=2)
        for number in range(20):
            client.track("u1", "Product Viewed", {"n": number, "text": "x" * 31_250})
        client.flush()
        client.join()
    assert max(len(one.body) for one in gate.came) > 475_000
    assert set(gate.answered) == {200}
    assert stored() == list(range(20))


def test_what_stands_around_a_batch_counts_for_each_of_its_messages(key: WriteKey) -> None:
    with sdk.listening() as port:
        Sender(port, key.key).batch(
            {"type": "track", "event": "x", "userId": "u1", "messageId": "1",
             "properties": {"n": 1}, "context": {"locale": "zh-CN"}},
            context={"locale": "en", "library": {"name": "own", "version": "1"}},
            integrations={"All": False},
        )  # fmt: skip
    assert stored() == [1]
    context = Event.objects.get().context
    assert (context["locale"], context["library"]["name"]) == ("zh-CN", "own")


def test_a_body_without_any_type_of_content_is_read_as_what_it_is(key: WriteKey) -> None:
    body = {"userId": "u1", "event": "x", "messageId": "1", "properties": {"n": 1}}
    packed = gzip.compress(json.dumps(body).encode())
    with sdk.listening() as port:
        assert Sender(port, key.key).send("/v1/track", packed, Content_Type="").status == 200
    assert stored() == [1]

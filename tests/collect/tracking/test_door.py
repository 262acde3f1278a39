"""What SDKs are told, over real sockets: 200 when it is durable, and otherwise why not."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.collect import sdk
from tests.collect.sdk import Sender
from zhiyin.collect.models import Received, Refusal, Source

pytestmark = pytest.mark.django_db(transaction=True)
TRACK = {"type": "track", "event": "Product Viewed", "userId": "u1", "messageId": "m1"}


@pytest.fixture
def sender(transactional_db: None) -> Iterator[Sender]:
    key = sdk.source()
    with sdk.listening() as port:
        yield Sender(port, key.key)


def test_a_batch_is_in_the_inbox_when_it_is_answered(sender: Sender) -> None:
    answer = sender.batch(TRACK, {**TRACK, "messageId": "m2"})
    assert (answer.status, answer.body) == (200, b'{"success":true}')
    row = Received.objects.get()
    assert (row.kind, row.messages, row.source_id) == ("batch", 2, sdk.Source.objects.get().pk)
    assert json.loads(bytes(row.body))["batch"][0] == TRACK
    assert abs((timezone.now() - row.received_at).total_seconds()) < 10


@pytest.mark.parametrize("path", ["/v1/b", "/beacon/v1/batch", "/v1/batch"])
def test_every_address_of_a_batch_takes_gzip_under_any_content_type(
    sender: Sender, path: str
) -> None:
    body = {"batch": [TRACK], "sentAt": "2026-11-29T10:00:00Z"}
    kind = "application/x-www-form-urlencoded"
    answer = sender.send(path, body, packed=True, Content_Type=kind)
    assert answer.status == 200
    assert json.loads(gzip.decompress(bytes(Received.objects.get().body))) == body


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
def test_single_messages_come_in_at_their_long_and_short_address(sender: Sender, kind: str) -> None:
    for path in (f"/v1/{kind}", f"/v1/{kind[0]}"):
        assert sender.send(path, {"userId": "u1"}, Content_Type="text/plain").status == 200
    assert list(Received.objects.values_list("kind", "messages")) == [(kind, 1)] * 2


def test_the_key_may_stand_in_the_header_the_body_or_the_address(sender: Sender) -> None:
    body = {"batch": [TRACK]}
    assert sender.send("/v1/batch", body).status == 200
    assert sender.send("/v1/batch", {**body, "writeKey": sender.key}, key="").status == 200
    assert sender.send(f"/beacon/v1/batch?writeKey={sender.key}", body, key="").status == 200
    assert Received.objects.count() == 3


_DEEP = b'{"batch":[' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"]}"
_BOMB = gzip.compress(b'{"batch":["' + b"a" * 50_000_000 + b'"]}')
_LARGE = {"batch": [{**TRACK, "properties": {"text": "x" * 1000}}] * 600}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(json.dumps({"batch": [TRACK]}).encode())[:-12], 400),
        (b"\x1f\x8bnot a gzip at all", 400),
        (_BOMB, 413),
        (_LARGE, 413),
        (b"{'batch': []}", 400),
        (b'{"batch": [NaN]}', 400),
        (b"", 400),
        (b"[]", 400),
        (b'{"batch": {}}', 400),
        (b'{"userId": "u1"}', 400),
        (_DEEP, 400),
        ({"batch": [1] * 5_001}, 413),
    ],
    ids=["gzip that ends early", "no gzip", "bomb", "600 kB", "not JSON", "NaN", "nothing",
         "a list", "a batch that is no list", "no batch", "10,000 levels", "too many messages"],
)  # fmt: skip
def test_what_cannot_be_a_request_is_refused_in_plain_text_and_leaves_nothing(
    sender: Sender, body: object, status: int
) -> None:
    answer = sender.send("/v1/batch", body)
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert not answer.body.startswith(b"{")
    assert not Received.objects.exists()


def test_an_empty_batch_is_fine_and_writes_nothing(sender: Sender) -> None:
    assert sender.batch().status == 200
    assert not Received.objects.exists()


def test_a_wrong_or_missing_key_is_401_and_never_tried_again(sender: Sender) -> None:
    for key in ("wrong", ""):
        answer = sender.send("/v1/batch", {"batch": [TRACK]}, key=key)
        assert answer.status == 401
        assert "Retry-After" not in answer.headers
    assert (
        sender.send("/v1/batch", {"batch": [TRACK]}, key="", Authorization="Basic %").status == 401
    )
    assert not Received.objects.exists()


def test_a_key_that_ended_and_a_source_that_is_off_take_nothing(transactional_db: None) -> None:
    ended = sdk.source("ended", ends_at=timezone.now())
    off = sdk.source("off")
    sdk.Source.objects.filter(key="off").update(enabled=False)
    with sdk.listening() as port:
        assert Sender(port, ended.key).batch(TRACK).status == 401
        assert Sender(port, off.key).batch(TRACK).status == 404


def test_a_key_is_good_for_its_own_pages_only(transactional_db: None) -> None:
    key = sdk.source(origins=["https://shop.example"])
    with sdk.listening() as port:
        sender = Sender(port, key.key)
        body = {"batch": [TRACK]}
        assert sender.send("/v1/batch", body, Origin="https://shop.example").status == 200
        assert sender.send("/v1/batch", body, Origin="https://evil.example").status == 403
        assert sender.batch(TRACK).status == 200  # a server says no origin


def test_browsers_may_ask_first(sender: Sender) -> None:
    answer = sender.send("/v1/t", b"", method="OPTIONS", key="", Origin="https://shop.example")
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    allowed = answer.headers["Access-Control-Allow-Headers"]
    assert {"authorization", "content-type", "x-retry-count"} <= set(allowed.split(", "))


def test_a_picture_tells_of_an_event(sender: Sender) -> None:
    message = json.dumps({**TRACK, "writeKey": sender.key}).encode()
    for data in (base64.b64encode(message), base64.urlsafe_b64encode(message).rstrip(b"=")):
        path = f"/v1/pixel/track?data={data.decode()}"
        answer = sender.send(path, b"", method="GET", key="")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/gif")
        assert answer.body.startswith(b"GIF89a")
    assert Received.objects.filter(kind="track").count() == 2
    assert sender.send("/v1/pixel/track?data=%25", b"", method="GET").status == 400


def test_browser_libraries_learn_where_to_send(sender: Sender) -> None:
    answer = sender.send(f"/v1/projects/{sender.key}/settings", b"", method="GET", key="")
    found = json.loads(answer.body)["integrations"]["Segment.io"]
    assert found["apiHost"] == f"127.0.0.1:{sender.port}/v1"
    assert found["protocol"] == "http"
    answer = sender.send("/sourceConfig/?p=npm&v=3", b"", method="GET")
    assert json.loads(answer.body)["source"]["enabled"] is True
    assert sender.send("/v1/projects/wrong/settings", b"", method="GET", key="").status == 401
    assert sender.send("/v1/m", {"series": []}, key="").status == 200
    assert sender.send("/v1/nothing", b"", method="GET").status == 404
    assert sender.send("/v1/batch", b"", method="GET").status == 405


def test_a_new_key_writes_at_once_and_a_revoked_one_soon_does_not(sender: Sender) -> None:
    from zhiyin.collect.models import WriteKey

    made = WriteKey.objects.create(source=sdk.Source.objects.get())
    deadline = timezone.now() + timedelta(seconds=5)
    while sender.send("/v1/batch", {"batch": [TRACK]}, key=made.key).status != 200:
        assert timezone.now() < deadline
    WriteKey.objects.filter(pk=made.pk).update(ends_at=timezone.now())
    while sender.send("/v1/batch", {"batch": [TRACK]}, key=made.key).status != 401:
        assert timezone.now() < deadline


def test_all_who_come_at_once_to_a_fresh_server_are_let_in(transactional_db: None) -> None:
    key = sdk.source()
    with sdk.listening() as port, ThreadPoolExecutor(16) as pool:
        sender = Sender(port, key.key)
        answers = list(pool.map(lambda n: sender.batch({**TRACK, "messageId": n}), range(32)))
    assert {answer.status for answer in answers} == {200}
    assert Received.objects.count() == 32


def test_whoever_looks_after_a_source_sees_what_the_door_refused_and_why() -> None:
    own = sdk.source()
    with sdk.listening() as port:  # its end writes the counts
        sender = Sender(port, own.key)
        for _ in range(2):
            assert sender.send("/v1/batch", b"{").status == 400
        assert sender.send("/v1/batch", {"batch": [TRACK]}, key="nobody's").status == 401
        assert sender.send("/v1/track", TRACK, key="").status == 401
        assert sender.send("/v1/nowhere", TRACK).status == 404
        assert sender.send("/v1/batch", {"batch": [TRACK]}).status == 200
        Source.objects.update(enabled=False)
        assert _until_refused(sender) == 404
    found = Refusal.objects.values_list("source", "status", "requests")
    assert set(found) == {(own.source_id, 400, 2), (own.source_id, 404, 1), (None, 401, 2)}


def test_a_key_in_the_body_tells_whose_request_was_refused_for_its_page() -> None:
    own = sdk.source(origins=["https://shop.example"])
    with sdk.listening() as port:
        body = {"batch": [TRACK], "writeKey": own.key}
        sender = Sender(port, "")
        assert sender.send("/v1/batch", body, Origin="https://other.example").status == 403
    assert Refusal.objects.values_list("source", "status").get() == (own.source_id, 403)


def _until_refused(sender: Sender) -> int:
    """A source that was switched off is known to be so within a second."""
    for _ in range(200):
        status = sender.batch(TRACK).status
        if status != 200:
            return status
        time.sleep(0.02)
    return status

"""Push to browsers: the standards' own examples, who is called, and what the message holds."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from tests.files.desk import Desk
from zhiyin.accounts.models import User
from zhiyin.connect.reasons import FailedError, Reason
from zhiyin.talk import devices, pushing, queries, services, vapid, webpush
from zhiyin.talk.emitting import notify
from zhiyin.talk.mentions import MENTION
from zhiyin.talk.models import Notice, PushDevice

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
ENDPOINT = "https://push.example.com/send/abc"


def test_the_example_of_rfc_8291_comes_out_to_the_last_bit() -> None:
    private = int.from_bytes(vapid.decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = webpush.encrypted(
        b"When I grow up, I want to be a watermelon",
        ua_public=vapid.decoded(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth_secret=vapid.decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        as_private=ec.derive_private_key(private, webpush.CURVE),
        salt=vapid.decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert vapid.encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
        "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
        "a-fN"
    )


def test_a_message_that_no_service_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        webpush.encrypted(
            bytes(4000), ua_public=b"", auth_secret=b"", salt=b"",
            as_private=ec.generate_private_key(webpush.CURVE),
        )  # fmt: skip


def test_our_note_says_to_whom_and_until_when_and_is_signed() -> None:
    scheme, _, rest = vapid.authorization(ENDPOINT, now=NOW).partition(" ")
    token, key = (part.strip()[2:] for part in rest.split(","))
    head, claims, signature = token.split(".")
    told = json.loads(vapid.decoded(claims))
    assert scheme == "vapid" and key == vapid.public_key()
    assert told["aud"] == "https://push.example.com"
    assert timedelta(0) < datetime.fromtimestamp(told["exp"], UTC) - NOW <= timedelta(hours=24)
    raw = vapid.decoded(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(webpush.CURVE, vapid.decoded(key))
    public.verify(
        encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
        f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()),
    )  # fmt: skip


def test_the_key_is_made_once_and_read_by_us_alone(settings: LazySettings) -> None:
    vapid.public_key()
    path = settings.DATA / "secrets" / "vapid_key"
    first = path.read_bytes()
    vapid._key.cache_clear()
    vapid.public_key()
    assert path.read_bytes() == first and path.stat().st_mode & 0o077 == 0


class Browser:
    """A browser that keeps its keys and can read what it is sent."""

    def __init__(self, user: User, endpoint: str = ENDPOINT) -> None:
        self.key, self.secret = ec.generate_private_key(webpush.CURVE), b"s" * 16
        self.public = webpush.raw(self.key.public_key())
        self.device = devices.add_device(
            user, endpoint=endpoint, public_key=vapid.encoded(self.public),
            secret=vapid.encoded(self.secret), name="Firefox, Linux",
        )  # fmt: skip

    def read(self, body: bytes) -> dict[str, str]:
        salt, (_size, length) = body[:16], struct.unpack(">IB", body[16:21])
        sender, coded = body[21 : 21 + length], body[21 + length :]
        point = ec.EllipticCurvePublicKey.from_encoded_point(webpush.CURVE, sender)
        shared = self.key.exchange(ec.ECDH(), point)

        def hkdf(salt: bytes, secret: bytes, info: bytes, size: int) -> bytes:
            return HKDF(hashes.SHA256(), size, salt, info).derive(secret)

        ikm = hkdf(self.secret, shared, b"WebPush: info\0" + self.public + sender, 32)
        key = hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, coded, None)
        assert plain[-1:] == b"\x02"
        return json.loads(plain[:-1])  # type: ignore[no-any-return]


class Service:
    """A push service that keeps what it is given and answers as it is told."""

    def __init__(self, status: int = 201, failing: Exception | None = None) -> None:
        self.status, self.failing = status, failing
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> int:
        if self.failing is not None:
            raise self.failing
        self.got.append((url, headers, body))
        return self.status


def _mention(desk: Desk) -> None:
    notify([desk.colleague], MENTION, by=desk.owner, ref=desk.ref, at=NOW)


def test_a_browser_is_called_once_with_a_sentence_that_names_nobody(desk: Desk) -> None:
    browser, service = Browser(desk.colleague), Service()
    _mention(desk)
    _mention(desk)
    assert pushing.send_pushes(now=NOW, send=service) == 0
    assert pushing.send_pushes(now=LATER, send=service) == 1
    assert pushing.send_pushes(now=LATER, send=service) == 0
    ((url, headers, body),) = service.got
    assert url == ENDPOINT and headers["content-encoding"] == "aes128gcm"
    told = browser.read(body)
    assert told == {"title": "You were mentioned in 2 comments", "url": "/notifications/"}


def test_who_lets_no_browser_be_called_has_nothing_due(desk: Desk) -> None:
    _mention(desk)
    assert not Notice.objects.exclude(push_due=None).exists()


def test_what_may_no_longer_be_seen_is_not_pushed(desk: Desk) -> None:
    Browser(desk.colleague)
    _mention(desk)
    desk.customer.department = desk.south
    desk.customer.save()
    service = Service()
    assert pushing.send_pushes(now=LATER, send=service) == 0 and not service.got


def test_a_browser_that_is_gone_is_forgotten_and_one_that_fails_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    Browser(desk.colleague)
    monkeypatch.setattr(pushing, "MOST_FAILURES", 3)
    for service, failures in (
        (Service(500), 1), (Service(201), 0), (Service(failing=FailedError(Reason.TIMEOUT)), 1),
        (Service(500), 2),
    ):  # fmt: skip
        _mention(desk)
        pushing.send_pushes(now=LATER, send=service)
        assert PushDevice.objects.get().failures == failures
    _mention(desk)
    pushing.send_pushes(now=LATER, send=Service(500))
    assert not PushDevice.objects.exists()
    Browser(desk.colleague)
    _mention(desk)
    pushing.send_pushes(now=LATER, send=Service(410))
    assert not PushDevice.objects.exists()


def test_the_way_out_calls_nobody_inside_the_house(desk: Desk) -> None:
    Browser(desk.colleague, "https://127.0.0.1:9/steal")
    _mention(desk)
    assert pushing.send_pushes(now=LATER) == 1
    assert PushDevice.objects.get().failures == 1  # refused by the policy, nothing was sent


GOOD = {"endpoint": ENDPOINT, "secret": vapid.encoded(b"s" * 16), "name": "x"}


def _key() -> str:
    return vapid.encoded(webpush.raw(ec.generate_private_key(webpush.CURVE).public_key()))


@pytest.mark.parametrize(
    "wrong",
    [{"endpoint": "http://push.example.com/x"}, {"endpoint": "javascript:alert(1)"},
     {"endpoint": "https://push.example.com/" + "x" * 1000}, {"key": "nonsense!"},
     {"key": vapid.encoded(b"\4" + bytes(64))}, {"secret": "AAAA"}, {"secret": ""}],
)  # fmt: skip
def test_addresses_and_keys_that_are_none_are_refused(desk: Desk, wrong: dict[str, str]) -> None:
    sent = GOOD | {"key": _key()} | wrong
    answer = desk.client(desk.owner).post(reverse("add_push_device"), sent)
    assert answer.status_code == 422 and not PushDevice.objects.exists()


def test_a_user_adds_and_removes_their_own_browsers(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = desk.client(desk.owner)
    assert client.post(reverse("add_push_device"), GOOD | {"key": _key()}).status_code == 204
    assert client.post(reverse("add_push_device"), GOOD | {"key": _key()}).status_code == 204
    device = PushDevice.objects.get()  # the same browser again
    page = client.get(reverse("notice_wishes")).content.decode()
    assert reverse("remove_push_device", args=[device.pk]) in page and 'name="has_push"' in page
    sent = {"has_push": "1", "kind": "comment.mention", "zone": "UTC"}
    client.post(reverse("notice_wishes"), sent)
    assert not next(w for w in queries.wishes(desk.owner) if w.key == "comment.mention").push
    address = reverse("remove_push_device", args=[device.pk])
    desk.client(desk.colleague).post(address)
    assert PushDevice.objects.exists()
    client.post(address)
    assert not PushDevice.objects.exists()
    monkeypatch.setattr(devices, "MOST", 0)
    with pytest.raises(services.Refused):
        Browser(desk.owner)


def test_the_worker_script_comes_from_the_root_to_anybody() -> None:
    answer = Client().get("/worker.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in answer.content

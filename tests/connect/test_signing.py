"""Signatures as the specification has them, and what a receiver refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.connect import signing, vault
from zhiyin.connect.signing import NotGenuineError

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def _signed(body: bytes = BODY, at: datetime = NOW, *secrets: str) -> dict[str, str]:
    return signing.headers(secrets or (SECRET,), "msg_1", int(at.timestamp()), body)


def test_it_is_the_signature_of_the_specification() -> None:
    """The example of the Standard Webhooks reference libraries."""
    found = signing.signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(("text", "good"), [
    (SECRET, True), (SECRET.removeprefix(signing.PREFIX), True),
    ("whsec_c2hvcnQ=", False), ("not base64!", False), ("whsec_abc", False), ("", False),
])  # fmt: skip
def test_what_can_be_a_secret_is_told_from_what_cannot(text: str, good: bool) -> None:
    assert signing.is_secret(text) is good
    assert signing.is_secret(signing.new_secret())


def test_a_receiver_believes_what_is_genuine() -> None:
    assert signing.verify(SECRET, _signed(), BODY, now=NOW + timedelta(minutes=4)) == "msg_1"
    upper = {name.title(): value for name, value in _signed().items()}
    assert signing.verify(SECRET, upper, BODY, now=NOW) == "msg_1"


def test_while_a_secret_is_rotated_both_are_good() -> None:
    new = signing.new_secret()
    headers = _signed(BODY, NOW, new, SECRET)
    for secret in (new, SECRET):
        assert signing.verify(secret, headers, BODY, now=NOW) == "msg_1"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    headers = {name: value for name, value in _signed().items() if name != missing}
    with pytest.raises(NotGenuineError):
        signing.verify(SECRET, headers, BODY, now=NOW)


@pytest.mark.parametrize("timestamp", ["", "x", "-5", "1.5", "９", "9" * 20])
def test_a_time_that_cannot_be_read_is_refused(timestamp: str) -> None:
    with pytest.raises(NotGenuineError):
        signing.verify(SECRET, {**_signed(), "webhook-timestamp": timestamp}, BODY, now=NOW)


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_an_old_message_is_no_news(late: timedelta) -> None:
    with pytest.raises(NotGenuineError, match="too old"):
        signing.verify(SECRET, _signed(), BODY, now=NOW + late)


def test_another_secret_another_id_another_body_are_refused() -> None:
    for secret, headers, body in (
        (signing.new_secret(), _signed(), BODY),
        (SECRET, {**_signed(), "webhook-id": "msg_2"}, BODY),
        (SECRET, _signed(), BODY + b" "),
        (SECRET, {**_signed(), "webhook-signature": "v1,é v2,x"}, BODY),
        ("whsec_not base64", _signed(), BODY),
    ):
        with pytest.raises(NotGenuineError):
            signing.verify(secret, headers, body, now=NOW)


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_believed_by_who_shares_the_secret(body: bytes) -> None:
    assert signing.verify(SECRET, _signed(body), body, now=NOW) == "msg_1"


def test_secrets_are_long_and_never_the_same() -> None:
    made = {signing.new_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(secret.startswith("whsec_") and len(secret) == 50 for secret in made)


def test_a_sealed_secret_is_read_for_its_purpose_only() -> None:
    sealed = vault.seal(SECRET, purpose="webhook secret")
    assert SECRET.encode() not in sealed
    assert vault.unseal(sealed, purpose="webhook secret") == SECRET
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for broken, purpose in ((sealed, "another"), (changed, "webhook secret"),
                            (b"", "webhook secret")):  # fmt: skip
        with pytest.raises(vault.UnreadableError):
            vault.unseal(broken, purpose=purpose)

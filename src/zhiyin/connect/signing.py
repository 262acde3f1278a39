"""Signatures of webhooks as Standard Webhooks has them (standardwebhooks.com, symmetric, `v1`).

Knows no Django, so that a receiver written in Python can copy this file: `verify` is all it needs.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)
_BYTES = 32


class NotGenuineError(ValueError):
    """The message is not from whom it says, or too old or too new; do not act on it."""


def new_secret() -> str:
    """A secret to share: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether a text can be a secret: base64, with or without its beginning."""
    try:
        return len(base64.b64decode(text.removeprefix(PREFIX), validate=True)) >= 16
    except (binascii.Error, ValueError):
        return False


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers(
    secrets_: Iterable[str], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """What goes out beside the body: one signature for each secret that is good now."""
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(secret, message_id, timestamp, body) for secret in secrets_
        ),
    }


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """The id of a genuine message; raises `NotGenuineError`.

    `body` is what arrived, byte for byte: JSON that was read and written again differs.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id = given.get("webhook-id", "")
    timestamp = given.get("webhook-timestamp", "")
    if not message_id or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13):
        raise NotGenuineError("a header is missing or cannot be read")
    if abs(now.timestamp() - int(timestamp)) > tolerance.total_seconds():
        raise NotGenuineError("too old, or from the future: a replay, or a clock that is wrong")
    try:
        expected = signature(secret, message_id, int(timestamp), body)
    except binascii.Error as error:
        raise NotGenuineError("the secret is not base64") from error
    found = given.get("webhook-signature", "").split(" ")
    # As bytes, since whoever forges may send other scripts; each in a time that tells nothing.
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in found):
        raise NotGenuineError("the signature is of another secret, or the body was changed")
    return message_id

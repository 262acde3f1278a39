"""Who sent this? Signatures of webhooks as senders make them, and what is said around the body.

Pure. Each comparison takes the same time whatever is given. Schemes: Standard Webhooks
(standardwebhooks.com), Shopify and WooCommerce (HMAC-SHA256 of the body in base64),
X-Hub-Signature-256 (in hexadecimal), a bearer token, a secret in the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from zhiyin.connect import signing

MOST_ID, MOST_TOPIC = 200, 120
_IDS = ("webhook-id", "svix-id", "x-shopify-webhook-id", "x-wc-webhook-delivery-id",
        "x-github-delivery", "idempotency-key")  # fmt: skip
_TOPICS = ("x-shopify-topic", "x-wc-webhook-topic", "x-github-event", "x-webhook-topic",
           "x-event-type", "x-topic")  # fmt: skip
_IN_BODY = ("type", "topic", "event_type", "event")


class Scheme(StrEnum):
    """How a sender proves itself."""

    STANDARD = "standard"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    HUB = "hub"
    BEARER = "bearer"
    PATH = "path"


OURS = frozenset({Scheme.STANDARD})  # whose secrets are written `whsec_…`
_BASE64 = {Scheme.SHOPIFY: "x-shopify-hmac-sha256", Scheme.WOOCOMMERCE: "x-wc-webhook-signature"}


class StaleError(ValueError):
    """Genuine perhaps, but not of these minutes: a replay, or a clock that is wrong."""


def is_genuine(
    scheme: Scheme, secret: str, headers: Mapping[str, str], body: bytes, *, token: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Whether whoever sent this knows the secret. `headers` are in lower case, `token` is the end
    of the address. Raises `StaleError`."""
    match scheme:
        case Scheme.STANDARD:
            return _is_standard(secret, headers, body, now)
        case Scheme.SHOPIFY | Scheme.WOOCOMMERCE:
            return _same(_base64(secret, body), headers.get(_BASE64[scheme], ""))
        case Scheme.HUB:
            made = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
            return _same(made, headers.get("x-hub-signature-256", ""))
        case Scheme.BEARER:
            kind, _, given = headers.get("authorization", "").partition(" ")
            return kind.lower() == "bearer" and _same(secret, given.strip())
        case Scheme.PATH:
            return _same(secret, token)


def _is_standard(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    # Svix, which the standard came from, calls its headers so.
    named = {name.replace("svix-", "webhook-", 1): value for name, value in headers.items()}
    try:
        signing.verify(secret, named, body, now=now)
    except signing.NotGenuineError as error:
        stamp = named.get("webhook-timestamp", "")
        if stamp.isascii() and stamp.isdigit() and len(stamp) < 13:
            apart = abs(now.timestamp() - int(stamp))
            if apart > signing.TOLERANCE.total_seconds():
                raise StaleError from error
        return False
    return True


def _base64(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def _same(one: str, other: str) -> bool:
    # As bytes, since whoever forges may send other scripts; in a time that tells nothing.
    return bool(one) and hmac.compare_digest(one.encode(), other.encode())


def message_id(headers: Mapping[str, str], body: bytes) -> str:
    """By which a message that comes twice is known: the sender's own id, else a digest."""
    given = next((headers[name].strip() for name in _IDS if headers.get(name, "").strip()), "")
    if given and len(given) <= MOST_ID:
        return given
    return "sha256:" + hashlib.sha256(given.encode() or body).hexdigest()


def topic(headers: Mapping[str, str], document: object) -> str:
    """What the sender calls this: by its header, or by the type of what wraps its data."""
    given = next((headers[name].strip() for name in _TOPICS if headers.get(name, "").strip()), "")
    if not given and isinstance(document, dict) and isinstance(document.get("data"), dict):
        said = (document.get(name) for name in _IN_BODY)
        given = next((one.strip() for one in said if isinstance(one, str) and one.strip()), "")
    return given.replace("\0", "")[:MOST_TOPIC]

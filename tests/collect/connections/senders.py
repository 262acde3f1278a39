"""Those who send webhooks, each signing as their own documentation says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from zhiyin.collect.models import Connection
from zhiyin.connect import signing


def order(number: int, *, at: str = "2026-03-01T10:00:00+08:00", **more: object) -> dict[str, Any]:
    """An order as Shopify tells of it."""
    return {
        "id": 5_000_000 + number, "name": f"#{number}", "order_number": number,
        "email": f"c{number}@example.com", "created_at": at, "currency": "CNY",
        "line_items": [{"sku": "TEA-1", "name": "正山小种", "quantity": 2, "price": "88.00"}],
        **more,
    }  # fmt: skip


def shopify(
    secret: str, body: bytes, topic: str = "orders/create", id_: str = ""
) -> dict[str, str]:
    """X-Shopify-Hmac-Sha256: base64 of the HMAC of the body."""
    made = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {"X-Shopify-Hmac-Sha256": made, "X-Shopify-Topic": topic,
            **({"X-Shopify-Webhook-Id": id_} if id_ else {})}  # fmt: skip


def hub(secret: str, body: bytes) -> dict[str, str]:
    """X-Hub-Signature-256: `sha256=` and the HMAC in hexadecimal."""
    return {"X-Hub-Signature-256": "sha256="
            + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}  # fmt: skip


def standard(secret: str, body: bytes, *, id_: str, at: datetime | None = None) -> dict[str, str]:
    """Standard Webhooks: id, time and body are signed."""
    stamp = int((at or datetime.now(UTC)).timestamp())
    return signing.headers([secret], id_, stamp, body)


def post(one: Connection, told: object, headers: dict[str, str], token: str = "") -> int:
    """Send it; the status of the answer."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    name = "arrive_by_secret" if token else "arrive"
    where = reverse(name, args=[one.pk, token] if token else [one.pk])
    answer = Client(enforce_csrf_checks=True).post(
        where, body, content_type="application/json", headers=headers
    )
    return answer.status_code


def send(one: Connection, secret: str, told: object, topic: str = "orders/create") -> int:
    """Send something as Shopify does."""
    body = json.dumps(told).encode()
    return post(one, body, shopify(secret, body, topic))

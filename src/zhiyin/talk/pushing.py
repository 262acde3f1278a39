"""Calls the browsers that users let us call, through the one way out (connect.egress)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from django.db.models import F
from django.urls import reverse
from django.utils.translation import override

from zhiyin.accounts.models import User
from zhiyin.connect import egress, policies
from zhiyin.connect.reasons import FailedError, RefusedError
from zhiyin.talk import delivering, vapid, webpush
from zhiyin.talk.models import PushDevice

log = structlog.get_logger(__name__)
TIME_TO_LIVE = 24 * 3600  # seconds for which the service keeps a message for a sleeping browser
MOST_FAILURES = 20
Send = Callable[[str, dict[str, str], bytes], int]


def through_egress(url: str, headers: dict[str, str], body: bytes) -> int:
    """Post to a push service under the policy of this installation; the status of its answer."""
    answer = egress.send("POST", url, policy=policies.current(), headers=headers, body=body)
    return answer.status


def send_pushes(*, now: datetime, send: Send = through_egress) -> int:
    """Call every user for whom something is due; returns how many."""

    def tell(user: User, told: delivering.Told) -> None:
        with override(user.locale):
            payload = {"title": delivering.headline(told), "url": reverse("notices")}
        for device in PushDevice.objects.filter(user=user):
            _call(device, msgspec.json.encode(payload), send, now)

    return delivering.tell_due("push_due", tell, now=now)


def _call(device: PushDevice, message: bytes, send: Send, now: datetime) -> None:
    """Call one browser; forget one that is gone, or fails too often."""
    body = webpush.encrypted(
        message,
        ua_public=bytes(device.public_key),
        auth_secret=bytes(device.secret),
        as_private=ec.generate_private_key(webpush.CURVE),
        salt=secrets.token_bytes(webpush.SALT_LENGTH),
    )
    headers = {
        "authorization": vapid.authorization(device.endpoint, now=now),
        "content-encoding": "aes128gcm", "content-type": "application/octet-stream",
        "ttl": str(TIME_TO_LIVE), "urgency": "normal", "topic": "zhiyin",
    }  # fmt: skip
    try:
        status = send(device.endpoint, headers, body)
    except (RefusedError, FailedError) as error:
        log.warning("push_failed", device=str(device.pk), why=type(error).__name__)
        status = 0
    if status in (404, 410) or (not 200 <= status < 300 and device.failures + 1 >= MOST_FAILURES):
        device.delete()
    elif 200 <= status < 300:
        PushDevice.objects.filter(pk=device.pk).update(failures=0)
    else:
        PushDevice.objects.filter(pk=device.pk).update(failures=F("failures") + 1)

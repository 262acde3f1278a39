"""`Idempotency-Key` on writes: the same request again gets the answer of the first, for 24 hours.

The deed and its kept answer are one transaction, so a server that dies in between leaves neither,
and whoever asks again does it for the first time. While the first request is on its way, the same
key is answered 409 (an advisory lock, which ends with its transaction); with another body, 422.
Keys belong to the token, or to the user of a session.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from zhiyin.accounts import challenge
from zhiyin.accounts.api import problems
from zhiyin.accounts.api.problems import Fault, Problem
from zhiyin.accounts.api.requests import MOST_BYTES
from zhiyin.accounts.models import KeptAnswer

HEADER = "Idempotency-Key"
FORM = "^[!-~]{1,255}$"
KEPT_FOR = timedelta(hours=24)
_WRITES = frozenset({"POST", "PATCH"})
# Nothing was done: the same key may be used once the reason is gone.
_NOT_KEPT = frozenset({401, 403, 412, 429})
_BAD = {"zh": "1 到 255 个可见 ASCII 字符", "en": "1 to 255 visible ASCII characters"}
_OTHER = {
    "zh": "这个键已用于另一个请求",
    "en": "This key was used for another request",
}
_ON_ITS_WAY = {
    "zh": "带有这个键的请求正在处理，请稍后重试",
    "en": "A request with this key is on its way; try again in a moment",
}


class IdempotencyMiddleware:
    """Around every write of the API that carries a key; after the asker is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Do it once, or give the kept answer."""
        key = request.headers.get(HEADER)
        if key is None or not _applies(request):
            return self.get_response(request)
        if not re.fullmatch(FORM, key):
            return problems.answer(Problem(422, faults=[Fault(HEADER, _BAD)]))
        asker, digest, now = _asker(request), _digest(request), timezone.now()
        with transaction.atomic():
            if not _locked(asker, key):
                answer = problems.answer(Problem(409, _ON_ITS_WAY))
                answer.headers["Retry-After"] = "1"
                return answer
            kept = KeptAnswer.objects.filter(asker=asker, key=key).first()
            if kept is not None and kept.created_at > now - KEPT_FOR:
                return _again(kept, digest)
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif response.status_code not in _NOT_KEPT and isinstance(response, HttpResponse):
                _keep(asker, key, digest, response, now)
            return response


def forget(now: datetime) -> None:
    """Throw away answers whose time is over."""
    KeptAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()


def _applies(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return (
        request.method in _WRITES
        and challenge.is_api(request)
        and request.user.is_authenticated
        and length.isdigit()
        and int(length) <= MOST_BYTES  # what is larger is refused further in
    )


def _asker(request: HttpRequest) -> str:
    token = challenge.token_of(request)
    return f"token:{token.pk}" if token is not None else f"user:{request.user.pk}"


def _digest(request: HttpRequest) -> bytes:
    head = f"{request.method}\n{request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).digest()


def _locked(asker: str, key: str) -> bool:
    """Whether this request is the only one with the key, until its transaction ends."""
    number = hashlib.sha256(f"{asker}\n{key}".encode()).digest()[:8]
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_xact_lock(%s)", [int.from_bytes(number, "big", signed=True)]
        )
        (got,) = cursor.fetchone() or (False,)
    return bool(got)


def _again(kept: KeptAnswer, digest: bytes) -> HttpResponse:
    if bytes(kept.digest) != digest:
        return problems.answer(Problem(422, faults=[Fault(HEADER, _OTHER)]))
    answer = HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _keep(asker: str, key: str, digest: bytes, response: HttpResponse, now: datetime) -> None:
    KeptAnswer.objects.update_or_create(
        asker=asker,
        key=key,
        defaults={
            "digest": digest,
            "status": response.status_code,
            "content_type": response.headers["Content-Type"],
            "body": response.content,
            "created_at": now,
        },
    )

"""The door for events: addresses, keys, answers.

Exactly 200 and only after the commit: RudderStack's Python library takes 202 for a failure and
sends again, Segment's takes it for success. A source whose key is wrong, switched off or not meant
for that page gets an answer that no SDK repeats; a door that has to wait says 429 or 503 with
Retry-After, which SDKs do repeat.
"""

from __future__ import annotations

import base64
import binascii
import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

from psycopg import Error as DatabaseError
from psycopg_pool import PoolTimeout

from zhiyin.collect.tracking import sdk_settings
from zhiyin.collect.tracking.bodies import Body, Refused, look
from zhiyin.collect.tracking.inbox import Arrived, Busy, Inbox
from zhiyin.collect.tracking.keys import Key, Keys
from zhiyin.collect.tracking.pace import Pace
from zhiyin.collect.tracking.refusals import Refusals
from zhiyin.files.door import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

BATCH = "batch"
TYPES = ("track", "identify", "page", "screen", "group", "alias")
ROUTES = {
    "/v1/batch": BATCH, "/v1/b": BATCH, "/beacon/v1/batch": BATCH,
    **{f"/v1/{kind}": kind for kind in TYPES}, **{f"/v1/{kind[0]}": kind for kind in TYPES},
}  # fmt: skip
METRICS = "/v1/m"  # analytics.js tells how it fares; nobody here wants to know
PIXELS = {f"/v1/pixel/{kind}": kind for kind in TYPES}
BRINGING = {*ROUTES, *PIXELS}
LIBRARY = "/v1/zhiyin.js"
PREFIXES = ("/v1/", "/beacon/", "/sourceConfig")
WAIT_S = 1
NO_KEY = 401
COUNTED = {400, 401, 403, 404, 413, 429, 503}  # of requests that bring events

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_SUCCESS = b'{"success":true}'
_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_SCRIPT = (b"content-type", b"text/javascript; charset=utf-8")
_PLAIN_LIBRARY = (Path(__file__).parent / "browser" / "zhiyin.js").read_bytes()
_PACKED_LIBRARY = gzip.compress(_PLAIN_LIBRARY, mtime=0)
_PICTURE = (b"content-type", b"image/gif")
_UNKEPT = (b"cache-control", b"no-store")
# Answers hold nothing about anybody, so any page may read them; which pages may write is the key's.
# How long to wait is told to scripts only where it is exposed.
_ANY_PAGE = [(b"access-control-allow-origin", b"*"),
             (b"access-control-expose-headers", b"retry-after, x-ratelimit-reset")]  # fmt: skip
_PREFLIGHT: Headers = [
    *_ANY_PAGE,
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers",
     b"authorization, content-type, content-encoding, x-retry-count, anonymousid"),
    (b"access-control-max-age", b"86400"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a body may be, and how many messages a second a source may send; 0: any."""

    body_bytes: int
    messages_a_second: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the SDK is told."""

    status: int
    body: bytes
    headers: Headers


class TrackingAPI:
    """The ASGI application."""

    def __init__(
        self, keys: Keys, inbox: Inbox, refusals: Refusals, limits: Limits, *, secure: bool = False
    ) -> None:
        """`secure` where browsers reach us by https, whatever stands between."""
        self._keys, self._inbox, self._refusals = keys, inbox, refusals
        self._limits, self._secure = limits, secure
        self._pace = Pace(limits.messages_a_second)

    @staticmethod
    def serves(path: str) -> bool:
        """Whether an address is one of these."""
        return path.startswith(PREFIXES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._answer(scope, receive)
        except Refused as refused:
            answer = _refusal(refused)
            await self._count(scope, refused)
        except (DatabaseError, PoolTimeout):
            answer = _refusal(_not_written())
        length = (b"content-length", str(len(answer.body)).encode())
        await send({"type": "http.response.start", "status": answer.status,
                    "headers": [*answer.headers, length]})  # fmt: skip
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        method, path = scope["method"], scope["path"]
        if method == "OPTIONS":
            return Answer(204, b"", _PREFLIGHT)
        kind = ROUTES.get(path)
        if kind is not None or path == METRICS:
            if method != "POST":
                raise Refused(405, "events are sent by POST\n")
            body = await self._body(scope, receive)
            if kind is not None:
                await self._take(scope, kind, body)
            return Answer(200, _SUCCESS, [*_ANY_PAGE, _JSON])
        if method not in ("GET", "HEAD"):
            raise Refused(404, "there is no such address\n")
        if path in PIXELS:
            await self._take(scope, PIXELS[path], _told_in_address(scope))
            return Answer(200, GIF, [*_ANY_PAGE, _PICTURE, _UNKEPT])
        if path == LIBRARY:
            return _library(packed=b"gzip" in _header(scope, b"accept-encoding"))
        return await self._settings(scope, path)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body; one that is too large is not read to its end."""
        parts: list[bytes] = []
        held = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise Refused(400, "the sender went away\n")
            part = message.get("body", b"")
            held += len(part)
            if held > self._limits.body_bytes:
                raise Refused(413, f"the body may hold {self._limits.body_bytes} bytes\n")
            if not message.get("more_body"):
                return part if not parts else b"".join((*parts, part))
            parts.append(part)

    async def _take(self, scope: Scope, kind: str, body: bytes) -> None:
        """Into the inbox, if the key allows it."""
        header = _header(scope, b"authorization")
        seen = look(body, batch=kind == BATCH, most=self._limits.body_bytes)
        key = await self._key(_basic(header) or seen.key or _asked(scope, "writeKey"))
        try:
            _check_origin(scope, key)
            if seen.messages == 0:
                return
            wait = self._pace.wait(key.source, seen.messages)
            if wait is not None:
                raise Refused(429, "too many events a second from this source\n", wait)
            await self._inbox.put(_arrived(key, kind, seen, body))
        except Refused as refused:
            raise refused.of(key.source) from None
        except Busy:
            raise _not_written().of(key.source) from None

    async def _count(self, scope: Scope, refused: Refused) -> None:
        """Let the source's page say that requests were refused; only those that bring events."""
        if refused.status not in COUNTED or scope["path"] not in BRINGING:
            return
        source = refused.source
        if source is None and refused.status != NO_KEY:  # the body was refused before its key
            given = _basic(_header(scope, b"authorization")) or _asked(scope, "writeKey")
            try:
                found = await self._keys.find(given) if given else None
            except (DatabaseError, PoolTimeout):
                found = None
            source = found.source if found else None
        self._refusals.add(source, refused.status)

    async def _key(self, given: str) -> Key:
        if not given:
            raise Refused(401, "a write key is missing\n")
        found = await self._keys.find(given)
        if found is None:
            raise Refused(401, "this write key is not known\n")
        if not found.enabled:
            raise Refused(404, "this source is switched off\n").of(found.source)
        return found

    async def _settings(self, scope: Scope, path: str) -> Answer:
        """What the browser libraries ask before they begin."""
        parts = path.strip("/").split("/")
        if parts[:2] == ["v1", "projects"] and parts[3:] == ["settings"]:
            key = await self._key(parts[2])
            scheme = "https" if self._secure else scope["scheme"]
            made = sdk_settings.segment(parts[2], _host(scope), scheme)
        elif parts == ["sourceConfig"]:
            given = _basic(_header(scope, b"authorization")) or _asked(scope, "writeKey")
            key = await self._key(given)
            made = sdk_settings.rudder(given, key)
        else:
            raise Refused(404, "there is no such address\n")
        _check_origin(scope, key)
        return Answer(200, made, [*_ANY_PAGE, _JSON, (b"cache-control", b"max-age=60")])


def _library(*, packed: bool) -> Answer:
    """Our own browser library."""
    headers = [*_ANY_PAGE, _SCRIPT, (b"cache-control", b"max-age=3600"),
               (b"vary", b"accept-encoding"), (b"x-content-type-options", b"nosniff")]  # fmt: skip
    if packed:
        return Answer(200, _PACKED_LIBRARY, [*headers, (b"content-encoding", b"gzip")])
    return Answer(200, _PLAIN_LIBRARY, headers)


def _arrived(key: Key, kind: str, seen: Body, body: bytes) -> Arrived:
    return Arrived(seen.partition, key.source, kind, seen.messages, datetime.now(UTC), body)


def _not_written() -> Refused:
    return Refused(503, "not written; send it again\n", WAIT_S)


def _refusal(refused: Refused) -> Answer:
    headers = [*_ANY_PAGE, _TEXT]
    if refused.wait_s is not None:
        wait = str(refused.wait_s).encode()
        headers += [(b"retry-after", wait), (b"x-ratelimit-reset", wait)]
    return Answer(refused.status, refused.why.encode(), headers)


def _check_origin(scope: Scope, key: Key) -> None:
    """A key may be bound to pages; servers, which say no origin, are not meant by that."""
    origin = _header(scope, b"origin").decode("latin-1")
    if key.origins and origin and origin not in key.origins:
        raise Refused(403, "this write key is not meant for that page\n")


def _header(scope: Scope, name: bytes) -> bytes:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value for found, value in headers if found == name), b"")


def _basic(header: bytes) -> str:
    """The user name of Basic authentication, which is where SDKs put the key."""
    scheme, _, given = header.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        return base64.b64decode(given, validate=True).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _asked(scope: Scope, name: str) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get(name, [""])[0] if query else ""


def _told_in_address(scope: Scope) -> bytes:
    """The message of a picture's address: base64 of JSON, with or without its padding."""
    given = _asked(scope, "data").replace(" ", "+").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "data is not base64\n") from None


def _host(scope: Scope) -> str:
    """Where the browser reached us."""
    return _header(scope, b"host").decode("latin-1")

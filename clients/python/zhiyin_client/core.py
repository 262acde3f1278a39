"""How the client speaks to a server: one request, one typed answer, or a typed error.

Needs nothing but msgspec. Redirects are not followed, so that a token goes to no other host.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import date
from http.client import HTTPException
from typing import Any, NoReturn, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from zhiyin_client.errors import ApiError, NoConnection, error_of

T = TypeVar("T")
_PREFIX = "/api/v1"


class Answer(msgspec.Struct, kw_only=True):
    """What every answer has: the `ETag` that it came with, for `if_match`."""

    etag: str | None = None


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Transport:
    """A server and who asks: `Transport("https://crm.example.com", "zy_…")`."""

    def __init__(
        self, url: str, token: str, *, language: str = "en", timeout: float = 30.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the address of the server begins with http:// or https://")
        self._url = url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {token}", "Accept": "application/json",
            "Accept-Language": language,
        }  # fmt: skip
        self._timeout = timeout
        self._opener = build_opener(_NoRedirect)

    def call(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        arguments: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: object = None,
        form: Mapping[str, object] | None = None,
    ) -> T:
        """One request; raises an `ApiError` where the server refuses."""
        names = {name: quote(str(value), safe="") for name, value in (arguments or {}).items()}
        asked = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        address = f"{self._url}{_PREFIX}{path.format(**names)}"
        if asked:
            address = f"{address}?{urlencode(asked)}"
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        data: bytes | None = None
        if form is not None:
            sent["Content-Type"], data = _multipart(form)
        elif body is not None:
            sent["Content-Type"], data = "application/json", msgspec.json.encode(body)
        request = Request(address, data, {**self._headers, **sent}, method=method)
        return self._send(request, answer)

    def _send(self, request: Request, answer: type[T]) -> T:
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                found = msgspec.json.decode(response.read(), type=answer)
                etag = response.headers.get("ETag")
        except HTTPError as error:
            _refuse(error)
        except msgspec.MsgspecError as error:
            raise ApiError(200, None, "the answer is not what the description promises") from error
        except (OSError, HTTPException) as error:
            raise NoConnection(str(error)) from error
        if isinstance(found, Answer):
            found.etag = etag
        return found


def _refuse(error: HTTPError) -> NoReturn:
    with error:
        body, wait = error.read(), error.headers.get("Retry-After", "")
    raise error_of(error.code, body, int(wait) if wait.isdecimal() else None) from error


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(str(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, date) else str(value)


def _multipart(form: Mapping[str, object]) -> tuple[str, bytes]:
    """A form with files, each given as its name and its bytes."""
    mark = secrets.token_hex(16)
    parts = bytearray()
    for name, value in form.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, tuple):
            file, content = value
            kept = str(file).replace('"', "%22").replace("\r", "").replace("\n", "")
            head += f'; filename="{kept}"\r\nContent-Type: application/octet-stream'
        else:
            content = _text(value).encode()
        parts += f"{head}\r\n\r\n".encode() + content + b"\r\n"
    parts += f"--{mark}--\r\n".encode()
    return f"multipart/form-data; boundary={mark}", bytes(parts)

"""How bytes are answered: as an attachment, with no type to guess and nothing allowed to run."""

from __future__ import annotations

from typing import TypeVar

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from zhiyin.files import pictures, services, store
from zhiyin.files.models import File
from zhiyin.files.rules import media_type

Answer = TypeVar("Answer", HttpResponse, StreamingHttpResponse)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Download-Options": "noopen",
    "Cache-Control": "private, no-store",
}


class Locked(Exception):  # noqa: N818  (an outcome: the file is not handed out now)
    """The scanner has not looked yet, or found something."""


def attachment(file: File) -> StreamingHttpResponse:
    """The file's bytes, to be saved. Raises `Locked` or `store.MissingError`."""
    if not file.content.may_leave:
        raise Locked
    content = file.content
    told = media_type(content.found, content.doubted, file.disguised)
    answer = StreamingHttpResponse(store.configured().chunks(content.place), content_type=told)
    answer.headers["Content-Length"] = str(content.size)
    answer.headers["Content-Disposition"] = content_disposition_header(True, file.name) or ""
    return _closed(answer)


def picture(file: File, size: str) -> HttpResponse:
    """The picture that we drew of the file. Raises `Locked` where there is none to show."""
    if not file.content.has_picture:
        raise Locked
    place = services.picture_place(file.content, size)
    answer = HttpResponse(
        b"".join(store.configured().chunks(place)), content_type=pictures.MEDIA_TYPE
    )
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["Cache-Control"] = "private, max-age=300"
    return _closed(answer)


def _closed(answer: Answer) -> Answer:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer

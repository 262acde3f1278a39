"""/files: attached to a record, listed, read and taken off again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Form, Query, Router, Schema, Status, UploadedFile
from ninja import File as FileParam

from zhiyin.accounts import records
from zhiyin.accounts.api import paging
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.preconditions import State
from zhiyin.accounts.api.problems import Problem, or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.files import links, queries, services
from zhiyin.files.models import File
from zhiyin.files.rules import media_type
from zhiyin.files.taking import Refused

router = Router(tags=["files"])
Answer = dict[str, object]
STATE = State("name", "deleted_at")


class RecordRef(Schema):
    """A record that something hangs on."""

    record_type: str = Field(max_length=40, examples=["customer"])
    record_id: UUID


class FilesQuery(PageQuery, RecordRef):
    """The files of which record."""


class FileOut(Schema):
    """An attached file."""

    id: UUID
    record_type: str = Field(examples=["customer"])
    record_id: UUID
    name: str = Field(description="Untrusted text.", examples=["合同.pdf"])
    size: int = Field(description="Bytes.", examples=[48213])
    sha256: str
    kind: str = Field(description="Found in the bytes, not in the name.", examples=["pdf"])
    media_type: str = Field(
        description="`application/octet-stream` unless everything says that it is harmless."
    )
    doubt: str = Field(description="`polyglot`, `broken`, `macros`, or empty.")
    disguised: bool = Field(description="The name says another kind than the bytes.")
    scan: Literal["none", "waiting", "clean", "infected"]
    by: Named
    created_at: datetime
    deleted_at: datetime | None


class LinkOut(Schema):
    """Where the bytes are: not while a scanner looks at them, never if they are infected."""

    url: str = Field(description="Needs the session of whoever asked, or is good once.")
    expires_at: datetime


class FilePage(Page):
    """Files, the newest first."""

    items: list[FileOut]


@router.get("/files", response=answers(FilePage, *ROW), operation_id="list_files",
            summary="The files of a record")  # fmt: skip
@gate("file.see")
def files(request: HttpRequest, asked: Query[FilesQuery]) -> Answer:
    """What is attached to a record that you may see."""
    ref = (asked.record_type, asked.record_id)
    records.find(user_of(request), ref)
    here = queries.of_record(ref).filter(deleted_at=None)
    found, following = paging.newest(here, asked, f"files:{ref[0]}:{ref[1]}")
    return {"items": [_told(file) for file in found], "next": following}


@router.post("/files", response=answers(FileOut, *ROW, *BODY, 413, status=201),
             operation_id="attach_file", summary="Attach a file")  # fmt: skip
@gate("file.add")
def attach(
    request: HttpRequest, to: Form[RecordRef], file: FileParam[UploadedFile]
) -> Status[Answer]:
    """Attach a file to a record that you may change. What it is, its bytes say."""
    me, ref = user_of(request), (to.record_type, to.record_id)
    if not services.limits().takes(file.size or 0):
        raise Problem(413)
    made = or_invalid(
        "file", lambda: services.attach(ref, file.chunks(), name=file.name or "", by=me), Refused
    )
    return Status(201, _told(made))


@router.get("/files/{file_id}", response=answers(FileOut, *ROW), operation_id="get_file",
            summary="One file")  # fmt: skip
@gate("file.see")
def file(request: HttpRequest, file_id: UUID) -> Answer:
    """What is known of a file; its bytes are at `download`."""
    return _told(STATE.tell(request, queries.file(user_of(request), file_id)))


@router.post("/files/{file_id}/link", response=answers(LinkOut, *ROW, *BODY),
             operation_id="link_file", url_name="link_file", summary="The bytes")  # fmt: skip
@gate("file.see")
def link(request: HttpRequest, file_id: UUID) -> Answer:
    """A link to the bytes that is good for you alone, and for minutes."""
    me = user_of(request)
    made = links.address(queries.file(me, file_id), by=me)
    lives = links.TICKET_LIVES if settings.FILES_ORIGIN else links.LIVES
    return {"url": request.build_absolute_uri(made), "expires_at": timezone.now() + lives}


@router.delete("/files/{file_id}", response=answers(FileOut, *ROW, *BODY, *MATCH),
               operation_id="delete_file", url_name="file", summary="Take a file off")  # fmt: skip
@gate("file.delete")
def delete(request: HttpRequest, file_id: UUID) -> Answer:
    """Take a file off its record; it can be restored for thirty days."""
    me = user_of(request)
    held = queries.file(me, file_id, deleted=True)
    with STATE.unchanged(request, held):
        return _told(services.delete(held, by=me, now=timezone.now()))


@router.post("/files/{file_id}/restore", response=answers(FileOut, *ROW, *BODY, *MATCH),
             operation_id="restore_file", url_name="restore_file",
             summary="Bring a file back")  # fmt: skip
@gate("file.delete")
def restore(request: HttpRequest, file_id: UUID) -> Answer:
    """Bring a deleted file back, where its record has room for it."""
    me = user_of(request)
    held = queries.file(me, file_id, deleted=True)
    with STATE.unchanged(request, held):
        return _told(or_invalid("file", lambda: services.restore(held, by=me), Refused))


def _told(file: File) -> Answer:
    content = file.content
    return {
        "id": file.pk, "record_type": file.record_type, "record_id": file.record_id,
        "name": file.name, "size": content.size, "sha256": content.sha256, "kind": content.kind,
        "media_type": media_type(content.found, content.doubted, file.disguised),
        "doubt": content.doubt, "disguised": file.disguised, "scan": content.scan,
        "by": {"id": file.by_id, "name": file.by.name}, "created_at": file.created_at,
        "deleted_at": file.deleted_at,
    }  # fmt: skip

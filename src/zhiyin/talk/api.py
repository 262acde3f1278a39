"""/comments and /notifications: what colleagues write, and what one is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import ConfigDict

from zhiyin.accounts import records
from zhiyin.accounts.api import paging
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.preconditions import State
from zhiyin.accounts.api.problems import or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.talk import queries, services
from zhiyin.talk.models import Comment
from zhiyin.talk.services import LONGEST, Refused, Written

router = Router(tags=["talk"])
Answer = dict[str, object]
STATE = State("text", "edited_at", "deleted_at")


class CommentIn(Schema):
    """A text, and who is meant where several have the name behind an @."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST, examples=["@林小满 请回电"])
    mentions: list[UUID] = Field([], max_length=50)


class NewComment(CommentIn):
    """A comment on a record."""

    record_type: str = Field(max_length=40, examples=["customer"])
    record_id: UUID


class CommentsQuery(PageQuery):
    """The comments of which record."""

    record_type: str = Field(max_length=40, examples=["customer"])
    record_id: UUID


class CommentOut(Schema):
    """What a colleague wrote; untrusted text."""

    id: UUID
    record_type: str
    record_id: UUID
    by: Named
    text: str
    mentions: list[UUID] = Field(description="Users who were told.")
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class WrittenOut(CommentOut):
    """A comment as it was kept, and who was called in vain."""

    unable: list[str] = Field(description="Names of those who may not see the record.")
    unclear: list[str] = Field(description="Names that several people have.")


class CommentPage(Page):
    """Comments, the newest first."""

    items: list[CommentOut]


class NoticeOut(Schema):
    """Something that you were told; several of a kind are told as one."""

    id: UUID
    ids: list[UUID]
    kind: str = Field(examples=["comment.mention"])
    text: str = Field(description="In the reader's language, by the rights of this moment.")
    count: int
    at: datetime
    unread: bool
    address: str = Field(description="Where it leads, on this site.")


class NoticePage(Page):
    """Notices, the newest first, and how much is unread in all (at most 100)."""

    items: list[NoticeOut]
    unread: int


class ReadIn(Schema):
    """Which notices were read; none means all."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] = Field([], max_length=500)


class ReadOut(Schema):
    """How many were unread before."""

    read: int


@router.get("/comments", response=answers(CommentPage, *ROW), operation_id="list_comments",
            summary="The comments of a record")  # fmt: skip
@gate("comment.see")
def comments(request: HttpRequest, asked: Query[CommentsQuery]) -> Answer:
    """What colleagues wrote beside a record that you may see."""
    ref = (asked.record_type, asked.record_id)
    records.find(user_of(request), ref)
    found, following = paging.newest(queries.of_record(ref), asked, f"comments:{ref[0]}:{ref[1]}")
    return {"items": [_told(one) for one in found], "next": following}


@router.post("/comments", response=answers(WrittenOut, *ROW, *BODY),
             operation_id="add_comment", summary="Comment on a record")  # fmt: skip
@gate("comment.add")
def add(request: HttpRequest, new: NewComment) -> Answer:
    """Write beside a record; whom the text calls and who may see the record is told."""
    me, ref = user_of(request), (new.record_type, new.record_id)
    return _written(or_invalid(
        "text",
        lambda: services.add_comment(ref, new.text, by=me, chosen=set(new.mentions)),
        Refused,
    ))  # fmt: skip


@router.get("/comments/{comment_id}", response=answers(CommentOut, *ROW),
            operation_id="get_comment", url_name="comment", summary="One comment")  # fmt: skip
@gate("comment.see")
def comment(request: HttpRequest, comment_id: UUID) -> Answer:
    """A comment on a record that you may see."""
    return _told(STATE.tell(request, queries.comment(user_of(request), comment_id)))


@router.patch("/comments/{comment_id}", response=answers(WrittenOut, *ROW, *BODY, *MATCH),
              operation_id="edit_comment", url_name="comment",
              summary="Edit a comment")  # fmt: skip
@gate("comment.change")
def edit(request: HttpRequest, comment_id: UUID, change: CommentIn) -> Answer:
    """Write your own comment differently."""
    me = user_of(request)
    found = queries.comment(me, comment_id)
    with STATE.unchanged(request, found):
        written = or_invalid(
            "text",
            lambda: services.edit_comment(
                found, change.text, by=me, now=timezone.now(), chosen=set(change.mentions)
            ),
            Refused,
        )
    STATE.tell(request, written.comment)
    return _written(written)


@router.delete("/comments/{comment_id}", response=answers(CommentOut, *ROW, *BODY, *MATCH),
               operation_id="delete_comment", url_name="comment",
               summary="Delete a comment")  # fmt: skip
@gate("comment.change")
def delete(request: HttpRequest, comment_id: UUID) -> Answer:
    """Take your own comment back."""
    me = user_of(request)
    found = queries.comment(me, comment_id)
    with STATE.unchanged(request, found):
        return _told(services.delete_comment(found, by=me, now=timezone.now()))


@router.post("/comments/{comment_id}/restore", response=answers(CommentOut, *ROW, *BODY, *MATCH),
             operation_id="restore_comment", url_name="restore_comment",
             summary="Bring a comment back")  # fmt: skip
@gate("comment.change")
def restore(request: HttpRequest, comment_id: UUID) -> Answer:
    """Bring your own comment back, for thirty days; nobody is told anew."""
    me = user_of(request)
    found = queries.comment(me, comment_id)
    with STATE.unchanged(request, found):
        return _told(services.restore_comment(found, by=me))


@router.get("/notifications", response=answers(NoticePage), operation_id="list_notifications",
            summary="What you were told")  # fmt: skip
@gate("account.own")
def notifications(request: HttpRequest, asked: Query[PageQuery]) -> Answer:
    """Your own notices; each page groups its own."""
    me: User = user_of(request)
    found, following = paging.newest(queries.notices(me), asked, "notices")
    items = [
        {"id": line.id, "ids": list(line.ids), "kind": line.kind, "text": line.text,
         "count": line.count, "at": line.at, "unread": line.unread, "address": line.address}
        for line in queries.lines(me, found)
    ]  # fmt: skip
    return {"items": items, "next": following, "unread": queries.unread(me)}


@router.post("/notifications/read", response=answers(ReadOut, *BODY),
             operation_id="read_notifications", summary="Mark as read")  # fmt: skip
@gate("account.own")
def read(request: HttpRequest, which: ReadIn) -> Answer:
    """Mark some of your notices, or all, as read."""
    me, now = user_of(request), timezone.now()
    if which.ids:
        return {"read": services.mark_read(me, which.ids, now=now)}
    return {"read": services.mark_all_read(me, now=now)}


def _written(written: Written) -> Answer:
    return _told(written.comment) | {
        "unable": [user.name for user in written.called.unable],
        "unclear": written.called.unclear,
    }


def _told(comment: Comment) -> Answer:
    return {
        "id": comment.pk, "record_type": comment.record_type, "record_id": comment.record_id,
        "by": {"id": comment.by_id, "name": comment.by.name}, "text": comment.text,
        "mentions": comment.mentions, "created_at": comment.created_at,
        "edited_at": comment.edited_at, "deleted_at": comment.deleted_at,
    }  # fmt: skip

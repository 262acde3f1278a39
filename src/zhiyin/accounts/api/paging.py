"""Pages that go on from a cursor. A cursor is signed, so that nobody can write one by hand."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet
from ninja import Field, Schema

from zhiyin.accounts.api.problems import Fault, Problem

Row = TypeVar("Row", bound=Model)
_BAD = {
    "zh": "游标无效，或属于另一个列表或另一种排序",
    "en": "The cursor is not valid, or belongs to another list or order",
}


class PageQuery(Schema):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200, description="How many at most.", examples=[50])
    cursor: str = Field(
        "", max_length=1000, description="`next` of the page before; empty for the first page."
    )


class Page(Schema):
    """What every page of a list has."""

    next: str | None = Field(
        description="The cursor of the next page; null on the last one.", examples=[None]
    )


def seal(text: str, belongs_to: str) -> str:
    """A cursor that holds `text`, good only for the list that it belongs to."""
    return _signer(belongs_to).sign_object([text])


def unseal(cursor: str, belongs_to: str) -> str:
    """The text of a cursor."""
    try:
        found = _signer(belongs_to).unsign_object(cursor)
    except (BadSignature, ValueError) as error:
        raise Problem(422, faults=[Fault("cursor", _BAD)]) from error
    return str(found[0])


def _signer(belongs_to: str) -> Signer:
    return Signer(salt=f"zhiyin.api.{belongs_to}", sep=".")


def newest(rows: QuerySet[Row], asked: PageQuery, belongs_to: str) -> tuple[list[Row], str | None]:
    """A page, the newest first: our ids (UUIDv7) rise with time."""
    if asked.cursor:
        rows = rows.filter(pk__lt=UUID(unseal(asked.cursor, belongs_to)))
    found = list(rows.order_by("-pk")[: asked.limit + 1])
    more, found = len(found) > asked.limit, found[: asked.limit]
    return found, seal(str(found[-1].pk), belongs_to) if more else None

"""Many rows in one request, each with its own outcome.

A row without `id` is written down, one with `id` is changed. Each row is tried by itself: what is
wrong with one does not stand in the way of the others, and of a row that failed nothing is
written, audited or told. All good rows are kept together at the end, so that a server that dies on
the way has kept none. With an `Idempotency-Key` the whole request is done once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from ninja import Field, Schema
from pydantic import BaseModel, ValidationError

from zhiyin.accounts.api import problems
from zhiyin.accounts.api.faults import faults_of
from zhiyin.accounts.api.problems import Fault, Problem, ProblemOut

MOST = 200
ROW = "row"  # marks, in a schema, the place of a row; see console/openapi.py
Given = dict[str, Any]
Made = TypeVar("Made", bound=BaseModel)
_NO_ID = {"zh": "不是有效的 UUID", "en": "Not a valid UUID"}


class Marked(Schema):
    """Which record a row changes, and as it was when it was read."""

    id: UUID
    if_match: str | None = Field(
        None, max_length=500, examples=['"9f2c1d7a40b35e68.0b5d2f0c9a7e4a51b1c2d3e4f5061728"'],
        description="The `ETag` of this record as you read it, or `*`: 412 where it changed since.",
    )  # fmt: skip


class RowOut(Schema):
    """What became of one row."""

    index: int = Field(description="Its place in the request, from 0.", examples=[0])
    status: int = Field(description="As if it had been asked for alone.", examples=[201])
    id: UUID | None = Field(description="What was written; null where nothing was.")
    problem: ProblemOut | None = Field(description="Why nothing was written.")


class BulkOut(Schema):
    """What became of the rows, in their order."""

    done: int = Field(examples=[199])
    failed: int = Field(examples=[1])
    results: list[RowOut]


def rows(new: str, change: str) -> Any:
    """The field that holds the rows; the names are those of the schemas of a row."""
    return Field(
        min_length=1, max_length=MOST,
        description="A row without `id` is written down, one with `id` is changed.",
        json_schema_extra={"x-rows": [new, change]},
    )  # fmt: skip


def carry_out(
    given: Sequence[Given], create: Callable[[Given], UUID], change: Callable[[UUID, Given], None]
) -> dict[str, object]:
    """Try each row by itself; what became of each."""
    with transaction.atomic():
        results = [_result(index, row, create, change) for index, row in enumerate(given)]
    count = Counter(one["problem"] is None for one in results)
    return {"done": count[True], "failed": count[False], "results": results}


def read(schema: type[Made], row: Given) -> Made:
    """The row as its schema; a problem names what is wrong in it."""
    try:
        return schema.model_validate(row)
    except ValidationError as error:
        errors = [{**one, "loc": (ROW, *one["loc"])} for one in error.errors()]
        raise Problem(422, faults=faults_of(errors)) from error


def _result(
    index: int, row: Given, create: Callable[[Given], UUID], change: Callable[[UUID, Given], None]
) -> dict[str, Any]:
    try:
        with transaction.atomic():  # a savepoint: what a failed row wrote is taken back
            if "id" not in row:
                return {"index": index, "status": 201, "id": create(row), "problem": None}
            id_ = _id_of(row)
            change(id_, row)
            return {"index": index, "status": 200, "id": id_, "problem": None}
    except Problem as problem:
        refused = problem
    except PermissionDenied:
        refused = Problem(403)
    except Http404:
        refused = Problem(404)
    return {"index": index, "status": refused.status, "id": None,
            "problem": problems.told(refused)}  # fmt: skip


def _id_of(row: Given) -> UUID:
    try:
        return UUID(str(row["id"]))
    except ValueError as error:
        raise Problem(422, faults=[Fault("id", _NO_ID)]) from error

"""Many customers, companies or tasks in one request, each row with its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict

from zhiyin.accounts import access
from zhiyin.accounts.api import bulk
from zhiyin.accounts.api.bulk import BulkOut, Given, Marked
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.api import activity, companies, people
from zhiyin.customers.api.activity import TaskIn, TaskPatch
from zhiyin.customers.api.company_schemas import CompanyIn, CompanyPatch
from zhiyin.customers.api.schemas import CustomerIn, CustomerPatch

router = Router(tags=["bulk"])
Answer = dict[str, object]


class CustomerRow(Marked, CustomerPatch):
    """A change of one customer, at the version that was read."""


class CompanyRow(Marked, CompanyPatch):
    """A change of one company, at the version that was read."""


class TaskRow(Marked, TaskPatch):
    """A task that is done, or to do again."""


class _Rows(Schema):
    model_config = ConfigDict(extra="forbid")


class CustomerRows(_Rows):
    """Customers to write down or to change."""

    rows: list[dict[str, Any]] = bulk.rows("CustomerIn", "CustomerRow")


class CompanyRows(_Rows):
    """Companies to write down or to change."""

    rows: list[dict[str, Any]] = bulk.rows("CompanyIn", "CompanyRow")


class TaskRows(_Rows):
    """Tasks to add, to finish or to open again."""

    rows: list[dict[str, Any]] = bulk.rows("TaskIn", "TaskRow")


@router.post(
    "/customers/bulk", response=answers(BulkOut, *BODY), operation_id="bulk_customers",
    summary="Many customers at once",
)  # fmt: skip
@gate("customer.change", also=("customer.assign",))
def bulk_customers(request: HttpRequest, given: CustomerRows) -> Answer:
    """Up to 200 rows, each written down (no `id`) or changed (with `id`, and `version` or
    `if_match`) by itself; who may not add customers only changes some."""
    return _each(
        request, given.rows, "customer.add", (CustomerIn, people.create),
        (CustomerRow, people.change),
    )  # fmt: skip


@router.post(
    "/companies/bulk", response=answers(BulkOut, *BODY), operation_id="bulk_companies",
    summary="Many companies at once",
)  # fmt: skip
@gate("company.change", also=("company.assign",))
def bulk_companies(request: HttpRequest, given: CompanyRows) -> Answer:
    """Up to 200 rows, each written down (no `id`) or changed (with `id`, and `version` or
    `if_match`) by itself; who may not add companies only changes some."""
    return _each(
        request, given.rows, "company.add", (CompanyIn, companies.create),
        (CompanyRow, companies.change),
    )  # fmt: skip


def _each(
    request: HttpRequest,
    rows: Sequence[Given],
    adding: str,
    new: tuple[type[Schema], Callable[[User, Any], Model]],
    changed: tuple[type[Marked], Callable[[User, UUID, Any, str | None], Model]],
) -> Answer:
    """Write rows down or change them as the single requests do; `adding` is asked of new ones."""
    user = user_of(request)

    def create(row: Given) -> UUID:
        access.require(user, adding)
        made: UUID = new[1](user, bulk.read(new[0], row)).pk
        return made

    def change(id_: UUID, row: Given) -> None:
        given = bulk.read(changed[0], row)
        changed[1](user, id_, given, given.if_match)

    return bulk.carry_out(rows, create, change)


@router.post(
    "/tasks/bulk", response=answers(BulkOut, *BODY), operation_id="bulk_tasks",
    summary="Many tasks at once",
)  # fmt: skip
@gate("task.change")
def bulk_tasks(request: HttpRequest, given: TaskRows) -> Answer:
    """Up to 200 rows, each a new task (no `id`) or one that is done or to do again (with `id`)."""
    user = user_of(request)

    def create(row: Given) -> UUID:
        return activity.create_task(user, bulk.read(TaskIn, row)).pk

    def change(id_: UUID, row: Given) -> None:
        given = bulk.read(TaskRow, row)
        activity.finish(user, id_, given, given.if_match)

    return bulk.carry_out(given.rows, create, change)

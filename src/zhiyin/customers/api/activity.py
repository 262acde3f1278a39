"""Notes on a customer, and /tasks: what is to be done for customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from zhiyin.accounts import access
from zhiyin.accounts.api import paging, preconditions
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.preconditions import State
from zhiyin.accounts.api.problems import Fault, Problem, or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.models import Customer, Note, Task
from zhiyin.customers.queries import record
from zhiyin.customers.services import notes, tasks
from zhiyin.customers.services.values import CannotBe

router = Router(tags=["customers"])
to_do = Router(tags=["tasks"])
Answer = dict[str, object]
STATE = State("title", "owner_id", "due_at", "done_at")
_NOBODY = {"zh": "没有这位同事", "en": "There is no such colleague"}


class NoteIn(Schema):
    """What to write down."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=notes.LONGEST, examples=["下周二再联系"])


class NoteOut(Schema):
    """What a colleague wrote down; untrusted text."""

    id: UUID
    customer_id: UUID
    text: str = Field(examples=["下周二再联系"])
    by: Named
    at: datetime


class NotePage(Page):
    """Notes, the newest first."""

    items: list[NoteOut]


class TaskIn(Schema):
    """What is to be done for a customer."""

    model_config = ConfigDict(extra="forbid")

    customer_id: UUID
    title: str = Field(min_length=1, max_length=200, examples=["回电确认交期"])
    owner_id: UUID | None = Field(None, description="Who is to do it; yourself if left out.")
    due: date | None = Field(None, description="By six in the evening of this day.")


class TaskPatch(Schema):
    """Done, or to do again."""

    model_config = ConfigDict(extra="forbid")

    done: bool


class TaskOut(Schema):
    """Something to do for a customer."""

    id: UUID
    customer_id: UUID | None = Field(description="Null where the customer is not yours to see.")
    title: str = Field(description="Untrusted text.", examples=["回电确认交期"])
    owner: Named
    created_by: Named
    due_at: datetime | None
    done_at: datetime | None
    created_at: datetime


class TaskPage(Page):
    """Tasks, the newest first."""

    items: list[TaskOut]


class TasksQuery(PageQuery):
    """Which tasks."""

    customer_id: UUID | None = Field(None, description="Only those for this customer.")
    done: bool | None = Field(None, description="Only those that are done, or that are not.")


@router.get(
    "/customers/{customer_id}/notes", response=answers(NotePage, *ROW), operation_id="list_notes",
    summary="The notes on a customer",
)  # fmt: skip
@gate("customer.see")
def customer_notes(request: HttpRequest, customer_id: UUID, asked: Query[PageQuery]) -> Answer:
    """What colleagues wrote down, the newest first."""
    person = record.person(user_of(request), customer_id)
    found = person.notes.select_related("by")
    rows, following = paging.newest(found, asked, f"notes:{person.pk}")
    return {"items": [_note(one) for one in rows], "next": following}


@router.post(
    "/customers/{customer_id}/notes", response=answers(NoteOut, *ROW, *BODY, status=201),
    operation_id="write_note", url_name="customer_notes", summary="Write a note",
)  # fmt: skip
@gate("customer.change")
def write_note(request: HttpRequest, customer_id: UUID, new: NoteIn) -> Status[Answer]:
    """Keep a note; it stands on the timeline."""
    user = user_of(request)
    person = record.person(user, customer_id, "customer.change")
    made = or_invalid("text", lambda: notes.write_note(person, new.text, by=user), CannotBe)
    return Status(201, _note(made))


@to_do.get("/tasks", response=answers(TaskPage), operation_id="list_tasks", summary="List tasks")
@gate("task.see")
def list_tasks(request: HttpRequest, asked: Query[TasksQuery]) -> Answer:
    """The tasks that you may see, the newest first."""
    user = user_of(request)
    found = _seen(user)
    if asked.customer_id is not None:
        found = found.filter(customer__in=_in_sight(user, [asked.customer_id]))
    if asked.done is not None:
        found = found.filter(done_at__isnull=not asked.done)
    rows, following = paging.newest(found, asked, f"tasks:{asked.customer_id}:{asked.done}")
    return {"items": _told(user, rows), "next": following}


@to_do.post(
    "/tasks", response=answers(TaskOut, *ROW, *BODY, status=201), operation_id="add_task",
    url_name="list_tasks", summary="Add a task",
)  # fmt: skip
@gate("task.change")
def add_task(request: HttpRequest, new: TaskIn) -> Status[Answer]:
    """Somebody is to do something for a customer whom you may see; they are told."""
    user = user_of(request)
    (told,) = _told(user, [STATE.tell(request, create_task(user, new))])
    return Status(201, told)


@to_do.get(
    "/tasks/{task_id}", response=answers(TaskOut, *ROW), operation_id="get_task", url_name="task",
    summary="One task",
)  # fmt: skip
@gate("task.see")
def task(request: HttpRequest, task_id: UUID) -> Answer:
    """A task that you may see."""
    user = user_of(request)
    (told,) = _told(user, [STATE.tell(request, _found(user, task_id))])
    return told


@to_do.patch(
    "/tasks/{task_id}", response=answers(TaskOut, *ROW, *BODY, *MATCH),
    operation_id="change_task", url_name="task", summary="Finish a task, or open it again",
)  # fmt: skip
@gate("task.change")
def change_task(request: HttpRequest, task_id: UUID, change: TaskPatch) -> Answer:
    """Mark a task as done, or as still to do."""
    user = user_of(request)
    changed = finish(user, task_id, change, preconditions.named_in(request))
    (told,) = _told(user, [STATE.tell(request, changed)])
    return told


def finish(user: User, task_id: UUID, given: TaskPatch, match: str | None) -> Task:
    """Mark a task as done, or as still to do, if it is as its reader's tags name it."""
    found = _found(user, task_id)
    with STATE.as_named(match, found):
        return tasks.finish_task(found, by=user, done=given.done)


def create_task(user: User, new: TaskIn) -> Task:
    """The task, kept; or the problem that names what is wrong."""
    person = record.person(user, new.customer_id)
    owner = user if new.owner_id is None else _colleague(user, new.owner_id)
    return or_invalid(
        "title",
        lambda: tasks.add_task(person, new.title, by=user, owner=owner, due=new.due),
        CannotBe,
    )


def _colleague(user: User, owner_id: UUID) -> User:
    if owner_id == user.pk:
        return user
    seen = access.scoped(user, User.objects.filter(is_active=True), "user.see")
    found: User | None = seen.filter(pk=owner_id).first()
    if found is None:
        raise Problem(422, faults=[Fault("owner_id", _NOBODY)])
    return found


def _seen(user: User) -> QuerySet[Task]:
    rows = Task.objects.select_related("owner", "created_by")
    return access.scoped(user, rows, "task.see")


def _found(user: User, task_id: UUID) -> Task:
    found = _seen(user).filter(pk=task_id).first()
    if found is None:
        raise access.OutOfSight
    return found


def _note(one: Note) -> Answer:
    return {
        "id": one.pk, "customer_id": one.customer_id, "text": one.text, "at": one.at,
        "by": {"id": one.by_id, "name": one.by.name},
    }  # fmt: skip


def _in_sight(user: User, people: Iterable[UUID]) -> QuerySet[Customer]:
    return access.scoped(user, Customer.objects.filter(pk__in=list(people)), "customer.see")


def _told(user: User, rows: Sequence[Task]) -> list[Answer]:
    """Tasks are their owner's, also where the customer is out of sight: then without whom."""
    people = {one.customer_id for one in rows}
    seen = set(_in_sight(user, people).values_list("pk", flat=True)) if people else set()
    return [_task(one, one.customer_id if one.customer_id in seen else None) for one in rows]


def _task(one: Task, customer: UUID | None) -> Answer:
    return {
        "id": one.pk, "customer_id": customer, "title": one.title,
        "owner": {"id": one.owner_id, "name": one.owner.name},
        "created_by": {"id": one.created_by_id, "name": one.created_by.name},
        "due_at": one.due_at, "done_at": one.done_at, "created_at": one.created_at,
    }  # fmt: skip

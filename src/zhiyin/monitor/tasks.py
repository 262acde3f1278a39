"""One's open tasks, and a new one about a customer whom a few words name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, seat
from zhiyin.accounts.models import User
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.said import day_said
from zhiyin.cleaning.words import tidy
from zhiyin.customers.asking import asked as find
from zhiyin.customers.models import Customer, Task
from zhiyin.customers.services.tasks import add_task
from zhiyin.customers.services.values import CannotBe
from zhiyin.form_fields import problem

SHOWN = 20
CHOICES = 8


@dataclass(frozen=True)
class Open:
    """A task, how it stands to its date, and its customer where they are in sight."""

    task: Task
    due: str  # overdue, today, later, or nothing without a date
    customer: str


@dataclass(frozen=True)
class Asked:
    """What stands in the form of a new task, with what is wrong in it."""

    title: str = ""
    who: str = ""
    due: str = ""
    customer: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    choices: list[Customer] = field(default_factory=list)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        names = ("title", "who", "due", "customer")
        title, who, due, customer = (tidy(given.get(name, "")) for name in names)
        return cls(title, who[:200], due[:40], customer[:40])  # a long title is refused, not cut


@dataclass(frozen=True)
class Answer:
    """The task that was made, or the form to mend."""

    asked: Asked
    task: Task | None = None


@seat.system("a task is its owner's, also where the customer is out of sight: then without a name")
def open_tasks(user: User, now: datetime) -> list[Open]:
    """Mine that are not done, the most urgent first."""
    mine = Task.objects.filter(owner=user, done_at=None).select_related("customer")
    found = list(mine.order_by(F("due_at").asc(nulls_last=True), "created_at")[:SHOWN])
    people = [one.customer_id for one in found]
    seen = access.scoped(user, Customer.objects.filter(pk__in=people), "customer.see")
    in_sight = set(seen.values_list("pk", flat=True)) if people else set()
    return [
        Open(one, _due(one.due_at, now), _name(one.customer) if one.customer_id in in_sight else "")
        for one in found
    ]


def add(asked: Asked, *, by: User) -> Answer:
    """Note a task; where the words name nobody or several, the form comes back and says so."""
    errors: dict[str, str] = {}
    due: date | None = None
    try:
        due = day_said(asked.due, today=timezone.localdate()) if asked.due else None
    except BadValue as error:
        errors["due"] = problem(error)
    if not asked.title:
        errors["title"] = gettext("Say what is to be done")
    customer, choices = _who(asked, by)
    if customer is None:
        errors["who"] = (
            gettext("Several customers fit; choose one")
            if choices
            else gettext("Nobody whom you may see is found by this; try the name or number")
        )
    if errors or customer is None:
        return Answer(replace(asked, errors=errors, choices=choices))
    try:
        return Answer(asked, add_task(customer, asked.title, by=by, due=due))
    except CannotBe as reason:
        return Answer(replace(asked, errors={"title": str(reason)}))


def _who(asked: Asked, user: User) -> tuple[Customer | None, list[Customer]]:
    people = access.scoped(user, Customer.objects.all(), "customer.see")
    if asked.customer:
        try:
            return people.filter(pk=UUID(asked.customer)).first(), []
        except ValueError:
            return None, []
    if not asked.who:
        return None, []
    exact = list(people.filter(number=asked.who)[:2])
    if len(exact) == 1:
        return exact[0], []
    found = list(find(user, people, asked.who).rows.order_by("name", "id")[:CHOICES])
    return (found[0], []) if len(found) == 1 else (None, found)


def _due(due_at: datetime | None, now: datetime) -> str:
    if due_at is None:
        return ""
    if due_at < now:
        return "overdue"
    same = timezone.localtime(due_at).date() == timezone.localtime(now).date()
    return "today" if same else "later"


def _name(customer: Customer) -> str:
    return customer.name or customer.number or str(customer.pk)[-8:]

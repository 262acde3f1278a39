"""Tasks about a person: made, done, opened again."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.words import tidy
from zhiyin.customers import notices
from zhiyin.customers.models import Customer, Task
from zhiyin.customers.services.values import CannotBe
from zhiyin.talk.emitting import notify

END_OF_DAY = time(18)


@transaction.atomic
def add_task(
    customer: Customer, title: str, *, by: User, owner: User | None = None, due: date | None = None
) -> Task:
    """Somebody is to do something for this customer; by six in the evening of the day."""
    access.require(by, "task.change")
    access.require(by, "customer.see", customer)
    written = tidy(title)
    if not written:
        raise CannotBe(gettext("Say what is to be done"))
    if len(written) > 200:
        raise CannotBe(gettext("At most %(limit)s characters") % {"limit": 200})
    due_at = timezone.make_aware(datetime.combine(due, END_OF_DAY)) if due else None
    task = Task.objects.create(
        customer=customer, title=written, owner=owner or by, due_at=due_at, created_by=by
    )
    record(by, "task.added", task, customer=customer.pk)
    notify([task.owner], notices.TASK, by=by, ref=("customer", customer.pk))
    return task


@transaction.atomic
def finish_task(task: Task, *, by: User, done: bool = True) -> Task:
    """Mark a task as done, or open it again."""
    access.require(by, "task.change", task)
    if (task.done_at is not None) is not done:
        task.done_at = timezone.now() if done else None
        task.save(update_fields=["done_at"])
        record(by, "task.done" if done else "task.reopened", task, customer=task.customer_id)
    return task

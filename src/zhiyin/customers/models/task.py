"""Tasks about a customer, and notes that somebody wrote."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zhiyin.customers.models.person import Customer
from zhiyin.ids import uuid7


class Task(models.Model):
    """Something to do for a customer, by somebody, by a date."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tasks"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tasks_made"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "due_at"], condition=models.Q(done_at__isnull=True),
                         name="open_tasks"),
            models.Index(fields=["customer"], condition=models.Q(done_at__isnull=True),
                         name="open_tasks_of"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)


class Note(models.Model):
    """What somebody wrote about a customer; shown on the timeline, never in the lake."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(max_length=4000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"], include=["id"], name="note_newest")]

    def __str__(self) -> str:
        return str(self.id)

"""Long work and how far it is (see work.py of the room)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language, pgettext_lazy

from zhiyin.accounts.models.people import User
from zhiyin.ids import uuid7


class Work(models.Model):
    """Long-running work: how far it is, and whether somebody asked it to stop (see work.py)."""

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("work", "Waiting")
        RUNNING = "running", pgettext_lazy("work", "Running")
        DONE = "done", pgettext_lazy("work", "Done")
        FAILED = "failed", pgettext_lazy("work", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("work", "Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="work")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    stage = models.CharField(max_length=120, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    cancel_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done__gte=0)
                & (models.Q(total__isnull=True) | models.Q(total__gte=0)),
                name="work_counts_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="work_of_owner"),
            models.Index(fields=["kind", "-created_at"], name="work_of_kind"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "zh").startswith("zh") else self.title_en

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def percent(self) -> int | None:
        """Whole percent done, None while the total is unknown."""
        if not self.total:
            return None
        return min(100, self.done * 100 // self.total)

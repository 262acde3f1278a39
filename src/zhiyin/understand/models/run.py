"""When a question was asked last, and what came of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """The latest asking of one question; `answered_as_of` is of the answer that is shown."""

    class State(models.TextChoices):
        DONE = "done", _("Answered")
        SKIPPED = "skipped", _("Too little to go by")
        FAILED = "failed", _("Failed")

    question = models.CharField(max_length=40, primary_key=True)
    state = models.CharField(max_length=10, choices=State)
    at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    rows = models.IntegerField(default=0)
    said_zh = models.TextField(blank=True)
    said_en = models.TextField(blank=True)
    answered_as_of = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.question}: {self.state}"

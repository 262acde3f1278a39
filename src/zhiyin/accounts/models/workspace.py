"""The workspace as a whole: whose it is, in which language, money and time zone."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhiyin.accounts.models.people import Locale


class Workspace(models.Model):
    """The one row of what this installation was told about itself; empty means not told yet."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    company = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10, choices=Locale.choices, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    put_off = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="workspace_is_one"),
            models.CheckConstraint(
                condition=models.Q(currency="") | models.Q(currency__regex=r"^[A-Z]{3}$"),
                name="workspace_currency_is_a_code",
            ),
        ]

    def __str__(self) -> str:
        return self.company or "workspace"

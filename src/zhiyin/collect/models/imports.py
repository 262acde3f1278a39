"""Files brought in, and how their columns were understood."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.models.sources import Source
from zhiyin.ids import uuid7


class Import(models.Model):
    """One file brought in: checked, loaded, and undone as a whole if need be."""

    class Kind(models.TextChoices):
        ORDERS = "orders", _("Order lines")
        CUSTOMERS = "customers", _("Customer profiles")
        EVENTS = "events", _("Events")

    class State(models.TextChoices):
        NEW = "new", _("To be mapped")
        CHECKED = "checked", _("Checked")
        LOADING = "loading", _("Loading")
        LOADED = "loaded", _("Loaded")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ORDERS)
    state = models.CharField(max_length=20, choices=State, default=State.NEW)
    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64, db_index=True)
    path = models.CharField(max_length=500)
    mapping = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    rows = models.BigIntegerField(default=0)
    loaded = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    work = models.ForeignKey("accounts.Work", on_delete=models.SET_NULL, null=True, blank=True)
    mends = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at"])]

    def __str__(self) -> str:
        return str(self.id)


class SavedMapping(models.Model):
    """A mapping that fitted a file with these column names; offered again for the next one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    header_digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20, choices=Import.Kind)
    mapping = models.JSONField()
    used_at = models.DateTimeField(auto_now=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.header_digest[:12]

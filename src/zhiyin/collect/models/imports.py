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
    shape = models.CharField(max_length=64, blank=True, default="")  # what a mapping is kept for
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
        indexes = [
            models.Index(fields=["-created_at"]),
            models.Index(fields=["shape", "-created_at"]),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SavedMapping(models.Model):
    """The mapping in use for what has this shape; offered again for the next of it.

    The shape is the digest of a file's header, or stands for what one connection brings, whose
    documents have this field or lack it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    header_digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20, choices=Import.Kind)
    mapping = models.JSONField()
    columns = models.JSONField(default=list)  # that there were when it was made
    version = models.PositiveIntegerField(default=1)
    used_at = models.DateTimeField(auto_now=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.header_digest[:12]


class MappingVersion(models.Model):
    """A mapping as it was once: never changed, taken back by making a new one of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    of = models.ForeignKey(SavedMapping, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Import.Kind)
    mapping = models.JSONField()
    columns = models.JSONField(default=list)
    from_number = models.PositiveIntegerField(null=True, blank=True)  # that it took back
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="mapping_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.of_id} {self.number}"

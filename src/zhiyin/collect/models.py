"""Sources, imports and hot events.

Hot events are the recent ones that screens and triggers read; the lake keeps all of history. An
event is never rewritten to say whose it is: it carries the identifier that was seen, and
`customer_id` here is only the answer of the day, kept by the customers room.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.ids import uuid7


class Source(models.Model):
    """Where events come from: a shop, a file that somebody brings, a simulator."""

    class Kind(models.TextChoices):
        FILE = "file", _("Files")
        SHOP = "shop", _("Online shop")
        TILL = "till", _("Till")
        WEB = "web", _("Site and app")
        SERVICE = "service", _("Service desk")
        MESSAGES = "messages", _("Messages")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.FILE)
    simulated = models.BooleanField(default=False)
    promise_minutes = models.PositiveIntegerField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    last_received_at = models.DateTimeField(null=True, blank=True)
    events = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.key


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


class Event(models.Model):
    """A hot event."""

    event_id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=120)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False)
    batch = models.UUIDField(null=True, blank=True)
    identifier_id = models.UUIDField(null=True, blank=True)
    customer_id = models.UUIDField(null=True, blank=True)
    properties = models.JSONField(default=dict)
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "-at"]),
            models.Index(fields=["name", "customer_id", "-at"]),
            models.Index(fields=["batch"]),
            models.Index(fields=["identifier_id"]),
        ]

    def __str__(self) -> str:
        return str(self.event_id)

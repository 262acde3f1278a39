"""Saved views of lists, changes of many rows with what stood there before, and what was opened."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.ids import uuid7


class SavedView(models.Model):
    """Conditions, columns and order of a list under a name; private or shared."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object_type = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    shared = models.BooleanField(default=False)
    pinned = models.BooleanField(default=False)
    columns = models.JSONField(default=list)
    filters = models.JSONField(default=dict)
    where = models.TextField(blank=True)
    sort = models.CharField(max_length=60, blank=True)
    position = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["object_type", "owner"])]

    def __str__(self) -> str:
        return str(self.id)


class BulkChange(models.Model):
    """One field set to one value in many rows: what was previewed is what is done."""

    class State(models.TextChoices):
        PREVIEWED = "previewed", _("Previewed")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        UNDONE = "undone", _("Taken back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object_type = models.CharField(max_length=40)
    field = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    state = models.CharField(max_length=12, choices=State, default=State.PREVIEWED)
    rows = ArrayField(models.UUIDField(), default=list)
    had_it = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    lacking = models.IntegerField(default=0)  # rows without what the new state demands
    lacks = models.JSONField(default=list)  # keys of the fields that these lack
    changed = models.IntegerField(default=0)
    left = models.JSONField(default=list)  # names of rows that an undo left alone
    left_count = models.IntegerField(default=0)
    query = models.TextField(blank=True)  # the list that it was begun from
    work = models.ForeignKey("accounts.Work", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class RowBefore(models.Model):
    """What a row held before a bulk change; `before` is JSON as the field's kind writes it."""

    id = models.BigAutoField(primary_key=True)
    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="befores")
    row = models.UUIDField()
    before = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "row"], name="row_before_once"),
        ]

    def __str__(self) -> str:
        return f"{self.change_id}:{self.row}"


class FieldChange(models.Model):
    """A field of a row that changed: what stood there before, who changed it.

    For objects whose room keeps no history of its own.
    """

    id = models.BigAutoField(primary_key=True)
    object_type = models.CharField(max_length=40)
    row = models.UUIDField()
    field = models.CharField(max_length=80)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    batch = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["object_type", "row", "-at"], name="field_change_row")]

    def __str__(self) -> str:
        return str(self.id)


class Opened(models.Model):
    """That a user opened a record, and when last: what the palette offers first (see recent.py)."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=40)
    record = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "record"], name="opened_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-at"], name="opened_by_user"),
            models.Index(fields=["record"], name="opened_record"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

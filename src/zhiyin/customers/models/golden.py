"""What each source says of a person, and by which rules one of its values stands on the profile.

A record is of one source and one identifier, so it goes with its identifier when people are merged
and comes back when they are parted; what people here write has no identifier and goes with the
customer on whom it was written (`home`).
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.models.person import Customer


class SourceRecord(models.Model):
    """Everything that one source says of the person behind one identifier.

    `said` holds for each field the value, when it was said, what stood there before it was cleaned
    and by which rule, the batch that brought it and what the source said earlier: see
    `source_records.Entry`. `customer` is the answer of the day, like that of an event.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey("collect.Source", on_delete=models.PROTECT)
    identifier_id = models.UUIDField(null=True, blank=True)
    home = models.UUIDField()  # the customer on whom it was written first
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="source_records", null=True, blank=True
    )
    said = models.JSONField(default=dict)
    mended = ArrayField(models.CharField(max_length=120), default=list, blank=True)  # field:rule
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "identifier_id", "home"], name="source_record_once",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["identifier_id"], name="source_record_identifier"),
            GinIndex(fields=["mended"], name="source_record_mended",
                     condition=~models.Q(mended=[])),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)


class Survivorship(models.Model):
    """The rules of one field of the golden record; a field without a row has the usual ones."""

    class Strategy(models.TextChoices):
        NEWEST = "newest", _("The newest value")
        TRUSTED = "trusted", _("The value of the most trusted source")
        COMPLETE = "complete", _("The most complete value")

    class Missing(models.TextChoices):
        TRUSTED = "trusted", _("Take what the most trusted source says in passing")
        LEAVE = "leave", _("Leave it empty")
        DEFAULT = "default", _("Put a default value, marked as such")

    field = models.CharField(max_length=60, primary_key=True)
    strategy = models.CharField(max_length=10, choices=Strategy, default=Strategy.NEWEST)
    missing = models.CharField(max_length=10, choices=Missing, default=Missing.TRUSTED)
    default = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.field


class SourceTrust(models.Model):
    """The place of a source in the order of trust: 0 is trusted most."""

    source = models.OneToOneField(
        "collect.Source", on_delete=models.CASCADE, primary_key=True, related_name="trust"
    )
    place = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.source_id} {self.place}"

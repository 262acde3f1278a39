"""The tracking plan of a source: its versions, what was learnt, how each day differed from it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhiyin.collect.models.sources import Source
from zhiyin.ids import uuid7


class PlanVersion(models.Model):
    """A plan as it was from one change to the next; `Source.plan_version` says which one holds."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="plans")
    version = models.PositiveIntegerField()
    document = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "version"], name="collect_plan_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.version}"


class Learnt(models.Model):
    """What came under one name: of an event where `property` is empty, else of a property.

    Names and counts, and examples that cannot be about a person. The row without an event counts
    events whose names are beyond the cap, `beyond` values of properties that are.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False)
    event = models.CharField(max_length=120, blank=True)
    property = models.CharField(max_length=120, blank=True)
    events = models.BigIntegerField(default=0)  # that had it, not null
    beyond = models.BigIntegerField(default=0)
    as_text = models.BigIntegerField(default=0)
    as_moment = models.BigIntegerField(default=0)
    as_whole = models.BigIntegerField(default=0)
    as_number = models.BigIntegerField(default=0)
    as_yes_no = models.BigIntegerField(default=0)
    as_list = models.BigIntegerField(default=0)
    as_object = models.BigIntegerField(default=0)
    examples = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    personal = models.BooleanField(default=False)  # it looks as if it were
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "event", "property"], name="collect_learnt_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.property}"


class PlanDay(models.Model):
    """How many events of a name came on a day, and how many of them deviated in which way.

    Without a fault: all events of the name; `any`: those that deviated in whichever way.
    """

    ANY = "any"

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False)
    day = models.DateField()  # on which the pump took them, at the company's clock
    event = models.CharField(max_length=120, blank=True)
    property = models.CharField(max_length=120, blank=True)
    fault = models.CharField(max_length=20, blank=True)
    came = models.CharField(max_length=10, blank=True)  # the type, where that is what is wrong
    events = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "day", "event", "property", "fault", "came"],
                name="collect_plan_day_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.event} {self.fault}"

"""Rules about the data, what each day's measuring found, and rules that the data proposes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.ids import uuid7


class QualityRule(models.Model):
    """A rule about rows of one object; `definition` is the rule as `rules` reads it.

    `most_percent`: so many of the rows that it speaks of may fail before its keepers are told,
    once, when it begins (`alarmed`).
    """

    class Object(models.TextChoices):
        CUSTOMER = "customer", _("Customers")
        COMPANY = "company", _("Companies")
        ORDER = "order", _("Orders")
        EVENT = "event", _("Events")

    class Dimension(models.TextChoices):
        COMPLETENESS = "completeness", _("Completeness")
        VALIDITY = "validity", _("Validity")
        UNIQUENESS = "uniqueness", _("Uniqueness")
        CONSISTENCY = "consistency", _("Consistency")
        TIMELINESS = "timeliness", _("Timeliness")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object = models.CharField(max_length=10, choices=Object)
    event = models.CharField(max_length=120, blank=True)  # the name of the events it is about
    definition = models.JSONField()
    field = models.CharField(max_length=160)
    dimension = models.CharField(max_length=14, choices=Dimension)
    most_percent = models.FloatField(null=True, blank=True)
    active = models.BooleanField(default=True)
    alarmed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    # What the last measuring learnt where a rule is relative: median and deviation.
    learnt = models.JSONField(default=dict, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    measured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object", "event", "definition"], name="quality_rule_once"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)


class Measurement(models.Model):
    """What a rule found on a day: in all, and for each source. The day's last measuring counts."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(QualityRule, on_delete=models.CASCADE, related_name="measurements",
                             db_index=False)  # fmt: skip
    source = models.ForeignKey("collect.Source", on_delete=models.CASCADE, null=True, blank=True)
    day = models.DateField()
    rows = models.BigIntegerField()
    failed = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "source", "day"], name="quality_measurement_once",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["day"], name="quality_measurement_day")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.day}"


class Proposal(models.Model):
    """A rule that the data proposes, with its evidence; one that was dismissed is not proposed
    again."""

    class State(models.TextChoices):
        OPEN = "open", _("Proposed")
        ACCEPTED = "accepted", _("Accepted")
        DISMISSED = "dismissed", _("Dismissed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object = models.CharField(max_length=10, choices=QualityRule.Object)
    event = models.CharField(max_length=120, blank=True)
    definition = models.JSONField()
    field = models.CharField(max_length=160)
    kind = models.CharField(max_length=12)
    evidence = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            # What it says may grow with the data; of one kind there is one about a field.
            models.UniqueConstraint(
                fields=["object", "event", "field", "kind"], name="quality_proposal_once"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)

"""How many events of a source came, and what became of them: counts by the minute, later the hour.

Events that leave no row of their own, as a message that came twice, are known by this alone, so
that a source which sends a million of them costs no more than one that sends a single one.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.models.sources import Source


class Tally(models.Model):
    """Events of one source, minute of arrival and outcome, as one pump counted them.

    `lane` is the pump's, so that no two wait for each other at a row; -1 is an hour, of all pumps.
    """

    class Outcome(models.TextChoices):
        KEPT = "kept", _("Kept")
        DUPLICATE = "duplicate", _("Came twice")
        SET_ASIDE = "set_aside", _("Set aside")
        ANONYMOUS = "anonymous", _("Made anonymous")
        WITHHELD = "withheld", _("Dropped for want of consent")
        ERASED = "erased", _("Of somebody erased")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=40, blank=True)
    lane = models.SmallIntegerField()
    events = models.BigIntegerField()
    counted = models.BigIntegerField(default=0)  # of them, those in the source's total
    lag_ms = models.BigIntegerField()  # the longest that one of them waited for the pump
    last_at = models.DateTimeField()  # when the last of them arrived

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["at", "source", "outcome", "reason", "lane"], name="collect_tally_once"
            )
        ]
        indexes = [models.Index(fields=["source", "at"])]

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.outcome}"


class Repeat(models.Model):
    """One of the last messages that came twice; each pump keeps RING of a source, in turn."""

    RING = 16

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False)
    lane = models.SmallIntegerField()
    slot = models.SmallIntegerField()
    at = models.DateTimeField(db_index=True)  # when the pump knew it again
    received_at = models.DateTimeField()
    event_id = models.UUIDField()
    name = models.CharField(max_length=120)
    message = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "lane", "slot"], name="collect_repeat_ring")
        ]

    def __str__(self) -> str:
        return str(self.id)


class Refusal(models.Model):
    """How many requests of an hour the tracking door refused, and with which status.

    Without a source where the write key was missing or nobody knows it. Nothing else of a refused
    request is kept.
    """

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField()
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, db_index=False)
    status = models.SmallIntegerField()  # of HTTP
    requests = models.BigIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "hour", "status"], name="collect_refusal_once",
                nulls_distinct=False,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.hour:%H:%M} {self.status}"

"""Events: received and not yet looked at, hot, waiting for the lake, and set aside.

Hot events are the recent ones that screens and triggers read; the lake keeps all of history. An
event is never rewritten to say whose it is: it carries the identifier that was seen, and
`customer_id` here is only the answer of the day, kept by the customers room.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.models.sources import Source


class Event(models.Model):
    """A hot event."""

    event_id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=120)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    # No constraint in the database, which would look it up for each row: a batch is of one source,
    # and hot_rows holds that while it writes. A trigger keeps a source that has events.
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, db_index=False, db_constraint=False
    )
    batch = models.UUIDField(null=True, blank=True)
    identifier_id = models.UUIDField(null=True, blank=True)
    customer_id = models.UUIDField(null=True, blank=True)
    properties = models.JSONField(default=dict)
    # What came around it: library, page, the times as they were said, what was found odd in them.
    context = models.JSONField(null=True, blank=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "-at"]),
            models.Index(fields=["identifier_id"]),
            # Segments count by name and person: in the order of this index, twelve million events
            # in two seconds; in the order of time, which would be cheaper to write, in nine.
            models.Index(fields=["name", "customer_id", "-at"]),
            # Rows come in their order of time, so a few words for a range of pages tell enough;
            # batches are numbered by time, too.
            BrinIndex(fields=["received_at"], name="event_received"),
            BrinIndex(fields=["at"], name="event_at"),
            BrinIndex(fields=["batch"], name="event_batch"),
            # Those that deviate from the plan of their source: few, and looked for.
            models.Index(
                fields=["source", "-batch"],
                name="event_flagged",
                condition=models.Q(context__has_key="plan"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.event_id)


class Received(models.Model):
    """One request as it came, durable before it was answered; the pump takes it away again.

    `partition` is the hash of the first person in it, so that requests of one person are taken in
    their order. There is no foreign key to the source: it was looked up at the door.
    """

    id = models.BigAutoField(primary_key=True)
    partition = models.SmallIntegerField()
    source_id = models.UUIDField()
    kind = models.CharField(max_length=10)  # batch, or the type of its one message
    messages = models.IntegerField()
    received_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    body = models.BinaryField()  # JSON, as it came: perhaps gzip

    def __str__(self) -> str:
        return str(self.id)


class ToArchive(models.Model):
    """What the lake must get of a batch of the pump, as Arrow's own bytes.

    `run` is set before its rows are appended, so that a run that died is made again as it was.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    events = models.IntegerField()
    rows = models.BinaryField()  # a table of the lake's events
    lines = models.BinaryField(null=True, blank=True)  # and of its order lines, where it has some
    run = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class SetAside(models.Model):
    """An event that could not be taken in: what it was, where it failed, and why."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Set aside")
        REPLAYED = "replayed", _("Sent again")
        DISCARDED = "discarded", _("Discarded")

    id = models.UUIDField(primary_key=True)  # of the event, or of its place in the request
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    received_at = models.DateTimeField()
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10)
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=400, blank=True)
    message = models.TextField()  # as JSON; what is not text is shown as it could be read
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)

    class Meta:
        indexes = [models.Index(fields=["source", "-received_at"]),
                   models.Index(fields=["-received_at"]),
                   models.Index(fields=["state", "-received_at", "-id"])]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)

"""Connections: what a source is asked for on a schedule, and each time that it was asked."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.models.imports import Import
from zhiyin.collect.models.sources import Source
from zhiyin.ids import uuid7

MOST_MINUTES = 30


class Connection(models.Model):
    """A place that is looked at again and again: a folder, a table, a server of somebody else."""

    class Kind(models.TextChoices):
        FOLDER = "folder", _("Folder")
        SFTP = "sftp", _("SFTP")
        BUCKET = "bucket", _("S3 bucket")
        DATABASE = "database", _("Database")
        API = "api", _("REST API")
        WEBHOOK = "webhook", _("Webhook")
        MAILBOX = "mailbox", _("Mailbox (IMAP)")
        FEED = "feed", _("Feed (RSS, Atom)")
        DEVICES = "devices", _("Devices (MQTT)")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="connections")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=120)
    where = models.JSONField(default=dict)  # and what; never a secret
    secret = models.BinaryField(null=True)  # a password, sealed
    every_minutes = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)]
    )
    cursor = models.JSONField(default=dict)  # how far it was read
    paused = models.BooleanField(default=False)
    next_at = models.DateTimeField(db_index=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(every_minutes__gte=1, every_minutes__lte=MOST_MINUTES),
                name="connection_at_most_half_an_hour",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Run(models.Model):
    """One time that a connection was read: what came, and what became of it."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        NOTHING = "nothing", _("Nothing new")
        LOADED = "loaded", _("Loaded")
        WAITS = "waits", _("Columns to be mapped")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(default=0)
    loaded = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    made = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, blank=True)
    cursor = models.JSONField(default=dict)  # how far the connection is read once `made` is loaded
    problem = models.JSONField(default=dict, blank=True)  # in both languages

    class Meta:
        indexes = [models.Index(fields=["connection", "-started_at"])]

    def __str__(self) -> str:
        return str(self.id)


class Arrival(models.Model):
    """What somebody sent to a webhook, durable before it was answered, until it is old."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="arrivals")
    received_at = models.DateTimeField()
    topic = models.CharField(max_length=120, blank=True)  # as the sender calls it
    message_id = models.CharField(max_length=200)  # the sender's, else a digest of the body
    body = models.BinaryField()
    made = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "message_id"], name="arrival_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "-received_at"]),
            models.Index(fields=["received_at"]),
            models.Index(
                fields=["connection", "topic", "id"], name="arrival_waits",
                condition=models.Q(made__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)


class TurnedAway(models.Model):
    """How often a day something was not let in at a webhook, and why. Nothing of it is kept."""

    class Reason(models.TextChoices):
        SIGNATURE = "signature", _("The signature or token is missing or wrong")
        STALE = "stale", _("Signed too long ago, or in the future")
        NOT_JSON = "not_json", _("No JSON object")
        TOO_LARGE = "too_large", _("Too large")
        OFF = "off", _("The source is switched off")

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="turned_away")
    day = models.DateField()
    reason = models.CharField(max_length=12, choices=Reason)
    times = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "day", "reason"], name="turned_away_day"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.day} {self.reason}"

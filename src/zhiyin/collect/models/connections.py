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
    """A folder or a table of a database that is looked at again and again."""

    class Kind(models.TextChoices):
        FOLDER = "folder", _("Folder")
        DATABASE = "database", _("Database")

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

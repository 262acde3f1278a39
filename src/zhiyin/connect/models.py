"""Tables of webhooks: who wants to hear what, what happened, and each attempt to tell it.

An occurrence and its deliveries are written in the transaction of the change itself, so none is
lost and none invented. What is sent is made anew at each attempt, from the rights of that moment:
no body is kept, neither ours nor theirs.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.connect.reasons import Reason
from zhiyin.ids import uuid7


class Endpoint(models.Model):
    """An address of another system, and what it wants to hear."""

    class Stop(models.TextChoices):
        BY_HAND = "by_hand", _("switched off")
        GONE = "gone", _("switched off: the host says that the endpoint is gone")
        FAILING = "failing", _("switched off: it failed for too long")
        SECRET = "secret", _("switched off: its secret cannot be read; make a new one")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    types = ArrayField(models.CharField(max_length=60))
    with_values = models.BooleanField(default=False)  # values of fields, as the owner sees them
    with_imports = models.BooleanField(default=False)  # each person that an import changes
    active = models.BooleanField(default=True)
    stopped_because = models.CharField(max_length=10, choices=Stop, blank=True)
    stopped_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    # Sealed (see vault.py). The old one signs too until its time is over.
    secret = models.BinaryField()
    old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    # How it stands with the host as a whole.
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(active=True) ^ ~models.Q(stopped_because=""),
                name="endpoint_off_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(types__len__gt=0), name="endpoint_hears_something"
            ),
        ]
        indexes = [models.Index(fields=["owner"], name="endpoint_of_owner")]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """The host alone: paths of addresses often hold a secret."""
        return self.url.partition("://")[2].partition("/")[0].partition("?")[0]

    @property
    def is_failing(self) -> bool:
        return self.active and self.failing_since is not None

    def rotates_until(self, now: datetime) -> datetime | None:
        """Until when the old secret signs too; None where there is none."""
        if self.old_secret is None or self.old_secret_until is None:
            return None
        return self.old_secret_until if self.old_secret_until > now else None


class Occurrence(models.Model):
    """Something that happened and that an endpoint wants to hear."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64, blank=True)
    fields = ArrayField(models.CharField(max_length=80), default=list)  # names, never values
    facts = models.JSONField(default=dict)  # counts, states and ids; nothing personal
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="occurrence_by_time")]

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"

    @property
    def message_id(self) -> str:
        """The same for every attempt and replay, so that a receiver knows it again."""
        return f"msg_{self.pk.hex}"


class Delivery(models.Model):
    """One occurrence for one endpoint."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("webhook", "Waiting")
        DELIVERED = "delivered", pgettext_lazy("webhook", "Delivered")
        FAILED = "failed", pgettext_lazy("webhook", "Given up")
        WITHHELD = "withheld", pgettext_lazy("webhook", "Withheld")  # its owner may not know
        CANCELLED = "cancelled", pgettext_lazy("webhook", "Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    again = models.BooleanField(default=False)  # a replay that somebody asked for

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "occurrence"], condition=models.Q(again=False),
                name="told_once_unless_replayed",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
            models.Index(fields=["endpoint", "state", "-id"], name="delivery_log_by_state"),
            models.Index(
                fields=["endpoint", "due_at", "id"], condition=models.Q(state="waiting"),
                name="delivery_waiting",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.state} {self.pk}"


class Attempt(models.Model):
    """One try: the status or the reason, and how long it took."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "id"], name="attempts_of_delivery")]

    def __str__(self) -> str:
        return str(self.status or self.reason)


class HostRule(models.Model):
    """What this installation narrows: hosts never sent to, or the only ones sent to."""

    class Kind(models.TextChoices):
        DENY = "deny", _("Never send to")
        ONLY = "only", _("Send to these only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=4, choices=Kind)
    pattern = models.CharField(max_length=260)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "pattern"], name="host_rule_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pattern}"

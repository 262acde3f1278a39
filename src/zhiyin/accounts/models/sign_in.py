"""Tables of signing in: sessions with what is shown of them, known browsers, failed attempts,
codes that were used.

A session is Django's row with columns beside it; session_store.py fills them in.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from zhiyin.ids import uuid7


class Session(AbstractBaseSession):
    """A signed-in browser, or one on its way to the sign-in."""

    # Made from the key by a hash, so that a page can name a session without giving it away.
    public_id = models.UUIDField(unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    agent = models.CharField(max_length=300, blank=True)
    network = models.CharField(max_length=45, blank=True)  # the address, shortened
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()  # to five minutes
    # A keyed hash of the provider's session behind it; empty where no provider let them in.
    provider_session = models.CharField(max_length=16, blank=True, default="", db_default="")

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["user", "-seen_at"], name="session_of_user"),
            models.Index(fields=["provider_session"], condition=~models.Q(provider_session=""),
                         name="session_of_provider"),
        ]  # fmt: skip


class KnownDevice(models.Model):
    """A browser in which somebody has signed in, known again by a cookie of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    digest = models.BinaryField(max_length=32)  # of what the cookie holds
    agent = models.CharField(max_length=300, blank=True)
    network = models.CharField(max_length=45, blank=True)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="device_once_a_user")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SignInAttempts(models.Model):
    """How often a sign-in failed of late: for an address, an account, an account's own browser.

    Keys are keyed hashes, so that the table names nobody.
    """

    key = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["last_at"], name="attempts_by_time")]

    def __str__(self) -> str:
        return self.key


class SpentCode(models.Model):
    """A code of an authenticator app that opened the door once, and opens it no more."""

    key = models.CharField(max_length=80, primary_key=True)  # a keyed hash of user and code
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="spent_code_by_time")]

    def __str__(self) -> str:
        return self.key

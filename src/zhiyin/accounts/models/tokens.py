"""The table of access tokens, by which programs ask the API as somebody.

A token's secret is shown once and never kept: 190 random bits need no slow hash, so SHA-256 is
enough. What a token may do is in token_scopes.py, how it is made and ends in tokens.py.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import pgettext_lazy

from zhiyin.ids import uuid7


class AccessToken(models.Model):
    """A token of a user, or of a service account, which is a user that cannot sign in."""

    class Ended(models.TextChoices):
        """Why a token ended before its time."""

        REVOKED = "revoked", pgettext_lazy("token", "Revoked")
        ACCOUNT = "account", pgettext_lazy("token", "Ended: sign-in or rights changed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=80)
    # The part that is shown and looked up; what follows it is the secret.
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.BinaryField(max_length=32)
    # "all", "read", or the permissions themselves.
    scopes = ArrayField(models.CharField(max_length=80))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # to the minute
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=10, choices=Ended.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(scopes__len__gt=0), name="token_has_a_scope"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="token_expires"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended="")
                | models.Q(ended_at__isnull=False) & ~models.Q(ended=""),
                name="token_ended_says_why",
            ),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="token_of_user")]

    def __str__(self) -> str:
        return self.prefix

    def is_alive(self, at: datetime) -> bool:
        """Whether it opens anything at this time."""
        return self.ended_at is None and at < self.expires_at

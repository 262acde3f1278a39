"""Tables of the API: answers to writes that carried an Idempotency-Key (api/idempotency.py), and
how much each user asks (api/limits.py)."""

from __future__ import annotations

from django.db import models

from zhiyin.ids import uuid7


class KeptAnswer(models.Model):
    """What a write was answered, so that the same request again gets the same answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asker = models.CharField(max_length=80)  # the token or the user
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32)  # of method, address and body
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asker", "key"], name="answer_once_a_key")]
        indexes = [models.Index(fields=["created_at"], name="answer_by_age")]

    def __str__(self) -> str:
        return self.key


class RequestCount(models.Model):
    """How many requests a user made in the last minute in which they made any. Unlogged: a crash
    of the database forgets it."""

    user = models.UUIDField(primary_key=True)
    window = models.BigIntegerField(db_index=True)
    requests = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.user)

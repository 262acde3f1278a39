"""The table of answers to writes that carried an Idempotency-Key (see api/idempotency.py)."""

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

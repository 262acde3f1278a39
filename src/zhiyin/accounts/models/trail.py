"""The audit trail's tables. Triggers of the migrations keep them append-only (see audit.py)."""

from __future__ import annotations

from django.db import models


class AuditFacts(models.Model):
    """What an audit entry says: who did what to which object. Ids and field names only."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    # No foreign key: the trail outlives the user and the object, and nothing may cascade into it.
    by = models.UUIDField(null=True)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    # Keyed hash of the facts, made when they were recorded.
    seal = models.BinaryField(max_length=32)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}".rstrip()


class AuditPending(AuditFacts):
    """Recorded in the business transaction, waiting for its place in the chain."""

    class Meta(AuditFacts.Meta):
        abstract = False


class AuditEntry(AuditFacts):
    """A link of the chain. Only the chainer inserts; nobody updates or deletes."""

    id = models.UUIDField(unique=True, editable=False)
    seq = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)

    class Meta(AuditFacts.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["by", "-seq"], name="audit_by_user"),
            models.Index(fields=["verb", "-seq"], name="audit_by_verb"),
            models.Index(fields=["object_type", "object_id", "-seq"], name="audit_by_object"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]


class AuditHead(models.Model):
    """Where the chain ends, under its own keyed hash, so that a cut tail is found."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_one_head")]

    def __str__(self) -> str:
        return str(self.seq)

"""Segments (the rule, and who was in it when it was last computed)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zhiyin.customers.models.person import Customer
from zhiyin.ids import uuid7


class Segment(models.Model):
    """A rule that says who; `tree` is the segment language as JSON."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    tree = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    shared = models.BooleanField(default=True)
    holdout_share = models.FloatField(default=0.1)
    size = models.IntegerField(null=True, blank=True)
    computed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class SegmentVersion(models.Model):
    """A rule as it once stood, so that it can be read and taken up again."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    tree = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "version"], name="segment_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} v{self.version}"


class SegmentMember(models.Model):
    """Who is in a segment, since when."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer"], name="member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}:{self.customer_id}"

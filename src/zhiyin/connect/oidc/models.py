"""What the provider publishes about itself, kept so that all server processes know the same."""

from __future__ import annotations

from django.db import models


class ProviderDocument(models.Model):
    """A document of the provider as it was fetched: its description, or its keys."""

    class Kind(models.TextChoices):
        METADATA = "metadata"
        KEYS = "keys"

    issuer = models.CharField(max_length=500)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    body = models.JSONField()
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "kind"], name="provider_document_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["metadata", "keys"]), name="provider_document_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.issuer}"

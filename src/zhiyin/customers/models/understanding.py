"""Trained models with their scorecards, and the scores of each person with reasons and date."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.models.person import Customer
from zhiyin.ids import uuid7


class ModelVersion(models.Model):
    """One training of one model. What acts is `in_use`: the model, or its naive baseline."""

    class InUse(models.TextChoices):
        MODEL = "model", _("Model")
        BASELINE = "baseline", _("Baseline")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    as_of = models.DateTimeField()
    trained_at = models.DateTimeField()
    scorecard = models.JSONField(default=dict)
    in_use = models.CharField(max_length=10, choices=InUse)
    current = models.BooleanField(default=False)
    customers = models.IntegerField(default=0)
    path = models.CharField(max_length=300, blank=True)
    seconds = models.FloatField(default=0)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="model_version_once"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(current=True), name="one_current_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Reached(models.Model):
    """Up to when a repeated task has looked at what came."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Score(models.Model):
    """The current score of a customer by one model; older ones are in the lake."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="scores")
    model = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    as_of = models.DateTimeField()
    value = models.FloatField()
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "model"], name="one_score_a_model"),
        ]

    def __str__(self) -> str:
        return f"{self.model}:{self.customer_id}"

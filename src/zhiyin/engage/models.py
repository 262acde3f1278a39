"""Campaigns, who was in them and why they were or were not written to, and the messages."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.models import Customer, Segment
from zhiyin.govern.models import Channel
from zhiyin.ids import uuid7


class Campaign(models.Model):
    """One message to one segment with a hold-out, and its measured effect."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Measuring")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, null=True, blank=True)
    channel = models.CharField(max_length=12, choices=Channel, default=Channel.EMAIL)
    subject_zh = models.CharField(max_length=200, blank=True)
    body_zh = models.TextField(blank=True)
    subject_en = models.CharField(max_length=200, blank=True)
    body_en = models.TextField(blank=True)
    holdout_share = models.FloatField(
        default=0.1, validators=[MinValueValidator(0.0), MaxValueValidator(0.5)]
    )
    frequency_cap = models.PositiveSmallIntegerField(
        default=2
    )  # messages in 30 days, all campaigns
    window_days = models.PositiveSmallIntegerField(  # outcomes counted this long
        default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    cost = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    margin = models.FloatField(  # the part of revenue left after the goods, for the ROI
        default=0.4, validators=[MinValueValidator(0.01), MaxValueValidator(1.0)]
    )
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    simulated = models.BooleanField(default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    work = models.ForeignKey("accounts.Work", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(holdout_share__gte=0) & models.Q(holdout_share__lte=0.5),
                name="holdout_at_most_half",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def ends_at(self) -> datetime | None:
        """When the window of outcomes closes; None before the launch."""
        return self.started_at + timedelta(days=self.window_days) if self.started_at else None

    def text(self, language: str) -> tuple[str, str]:
        """Subject and body in a language."""
        if language == "zh":
            return self.subject_zh, self.body_zh
        return self.subject_en, self.body_en

    def has_text(self, language: str) -> bool:
        """Whether anything was written in this language."""
        return any(part.strip() for part in self.text(language))


class CampaignMember(models.Model):
    """A person of the segment when the campaign began: the arm drawn, and what became of it."""

    class Arm(models.TextChoices):
        TREATED = "treated", _("Written to")
        HOLDOUT = "holdout", _("Hold-out")
        NONE = "none", _("Not drawn")  # left out before the draw; counts in no arm

    class Outcome(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Sent")
        HELD_OUT = "held_out", _("Hold-out, not contacted")
        NO_CONSENT = "no_consent", _("No consent")
        NO_ADDRESS = "no_address", _("No address")
        DUPLICATE = "duplicate", _("Same address as another customer")
        SUPPRESSED = "suppressed", _("On the suppression list")
        CAPPED = "capped", _("Frequency cap reached")
        TEMPLATE = "template", _("A placeholder had no value")
        FAILED = "failed", _("Sending failed")
        CANCELLED = "cancelled", _("Cancelled")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    arm = models.CharField(max_length=10, choices=Arm)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.PENDING)
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "customer"], name="in_campaign_once"),
        ]
        indexes = [
            models.Index(fields=["campaign", "outcome"]),
            models.Index(fields=["customer", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}:{self.customer_id}"


class Message(models.Model):
    """What was written to somebody; in the local outbox, or handed to a mail server."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("On its way")  # the mail server may have it or not
        OUTBOX = "outbox", _("In the local outbox")
        SENT = "sent", _("Handed to the mail server")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="messages"
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="messages")
    channel = models.CharField(max_length=12, choices=Channel, default=Channel.EMAIL)
    address = models.CharField(max_length=254)
    language = models.CharField(max_length=5)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    simulated = models.BooleanField(default=False)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "customer"], name="one_message_a_campaign"),
        ]
        indexes = [
            models.Index(fields=["campaign", "state"]),
            models.Index(fields=["-created_at"]),
            models.Index(fields=["customer", "-sent_at"]),
        ]

    def __str__(self) -> str:
        return str(self.id)

"""Consent by channel and purpose with its history, the suppression list, and who was erased."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.accounts.models import Work
from zhiyin.customers.models import Customer
from zhiyin.ids import uuid7


class Channel(models.TextChoices):
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    SMS = "sms", _("SMS")
    WECHAT = "wechat", _("WeChat")
    NONE = "none", _("No channel")


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("Marketing")
    SERVICE = "service", _("Service")
    PROFILING = "profiling", _("Profiling")


class Consent(models.Model):
    """What a customer allows now. Without a row nothing is allowed."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=12, choices=Channel)
    purpose = models.CharField(max_length=12, choices=Purpose)
    granted = models.BooleanField()
    at = models.DateTimeField()
    evidence = models.CharField(max_length=200, blank=True)
    batch = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "purpose"], name="one_current_consent"
            ),
        ]
        indexes = [models.Index(fields=["batch"])]

    def __str__(self) -> str:
        return f"{self.customer_id}:{self.channel}:{self.purpose}"


class ConsentChange(models.Model):
    """Every grant and withdrawal, kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    channel = models.CharField(max_length=12, choices=Channel)
    purpose = models.CharField(max_length=12, choices=Purpose)
    granted = models.BooleanField()
    at = models.DateTimeField()
    evidence = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    batch = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"]), models.Index(fields=["batch"])]

    def __str__(self) -> str:
        return str(self.id)


class Suppression(models.Model):
    """An address that is never written to, whatever else says so. Only a keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=12, choices=Channel)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=120)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "address_hash"], name="suppressed_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Tombstone(models.Model):
    """An identifier of somebody who was erased, as a keyed hash: what comes with it is dropped."""

    digest = models.BinaryField(primary_key=True, max_length=16)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class Erasure(models.Model):
    """Customers who are erased together. `waiting` holds their ids until all is done; afterwards
    nothing here says who they were."""

    class State(models.TextChoices):
        PREPARED = "prepared", pgettext_lazy("erasure", "Not begun")
        BEGUN = "begun", pgettext_lazy("erasure", "Under way")
        FORGOTTEN = "forgotten", pgettext_lazy("erasure", "Forgotten; bytes remain")
        DONE = "done", pgettext_lazy("erasure", "Done")
        CANCELLED = "cancelled", pgettext_lazy("erasure", "Cancelled")

    class Reason(models.TextChoices):
        ASKED = "asked", _("The person asked for it")
        WITHDRAWN = "withdrawn", _("Consent was withdrawn")
        OVER = "over", _("The purpose is over")
        UNLAWFUL = "unlawful", _("It should not have been collected")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    reason = models.CharField(max_length=12, choices=Reason)
    state = models.CharField(max_length=12, choices=State, default=State.PREPARED)
    keep_orders = models.BooleanField(default=True)
    customers = models.IntegerField()
    waiting = models.JSONField(default=dict)
    receipt = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True, blank=True)
    work = models.ForeignKey(Work, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="erasure_by_time")]

    def __str__(self) -> str:
        return str(self.id)

"""Sources, and the keys with which sites, apps and servers write to them."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.ids import uuid7


class Source(models.Model):
    """Where events come from: a shop, a file that somebody brings, a simulator."""

    class Kind(models.TextChoices):
        FILE = "file", _("Files")
        SHOP = "shop", _("Online shop")
        TILL = "till", _("Till")
        WEB = "web", _("Site and app")
        SERVICE = "service", _("Service desk")
        MESSAGES = "messages", _("Messages")

    class Asks(models.TextChoices):
        NOTHING = "nothing", _("Nothing")
        REFUSAL = "refusal", _("That the person has not refused profiling")
        CONSENT = "consent", _("That the person has allowed profiling")

    class Without(models.TextChoices):
        ANONYMOUS = "anonymous", _("Made anonymous")
        DROPPED = "dropped", _("Dropped")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.FILE)
    simulated = models.BooleanField(default=False)
    # What its events need of a person; empty: sites and apps ask for no refusal, others nothing.
    asks = models.CharField(max_length=10, choices=Asks, blank=True, default="")
    without = models.CharField(max_length=10, choices=Without, default=Without.ANONYMOUS)
    enabled = models.BooleanField(default=True)  # else the door says that it is not
    promise_minutes = models.PositiveIntegerField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    last_received_at = models.DateTimeField(null=True, blank=True)
    events = models.BigIntegerField(default=0)
    live_events = models.BigIntegerField(default=0)  # of `events`, those that the pump brought
    # Beyond these its keepers are told, as beyond the promise; empty: never.
    most_refused_percent = models.PositiveSmallIntegerField(null=True, blank=True)  # of an hour
    most_lag_seconds = models.PositiveIntegerField(null=True, blank=True)
    most_drift_percent = models.PositiveSmallIntegerField(null=True, blank=True)  # of a day
    plan_version = models.PositiveIntegerField(default=0)  # of its tracking plan; 0: it has none
    troubles = ArrayField(models.CharField(max_length=12), default=list, blank=True)  # told of

    def __str__(self) -> str:
        return self.key

    @property
    def needs(self) -> Source.Asks:
        """What its events need of a person, said or by its kind."""
        if self.asks:
            return Source.Asks(self.asks)
        watches = self.kind == Source.Kind.WEB
        return Source.Asks.REFUSAL if watches else Source.Asks.NOTHING


def new_key() -> str:
    """A write key: 32 letters and digits, as SDKs expect one to look."""
    return secrets.token_hex(16)


class WriteKey(models.Model):
    """What an SDK signs its events with. It can only write, and a page shows it to everybody who
    looks, so it is kept as it is: whoever manages the source can read it again.

    While a key is exchanged for another both hold, the older one until `ends_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=64, unique=True, default=new_key)
    origins = ArrayField(models.CharField(max_length=200), default=list, blank=True)  # empty: any
    created_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["source", "-created_at"])]

    def __str__(self) -> str:
        return str(self.id)

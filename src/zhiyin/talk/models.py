"""Tables: comments on records, notices to users, and how each user wants to be told."""

from __future__ import annotations

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import pgettext_lazy

from zhiyin.accounts.models import User
from zhiyin.ids import uuid7


class Comment(models.Model):
    """What somebody wrote beside a record: plain text, and whom it calls."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    record_type = models.CharField(max_length=40)
    record_id = models.UUIDField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    mentions = ArrayField(models.UUIDField(), default=list)  # users who were told
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="comment_says_something")
        ]
        indexes = [
            models.Index(fields=["record_type", "record_id", "-id"], name="comments_of_record"),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="comments_deleted",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Notice(models.Model):
    """Something that a user is told. Holds ids and counts; words are made when it is shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    record_type = models.CharField(max_length=40, blank=True)
    record_id = models.UUIDField(null=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    in_product = models.BooleanField(default=True)
    # When each channel is to tell it; empty where it does not, or has.
    mail_due = models.DateTimeField(null=True)
    push_due = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(record_type="", record_id__isnull=True)
                | models.Q(record_id__isnull=False),
                name="notice_record_whole",
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notices_of_user"),
            models.Index(
                fields=["user"],
                condition=models.Q(read_at__isnull=True, in_product=True),
                name="notices_unread",
            ),
            models.Index(
                fields=["mail_due"],
                condition=models.Q(mail_due__isnull=False),
                name="notices_to_mail",
            ),
            models.Index(
                fields=["push_due"],
                condition=models.Q(push_due__isnull=False),
                name="notices_to_push",
            ),
            models.Index(fields=["created_at"], name="notices_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Mail(models.TextChoices):
    """When a kind is told by e-mail."""

    OFF = "off", pgettext_lazy("notice", "No e-mail")
    NOW = "now", pgettext_lazy("notice", "At once")
    DIGEST = "digest", pgettext_lazy("notice", "Once a day")


class Preference(models.Model):
    """How one user wants to be told of one kind, where it differs from the kind's own."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    in_product = models.BooleanField()
    mail = models.CharField(max_length=6, choices=Mail.choices)
    push = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="preference_once"),
            models.CheckConstraint(
                condition=models.Q(mail__in=list(Mail.values)), name="preference_mail_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class KindDefault(models.Model):
    """How a kind is told to whoever has not said otherwise, where the house differs from it."""

    kind = models.CharField(max_length=60, primary_key=True)
    in_product = models.BooleanField()
    mail = models.CharField(max_length=6, choices=Mail.choices)
    push = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mail__in=list(Mail.values)), name="kind_default_mail_known"
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class Hours(models.Model):
    """A user's time zone, the hours in which nothing leaves the product, and the digest's hour."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    zone = models.CharField(max_length=60)
    quiet = models.BooleanField(default=False)
    quiet_from = models.TimeField(default=time(22))
    quiet_until = models.TimeField(default=time(8))
    digest_at = models.TimeField(default=time(9))

    def __str__(self) -> str:
        return str(self.user_id)


class PushDevice(models.Model):
    """A browser that a user let us call: its address at its maker's service, and its keys."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=1000, unique=True)
    public_key = models.BinaryField(max_length=65)
    secret = models.BinaryField(max_length=16)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["user"], name="push_devices_of_user")]

    def __str__(self) -> str:
        return str(self.pk)

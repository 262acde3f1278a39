"""What lets somebody reach rows besides their role: territories, shares, delegations.

Each is a fact with a beginning and an end that a person decided; how they add up with the role is
decided in access.py alone. Rows are named by resource and id, because this room knows nobody above.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models.people import Department, User
from zhiyin.ids import uuid7


class Territory(models.Model):
    """A part of the market: the rows that fulfil any of its rules, and who works there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name_zh = models.CharField(_("Chinese name"), max_length=80, unique=True)
    name_en = models.CharField(_("English name"), max_length=80, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "zh").startswith("zh") else self.name_en


class TerritoryRule(models.Model):
    """One condition: what is left empty may be anything; a department counts with all below it."""

    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="rules")
    country = models.CharField(max_length=60, blank=True)
    province = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=80, blank=True)
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(country="", province="", city="", department__isnull=True),
                name="territory_rule_says_something",
            ),
            models.UniqueConstraint(
                fields=["territory", "country", "province", "city", "department"],
                name="territory_rule_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TerritoryMember(models.Model):
    """Somebody who works in a territory: looks at its rows, or treats them as their own."""

    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="territories")
    may_change = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "user"], name="territory_member_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Share(models.Model):
    """One row opened to a colleague or a department, and how far.

    `actions` and `levels` are what the sharer had at that moment: nobody gets more through a share
    than its giver had.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource = models.CharField(max_length=40)
    row_id = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="shares")
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True)
    may_change = models.BooleanField(default=False)
    actions = ArrayField(models.CharField(max_length=40))
    levels = models.JSONField(default=dict)
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(department__isnull=True),
                name="share_with_one",
            ),
            models.UniqueConstraint(
                fields=["resource", "row_id", "user", "department"],
                condition=models.Q(ended_at__isnull=True),
                name="share_once_at_a_time",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                fields=["user"], condition=models.Q(ended_at__isnull=True), name="share_of_user"
            ),
            models.Index(
                fields=["department"],
                condition=models.Q(ended_at__isnull=True),
                name="share_of_department",
            ),
            models.Index(fields=["resource", "row_id"], name="share_of_row"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Delegation(models.Model):
    """For a time, one colleague acts on what belongs to another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    giver = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_given")
    receiver = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_held")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="delegation_has_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(giver=models.F("receiver")), name="delegation_to_another"
            ),
        ]
        indexes = [
            models.Index(
                fields=["receiver", "ends_at"],
                condition=models.Q(ended_at__isnull=True),
                name="delegation_held",
            ),
            models.Index(fields=["giver", "-starts_at"], name="delegation_given"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def holds_now(self) -> bool:
        """Whether somebody stands in at this moment."""
        return self.ended_at is None and self.starts_at <= timezone.now() < self.ends_at

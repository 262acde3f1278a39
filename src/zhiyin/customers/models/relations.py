"""Tags that a rule gave or that end on a day, and groups of people: households and circles."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.customers.models.person import Customer
from zhiyin.customers.models.segment import Segment
from zhiyin.ids import uuid7


class TagRule(models.Model):
    """Who is in a segment, or whom a model scores at least so high, has the tag.

    Who no longer is keeps it for `days` more; without days it goes at the next application.
    """

    class Basis(models.TextChoices):
        SEGMENT = "segment", _("Everybody in a segment")
        MODEL = "model", _("Everybody whom a model scores so high")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tag = models.CharField(max_length=60)
    basis = models.CharField(max_length=8, choices=Basis)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, null=True, blank=True)
    model = models.CharField(max_length=40, blank=True)
    least = models.FloatField(null=True, blank=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    applied_at = models.DateTimeField(null=True, blank=True)
    holders = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(basis="segment", segment__isnull=False)
                | models.Q(basis="model", least__isnull=False),
                name="tag_rule_has_its_basis",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class GivenTag(models.Model):
    """Why a customer has a tag, where that is a rule, or until when. A tag without one was given by
    hand or by an import and stays."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="taggings")
    tag = models.CharField(max_length=60)
    rule = models.ForeignKey(TagRule, on_delete=models.CASCADE, null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "tag", "rule"], name="given_tag_once", nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(fields=["until"], name="given_tag_ends",
                         condition=models.Q(until__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)


class Group(models.Model):
    """People who belong together: a household, or a circle of another kind."""

    class Kind(models.TextChoices):
        HOUSEHOLD = "household", _("Household")
        CIRCLE = "circle", pgettext_lazy("people", "Circle")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.HOUSEHOLD)
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)


class GroupMember(models.Model):
    """A customer in a group, and as what."""

    class Role(models.TextChoices):
        HEAD = "head", pgettext_lazy("of a household", "Decides")
        PARTNER = "partner", pgettext_lazy("of a household", "Partner")
        CHILD = "child", pgettext_lazy("of a household", "Child")
        PARENT = "parent", pgettext_lazy("of a household", "Parent")
        RELATIVE = "relative", pgettext_lazy("of a household", "Relative")
        MEMBER = "member", pgettext_lazy("of a household", "Member")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    since = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "customer"], name="group_member_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)

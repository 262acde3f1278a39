"""Signing in with the company's own provider: the house's rules for it, and who is who there."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models.people import Department
from zhiyin.accounts.roles import Role
from zhiyin.ids import uuid7


class SignInRules(models.Model):
    """The one row of what the administrator allows the provider; without it, the least."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    link_by_email = models.BooleanField(default=False)
    create_users = models.BooleanField(default=False)
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    default_roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices), default=list, blank=True
    )
    groups_claim = models.CharField(max_length=80, default="groups")
    department_claim = models.CharField(max_length=80, default="department")
    second_factor = models.BooleanField(default=False)  # refuse who has none anywhere
    strong_acr = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    only_provider = models.BooleanField(default=False)
    # Administrators who can always sign in with their password, should the provider be away.
    break_glass = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="sign_in_rules_are_one"),
            models.CheckConstraint(
                condition=models.Q(default_roles__contained_by=list(Role.values)),
                name="sign_in_roles_known",
            ),
            models.CheckConstraint(
                condition=models.Q(create_users=False) | models.Q(domains__len__gt=0),
                name="sign_in_makes_users_of_named_domains",
            ),
        ]

    def __str__(self) -> str:
        return "sign-in rules"


class GroupRule(models.Model):
    """A group of the provider that gives a role, or a department of theirs that is one of ours."""

    value = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role="", department__isnull=False)
                | models.Q(role__in=list(Role.values), department__isnull=True),
                name="group_rule_gives_one_thing",
            ),
            models.UniqueConstraint(
                fields=["value", "role", "department"], name="group_rule_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.value


class Identity(models.Model):
    """Who a user is at a provider: its name for them, which stays when their address changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities"
    )
    issuer = models.CharField(_("Provider"), max_length=500)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_is_one_user"),
            models.UniqueConstraint(fields=["user", "issuer"], name="user_has_one_identity_there"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

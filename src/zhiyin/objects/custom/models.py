"""Definitions of custom fields, and the layouts of record pages and forms."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import Sensitivity
from zhiyin.ids import uuid7
from zhiyin.objects.custom.rules import Rules, read_rules


class CustomField(models.Model):
    """What a company adds to an object. The key never changes: values stand under it."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", pgettext_lazy("field type", "Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        MOMENT = "moment", _("Date and time")
        BOOL = "bool", _("Yes or no")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        URL = "url", _("Web address")
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        USER = "user", _("Colleague")
        FORMULA = "formula", _("Formula")

    class IndexState(models.TextChoices):
        NONE = "", _("None")
        WANTED = "wanted", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object_type = models.CharField(max_length=40)
    key = models.CharField(max_length=40)
    label_zh = models.CharField(max_length=80)
    label_en = models.CharField(max_length=80)
    help_zh = models.CharField(max_length=300, blank=True)
    help_en = models.CharField(max_length=300, blank=True)
    type = models.CharField(max_length=12, choices=Type)
    sensitivity = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in Sensitivity], default="plain"
    )
    rules = models.JSONField(default=dict, blank=True)
    default = models.CharField(max_length=500, blank=True)  # as somebody would type it
    formula = models.CharField(max_length=1000, blank=True)
    formula_kind = models.CharField(max_length=10, blank=True)
    position = models.IntegerField(default=0)
    listed = models.BooleanField(default=False)  # lists may be sorted by it, so it has an index
    index_state = models.CharField(max_length=8, choices=IndexState, blank=True, default="")
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        ordering = ["position", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["object_type", "key"], name="custom_field_once"),
            models.CheckConstraint(
                condition=Q(key__regex=r"^c_[a-z][a-z0-9_]{0,37}$"), name="custom_field_plain_key"
            ),
            models.CheckConstraint(
                condition=Q(type="formula", formula__gt="") | (~Q(type="formula") & Q(formula="")),
                name="custom_field_formula_only_where_it_is_one",
            ),
            models.CheckConstraint(
                condition=~Q(type__in=["email", "phone"]) | ~Q(sensitivity="plain"),
                name="custom_field_contact_is_personal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type}.{self.key}"

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        return self.label_zh if _is_chinese() else self.label_en

    @property
    def help(self) -> str:
        """What is said below it, in the reader's language."""
        return self.help_zh if _is_chinese() else self.help_en

    @cached_property
    def checks(self) -> Rules:
        """The rules as they are checked."""
        return read_rules(self.rules)

    @property
    def is_formula(self) -> bool:
        return self.type == self.Type.FORMULA


class Demand(models.Model):
    """That a built-in field has to be filled: always, or in certain states of the row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object_type = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    rules = models.JSONField(default=dict)  # `required` and `required_when` alone
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = [F("object_type"), F("key")]
        constraints = [
            models.UniqueConstraint(fields=["object_type", "key"], name="demand_once"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type}.{self.key}"


class Layout(models.Model):
    """Which fields a role sees on an object's page and form, in which sections; '' is everybody."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object_type = models.CharField(max_length=40)
    role = models.CharField(max_length=20, blank=True)
    sections = models.JSONField(default=list)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        ordering = [F("object_type"), F("role")]
        constraints = [
            models.UniqueConstraint(fields=["object_type", "role"], name="layout_once"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type}:{self.role or 'everybody'}"


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")

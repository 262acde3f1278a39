"""Tables of the people who work here, of the audit trail and of long work.

Customers are not here. The audit tables are append-only: triggers made by the first migration
refuse to change them (see audit.py).
"""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.roles import Role
from zhiyin.ids import uuid7


class Department(models.Model):
    """One node of the tree of departments.

    `path` holds the ids from the root to here, each followed by a slash, so that everything below
    a department is one prefix search.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.TextField(unique=True, editable=False)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name_zh"],
                name="department_name_once_among_siblings",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(path__endswith="/"), name="department_path_is_closed"
            ),
        ]
        indexes = [
            models.Index(fields=["path"], opclasses=["text_pattern_ops"], name="department_below")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "zh").startswith("zh") else self.name_en

    @property
    def depth(self) -> int:
        """How far below the root: 0 for a root."""
        return self.path.count("/") - 1


class Locale(models.TextChoices):
    CHINESE = "zh-hans", "简体中文"
    ENGLISH = "en", "English"


class Theme(models.TextChoices):
    SYSTEM = "system", _("Follow the system")
    LIGHT = "light", pgettext_lazy("theme", "Light")
    DARK = "dark", pgettext_lazy("theme", "Dark")


class UserManager(BaseUserManager["User"]):
    """Finds a user by e-mail without regard to case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normal_email(username or ""))


def normal_email(email: str) -> str:
    """The one spelling under which an e-mail address is kept: NFC, lower case, no spaces around."""
    return unicodedata.normalize("NFC", email).strip().lower()


class User(AbstractBaseUser):
    """Somebody who works here and signs in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("E-mail"), max_length=254)
    name = models.CharField(_("Name"), max_length=80)
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices), verbose_name=_("Roles")
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("Department"),
    )
    locale = models.CharField(
        _("Language"), max_length=10, choices=Locale.choices, default=Locale.CHINESE
    )
    theme = models.CharField(_("Theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Part of the session's hash: raising it ends every session of this user.
    session_epoch = models.PositiveIntegerField(default=0)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=list(Role.values), roles__len__gt=0),
                name="user_roles_known",
            ),
            models.CheckConstraint(
                condition=models.Q(locale__in=list(Locale.values)), name="user_locale_known"
            ),
            models.CheckConstraint(
                condition=models.Q(theme__in=list(Theme.values)), name="user_theme_known"
            ),
        ]
        indexes = [models.Index(fields=["name", "id"], name="user_by_name")]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = normal_email(self.email)
        self.name = unicodedata.normalize("NFC", self.name).strip()

    @property
    def role_names(self) -> list[str]:
        """The roles in the reader's language, in the order of `Role`."""
        return [str(role.label) for role in Role if role in self.roles]

    def has_role(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        return salted_hmac(
            "zhiyin.accounts.User.session",
            f"{self.password}:{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class AuditFacts(models.Model):
    """What an audit entry says: who did what to which object. Ids and field names only."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    # No foreign key: the trail outlives the user and the object, and nothing may cascade into it.
    by = models.UUIDField(null=True)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    # Keyed hash of the facts, made when they were recorded.
    seal = models.BinaryField(max_length=32)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}".rstrip()


class AuditPending(AuditFacts):
    """Recorded in the business transaction, waiting for its place in the chain."""

    class Meta(AuditFacts.Meta):
        abstract = False


class AuditEntry(AuditFacts):
    """A link of the chain. Only the chainer inserts; nobody updates or deletes."""

    id = models.UUIDField(unique=True, editable=False)
    seq = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)

    class Meta(AuditFacts.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["by", "-seq"], name="audit_by_user"),
            models.Index(fields=["verb", "-seq"], name="audit_by_verb"),
            models.Index(fields=["object_type", "object_id", "-seq"], name="audit_by_object"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]


class AuditHead(models.Model):
    """Where the chain ends, under its own keyed hash, so that a cut tail is found."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_one_head")]

    def __str__(self) -> str:
        return str(self.seq)


class Work(models.Model):
    """Long-running work: how far it is, and whether somebody asked it to stop (see work.py)."""

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("work", "Waiting")
        RUNNING = "running", pgettext_lazy("work", "Running")
        DONE = "done", pgettext_lazy("work", "Done")
        FAILED = "failed", pgettext_lazy("work", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("work", "Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="work")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    stage = models.CharField(max_length=120, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    cancel_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done__gte=0)
                & (models.Q(total__isnull=True) | models.Q(total__gte=0)),
                name="work_counts_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="work_of_owner"),
            models.Index(fields=["kind", "-created_at"], name="work_of_kind"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "zh").startswith("zh") else self.title_en

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def percent(self) -> int | None:
        """Whole percent done, None while the total is unknown."""
        if not self.total:
            return None
        return min(100, self.done * 100 // self.total)

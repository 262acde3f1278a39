"""People who work here, and the tree of departments."""

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

from zhiyin.accounts.models.tokens import AccessToken
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

    class Kind(models.TextChoices):
        """A person, or a program that asks the API by a token and cannot sign in."""

        PERSON = "person", pgettext_lazy("user", "Person")
        SERVICE = "service", pgettext_lazy("user", "Service account")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
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

    # The token by which this request came, whose scopes the policy asks too; None for a session.
    token: AccessToken | None = None

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
                condition=models.Q(kind__in=["person", "service"]), name="user_kind_known"
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

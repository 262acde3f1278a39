"""The eight roles, and which of them may hand out which. Rights themselves are in access.py."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", pgettext_lazy("role", "Administrator")
    MANAGER = "manager", pgettext_lazy("role", "Manager")
    MARKETER = "marketer", pgettext_lazy("role", "Marketer")
    SALES = "sales", pgettext_lazy("role", "Sales")
    SERVICE = "service", pgettext_lazy("role", "Service")
    ANALYST = "analyst", pgettext_lazy("role", "Analyst")
    DPO = "dpo", pgettext_lazy("role", "Data protection officer")
    READ_ONLY = "read_only", pgettext_lazy("role", "Read only")


EVERY_ROLE = frozenset(Role)

# Nobody hands out more than they hold: a manager builds a team, but makes no administrator and
# no data protection officer, who watches managers too.
_MAY_GRANT: dict[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: EVERY_ROLE,
    Role.MANAGER: EVERY_ROLE - {Role.ADMINISTRATOR, Role.DPO},
}


def grantable(roles: Iterable[str]) -> frozenset[Role]:
    """The roles that somebody with these roles may give or take away."""
    granted = [_MAY_GRANT.get(Role(role), frozenset()) for role in roles]
    return frozenset().union(*granted)

"""What the administrator allows the company's provider, and who may still use a password.

The connection itself (issuer, client, secret) stands in the environment; see connect.oidc.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Department, GroupRule, SignInRules, User
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.roles import Role

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z0-9-]{2,63}")
_SWITCHES = ("link_by_email", "create_users", "second_factor", "only_provider")
_sign_outs: list[Callable[[], str]] = []


@dataclass(frozen=True)
class Wanted:
    """The rules as the screen sends them."""

    link_by_email: bool = False
    create_users: bool = False
    domains: tuple[str, ...] = ()
    default_roles: tuple[Role, ...] = ()
    groups_claim: str = "groups"
    department_claim: str = "department"
    second_factor: bool = False
    strong_acr: tuple[str, ...] = ()
    only_provider: bool = False
    break_glass: tuple[UUID, ...] = ()
    roles: tuple[tuple[str, Role], ...] = ()
    departments: tuple[tuple[str, Department], ...] = ()


def current() -> SignInRules:
    """The rules that hold; the least where nobody has changed them."""
    return SignInRules.objects.filter(pk=1).first() or SignInRules()


def provider_is_set() -> bool:
    """Whether the environment names a provider at all."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def provider_name() -> str:
    """How people call the provider."""
    named = settings.OIDC_NAME or urlsplit(settings.OIDC_ISSUER).hostname
    return named or _("your company")


def only_provider() -> bool:
    """Whether passwords and passkeys open nothing now, but for those who break the glass."""
    return provider_is_set() and SignInRules.objects.filter(only_provider=True).exists()


def may_sign_in_here(user: User) -> bool:
    """Whether this user may sign in without the provider."""
    return not only_provider() or is_break_glass(user)


def is_break_glass(user: User) -> bool:
    """Whether this account must never depend on the provider."""
    return SignInRules.break_glass.through.objects.filter(user_id=user.pk).exists()


def register_sign_out(leads_to: Callable[[], str]) -> None:
    """Let the provider's room say where a session of its own goes on after the sign-out."""
    if leads_to not in _sign_outs:
        _sign_outs.append(leads_to)


def after_sign_out() -> str:
    """Where somebody goes who had come by the provider; empty where it has no sign-out."""
    return next((found for ask in _sign_outs if (found := ask())), "")


@transaction.atomic
def change(wanted: Wanted, *, by: User) -> SignInRules:
    """Keep these rules."""
    access.require(by, "sign_in.change")
    SignInRules.objects.bulk_create([SignInRules(pk=1)], ignore_conflicts=True)
    rules = SignInRules.objects.select_for_update().get(pk=1)
    glass = _checked_break_glass(wanted)
    values = _values(wanted)
    changed = [name for name, value in values.items() if getattr(rules, name) != value]
    for name in changed:
        setattr(rules, name, values[name])
    rules.full_clean()
    rules.save()
    if {one.pk for one in glass} != set(rules.break_glass.values_list("pk", flat=True)):
        rules.break_glass.set(glass)
        changed.append("break_glass")
    if _keep_groups(wanted):
        changed.append("groups")
    if changed:
        switches = {name: getattr(rules, name) for name in _SWITCHES}
        record(by, "sign_in.changed", rules, fields=changed, **switches)
    return rules


def _values(wanted: Wanted) -> dict[str, Any]:
    domains = sorted({one.strip().lower().removeprefix("@") for one in wanted.domains} - {""})
    if wrong := [one for one in domains if not _DOMAIN.fullmatch(one)]:
        raise NotAllowed(_("This is no domain: %(domain)s") % {"domain": wrong[0]})
    if wanted.create_users and not domains:
        raise NotAllowed(_("Name the domains for whose addresses accounts are made."))
    return {
        "link_by_email": wanted.link_by_email,
        "create_users": wanted.create_users,
        "domains": domains,
        "default_roles": [role.value for role in Role if role in wanted.default_roles],
        "groups_claim": wanted.groups_claim.strip(),
        "department_claim": wanted.department_claim.strip(),
        "second_factor": wanted.second_factor,
        "strong_acr": sorted({one.strip() for one in wanted.strong_acr} - {""}),
        "only_provider": wanted.only_provider,
    }


def _checked_break_glass(wanted: Wanted) -> list[User]:
    """Administrators with a password and no identity at the provider; one at least where the
    provider shall be the only way in."""
    found = [
        one
        for one in User.objects.filter(
            pk__in=wanted.break_glass, is_active=True, kind=User.Kind.PERSON,
            roles__contains=[Role.ADMINISTRATOR], identities__isnull=True,
        )
        if one.has_usable_password()
    ]  # fmt: skip
    if len(found) < len(set(wanted.break_glass)):
        raise NotAllowed(_("A local account must be an open administrator with a password."))
    if wanted.only_provider and not found:
        raise NotAllowed(_("Name an administrator who can sign in when the provider is away."))
    if wanted.only_provider and not provider_is_set():
        raise NotAllowed(_("No provider is set; nobody could sign in."))
    return found


def _keep_groups(wanted: Wanted) -> bool:
    rows: set[tuple[str, str, UUID | None]] = set(_named(wanted.roles, wanted.departments))
    kept = {(one.value, one.role, one.department_id): one.pk for one in GroupRule.objects.all()}
    if rows == set(kept):
        return False
    GroupRule.objects.filter(pk__in=[pk for row, pk in kept.items() if row not in rows]).delete()
    GroupRule.objects.bulk_create(
        [GroupRule(value=v, role=r, department_id=d) for v, r, d in sorted(rows - set(kept))]
    )
    return True


def _named(
    roles: Iterable[tuple[str, Role]], departments: Iterable[tuple[str, Department]]
) -> Iterable[tuple[str, str, UUID | None]]:
    for value, role in roles:
        if value.strip():
            yield value.strip()[:200], role.value, None
    for value, department in departments:
        if value.strip():
            yield value.strip()[:200], "", department.pk

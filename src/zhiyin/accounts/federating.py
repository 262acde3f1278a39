"""Whom the company's provider lets in: the user behind its word, linked or made where the rules of
the house allow it, with the roles and the department that their groups give."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from zhiyin.accounts import services, sessions, sign_in_rules, throttle, workspace
from zhiyin.accounts.audit import record
from zhiyin.accounts.audit_keys import fingerprint
from zhiyin.accounts.models import (
    Department,
    GroupRule,
    Identity,
    Locale,
    Session,
    SignInRules,
    User,
    normal_email,
)
from zhiyin.accounts.provider_claims import Claims, Refusal, Refused, roles_of
from zhiyin.accounts.roles import Role

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@transaction.atomic
def admit(claims: Claims) -> User:
    """The user who may come in by this word; raises `Refused`. Nothing is kept of a refusal."""
    rules = sign_in_rules.current()
    identity = (
        Identity.objects.select_for_update(of=("self",))
        .filter(issuer=claims.issuer, subject=claims.subject)
        .first()
    )
    if identity is None:
        user = _by_email(claims, rules)
        user = _made(claims, rules) if user is None else user
        identity = Identity(user=user, issuer=claims.issuer, subject=claims.subject)
    user = User.objects.select_for_update(of=("self",)).get(pk=identity.user_id)
    _check_open(user)
    _follow_groups(user, claims, rules)
    if rules.second_factor and not claims.is_strong(rules.strong_acr) and not _has_factor(user):
        raise Refused(Refusal.NO_SECOND_FACTOR)
    is_new = identity._state.adding
    identity.last_used_at = timezone.now()
    identity.save()
    if is_new:
        record(user, "user.identity_linked", user)
    return user


@transaction.atomic
def end_sessions(issuer: str, *, subject: str, sid: str, token_id: str) -> int | None:
    """End the sessions that the provider says are over: one by its name there, or all by which it
    let somebody in. How many they were; None where this word of the provider came before."""
    if not throttle.is_first(f"logout:{fingerprint(f'{issuer} {token_id}')}"):
        return None
    found = Session.objects.exclude(provider_session="").select_related("user")
    if subject:
        known = Identity.objects.filter(issuer=issuer, subject=subject)
        found = found.filter(user__in=known.values("user"))
    if sid:
        found = found.filter(provider_session=provider_session(issuer, sid))
    ended = list(found)
    for one in ended:
        record(None, "user.session_ended", one.user, way="oidc")
    Session.objects.filter(pk__in=[one.pk for one in ended]).delete()
    return len(ended)


def provider_session(issuer: str, sid: str) -> str:
    """What is kept of the provider's name for a session; without a name, of who let them in."""
    return fingerprint(f"{issuer} {sid}")


def _by_email(claims: Claims, rules: SignInRules) -> User | None:
    """The user with this address, where the provider vouches for it and the house lets it link."""
    user = User.objects.filter(email=normal_email(claims.email)).first() if claims.email else None
    if user is None:
        return None
    if not claims.email_verified:
        raise Refused(Refusal.UNVERIFIED)
    if not rules.link_by_email:
        raise Refused(Refusal.NO_ACCOUNT)
    if user.kind != User.Kind.PERSON:
        raise Refused(Refusal.LOCAL)
    if user.identities.filter(issuer=claims.issuer).exists():
        raise Refused(Refusal.OTHER_IDENTITY)  # an address that was given to somebody else
    return user


def _made(claims: Claims, rules: SignInRules) -> User:
    if not rules.create_users:
        raise Refused(Refusal.NO_ACCOUNT)
    if not claims.email or not claims.email_verified:
        raise Refused(Refusal.UNVERIFIED)
    if claims.domain not in rules.domains:
        raise Refused(Refusal.DOMAIN)
    roles = _roles(claims, rules)
    user = User(
        email=normal_email(claims.email),
        name=" ".join(claims.name.split())[:80] or claims.email.partition("@")[0][:80],
        roles=[role.value for role in roles],
        department=_department(claims, rules),
        locale=workspace.known().language or Locale.CHINESE,
    )
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as error:
        raise Refused(Refusal.UNVERIFIED) from error  # an address that is none
    user.save(force_insert=True)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    record(None, "user.created", user, roles=user.roles, department=user.department_id, way="oidc")
    return user


def _check_open(user: User) -> None:
    if not user.is_active:
        raise Refused(Refusal.CLOSED)
    if user.kind != User.Kind.PERSON or sign_in_rules.is_break_glass(user):
        raise Refused(Refusal.LOCAL)


def _follow_groups(user: User, claims: Claims, rules: SignInRules) -> None:
    """Give the roles and the department that the groups name; where no group is named here,
    what the user has stays."""
    changed = []
    if GroupRule.objects.exclude(role="").exists():
        roles = _roles(claims, rules)
        if user.has_role(Role.ADMINISTRATOR) and services.is_last_administrator(user):
            roles = [role for role in Role if role in {Role.ADMINISTRATOR, *roles}]
        if (wanted := [role.value for role in roles]) != user.roles:
            user.roles = wanted
            changed.append("roles")
    department = _department(claims, rules)
    if department is not None and department.pk != user.department_id:
        user.department = department
        changed.append("department")
    if not changed:
        return
    user.session_epoch += 1
    user.full_clean()
    user.save(update_fields=[*changed, "session_epoch"])
    sessions.credentials_changed(user)
    record(
        None, "user.changed", user, fields=changed, roles=user.roles,
        department=user.department_id, way="oidc",
    )  # fmt: skip


def _roles(claims: Claims, rules: SignInRules) -> list[Role]:
    """What the groups give, else what the house gives everybody; raises `Refused` at nothing."""
    named = GroupRule.objects.exclude(role="").values_list("value", "role")
    given = roles_of(claims.values(rules.groups_claim), named)
    roles = given or [Role(one) for one in rules.default_roles]
    if not roles:
        raise Refused(Refusal.NO_ROLE)
    return roles


def _department(claims: Claims, rules: SignInRules) -> Department | None:
    """The deepest of our departments that the provider's word names."""
    told = claims.values(rules.department_claim) | claims.values(rules.groups_claim)
    found = Department.objects.filter(grouprule__value__in=told).order_by("path")
    return max(found, key=lambda one: one.depth, default=None)


def _has_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=_FACTORS).exists())

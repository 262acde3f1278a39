"""Writes to users: one function a use case, one transaction, one audit entry.

`by` is who does it; None is the system itself (the command line on the server, the demo).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from zhiyin.accounts import access, policy_changes, sessions
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Department, Locale, Session, User, normal_email
from zhiyin.accounts.refusals import NotAllowed as NotAllowed
from zhiyin.accounts.roles import Role, grantable

_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no l, 1, I, O, 0


@dataclass(frozen=True)
class NewUser:
    """A user just made, and the password that is shown once and kept nowhere."""

    user: User
    password: str


def generate_password() -> str:
    """Four groups of five characters that are hard to confuse: 116 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


@transaction.atomic
def create_user(
    *,
    by: User | None,
    email: str,
    name: str,
    roles: Iterable[Role],
    department: Department | None = None,
    locale: Locale = Locale.CHINESE,
) -> NewUser:
    """Make a user with a generated password, which the administrator hands over."""
    if by is not None:
        access.require(by, "user.add")
    wanted = checked_roles(by, set(), roles)
    check_department(by, department)
    user = User(
        email=normal_email(email),
        name=name,
        roles=wanted,
        department=department,
        locale=locale,
    )
    password = generate_password()
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    # allauth lets only a verified address have a second factor; here the maker vouches for it.
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    record(by, "user.created", user, roles=user.roles, department=user.department_id)
    return NewUser(user, password)


@transaction.atomic
def change_user(
    user: User,
    *,
    by: User,
    name: str,
    roles: Iterable[Role],
    department: Department | None,
) -> User:
    """Change name, roles and department; other roles or another department end the sessions."""
    user = _locked(user, by, "user.change")
    before = {Role(role) for role in user.roles}
    ordered = checked_roles(by, before, roles)
    wanted = {Role(role) for role in ordered}
    changed = [] if name == user.name else ["name"]
    user.name = name
    if wanted != before:
        if Role.ADMINISTRATOR in before - wanted:
            _check_not_last_administrator(user)
        user.roles = ordered
        _check_policy_keeper(user)
        changed.append("roles")
    if (department.pk if department else None) != user.department_id:
        check_department(by, department)
        user.department = department
        changed.append("department")
    if not changed:
        return user
    if changed != ["name"]:
        user.session_epoch += 1
        sessions.credentials_changed(user)
    user.full_clean()
    user.save()
    record(
        by, "user.changed", user, fields=changed, roles=user.roles, department=user.department_id
    )
    return user


@transaction.atomic
def deactivate_user(user: User, *, by: User) -> User:
    """Close an account: its sessions end at once, what it owns stays."""
    user = _locked(user, by, "user.deactivate")
    if user.pk == by.pk:
        raise NotAllowed(_("You cannot deactivate yourself; ask another administrator."))
    if user.has_role(Role.ADMINISTRATOR):
        _check_not_last_administrator(user)
    user.is_active = False
    _check_policy_keeper(user)
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    sessions.credentials_changed(user)
    record(by, "user.deactivated", user)
    return user


@transaction.atomic
def activate_user(user: User, *, by: User) -> User:
    """Open a closed account again, with its old password and roles."""
    user = _locked(user, by, "user.deactivate")
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(by, "user.activated", user)
    return user


@transaction.atomic
def reset_password(user: User, *, by: User | None) -> NewUser:
    """Give a user who forgot theirs a new generated password; every session ends."""
    if by is not None:
        user = _locked(user, by, "user.reset_password")
    if user.kind == User.Kind.SERVICE:
        raise access.Denied("user.reset_password")  # a program has tokens and no password
    password = generate_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.credentials_changed(user)
    record(by, "user.password_reset", user)
    return NewUser(user, password)


@transaction.atomic
def set_password(user: User, password: str, *, by: User | None) -> User:
    """Set a chosen password, for the command line; checked like one that a user chooses."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.credentials_changed(user)
    record(by, "user.password_set", user)
    return user


@transaction.atomic
def change_own_account(user: User, *, name: str) -> User:
    """Change one's own name as colleagues see it."""
    user.name = name
    user.full_clean()
    user.save(update_fields=["name"])
    record(user, "user.changed", user, fields=["name"])
    return user


@transaction.atomic
def end_sessions(user: User, *, by: User) -> User:
    """End every session of this user; the caller renews their own where it shall live on."""
    if user.pk != by.pk:
        user = _locked(user, by, "user.reset_password")
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    sessions.end_others(user)
    record(by, "user.sessions_ended", user)
    return user


@transaction.atomic
def end_session_of(session: Session, *, by: User) -> None:
    """End one session of somebody whose password one may reset."""
    assert session.user is not None
    _locked(session.user, by, "user.reset_password")
    sessions.end(session, by=by)


def _locked(user: User, by: User, permission: str) -> User:
    """The user's row, held until the end; refused where `by` may not touch it."""
    access.require(by, permission, user)
    held = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    access.require(by, permission, held)
    if {Role(role) for role in held.roles} - grantable(by.roles):
        raise access.Denied(permission)  # a manager does not touch an administrator
    if held.kind == User.Kind.SERVICE:
        access.require(by, "service_account.change")
    return held


def checked_roles(by: User | None, before: set[Role], roles: Iterable[Role]) -> list[str]:
    """The roles in their order; refused where there is none, or `by` may not give or take one."""
    wanted = {Role(role) for role in roles}
    if not wanted:
        raise NotAllowed(_("Choose at least one role."))
    if by is not None and (beyond := (before ^ wanted) - grantable(by.roles)):
        names = "、".join(str(role.label) for role in Role if role in beyond)
        raise NotAllowed(_("You may not give or take away: %(roles)s.") % {"roles": names})
    return [role.value for role in Role if role in wanted]


def check_department(by: User | None, department: Department | None) -> None:
    """Refused where `by` may not put anybody there."""
    if by is None:
        return
    scope = access.scope_of(by, "user.change")
    if scope is access.Scope.ALL:
        return
    if department is None or department.pk not in access.department_ids(by, scope):
        raise NotAllowed(_("Choose a department that you lead."))


def is_last_administrator(user: User) -> bool:
    """Whether nobody else administers; inside a transaction."""
    # The rows are locked, so that two administrators cannot remove each other at the same time.
    others = User.objects.select_for_update().filter(
        roles__contains=[Role.ADMINISTRATOR], is_active=True, kind=User.Kind.PERSON
    )
    return not [other for other in others if other.pk != user.pk]


def _check_not_last_administrator(user: User) -> None:
    if is_last_administrator(user):
        raise NotAllowed(_("This is the last administrator; name another one first."))


def _check_policy_keeper(user: User) -> None:
    """Somebody can change the policy also once this user is as they are to be."""
    if not access.allowed(user, policy_changes.CHANGE) and not policy_changes.somebody_may_change(
        besides=user
    ):
        raise NotAllowed(_("Nobody who works here could change the policy any more."))

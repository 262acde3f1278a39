"""Sign-ins and changes to how somebody signs in go into the audit trail."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from zhiyin.accounts import sessions
from zhiyin.accounts.audit import record
from zhiyin.accounts.audit_keys import fingerprint
from zhiyin.accounts.models import User, normal_email


@receiver(user_logged_in)
def signed_in(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    steps = get_authentication_records(request, user)
    used = [str(one.get("method", "")) for one in steps]
    record(user, "signed_in", user, way=[*dict.fromkeys(used)])
    told = [str(one["provider_session"]) for one in steps if one.get("provider_session")]
    sessions.begin(request, user, provider_session=told[-1] if told else "")


@receiver(user_logged_out)
def signed_out(sender: object, user: User | None, **kwargs: object) -> None:
    if user is not None:
        record(user, "signed_out", user)


@receiver(user_login_failed)
def sign_in_failed(sender: object, credentials: Mapping[str, object], **kwargs: object) -> None:
    tried = str(credentials.get("email") or credentials.get("username") or "")
    record(None, "sign_in_failed", tried=fingerprint(normal_email(tried)))


@receiver(password_changed)
def own_password_changed(sender: object, user: User, **kwargs: object) -> None:
    sessions.credentials_changed(user)
    record(user, "user.password_changed", user)


# Of the table and not allauth's own, which come after the commit: deed and entry belong together.
@receiver(post_save, sender=Authenticator)
def factor_added(sender: object, instance: Authenticator, created: bool, **kwargs: object) -> None:
    if created:
        sessions.credentials_changed(instance.user)
        record(instance.user, "user.factor_added", instance.user, factor=str(instance.type))


@receiver(post_delete, sender=Authenticator)
def factor_removed(sender: object, instance: Authenticator, **kwargs: object) -> None:
    sessions.credentials_changed(instance.user)
    record(instance.user, "user.factor_removed", instance.user, factor=str(instance.type))

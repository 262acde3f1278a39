"""Sign-ins, sign-outs and failed sign-ins go into the audit trail."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from zhiyin.accounts.audit import record
from zhiyin.accounts.audit_keys import fingerprint
from zhiyin.accounts.models import User, normal_email


@receiver(user_logged_in)
def signed_in(sender: object, user: User, **kwargs: object) -> None:
    record(user, "signed_in", user)


@receiver(user_logged_out)
def signed_out(sender: object, user: User | None, **kwargs: object) -> None:
    if user is not None:
        record(user, "signed_out", user)


@receiver(user_login_failed)
def sign_in_failed(sender: object, credentials: Mapping[str, object], **kwargs: object) -> None:
    tried = str(credentials.get("email") or credentials.get("username") or "")
    record(None, "sign_in_failed", tried=fingerprint(normal_email(tried)))

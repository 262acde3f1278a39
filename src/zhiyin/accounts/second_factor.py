"""The second step of a sign-in: codes are tried slowly, by all server processes together, and each
opens once; who used a second factor at the company's provider is not asked for another."""

from __future__ import annotations

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.stages import AuthenticateStage
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.accounts import throttle
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User

STRONG = "zhiyin_strong"  # in the state of a login: the provider saw a second factor


class _SlowCodes(forms.Form):
    """Counts before the code is looked at. allauth counts too, but each process for itself."""

    user: User

    def clean_code(self) -> str:
        try:
            counted = throttle.enter_code(self.user)
        except throttle.TooMany as early:
            raise ValidationError(too_many(early)) from early
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError:
            record(self.user, "second_factor_failed", self.user)
            raise
        if not throttle.spend(self.user, code):
            record(self.user, "second_factor_failed", self.user, spent=True)
            raise ValidationError(_("This code was used already; wait for the next one."))
        throttle.passed(counted)
        return code


class CodeForm(_SlowCodes, AuthenticateForm):  # type: ignore[misc]
    """The code at the sign-in."""


class CodeAgainForm(_SlowCodes, ReauthenticateForm):  # type: ignore[misc]
    """The code before something that needs to be sure."""


class SecondStep(AuthenticateStage):  # type: ignore[misc]
    """allauth's stage, which also believes the provider."""

    def _should_handle(self, request: HttpRequest) -> bool:
        if self.login.state.get(STRONG) is True:
            return False
        return bool(super()._should_handle(request))


def too_many(early: throttle.TooMany) -> str:
    """How long to wait, for people."""
    text = ngettext(
        "Too many attempts. Wait %(n)s second.",
        "Too many attempts. Wait %(n)s seconds.",
        early.seconds,
    )
    return text % {"n": early.seconds}

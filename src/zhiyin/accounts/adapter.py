"""What allauth asks us: nobody signs up, guessing is slowed down, and who signs in gets their
language and a cookie by which the browser is known again."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from zhiyin.accounts import (
    access,
    second_factor,
    sessions,
    sign_in_rules,
    throttle,
    workspace,
)
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User

# Who has just signed in sees that they are.
_SELF_EVIDENT = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if message_template in _SELF_EVIDENT:
            return
        super().add_message(request, level, message_template, *args, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The first administrator of an empty workspace begins with telling what it is."""
        user = request.user
        may = isinstance(user, User) and access.allowed(user, "workspace.change")
        if may and workspace.is_new():
            return reverse("setup")
        usual: str = super().get_login_redirect_url(request)
        return usual

    def get_login_stages(self) -> list[str]:
        """allauth's, with our own second step."""
        ours = f"{second_factor.__name__}.{second_factor.SecondStep.__name__}"
        theirs = "allauth.mfa.stages.AuthenticateStage"
        return [ours if one == theirs else one for one in super().get_login_stages()]

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Passkeys pass by the backend that asks for passwords, so the house's rule is asked here:
        only what the provider vouched for comes in where it is the only way."""
        refused: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if refused is not None:
            return refused
        by_provider = (kwargs.get("signal_kwargs") or {}).get("method") == "oidc"
        if not by_provider and not sign_in_rules.may_sign_in_here(user):
            record(user, "sign_in_refused", user, reason="only_provider")
            messages.error(request, _("Sign in with your company's account."))
            return redirect("account_login")
        return None

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Who came by the company's provider is signed out there too."""
        if any(
            one.get("method") == "oidc" for one in get_authentication_records(request, request.user)
        ):
            return sign_in_rules.after_sign_out() or reverse("account_login")
        usual: str = super().get_logout_redirect_url(request)
        return usual

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        set_language_cookie(response, user.locale)
        sessions.remember(request, response)
        return response

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before the password is looked at."""
        try:
            self._counted = throttle.enter(request, str(credentials.get("email") or ""))
        except throttle.TooMany as early:
            raise ValidationError(second_factor.too_many(early)) from early

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Only checks who it is; a right password takes the counted failure back."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            throttle.passed(self._counted)
        return user


def set_language_cookie(response: HttpResponse, locale: str) -> None:
    """Django's LocaleMiddleware reads the language from this cookie."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        locale,
        max_age=365 * 24 * 3600,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )

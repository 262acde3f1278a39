"""What a program hears when its token does not open: RFC 6750's challenges, as our problems."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.api import problems
from zhiyin.accounts.api.problems import Problem
from zhiyin.accounts.models import AccessToken

API = "/api/"
_REALM = 'Bearer realm="zhiyin"'


def token_of(request: HttpRequest) -> AccessToken | None:
    """The token that a request was made with; None for a session or nobody."""
    return getattr(request.user, "token", None)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API)


def sign_in() -> HttpResponse:
    """Nobody asked."""
    return _with(_REALM, Problem(401, problems.in_both(_("Sign in first."))))


def unknown() -> HttpResponse:
    """A token that opens nothing; which of the reasons it is, only its owner sees."""
    reason = _("The token is not valid, has expired or was revoked.")
    return _with(f'{_REALM}, error="invalid_token"', Problem(401, problems.in_both(reason)))


def narrow(permission: str) -> HttpResponse:
    """The user may perhaps; this token may not."""
    reason = problems.in_both(_("The token does not allow this."))
    scope = f'{_REALM}, error="insufficient_scope", scope="{permission}"'
    return _with(scope, Problem(403, reason))


def _with(challenge: str, problem: Problem) -> HttpResponse:
    answer = problems.answer(problem)
    answer.headers["WWW-Authenticate"] = challenge
    return answer

"""Screens of one's own access tokens: what there is, a new one shown once, the end of one."""

from __future__ import annotations

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import tokens as keeping
from zhiyin.accounts.asking import asker, attempt
from zhiyin.accounts.forms import TokenForm
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import AccessToken, User


@gate("account.own")
@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens, the newest first."""
    return render(request, "accounts/tokens.html", {"tokens": shown(asker(request))})


@gate("account.own")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def new_token(request: HttpRequest) -> HttpResponse:
    """A new token; whoever makes a key that outlives the session shows who they are again."""
    me = asker(request)
    return make_token(request, me, me, "tokens")


@gate("account.own")
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End one of one's own tokens."""
    me = asker(request)
    keeping.revoke(get_object_or_404(AccessToken, pk=token_id, user=me), by=me)
    messages.success(request, _("The token is revoked."))
    return redirect("tokens")


def make_token(request: HttpRequest, user: User, by: User, back: str) -> HttpResponse:
    """The form of a new token, and the page that shows it once."""
    form = TokenForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = attempt(
            form,
            lambda: keeping.make(
                user, by=by, name=data["name"], scopes=form.scopes, days=data["days"]
            ),
        )
        if made is not None:
            return render(request, "accounts/token_made.html", {"made": made, "back": back})
    context = {"form": form, "of": user, "back": back}
    return render(request, "accounts/token_form.html", context)


def shown(user: User) -> list[AccessToken]:
    """The tokens of a user as a screen lists them, each with `alive`."""
    now = timezone.now()
    found = list(user.tokens.order_by("-created_at")[:200])
    for one in found:
        one.alive = one.is_alive(now)  # type: ignore[attr-defined]
    return found

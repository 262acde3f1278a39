"""Screens of service accounts: programs that ask the API, their rights and their tokens."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access, services, tokens
from zhiyin.accounts import service_accounts as keeping
from zhiyin.accounts.asking import asker, attempt
from zhiyin.accounts.forms import UserForm
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import AccessToken, Department, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.token_views import make_token, shown

_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("service_account.see")
@require_GET
def service_accounts(request: HttpRequest) -> HttpResponse:
    """All of them, open ones first."""
    me = asker(request)
    context = {
        "accounts": keeping.listed(me)[:500],
        "may_change": access.allowed(me, "service_account.change"),
    }
    return render(request, "accounts/service_accounts.html", context)


@gate("service_account.change")
@_read_or_write
def new_service_account(request: HttpRequest) -> HttpResponse:
    """Name, roles and department; its tokens come afterwards."""
    me = asker(request)
    form = UserForm(request.POST or None, by=me)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: keeping.create(by=me, **_read(form)))
        if made is not None:
            return redirect("service_account", made.pk)
    return render(request, "accounts/service_account.html", {"form": form})


@gate("service_account.see", write="service_account.change")
@_read_or_write
def service_account(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One account with its tokens; other roles or another department end them."""
    me = asker(request)
    account = _account(me, user_id)
    form = UserForm(request.POST or None, by=me, user=account)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_user(account, by=me, **_read(form)))
        if changed is not None:
            messages.success(request, _("Saved."))
            return redirect("service_account", user_id)
    context = {
        "form": form,
        "shown": account,
        "tokens": shown(account),
        "may_change": access.allowed(me, "service_account.change"),
    }
    return render(request, "accounts/service_account.html", context)


@gate("service_account.change")
@require_POST
def open_service_account(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Close an account, which ends its tokens, or open it again."""
    me = asker(request)
    account = _account(me, user_id)
    if request.POST.get("open") == "1":
        services.activate_user(account, by=me)
        messages.success(request, _("The account is open again; it needs new tokens."))
    else:
        services.deactivate_user(account, by=me)
        messages.success(request, _("The account is closed; its tokens have ended."))
    return redirect("service_account", user_id)


@gate("service_account.change")
@never_cache
@_read_or_write
@reauthentication_required  # type: ignore[untyped-decorator]
def new_service_token(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A new token for a service account."""
    me = asker(request)
    return make_token(request, _account(me, user_id), me, "service_accounts")


@gate("service_account.change")
@require_POST
def revoke_service_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End a token of a service account."""
    token = get_object_or_404(AccessToken, pk=token_id, user__kind=User.Kind.SERVICE)
    tokens.revoke(token, by=asker(request))
    messages.success(request, _("The token is revoked."))
    return redirect("service_account", token.user_id)


def _account(me: User, user_id: UUID) -> User:
    return get_object_or_404(keeping.listed(me), pk=user_id)


class _Rights(TypedDict):
    """What the form says of an account."""

    name: str
    roles: list[Role]
    department: Department | None


def _read(form: UserForm) -> _Rights:
    data = form.cleaned_data
    return {
        "name": data["name"],
        "roles": [Role(role) for role in data["roles"]],
        "department": data["department"],
    }

"""Screens of what opens rows besides the role: delegations and territories."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access, delegating, queries, territories
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import Delegation, Department, Territory, User
from zhiyin.accounts.reach_forms import (
    RULE_ROWS,
    DelegationForm,
    TerritoryForm,
    day_begins,
    day_is_over,
    rules_of,
)
from zhiyin.accounts.services import NotAllowed
from zhiyin.accounts.territories import Rule

_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("delegation.see", write="delegation.change")
@_read_or_write
def delegations(request: HttpRequest) -> HttpResponse:
    """Who stands in for whom; a new one."""
    me = _me(request)
    for_others = access.scope_of(me, "delegation.change") is access.Scope.ALL
    form = DelegationForm(request.POST or None, by=me, for_others=for_others)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            delegating.delegate(
                giver=data.get("giver") or me, receiver=data["receiver"],
                starts_at=day_begins(data["first"]), ends_at=day_is_over(data["last"]),
                reason=data["reason"], by=me,
            )  # fmt: skip
        except NotAllowed as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, _("The delegation is noted."))
            return redirect("delegations")
    context = {"form": form, "delegations": delegating.delegations_for(me)}
    status = 422 if form.errors else 200
    return render(request, "accounts/delegations.html", context, status=status)


@gate("delegation.change")
@require_POST
def end_delegation(request: HttpRequest, delegation_id: UUID) -> HttpResponse:
    me = _me(request)
    found = get_object_or_404(delegating.delegations_for(me), pk=delegation_id)
    delegating.end_delegation(Delegation(pk=found.pk), by=me)
    messages.success(request, _("The delegation has ended."))
    return redirect("delegations")


@gate("territory.see")
@require_GET
def territory_list(request: HttpRequest) -> HttpResponse:
    context = {
        "territories": territories.territory_list(),
        "may_change": access.allowed(_me(request), "territory.change"),
    }
    return render(request, "accounts/territories.html", context)


@gate("territory.change")
@_read_or_write
def new_territory(request: HttpRequest) -> HttpResponse:
    return _territory(request, None)


@gate("territory.change")
@_read_or_write
def territory(request: HttpRequest, territory_id: UUID) -> HttpResponse:
    return _territory(request, get_object_or_404(Territory, pk=territory_id))


@gate("territory.change")
@require_POST
def remove_territory(request: HttpRequest, territory_id: UUID) -> HttpResponse:
    territories.remove_territory(get_object_or_404(Territory, pk=territory_id), by=_me(request))
    messages.success(request, _("The territory is gone; nobody reaches a row through it."))
    return redirect("territories")


def _territory(request: HttpRequest, shown: Territory | None) -> HttpResponse:
    names = {"name_zh": shown.name_zh, "name_en": shown.name_en} if shown else {}
    form = TerritoryForm(request.POST or None, initial=names)
    departments = {str(one.pk): one for one in Department.objects.order_by("path")}
    rules, chosen, may_change = _kept(shown)
    if request.method == "POST":
        rules = rules_of(dict(request.POST.lists()), departments)
        chosen, may_change = set(request.POST.getlist("member")), set(request.POST.getlist("may"))
    colleagues = list(queries.colleagues())
    if request.method == "POST" and form.is_valid():
        members = territories.members_of(
            [one for one in colleagues if str(one.pk) in chosen],
            [one.pk for one in colleagues if str(one.pk) in may_change],
        )
        try:
            territories.keep_territory(
                shown, by=_me(request), rules=rules, members=members, **form.cleaned_data
            )
        except NotAllowed as reason:
            form.add_error(None, str(reason))
        except ValidationError as errors:
            form.add_error(None, errors.messages)
        else:
            messages.success(request, _("Saved."))
            return redirect("territories")
    context = {
        "form": form, "shown": shown, "rules": [*rules, *[Rule()] * RULE_ROWS],
        "departments": list(departments.values()), "colleagues": colleagues, "chosen": chosen,
        "may_change": may_change,
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "accounts/territory_form.html", context, status=status)


def _kept(shown: Territory | None) -> tuple[list[Rule], set[str], set[str]]:
    if shown is None:
        return [], set(), set()
    rules = [
        Rule(one.country, one.province, one.city, one.department)
        for one in shown.rules.select_related("department").order_by("pk")
    ]
    members = list(shown.members.all())
    return (
        rules,
        {str(one.user_id) for one in members},
        {str(one.user_id) for one in members if one.may_change},
    )


def _me(request: HttpRequest) -> User:
    assert not isinstance(request.user, AnonymousUser)  # the gate has seen to it
    return request.user

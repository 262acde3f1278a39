"""Screens of consent: how it stands and what changed, and the suppression list."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.govern import queries, services
from zhiyin.govern.asking import me_of, uuid_in
from zhiyin.govern.forms import SuppressForm


@gate("consent.see")
@require_GET
def consents(request: HttpRequest) -> HttpResponse:
    """The consent register: counts by channel and purpose, and every grant and withdrawal."""
    me = me_of(request)
    found = queries.changes(me, before=uuid_in(request.GET.get("before", "")))
    return render(
        request,
        "govern/consents.html",
        {
            "register": queries.register(),
            "changes": found[: queries.PAGE],
            "more": found[queries.PAGE - 1].pk if len(found) > queries.PAGE else None,
            "sees_erasures": access.allowed(me, "erasure.see"),
        },
    )


@gate("consent.see", write="consent.change")
@require_http_methods(["GET", "HEAD", "POST"])
def suppressions(request: HttpRequest) -> HttpResponse:
    """The suppression list; an address can be added and asked for, never read from it."""
    me = me_of(request)
    form = SuppressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.suppress(
            data["address"], data["channel"], reason=data["reason"], by=me, at=timezone.now()
        )
        messages.success(request, _("Never written to again from now on."))
        return redirect("suppressions")
    found = queries.suppressions(before=uuid_in(request.GET.get("before", "")))
    return render(
        request,
        "govern/suppressions.html",
        {
            "form": form,
            "may_add": access.allowed(me, "consent.change"),
            "entries": found[: queries.PAGE],
            "more": found[queries.PAGE - 1].pk if len(found) > queries.PAGE else None,
            "sees_erasures": access.allowed(me, "erasure.see"),
        },
    )


@gate("consent.see")
@require_http_methods(["POST"])
def ask_suppression(request: HttpRequest) -> HttpResponse:
    """Whether one address is on the list; by POST, so that it stands in no log of addresses."""
    address = request.POST.get("address", "").strip()[:254]
    found = queries.suppressed(address) if address else []
    return render(
        request,
        "govern/suppressions.html",
        {
            "form": SuppressForm(initial={"address": address}),
            "may_add": access.allowed(me_of(request), "consent.change"),
            "asked": bool(address),
            "sees_erasures": access.allowed(me_of(request), "erasure.see"),
            "entries": found,
        },
    )

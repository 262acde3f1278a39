"""The form of a new customer. The list itself is the objects room's: see customers/objects."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.gate import gate
from zhiyin.customers.models import Customer
from zhiyin.customers.services import profile
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.views.answers import say, signed_in


@gate("customer.add")
@require_http_methods(["GET", "HEAD", "POST"])
def new_customer(request: HttpRequest) -> HttpResponse:
    """The form for a customer whom somebody writes down."""
    user = signed_in(request)
    texts = request.POST if request.method == "POST" else QueryDict()
    error, taken = "", None
    if request.method == "POST":
        try:
            made = profile.add_customer({key: str(value) for key, value in texts.items()}, by=user)
        except CannotBe as reason:
            error, taken = str(reason), getattr(reason, "owner", None)
        else:
            say(
                request, gettext("%(name)s is in the list now") % {"name": made.name or made.number}
            )
            return redirect("customer", made.pk)
    writable = {
        field for field, level in access.levels(user, "customer").items() if level is Level.WRITE
    }
    context = {
        "texts": texts, "error": error, "taken": taken, "writable": writable,
        "genders": Customer.Gender.choices, "languages": Customer.Language.choices,
    }  # fmt: skip
    status = 422 if error else 200
    return render(request, "customers/new.html", context, status=status)

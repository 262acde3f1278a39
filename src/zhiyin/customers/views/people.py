"""The form of a new customer. The list itself is the objects room's: see customers/objects."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from zhiyin.accounts.gate import gate
from zhiyin.customers.models import Customer
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.services import profile
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.views.answers import say, signed_in
from zhiyin.objects.views import creating


@gate("customer.add")
@require_http_methods(["GET", "HEAD", "POST"])
def new_customer(request: HttpRequest) -> HttpResponse:
    """The form for a customer whom somebody writes down."""
    user = signed_in(request)
    blank = Customer(owner=user, department=user.department)
    fault: CannotBe | None = None
    if request.method == "POST":
        texts = creating.texts_of(CUSTOMER, blank, user, request.POST)
        try:
            made = profile.add_customer(texts, by=user)
        except CannotBe as reason:
            fault = reason
        else:
            say(
                request, gettext("%(name)s is in the list now") % {"name": made.name or made.number}
            )
            return redirect("customer", made.pk)
    more = {
        "heading": gettext("New customer"), "verb": gettext("Add the customer"),
        "taken": getattr(fault, "owner", None),
    }  # fmt: skip
    return creating.form(request, CUSTOMER, blank, reason=fault, more=more)

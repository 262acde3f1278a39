"""Tags for many customers at once, with a way back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from zhiyin.accounts.gate import gate
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.services import tags
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.views.answers import say, signed_in
from zhiyin.objects.views.answers import back_to_list
from zhiyin.objects.views.bulk import selected


@gate("customer.tag")
@require_POST
def tag_many(request: HttpRequest) -> HttpResponse:
    """Give the selected people a tag."""
    user = signed_in(request)
    back = back_to_list(request, CUSTOMER)
    try:
        people = selected(request, CUSTOMER, "customer.tag")
        done = tags.tag_many(people, request.POST.get("tag", ""), by=user)
    except CannotBe as reason:
        say(request, str(reason))
        return redirect(back)
    text = ngettext(
        "%(count)s customer has the tag now", "%(count)s customers have the tag now", done.changed
    ) % {"count": f"{done.changed:,}"}  # fmt: skip
    if done.had_it:
        text += gettext(", %(count)s had it before") % {"count": f"{done.had_it:,}"}
    undo = reverse("untag_customers", args=[done.id]) if done.changed else ""
    say(request, text, undo=undo)
    return redirect(back)


@gate("customer.tag")
@require_POST
def untag_many(request: HttpRequest, batch: UUID) -> HttpResponse:
    """Take a bulk tagging back."""
    count = tags.untag_many(batch, by=signed_in(request))
    say(request, gettext("The tag was taken off %(count)s again") % {"count": f"{count:,}"})
    return redirect("customers")

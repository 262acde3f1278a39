"""Companies: a new one, who belongs to it, and names that complete what somebody types."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.customers import companies as found
from zhiyin.customers.models import Company, Customer
from zhiyin.customers.objects import COMPANY
from zhiyin.customers.queries import record
from zhiyin.customers.services import companies
from zhiyin.customers.services.values import CannotBe
from zhiyin.objects import levels
from zhiyin.objects.faults import Conflict
from zhiyin.objects.views import creating
from zhiyin.objects.views.answers import signed_in
from zhiyin.objects.views.records import row_of
from zhiyin.toasts import say, warn


@gate("company.add")
@require_http_methods(["GET", "HEAD", "POST"])
def new_company(request: HttpRequest) -> HttpResponse:
    """The form for a company that somebody writes down."""
    user = signed_in(request)
    blank = Company(owner=user, department=user.department)
    fault: CannotBe | None = None
    if request.method == "POST":
        texts = creating.texts_of(COMPANY, blank, user, request.POST)
        try:
            made = companies.add_company(texts, by=user)
        except CannotBe as reason:
            fault = reason
        else:
            say(request, gettext("%(name)s is in the list now") % {"name": made.name})
            return redirect("company", made.pk)
    more = {"heading": gettext("New company"), "verb": gettext("Add the company")}
    return creating.form(
        request, COMPANY, blank, reason=fault, required=companies.NEEDED, more=more
    )


@gate("company.see", write="customer.change")
@require_POST
def link(request: HttpRequest, company_id: UUID) -> HttpResponse:
    """A customer belongs to this company from now on."""
    user = signed_in(request)
    company: Company = row_of(user, COMPANY, company_id)
    try:
        who = companies.meant(request.POST.get("who", ""), by=user)
        companies.place(
            who, company, by=user, version=who.version, job_title=request.POST.get("job_title", "")
        )
    except (CannotBe, Conflict) as reason:
        warn(request, _told(reason))
    else:
        say(request, gettext("%(name)s belongs here now") % {"name": who.name or who.number})
    return redirect(f"{reverse('company', args=[company.pk])}?tab=people")


@gate("company.see", write="customer.change")
@require_POST
def unlink(request: HttpRequest, company_id: UUID) -> HttpResponse:
    """A customer no longer belongs to this company."""
    user = signed_in(request)
    company: Company = row_of(user, COMPANY, company_id)
    back = f"{reverse('company', args=[company.pk])}?tab=people"
    try:
        person: Customer = record.person(
            user, UUID(request.POST.get("person", "")), "customer.change"
        )
    except ValueError as error:
        raise access.OutOfSight from error
    if person.company_id != company.pk:
        return redirect(back)
    try:
        companies.place(person, None, by=user, version=person.version)
    except Conflict as reason:
        warn(request, _told(reason))
    else:
        say(
            request,
            gettext("%(name)s no longer belongs here") % {"name": person.name or person.number},
        )
    return redirect(back)


def _told(reason: Exception) -> str:
    if isinstance(reason, Conflict):
        return gettext("Somebody else just placed this customer elsewhere; look again")
    return str(reason)


@gate("company.see")
@require_GET
def suggest(request: HttpRequest) -> HttpResponse:
    """Names of companies that fit what is typed, as options."""
    user = signed_in(request)
    known = levels.everywhere(user, COMPANY)
    context = {
        "companies": found.suggested(user, request.GET.get("q", "")[:80]),
        "knows": {key for key in ("city", "number") if levels.may_ask(known, key)},
    }
    return render(request, "customers/company/suggestions.html", context)

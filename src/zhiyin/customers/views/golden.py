"""The values behind one field of a person: what each source says, another one chosen and locked."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from zhiyin.accounts import access, audit
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.fields import PERSONAL, levels_for
from zhiyin.customers.models import Customer, Survivorship
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.queries import golden as read
from zhiyin.customers.queries import record
from zhiyin.customers.services import golden
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.survivorship import FIELDS
from zhiyin.customers.views.answers import say, signed_in
from zhiyin.objects.definitions import fields_of


@gate("customer.see", write="customer.change")
@require_http_methods(["GET", "HEAD", "POST"])
def values(request: HttpRequest, customer_id: UUID, field: str) -> HttpResponse:
    """What sources say of a field; a posted choice puts one of them there and locks it."""
    if field not in FIELDS:
        raise Http404
    user = signed_in(request)
    asked = "customer.change" if request.method == "POST" else "customer.see"
    person = record.person(user, customer_id, asked)
    level = levels_for(user, person).get(field, Level.HIDDEN)
    if level is Level.HIDDEN:
        raise Denied("customer.see")
    if request.method == "POST":
        _act(request, person, field, user)
        return redirect("customer", person.pk)
    if level >= Level.READ and field in PERSONAL:
        audit.read_of(user, person, fields=[field])
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    rules = Survivorship.objects.filter(field=field).first() or Survivorship(field=field)
    found = read.values(person, field, level, language=language)
    context = {
        "customer": person, "field": field, "label": fields_of(CUSTOMER)[field].label,
        "values": found, "rules": rules, "locked": any(one.locked for one in found),
        "may_change": level is Level.WRITE and access.can_reach(user, "customer.change", person),
        "may_rule": access.allowed(user, "golden.change"),
    }  # fmt: skip
    return render(request, "customers/values.html", context)


def _act(request: HttpRequest, person: Customer, field: str, user: User) -> None:
    chosen = request.POST.get("choose", "")
    try:
        if chosen.isdecimal() and len(chosen) < 19:
            golden.choose(person, field, int(chosen), by=user)
            say(request, gettext("Chosen and locked: what comes later does not change it."))
        elif "unlock" in request.POST:
            golden.unlock(person, field, by=user)
            say(request, gettext("Unlocked: the rules decide again."))
        elif "lock" in request.POST:
            golden.lock(person, field, by=user)
            say(request, gettext("Locked: what comes later does not change it."))
    except CannotBe as reason:
        say(request, str(reason))

"""Who can see this customer, why, and for how long: shares given and ended, the gate explained."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from zhiyin.accounts import access, queries, sharing
from zhiyin.accounts.explaining import explain, who_can_see
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import Delegation, User
from zhiyin.accounts.reach_forms import ShareForm, day_is_over
from zhiyin.accounts.services import NotAllowed
from zhiyin.customers.access import CUSTOMER
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import record
from zhiyin.customers.views.answers import say, signed_in

LOOKED_AT = 500  # so many users a page looks at, to say who can see a customer


@gate("customer.see", write="customer.share")
@require_http_methods(["GET", "HEAD", "POST"])
def customer_access(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """The access panel of one customer; a new share."""
    user = signed_in(request)
    wanted = "customer.share" if request.method == "POST" else "customer.see"
    person = record.person(user, customer_id, wanted)
    form = ShareForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid() and _share(form, person, user):
        say(request, gettext("Shared."))
        return redirect("customer_access", person.pk)
    status = 422 if form.errors else 200
    return render(
        request, "customers/access.html", _panel(request, person, user, form), status=status
    )


def _share(form: ShareForm, person: Customer, by: User) -> bool:
    data = form.cleaned_data
    try:
        sharing.share(
            "customer", person, by=by, user=data["user"], department=data["department"],
            may_change=bool(data["may_change"]), reason=data["reason"],
            until=day_is_over(data["until"]) if data["until"] else None,
        )  # fmt: skip
    except NotAllowed as reason:
        form.add_error(None, str(reason))
        return False
    return True


def _panel(
    request: HttpRequest, person: Customer, user: User, form: ShareForm
) -> dict[str, object]:
    others = access.allowed(user, "access.explain")
    colleagues = list(queries.colleagues()[:LOOKED_AT])
    asked = _asked_about(request, user, colleagues) if others else user
    return {
        "customer": person, "form": form, "others": others, "asked": asked,
        "title": person.name or person.number or str(person.pk)[-8:],
        "explanation": explain(asked, "customer.see", person),
        "colleagues": [(one.pk, one.name) for one in colleagues],
        "groups": who_can_see(CUSTOMER, person, colleagues),
        "shares": sharing.live_shares("customer", person),
        "may_share": access.can_reach(user, "customer.share", person),
        "owner_stand_ins": _stand_ins(person),
    }  # fmt: skip


def _asked_about(request: HttpRequest, me: User, colleagues: list[User]) -> User:
    wanted = request.GET.get("user", "")
    if not wanted:
        return me
    found = next((one for one in colleagues if str(one.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


def _stand_ins(person: Customer) -> list[str]:
    if person.owner is None:
        return []
    held = Delegation.objects.filter(giver=person.owner, ended_at=None).select_related("receiver")
    return [one.receiver.name for one in held if one.holds_now]


@gate("customer.see")
@require_POST
def end_share(request: HttpRequest, customer_id: UUID, share_id: UUID) -> HttpResponse:
    """Close the customer again to whom they were opened."""
    user = signed_in(request)
    person = record.person(user, customer_id)
    found = get_object_or_404(sharing.live_shares("customer", person), pk=share_id)
    sharing.end_share(found, person, by=user)
    say(request, gettext("The share has ended."))
    return redirect("customer_access", person.pk)

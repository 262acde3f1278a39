"""Who can see this record, why, and for how long: shares given and ended, the gate explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from zhiyin.accounts import access, queries, sharing
from zhiyin.accounts.explaining import explain, who_can_see
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import Delegation, User
from zhiyin.accounts.policy import Resource
from zhiyin.accounts.reach_forms import ShareForm, day_is_over
from zhiyin.accounts.services import NotAllowed
from zhiyin.customers.access import COMPANY, CUSTOMER
from zhiyin.customers.models import Company, Customer
from zhiyin.customers.queries import record
from zhiyin.customers.views.answers import say, signed_in
from zhiyin.objects.definitions import object_type
from zhiyin.objects.views.records import row_of

LOOKED_AT = 500  # so many users a page looks at, to say who can see a record
Row = Customer | Company


@dataclass(frozen=True)
class Kind:
    """One kind of record with an access panel; it gives its name to the routes."""

    resource: Resource
    load: Callable[[User, UUID, str], Row]

    @property
    def panel(self) -> str:
        return f"{self.resource.name}_access"

    @property
    def end(self) -> str:
        return f"end_{self.resource.name}_share"

    def permission(self, action: str) -> str:
        return f"{self.resource.name}.{action}"


def _company(user: User, company_id: UUID, permission: str) -> Company:
    found: Company = row_of(user, object_type("company"), company_id, permission)
    return found


CUSTOMERS = Kind(CUSTOMER, record.person)
COMPANIES = Kind(COMPANY, _company)
_ANY = require_http_methods(["GET", "HEAD", "POST"])


@gate("customer.see", write="customer.share")
@_ANY
def customer_access(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """The access panel of one customer; a new share."""
    return _access(request, CUSTOMERS, customer_id)


@gate("company.see", write="company.share")
@_ANY
def company_access(request: HttpRequest, company_id: UUID) -> HttpResponse:
    """The access panel of one company; a new share."""
    return _access(request, COMPANIES, company_id)


@gate("customer.see")
@require_POST
def end_customer_share(request: HttpRequest, customer_id: UUID, share_id: UUID) -> HttpResponse:
    """Close the customer again to whom they were opened."""
    return _end(request, CUSTOMERS, customer_id, share_id)


@gate("company.see")
@require_POST
def end_company_share(request: HttpRequest, company_id: UUID, share_id: UUID) -> HttpResponse:
    """Close the company again to whom it was opened."""
    return _end(request, COMPANIES, company_id, share_id)


def _access(request: HttpRequest, kind: Kind, row_id: UUID) -> HttpResponse:
    user = signed_in(request)
    wanted = kind.permission("share" if request.method == "POST" else "see")
    row = kind.load(user, row_id, wanted)
    form = ShareForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid() and _share(form, kind, row, user):
        say(request, gettext("Shared."))
        return redirect(kind.panel, row.pk)
    status = 422 if form.errors else 200
    context = _panel(request, kind, row, user, form)
    return render(request, "customers/access.html", context, status=status)


def _share(form: ShareForm, kind: Kind, row: Row, by: User) -> bool:
    data = form.cleaned_data
    try:
        sharing.share(
            kind.resource.name, row, by=by, user=data["user"], department=data["department"],
            may_change=bool(data["may_change"]), reason=data["reason"],
            until=day_is_over(data["until"]) if data["until"] else None,
        )  # fmt: skip
    except NotAllowed as reason:
        form.add_error(None, str(reason))
        return False
    return True


def _panel(
    request: HttpRequest, kind: Kind, row: Row, user: User, form: ShareForm
) -> dict[str, object]:
    others = access.allowed(user, "access.explain")
    colleagues = list(queries.colleagues()[:LOOKED_AT])
    asked = _asked_about(request, user, colleagues) if others else user
    return {
        "kind": kind, "row": row, "form": form, "others": others, "asked": asked,
        "title": row.name or row.number or str(row.pk)[-8:],
        "explanation": explain(asked, kind.permission("see"), row),
        "colleagues": [(one.pk, one.name) for one in colleagues],
        "groups": who_can_see(kind.resource, row, colleagues),
        "shares": sharing.live_shares(kind.resource.name, row),
        "may_share": access.can_reach(user, kind.permission("share"), row),
        "owner_stand_ins": _stand_ins(row),
    }  # fmt: skip


def _asked_about(request: HttpRequest, me: User, colleagues: list[User]) -> User:
    wanted = request.GET.get("user", "")
    if not wanted:
        return me
    found = next((one for one in colleagues if str(one.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


def _stand_ins(row: Row) -> list[str]:
    if row.owner is None:
        return []
    held = Delegation.objects.filter(giver=row.owner, ended_at=None).select_related("receiver")
    return [one.receiver.name for one in held if one.holds_now]


def _end(request: HttpRequest, kind: Kind, row_id: UUID, share_id: UUID) -> HttpResponse:
    user = signed_in(request)
    row = kind.load(user, row_id, kind.permission("see"))
    found = get_object_or_404(sharing.live_shares(kind.resource.name, row), pk=share_id)
    sharing.end_share(found, row, by=user)
    say(request, gettext("The share has ended."))
    return redirect(kind.panel, row.pk)

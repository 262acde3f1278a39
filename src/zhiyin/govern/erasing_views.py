"""Screens of erasure: all of them (who they were stands nowhere), one with its receipt, and the
page that asks before a customer goes.
"""

from __future__ import annotations

import json
from contextlib import suppress
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import record
from zhiyin.govern import erasing, erasing_words, tasks
from zhiyin.govern.asking import me_of, uuid_in
from zhiyin.govern.models import Erasure

PAGE = 50
_ANY = require_http_methods(["GET", "HEAD", "POST"])


class EraseForm(forms.Form):
    """Why, what of the orders, and the number or name again, typed."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=Erasure.Reason.choices)
    with_orders = forms.BooleanField(label=gettext_lazy("Orders go, too"), required=False)
    typed = forms.CharField(label=gettext_lazy("Type it again to erase"), max_length=200)

    def __init__(self, *args: object, wanted: str, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.wanted = wanted

    def clean_typed(self) -> str:
        """Only who reads what it says goes on."""
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self.wanted:
            raise forms.ValidationError(_("This is something else."))
        return typed


@gate("erasure.see")
@require_GET
def erasures(request: HttpRequest) -> HttpResponse:
    """Every erasure, the newest first."""
    found = Erasure.objects.select_related("by").order_by("-pk")
    if before := uuid_in(request.GET.get("before", "")):
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE + 1])
    context = {"erasures": rows[:PAGE], "more": rows[PAGE - 1].pk if len(rows) > PAGE else None}
    return render(request, "govern/erasures.html", context)


@gate("erasure.see")
@never_cache
@require_GET
def erasure(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """How far one is, and its receipt."""
    one = get_object_or_404(Erasure.objects.select_related("by", "work"), pk=erasure_id)
    receipt = one.receipt
    context = {
        "one": one, "receipt": receipt, "lake": receipt.get("lake", {}),
        "files": receipt.get("files"), "may_erase": access.allowed(me_of(request), "erasure.erase"),
        "rows": erasing_words.lines(receipt.get("rows", {})),
        "kept": erasing_words.lines(receipt.get("kept_without_them", {})),
        "beside": erasing_words.lines(receipt.get("beside", {})),
    }  # fmt: skip
    return render(request, "govern/erasure.html", context)


@gate("erasure.see")
@require_GET
def erasure_receipt(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """The receipt as a file: counts and a digest."""
    one = get_object_or_404(Erasure, pk=erasure_id, state=Erasure.State.DONE)
    return HttpResponse(
        json.dumps(one.receipt, indent=2), content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="erasure-{one.pk}.json"'},
    )  # fmt: skip


@gate("erasure.erase")
@require_POST
def cancel_erasure(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """Leave the customers where they are, while nothing has begun."""
    one = get_object_or_404(Erasure, pk=erasure_id)
    with suppress(erasing.OverError):  # the page says how far it is
        erasing.cancel(one, by=me_of(request))
    return redirect("erasure", one.pk)


@gate("erasure.erase")
@never_cache
@_ANY
def erase_customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """What of this customer would go; with their number or name typed again, it goes."""
    me = me_of(request)
    person = record.person(me, customer_id)
    wanted = _called(person)
    form = EraseForm(request.POST or None, wanted=wanted)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        one = erasing.prepare(
            [person.pk], by=me, reason=data["reason"], keep_orders=not data["with_orders"]
        )
        tasks.begin(one, by=me)
        return redirect("erasure", one.pk)
    found = erasing.preview([person.pk], beside=False)
    context = {
        "person": person, "wanted": wanted, "form": form, "found": found,
        "rows": erasing_words.lines(found.rows), "kept": erasing_words.lines(found.kept),
    }  # fmt: skip
    return render(request, "govern/erase.html", context, status=422 if form.errors else 200)


def _called(person: Customer) -> str:
    return person.number or person.name or str(person.pk)[-8:]

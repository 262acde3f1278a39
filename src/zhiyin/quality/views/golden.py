"""The rules of the golden record: by field which value stands, and whom we trust most."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from zhiyin.accounts.gate import gate
from zhiyin.collect.models import Source
from zhiyin.collect.source_health import name_of
from zhiyin.customers import tasks as deciding
from zhiyin.customers.models import SourceTrust, Survivorship
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.services import golden
from zhiyin.customers.survivorship import FIELDS
from zhiyin.objects.definitions import fields_of
from zhiyin.objects.faults import CannotBe
from zhiyin.quality.views.asking import around, person


@gate("golden.see", write="golden.change")
@require_http_methods(["GET", "HEAD", "POST"])
def golden_record(request: HttpRequest) -> HttpResponse:
    """Read and change the rules; what changed is decided anew for everybody in the background."""
    if request.method == "POST":
        return _save(request)
    known = {one.field: one for one in Survivorship.objects.all()}
    labels = fields_of(CUSTOMER)
    fields = [
        (name, labels[name].label, known.get(name) or Survivorship(field=name)) for name in FIELDS
    ]
    context = around(request, "golden") | {
        "fields": fields, "strategies": Survivorship.Strategy.choices,
        "missings": Survivorship.Missing.choices, "sources": _trusted(),
    }  # fmt: skip
    return render(request, "quality/golden.html", context)


def _trusted() -> list[tuple[Source, str, int | None]]:
    """All sources, the trusted ones first in their order."""
    places = dict(SourceTrust.objects.values_list("source_id", "place"))
    found = sorted(Source.objects.all(), key=lambda one: (places.get(one.pk, 10_000), one.key))
    return [(one, name_of(one), places.get(one.pk)) for one in found]


def _save(request: HttpRequest) -> HttpResponse:
    user, post = person(request), request.POST
    given = {
        name: (post[f"strategy-{name}"], post.get(f"missing-{name}", "trusted"),
               post.get(f"default-{name}", ""))
        for name in FIELDS if f"strategy-{name}" in post
    }  # fmt: skip
    try:
        changed = golden.set_rules(given, by=user)
        order = _order(post.getlist("source"), [post.get(f"place-{one}", "") for one in
                                                post.getlist("source")])  # fmt: skip
        moved = bool(post.getlist("source")) and golden.set_trust(order, by=user)
    except (CannotBe, ValueError) as reason:
        said = isinstance(reason, CannotBe)
        text = str(reason) if said else gettext("Choose one of the list")
        messages.warning(request, text)
        return redirect("golden_record")
    if moved or changed:
        deciding.begin_redeciding(list(FIELDS) if moved else changed, by=user)
        text = gettext("Saved. All profiles are decided anew in the background.")
        messages.success(request, text)
    else:
        messages.success(request, gettext("The rules say so already."))
    return redirect("golden_record")


def _order(sources: list[str], places: list[str]) -> list[UUID]:
    """Sources by the place that was typed; one without a place is not ranked."""
    pairs = [
        (int(place), at, UUID(source))
        for at, (source, place) in enumerate(zip(sources, places, strict=True))
        if place.isdecimal() and len(place) < 5
    ]
    return [source for _, _, source in sorted(pairs)]

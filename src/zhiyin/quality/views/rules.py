"""Rules made and changed by hand, and those that the data proposes."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts.gate import gate
from zhiyin.collect.models import Learnt
from zhiyin.ids import read_id
from zhiyin.objects.faults import CannotBe
from zhiyin.quality import catalogue, queries, services, wording
from zhiyin.quality.forms import RuleForm
from zhiyin.quality.models import QualityRule
from zhiyin.quality.rules import Faulty, load
from zhiyin.quality.views.asking import around, person, rule_of

_read_or_write = require_http_methods(["GET", "HEAD", "POST"])
MOST_EVENTS = 200


@gate("quality.change")
@_read_or_write
def new_rule(request: HttpRequest) -> HttpResponse:
    """A rule about one object, chosen first."""
    given = request.POST if request.method == "POST" else request.GET
    object_ = given.get("object", "customer")
    object_ = object_ if object_ in QualityRule.Object.values else "customer"
    event = given.get("event", "")[:120] if object_ == "event" else ""
    of = catalogue.subject(object_, event)
    form = RuleForm(request.POST or None, of=of, initial={"most_percent": services.USUAL_PERCENT})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make(form.draft(), by=person(request))
        except CannotBe as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, gettext("The rule counts from the next measuring on."))
            return redirect("quality_rule", made.pk)
    return _form_page(request, form, of, None)


@gate("quality.change")
@_read_or_write
def change_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """A rule as it is to be."""
    one = rule_of(person(request), rule_id, "quality.change")
    of = catalogue.subject(one.object, one.event)
    if request.method != "POST":
        return _form_page(request, RuleForm.of_rule(one, of), of, one)
    form = RuleForm(request.POST, of=of)
    if form.is_valid():
        try:
            services.change(
                one, form.draft(), by=person(request), version=form.cleaned_data["version"] or 0
            )
        except CannotBe as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, gettext("Saved. It counts from the next measuring on."))
            return redirect("quality_rule", one.pk)
    return _form_page(request, form, of, one)


def _form_page(
    request: HttpRequest, form: RuleForm, of: catalogue.Subject, one: QualityRule | None
) -> HttpResponse:
    events: list[str] = []
    if one is None and of.name == "event":
        named = Learnt.objects.filter(property="").exclude(event="").order_by("-events")
        events = list(dict.fromkeys(named.values_list("event", flat=True)[:MOST_EVENTS]))
    context = around(request, "figures") | {
        "form": form, "of": of, "one": one, "events": events,
        "objects": QualityRule.Object.choices,
        "title": gettext("Change the rule") if one else gettext("New rule"),
    }  # fmt: skip
    return render(request, "quality/rule_form.html", context, status=422 if form.errors else 200)


@gate("quality.change")
@require_POST
def switch_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Measure by a rule, or no longer."""
    one = rule_of(person(request), rule_id, "quality.change")
    services.switch(one, by=person(request), on=request.POST.get("on") == "1")
    return redirect("quality_rule", one.pk)


@gate("quality.change")
@require_POST
def remove_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """The rule and its measurements go."""
    one = rule_of(person(request), rule_id, "quality.change")
    services.remove(one, by=person(request))
    messages.success(request, gettext("The rule is gone."))
    return redirect("quality")


@gate("quality.see")
@require_GET
def proposals(request: HttpRequest) -> HttpResponse:
    """Rules that hold already of nearly every row, each with what it rests on."""
    lines = []
    for one in queries.proposals()[:200]:
        of = catalogue.subject(one.object, one.event)
        try:
            said = wording.sentence(load(one.definition), of)
        except Faulty:
            continue
        lines.append((one, said, wording.evidence(one.evidence)))
    context = around(request, "proposals") | {"lines": lines}
    return render(request, "quality/proposals.html", context)


@gate("quality.change")
@require_POST
def decide_proposals(request: HttpRequest) -> HttpResponse:
    """Accept or dismiss those that are ticked, or the one whose button was pressed."""
    accepting = "accept" in request.POST
    given = request.POST.get("accept", "") or request.POST.get("dismiss", "")
    chosen = [given] if given != "ticked" else request.POST.getlist("proposal")
    ids = [found for one in chosen if (found := read_id(one))]
    user = person(request)
    if accepting:
        try:
            made = services.accept(ids, by=user)
        except Faulty as error:
            messages.warning(request, wording.fault(error))
            return redirect("quality_proposals")
        text = ngettext("%(n)s rule made", "%(n)s rules made", made) % {"n": made}
    else:
        gone = services.dismiss(ids, by=user)
        text = ngettext("%(n)s proposal dismissed", "%(n)s proposals dismissed", gone)
        text = text % {"n": gone}
    messages.success(request, text)
    return redirect(reverse("quality_proposals"))

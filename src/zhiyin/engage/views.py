"""Screens of campaigns: list, draft, check and launch, sending, result, people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.models import Order, Segment
from zhiyin.engage import queries, results, services
from zhiyin.engage.forms import TEXTS, CampaignForm
from zhiyin.engage.models import Campaign, CampaignMember
from zhiyin.engage.results import Report
from zhiyin.engage.showing import Shown, show
from zhiyin.engage.template import PLACEHOLDERS
from zhiyin.objects import recent

State = Campaign.State
_read_or_write = require_http_methods(["GET", "HEAD", "POST"])
REPORT_SECONDS = 120  # a measured report may be this old


@gate("campaign.see")
@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    me = _me(request)
    state, text = request.GET.get("state", ""), request.GET.get("q", "").strip()[:80]
    counts = queries.state_counts(me)
    listed = queries.campaigns(me, state=state, text=text)
    return render(
        request,
        "engage/campaigns.html",
        {
            "campaigns": listed,
            "q": text,
            "state": state,
            "total": sum(counts.values()),
            "states": [(key, label, counts.get(key, 0)) for key, label in State.choices],
            "may_add": access.allowed(me, "campaign.change"),
        },
    )


@gate("campaign.change")
@_read_or_write
def new_campaign(request: HttpRequest) -> HttpResponse:
    """A draft; ?segment= comes from the segment's own page."""
    me = _me(request)
    campaign = Campaign(owner=me)
    chosen = request.GET.get("segment", "")
    if chosen and _is_uuid(chosen):
        seen = access.scoped(me, Segment.objects.filter(archived_at=None), "segment.see")
        campaign.segment = seen.filter(pk=chosen).first()
        campaign.holdout_share = campaign.segment.holdout_share if campaign.segment else 0.1
    return _edit(request, campaign, me)


@gate("campaign.see", write="campaign.change")
@_read_or_write
def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """A draft to be written, a campaign being sent, or its result."""
    me = _me(request)
    shown = _campaign(me, campaign_id, "campaign.see")
    if request.method == "POST":
        access.require(me, "campaign.change", shown)
    else:
        recent.opened(me, "campaign", shown.pk)
    if shown.state == State.DRAFT and access.can_reach(me, "campaign.change", shown):
        return _edit(request, shown, me)
    if request.headers.get("HX-Request") and shown.state != State.SENDING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if shown.state == State.SENDING:
        return _sending(request, shown, me)
    if shown.started_at is None:
        return render(request, "engage/unsent.html", {"campaign": shown})
    return _result(request, shown, me)


def _edit(request: HttpRequest, draft: Campaign, me: User) -> HttpResponse:
    new = draft._state.adding
    form = CampaignForm(request.POST or None, instance=draft, by=me)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_draft(form.instance, by=me)
        except services.NotNowError:
            messages.warning(request, _("It was launched meanwhile; nothing was changed."))
            return redirect("campaign", draft.pk)
        if request.POST.get("next") == "check":
            return redirect("check_campaign", saved.pk)
        messages.success(request, _("Draft saved"))
        return redirect("campaign", saved.pk)
    context = {
        "form": form,
        "campaign": None if new else draft,
        "placeholders": [
            (f"{{{{ {one.name} }}}}", one.label["zh"], one.label["en"])
            for one in PLACEHOLDERS.values()
        ],
        **_live(form, me, request.POST.get("person", "")),
    }
    return render(request, "engage/edit.html", context)


@gate("campaign.change")
@require_POST
def preview_campaign(request: HttpRequest) -> HttpResponse:
    """What is being written, as a real person would get it: a fragment; keeps nothing."""
    me = _me(request)
    form = CampaignForm(request.POST, instance=Campaign(owner=me), by=me)
    form.is_valid()
    return render(
        request, "engage/preview.html", _live(form, me, request.POST.get("person", ""), power=False)
    )


@gate("campaign.change")
@require_POST
def hold_out(request: HttpRequest) -> HttpResponse:
    """What a hold-out of this size could see: a fragment."""
    me = _me(request)
    form = CampaignForm(request.POST, instance=Campaign(owner=me), by=me)
    form.is_valid()
    draft = form.instance
    return render(
        request, "engage/hold_out.html", {"hold_out": queries.hold_out(draft, me, timezone.now())}
    )


@gate("campaign.send")
@never_cache
@require_GET
def check_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Before sending: how many would get it, who would not, and why."""
    me = _me(request)
    draft = _campaign(me, campaign_id, "campaign.send")
    if draft.state != State.DRAFT:
        return redirect("campaign", draft.pk)
    problems = services.problems(draft)
    context: dict[str, object] = {
        "campaign": draft,
        "problems": [one[_language()] for one in problems],
        "local": _local(),
    }
    if not problems:
        now = timezone.now()
        context |= {
            "dry": (dry := services.dry_run(draft, by=me, now=now)),
            "advice": queries.hold_out_advice(draft, me, now, held_out=dry.held_out),
            "previews": queries.previews(draft, me),
        }
    return render(request, "engage/check.html", context)


@gate("campaign.send")
@never_cache
@_read_or_write
def launch_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """The counted confirmation, and the launch itself."""
    me = _me(request)
    draft = _campaign(me, campaign_id, "campaign.send")
    if request.method != "POST":
        dry = services.dry_run(draft, by=me, now=timezone.now())
        return render(
            request, "engage/launch.html", {"campaign": draft, "dry": dry, "local": _local()}
        )
    try:
        services.launch(draft, by=me, now=timezone.now())
    except services.NotReadyError as error:
        for problem in error.problems:
            messages.warning(request, problem[_language()])
        return redirect("check_campaign", draft.pk)
    except services.NotNowError:
        messages.warning(request, _("This campaign was launched already."))
    return redirect("campaign", draft.pk)


@gate("campaign.send")
@require_POST
def cancel_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    me = _me(request)
    shown = _campaign(me, campaign_id, "campaign.send")
    try:
        services.cancel(shown, by=me, now=timezone.now())
        messages.success(request, _("Sending stops; what has gone has gone."))
    except services.NotNowError:
        messages.warning(request, _("It is not being sent any more."))
    return redirect("campaign", shown.pk)


@gate("campaign.send")
@require_POST
def resume_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    me = _me(request)
    shown = _campaign(me, campaign_id, "campaign.send")
    try:
        services.resume(shown, by=me)
    except services.NotNowError:
        messages.warning(request, _("There is nothing to go on with."))
    return redirect("campaign", shown.pk)


@gate("campaign.change")
@require_POST
def delete_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    me = _me(request)
    draft = _campaign(me, campaign_id, "campaign.change")
    try:
        services.delete_draft(draft, by=me)
        messages.success(request, _("Draft deleted"))
    except services.NotNowError:
        messages.warning(request, _("Only a draft can be deleted."))
        return redirect("campaign", draft.pk)
    return redirect("campaigns")


@gate("campaign.see")
@require_GET
def campaign_people(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Who was in it, in which arm, and what became of each."""
    me = _me(request)
    shown = _campaign(me, campaign_id, "campaign.see")
    outcome, arm = request.GET.get("outcome", ""), request.GET.get("arm", "")
    after = request.GET.get("after", "")
    found = queries.members(
        shown, me, outcome=outcome, arm=arm, after=int(after) if after.isdecimal() else 0
    )
    return render(
        request,
        "engage/people.html",
        {
            "campaign": shown,
            "members": found[: queries.PAGE],
            "more": found[queries.PAGE - 1].pk if len(found) > queries.PAGE else None,
            "outcome": outcome,
            "arm": arm,
            "outcomes": [("", _("Every outcome")), *CampaignMember.Outcome.choices],
            "arms": [("", _("Both groups")), *CampaignMember.Arm.choices],
        },
    )


def _live(form: CampaignForm, me: User, person: str, *, power: bool = True) -> dict[str, object]:
    """Preview and hold-out of what the form holds now."""
    draft = form.instance
    if form.is_bound:
        for name in TEXTS:  # also those with mistakes, so that the preview can point at them
            setattr(draft, name, form.data.get(name, ""))
    return {
        "previews": queries.previews(draft, me, person=person),
        "hold_out": queries.hold_out(draft, me, timezone.now()) if power else None,
        "faults": [
            (name, fault.line, fault.zh if _language() == "zh" else fault.en)
            for name, found in services.faults(draft).items()
            for fault in found
        ],
    }


def _sending(request: HttpRequest, shown: Campaign, me: User) -> HttpResponse:
    counted = dict(results.outcomes(shown))
    everybody = sum(counted.values())
    waiting = counted.get(CampaignMember.Outcome.PENDING.value, 0)
    return render(
        request,
        "engage/sending.html",
        {
            "campaign": shown,
            "done": everybody - waiting,
            "total": everybody,
            "percent": 100 * (everybody - waiting) // everybody if everybody else 0,
            "counts": _labelled(list(counted.items())),
            "stuck": shown.work is None or shown.work.is_over,
            "local": shown.simulated,
            "may_send": access.can_reach(me, "campaign.send", shown),
        },
    )


def _result(request: HttpRequest, shown: Campaign, me: User) -> HttpResponse:
    report = _report(shown, timezone.now())
    picture: Shown = show(report)
    other = "en" if _language() == "zh" else "zh"
    text = shown.text(_language() if shown.has_text(_language()) else other)
    return render(
        request,
        "engage/result.html",
        {
            "campaign": shown,
            "report": report,
            "sentence": report.sentence[_language()],
            "shown": picture,
            "reasons": _labelled(report.reasons),
            "subject": text[0],
            "body": text[1],
            "may_read_messages": access.allowed(me, "message.see"),
        },
    )


def _report(shown: Campaign, now: datetime) -> Report:
    """Measured every two minutes at most, and anew after new orders: the bootstrap takes time."""
    newest = Order.objects.aggregate(at=Max("ordered_at"))["at"]
    key = f"campaign-report:{shown.pk}:{shown.state}:{newest.timestamp() if newest else 0}"
    found: Report | None = cache.get(key)
    if found is None:
        found = results.measure(shown, now=now)
        cache.set(key, found, REPORT_SECONDS)
    return found


def _labelled(counted: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
    return [(key, str(CampaignMember.Outcome(key).label), people) for key, people in counted]


def _campaign(me: User, campaign_id: UUID, permission: str) -> Campaign:
    found = get_object_or_404(
        Campaign.objects.select_related("segment", "work", "owner"), pk=campaign_id
    )
    access.require(me, permission, found)
    return found


def _local() -> bool:
    return not settings.SMTP_URL


def _language() -> str:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the gate let nobody else through
    return request.user

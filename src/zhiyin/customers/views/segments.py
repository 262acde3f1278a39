"""Screens of segments: the list, the builder, and what it asks while a rule is edited."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin import toasts
from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers import segment_services as services
from zhiyin.customers import segmentation
from zhiyin.customers.models import Segment
from zhiyin.customers.queries import segments as queries
from zhiyin.customers.queries.segment_words import WORDS, offered
from zhiyin.customers.segment_examples import EXAMPLES
from zhiyin.experiments.power import advise_hold_out
from zhiyin.objects import recent
from zhiyin.segments import Group, Match, Rule, Trouble, UnreadableRuleError

HOLD_OUTS = [n / 100 for n in range(0, 51, 5)]
UNSEEN_BASE = 0.1  # the share that buys anyway, where nobody has been scored yet
SAMPLE = 8


@gate("segment.see")
@require_GET
def segments(request: HttpRequest) -> HttpResponse:
    """All segments, each with its rule in words."""
    text = request.GET.get("q", "").strip()[:80]
    me = _me(request)
    return render(
        request,
        "customers/segments/list.html",
        {
            "rows": queries.rows(me, text=text),
            "q": text,
            "examples": EXAMPLES,
            "may_change": access.allowed(me, "segment.change"),
        },
    )


@gate("segment.change")
@require_http_methods(["GET", "HEAD", "POST"])
def new_segment(request: HttpRequest) -> HttpResponse:
    """The builder with an empty rule, or with one of the examples."""
    if request.method == "POST":
        return _keep(request, Segment(owner=_me(request)))
    example = next((one for one in EXAMPLES if one.key == request.GET.get("example")), None)
    rule = example.rule if example else Rule(root=Group(Match.ALL))
    name = str(example.name) if example else ""
    return _builder(request, Segment(owner=_me(request), name=name), rule)


@gate("segment.see", write="segment.change")
@require_http_methods(["GET", "HEAD", "POST"])
def segment(request: HttpRequest, segment_id: UUID) -> HttpResponse:
    """A segment in the builder; who may not change it reads it there."""
    shown = _one(request, segment_id)
    if request.method == "POST":
        access.require(_me(request), "segment.change", shown)
        return _keep(request, shown)
    recent.opened(_me(request), "segment", shown.pk)
    wanted = _whole(request.GET.get("version", ""))
    past = shown.versions.filter(version=wanted).first() if wanted else None
    if past is not None and wanted != shown.version:
        return _builder(request, shown, queries.rule_at(past), past=wanted)
    return _builder(request, shown, segmentation.rule_of(shown))


@gate("segment.change")
@require_POST
def archive_segment(request: HttpRequest, segment_id: UUID) -> HttpResponse:
    shown = _one(request, segment_id)
    asking = queries.asked_for_by(_me(request), shown)
    if asking:
        toasts.warn(request, _("Still part of: %(names)s.") % {"names": ", ".join(asking[:3])})
        return redirect("segment", segment_id)
    services.archive(shown, by=_me(request))
    toasts.say(
        request,
        _("“%(name)s” is archived") % {"name": shown.name},
        undo=reverse("bring_back_segment", args=[shown.pk]),
    )
    return redirect("segments")


@gate("segment.change")
@require_POST
def bring_back_segment(request: HttpRequest, segment_id: UUID) -> HttpResponse:
    found = queries.seen(_me(request), archived=True)
    shown = get_object_or_404(found, pk=segment_id)
    services.bring_back(shown, by=_me(request))
    toasts.say(request, _("“%(name)s” is back") % {"name": shown.name})
    return redirect("segments")


@gate("segment.change")
@require_POST
def recompute_segment(request: HttpRequest, segment_id: UUID) -> HttpResponse:
    shown = _one(request, segment_id)
    try:
        services.recompute(shown, by=_me(request))
    except segmentation.TooSlow:
        toasts.warn(request, str(WORDS["slow"]))
    else:
        toasts.say(request, _("“%(name)s” is computed") % {"name": shown.name})
    return redirect("segments")


Answer = Callable[[HttpRequest, Rule], HttpResponse]


def _asked(answer: Answer) -> Callable[[HttpRequest], HttpResponse]:
    """A view of the rule in the request's body; what cannot be read or takes too long says so."""

    @wraps(answer)
    def view(request: HttpRequest) -> HttpResponse:
        try:
            return answer(request, services.read_rule(request.body))
        except UnreadableRuleError as error:
            return JsonResponse({"error": str(error)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except segmentation.TooSlow:
            return JsonResponse(
                {"error": str(WORDS["slow"])}, status=HTTPStatus.SERVICE_UNAVAILABLE
            )

    return view


@gate("segment.see")
@require_POST
@_asked
def segment_live(request: HttpRequest, rule: Rule) -> HttpResponse:
    """Sentence, problems, and how many remain after each condition."""
    return JsonResponse(_live(request, queries.live(rule, _me(request), segment=_edited(request))))


@gate("segment.see")
@require_POST
@_asked
def segment_people(request: HttpRequest, rule: Rule) -> HttpResponse:
    """Whom a rule reaches, what its hold-out can see, and a few of its people."""
    me = _me(request)
    problems = segmentation.problems(rule, user=me, segment=_edited(request))
    sound, _paths = queries.sound_part(rule, problems)
    if sound is None:
        return JsonResponse({"html": "", "advice": {}})
    reach = segmentation.reach(sound, user=me)
    draw = _whole(request.GET.get("draw", ""))
    context = {
        "reach": reach,
        "people": queries.sampled(sound, me, size=SAMPLE, draw=draw),
        "draw": draw,
    }
    html = render_to_string("customers/segments/people.html", context, request)
    return JsonResponse({"html": html, "advice": _advice(reach)})


@gate("segment.sql")
@require_POST
@_asked
def segment_sql(request: HttpRequest, rule: Rule) -> HttpResponse:
    """The statement and, apart from it, its values; for whoever wants to check."""
    if segmentation.problems(rule, user=_me(request)):
        return JsonResponse(
            {"error": _("Mend the marked conditions first.")},
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    compiled = segmentation.statement(rule, user=_me(request))
    values = {name: str(value) for name, value in compiled.params.items()}
    return JsonResponse({"sql": compiled.sql, "values": values})


def _keep(request: HttpRequest, shown: Segment) -> HttpResponse:
    """Store what the form holds, or show it again with what is to mend."""
    try:
        rule = services.read_rule(request.POST.get("tree", ""))
    except UnreadableRuleError as error:
        return HttpResponse(str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    new = shown._state.adding
    name = request.POST.get("name", "")
    share = _whole(request.POST.get("holdout", "10")) / 100
    try:
        kept = services.keep(shown, rule, by=_me(request), name=name, holdout_share=share)
    except (services.NotKept, segmentation.TooSlow) as error:
        if not new:
            shown = Segment.objects.get(pk=shown.pk)
        shown.name, shown.holdout_share = name[:120], min(max(share, 0.0), 0.5)
        slow = isinstance(error, segmentation.TooSlow)
        said = str(WORDS["slow"]) if slow else str(error)
        return _builder(request, shown, rule, error=said, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = _("Saved as version %(version)s: %(size)s people") % {
        "version": kept.version,
        "size": f"{kept.size:,}",
    }
    toasts.say(request, said)
    return redirect("segment", kept.pk)


def _builder(
    request: HttpRequest,
    shown: Segment,
    rule: Rule,
    *,
    error: str = "",
    past: int = 0,
    status: int = 200,
) -> HttpResponse:
    me = _me(request)
    new = shown._state.adding
    may_change = access.allowed(me, "segment.change")
    return render(
        request,
        "customers/segments/builder.html",
        {
            "segment": shown,
            "new": new,
            "state": {
                "id": "" if new else str(shown.pk),
                "person": str(me.pk),
                "version": 0 if new else shown.version,
                "tree": msgspec.to_builtins(rule),
                "holdout": round(shown.holdout_share * 100),
                "may_change": may_change,
                "unsaved": bool(error or past),
            },
            "offered": offered(me, besides=None if new else shown),
            "uses": [] if new else queries.uses_of(me, shown.pk),
            "campaign_url": "" if new else _address("new_campaign", f"segment={shown.pk}"),
            "people_url": "" if new else _address("customers", f"set=1&segment={shown.pk}"),
            "may_change": may_change,
            "may_see_sql": access.allowed(me, "segment.sql"),
            "error": error,
            "past": past,
            "versions": [] if new else queries.versions_of(shown),
        },
        status=status,
    )


def _live(request: HttpRequest, live: queries.Live) -> dict[str, Any]:
    locked = (Trouble.NOT_ALLOWED,)
    unfinished = (Trouble.WRONG_VALUE, Trouble.EMPTY_GROUP)
    tongue = queries.tongue()
    return {
        "sentence": render_to_string("customers/segments/sentence.html", {"parts": live.parts}),
        "count": live.count,
        "head": render_to_string("customers/segments/count.html", {"live": live}, request),
        "start": _("from %(count)s customers") % {"count": f"{live.everyone:,}"},
        "problems": [
            {
                "path": each.path,
                "tone": "lock" if each.trouble in locked
                else "warn" if each.trouble in unfinished else "bad",
                "text": each.message[tongue],
            }
            for each in live.problems
        ],
        "remaining": [
            {
                "path": path,
                "count": f"{one.count:,}",
                "share": one.share,
                "narrows": one.step.narrows,
            }
            for path, one in live.remaining
        ],
    }  # fmt: skip


def _advice(reach: segmentation.Reach) -> dict[str, list[str]]:
    """For each share of the slider: how many that is, and what could be seen with it."""
    base = UNSEEN_BASE if reach.stays is None else min(max(reach.stays, 0.0), 1.0)
    tongue = queries.tongue()
    told: dict[str, list[str]] = {}
    for share in HOLD_OUTS:
        advice = advise_hold_out(reach.people, share, base)
        tone = "warn" if share and advice.better is not None else "bad" if not share else ""
        told[str(round(share * 100))] = [
            f"{round(reach.people * share):,}", advice.sentence[tongue], tone,
        ]  # fmt: skip
    return told


def _edited(request: HttpRequest) -> Segment | None:
    """The stored segment that is being edited; a new one cannot be part of a circle yet."""
    try:
        id_ = UUID(request.GET.get("segment", ""))
    except ValueError:
        return None
    return queries.seen(_me(request)).filter(pk=id_).first()


def _one(request: HttpRequest, segment_id: UUID) -> Segment:
    return get_object_or_404(queries.seen(_me(request)), pk=segment_id)


def _address(name: str, query: str) -> str:
    try:
        return f"{reverse(name)}?{query}"
    except NoReverseMatch:
        return ""


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _me(request: HttpRequest) -> User:
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user

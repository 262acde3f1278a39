"""Screens of the model room: what each model is worth, who approved it, and training anew."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from zhiyin import toasts
from zhiyin.accounts import access, seat
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User, Work
from zhiyin.customers import approving, tasks
from zhiyin.customers.models import Customer, ModelVersion
from zhiyin.customers.queries import models as queries
from zhiyin.insight.contract import moment

STAGES = {
    "history": gettext_lazy("Reading the history"),
    "features": gettext_lazy("Computing features"),
    "rfm": gettext_lazy("Grading recency, frequency and money"),
    "personas": gettext_lazy("Finding personas"),
    "value": gettext_lazy("Value: backtest and fit"),
    "churn": gettext_lazy("Churn: backtest and fit"),
    "next_purchase": gettext_lazy("Next purchase: backtest and fit"),
    "scores": gettext_lazy("Writing everybody's scores"),
}


@seat.system("whether there is anything to train on, whoever asks")
def _anybody_bought() -> bool:
    return Customer.objects.filter(orders__gt=0).exists()


@gate("model.see")
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """The first model's page, or, before the first training, what a training is for."""
    found = queries.listed()
    if found:
        return redirect("model", found[0].version.name)
    return render(
        request,
        "customers/models/empty.html",
        {
            "may_train": access.allowed(_me(request), "model.train"),
            "has_customers": _anybody_bought(),
            **_training(_me(request)),
        },
    )


@gate("model.see")
@require_GET
def model(request: HttpRequest, name: str) -> HttpResponse:
    """One model: its verdict, scorecard, charts and log; or the groups that it describes."""
    me = _me(request)
    found = queries.listed()
    shown = next((one for one in found if one.version.name == name), None)
    if shown is None:
        get_object_or_404(ModelVersion, name=name, current=True)
        return redirect("models")
    context = {
        "listed": found,
        "shown": shown,
        "version": shown.version,
        "baselines": sum(one.state == "baseline" for one in found),
        "log": queries.log_of(name),
        "segments": queries.segments_with(name),
        "may_train": access.allowed(me, "model.train"),
        "may_approve": access.allowed(me, "model.approve"),
        **_training(me),
    }
    card = queries.card_of(shown.version)
    if card is None:
        context["groups"] = queries.groups_of(shown.version, me)
        context["filter"] = "rfm" if name == "rfm" else "persona"
        return render(request, "customers/models/descriptive.html", context)
    context |= {
        "card": card,
        "sentence": queries.word(card.sentence),
        "warning": queries.warning(card) if shown.state == "model" else "",
        "question": queries.word(card.question),
        "baseline_name": queries.word(card.baseline_name),
        "series_name": queries.word(card.series_name),
        "notes": [queries.word(note) for note in card.notes],
        "lines": queries.lines(card),
        "kinds": queries.kinds(card),
        "drift": queries.moved(card),
        "drift_end": queries.DRIFT_END,
        "calibration": queries.calibration(card),
        "calibration_said": queries.calibration_said(card),
        "series": queries.series(card),
        "tested_from": moment(card.series[0].as_of_us) if card.series else None,
        "tested_to": moment(card.series[-1].as_of_us) if card.series else None,
    }
    return render(request, "customers/models/model.html", context)


@gate("model.approve")
@require_POST
def approve_model(request: HttpRequest, name: str) -> HttpResponse:
    """The version that was looked at is approved, not one that came meanwhile."""
    version = get_object_or_404(ModelVersion, name=name, pk=_id(request.POST.get("version", "")))
    try:
        approving.approve(version, by=_me(request))
    except approving.NotApprovable as error:
        toasts.warn(request, str(error))
    else:
        toasts.say(request, _("Approved: v%(version)s may act") % {"version": version.version})
    return redirect("model", name)


@gate("model.approve")
@require_POST
def withdraw_approval(request: HttpRequest, name: str) -> HttpResponse:
    version = get_object_or_404(ModelVersion, name=name, current=True)
    approving.withdraw(version, by=_me(request))
    toasts.say(
        request, _("The approval of v%(version)s is withdrawn") % {"version": version.version}
    )
    return redirect("model", name)


@gate("model.train")
@require_POST
def train_models(request: HttpRequest) -> HttpResponse:
    """Begin a training in the background; the page shows how far it is."""
    tasks.begin(by=_me(request))
    return redirect(_back(request))


@gate("model.see")
@require_GET
def training(request: HttpRequest) -> HttpResponse:
    """How far the training is: a fragment that asks again; when it is over, the page is new."""
    context = _training(_me(request))
    if context["work"] is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "customers/models/training.html", context)


def _training(me: User) -> dict[str, object]:
    running = tasks.under_way()
    failed = None
    if running is None:
        last = Work.objects.filter(kind=tasks.KIND).order_by("-created_at").first()
        failed = last if last is not None and last.state == Work.State.FAILED else None
    return {
        "work": running,
        "failed": failed,
        "stage": STAGES.get(running.stage, running.stage) if running else "",
        "may_cancel": running is not None
        and access.allowed(me, "work.cancel")
        and access.can_reach(me, "work.cancel", running),
    }


def _back(request: HttpRequest) -> str:
    names = ModelVersion.objects.filter(current=True).values_list("name", flat=True)
    asked = request.POST.get("model", "")
    return reverse("model", args=[asked]) if asked in names else reverse("models")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _me(request: HttpRequest) -> User:
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user

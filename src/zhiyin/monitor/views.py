"""Screens of this room: the dashboard with its file, everybody's own day and its tasks."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from zhiyin import toasts
from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.models import Task
from zhiyin.customers.services.tasks import finish_task
from zhiyin.monitor import dashboard as drawing
from zhiyin.monitor import export, links, tasks, today
from zhiyin.monitor.board import board
from zhiyin.monitor.campaigns import increment
from zhiyin.monitor.figures.risk import DRIFTING, HIGH
from zhiyin.monitor.periods import PERIODS, last_day, period_of
from zhiyin.monitor.sight import sight_of
from zhiyin.monitor.sources import DOWN, LATE, sources_for
from zhiyin.monitor.voice import say


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)  # the gate let nobody else through


@gate("dashboard.see")
@never_cache
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """The manager's first screen."""
    me, now = _me(request), timezone.now()
    period = period_of(request.GET.get("period", ""))
    sight = sight_of(me, request.GET.get("department", ""))
    chosen = str(sight.chosen.pk) if sight.chosen else ""
    found = board(period, sight, now)
    context: dict[str, object] = {
        "period": period,
        "periods": [
            (_address(key, chosen), one.label, key == period.key) for key, one in PERIODS.items()
        ],
        "sight": sight,
        "departments": [(one, _address(period.key, str(one.pk))) for one in sight.choices],
        "whole_address": _address(period.key, ""),
        "chosen": chosen,
        "may_export": access.allowed(me, "dashboard.export"),
        "import_url": links.to("imports") if access.allowed(me, "import.add") else "",
    }
    if found is None:
        return render(request, "monitor/empty.html", context)
    sources = sources_for(me, now)
    late = sum(one.state in (LATE, DOWN) for one in sources)
    said = say(found, sources)
    context |= {
        "board": found,
        "last_day": last_day(found.as_of),
        "said": said,
        "need_url": {
            "drifting": links.people(sight, rfm=DRIFTING),
            "high_risk": drawing.high_risk_url(sight),
            "source": links.to("sources"),
        }.get(said.need, ""),
        "figures": drawing.figures(found, sight),
        "churn": drawing.churn(found, sight),
        "high": HIGH,
        "scored_day": last_day(found.risk.scored_at)
        if found.risk and found.risk.scored_at
        else None,
        "high_risk_url": drawing.high_risk_url(sight),
        "models_url": links.to("models"),
        "increment": increment(me, found.as_of),
        "campaigns_url": links.to("campaigns"),
        "value_chart": drawing.value_chart(found.value, sight, settings.CURRENCY)
        if found.value
        else None,
        "sources": sources[:7],
        "source_count": len(sources),
        "late": late,
        "sources_url": links.to("sources"),
    }
    return render(request, "monitor/dashboard.html", context)


@gate("dashboard.export")
@require_POST
def export_dashboard(request: HttpRequest) -> HttpResponse:
    """The figures as they stand, as a file."""
    me, now = _me(request), timezone.now()
    period = period_of(request.POST.get("period", ""))
    sight = sight_of(me, request.POST.get("department", ""))
    found = board(period, sight, now)
    if found is None:
        toasts.warn(request, _("There are no figures yet."))
        return redirect("dashboard")
    data = export.as_csv(found, increment(me, found.as_of), sight, by=me)
    name = f"zhiyin-dashboard-{last_day(found.as_of):%Y-%m-%d}-{period.key}.csv"
    return HttpResponse(
        data,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@gate("today.see")
@never_cache
@require_GET
def show_today(request: HttpRequest) -> HttpResponse:
    """Everybody's own day."""
    return _today(request, tasks.Asked())


@gate("today.see", write="task.change")
@require_POST
def add_task(request: HttpRequest) -> HttpResponse:
    """A new task of one's own about a customer, found by whatever names one."""
    me = _me(request)
    asked = tasks.Asked.of(request.POST)
    answer = tasks.add(asked, by=me)
    if answer.task is None:
        return _today(request, answer.asked, status=422)
    toasts.say(request, _("The task is noted."))
    return redirect("today")


@gate("today.see", write="task.change")
@require_POST
def finish(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One of my tasks is done; the toast takes it back."""
    task = get_object_or_404(
        access.scoped(_me(request), Task.objects.all(), "task.see"), pk=task_id
    )
    finish_task(task, by=_me(request))
    undo = reverse("reopen_my_task", args=[task.pk])
    toasts.say(request, _("Done: %(title)s") % {"title": task.title}, undo=undo)
    return redirect("today")


@gate("today.see", write="task.change")
@require_POST
def reopen(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The task is open again."""
    task = get_object_or_404(
        access.scoped(_me(request), Task.objects.all(), "task.see"), pk=task_id
    )
    finish_task(task, by=_me(request), done=False)
    toasts.say(request, _("The task is open again."))
    return redirect("today")


def _task(request: HttpRequest, task_id: UUID) -> Task:
    mine = access.scoped(_me(request), Task.objects.all(), "task.see")
    return get_object_or_404(mine, pk=task_id)


def _today(request: HttpRequest, asked: tasks.Asked, status: int = 200) -> HttpResponse:
    me, now = _me(request), timezone.now()
    context = {"asked": asked, **today.of(me, now)}
    return render(request, "monitor/today.html", context, status=status)


def _address(period: str, department: str) -> str:
    return f"?period={period}" + (f"&department={department}" if department else "")

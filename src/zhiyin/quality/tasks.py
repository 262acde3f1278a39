"""Work for the background: measuring each night and when somebody asks, looking for new rules."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from zhiyin.accounts import access, work
from zhiyin.accounts.models import User, Work
from zhiyin.quality import measuring, proposing

KIND = "quality"


@app.periodic(cron="11 4 * * *")
@app.task(queue="quality", lock="quality", queueing_lock="quality", pass_context=False)
def measure_nightly(timestamp: int) -> None:
    """Once a night: every rule, and what the data proposes."""
    now = timezone.now()
    measuring.measure(now)
    proposing.look(now)


@app.task(queue="quality", lock="quality")
def measure_now(work_id: str) -> None:
    """The same under its `Work`; run twice, it measures twice and harms nothing."""
    one = Work.objects.get(pk=work_id)
    if one.is_over:
        return
    with work.running(one) as running:
        done = measuring.measure(timezone.now(), progress=partial(work.progress, running))
        found = proposing.look(timezone.now())
        work.finish_with(running, {"rules": done.rules, "proposals": found})


def under_way() -> Work | None:
    """The measuring that waits or runs, whoever began it."""
    return work.under_way(KIND)


@transaction.atomic
def begin(*, by: User) -> Work:
    """Queue a measuring; where one is under way already, that one is returned."""
    access.require(by, "quality.change")
    running = under_way()
    if running is not None:
        return running
    one = work.start(KIND, by=by, title_zh="检查数据质量", title_en="Measure the data's quality")
    measure_now.defer(work_id=str(one.pk))
    return one

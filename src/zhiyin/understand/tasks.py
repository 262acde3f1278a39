"""Work for the background: all questions each night, and those that somebody asks now."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from procrastinate.contrib.django import app

from zhiyin.accounts import access, work
from zhiyin.accounts.models import User, Work

KIND = "understand"


@app.periodic(cron="40 4 * * *")
@app.task(queue="training", lock="training", queueing_lock="understand", pass_context=False)
def ask_nightly(timestamp: int) -> None:
    """Every night: all questions."""
    from zhiyin.understand import computing  # seconds of imports that nothing else needs

    computing.ask()


@app.task(queue="training", lock="training")
def ask_now(work_id: str, names: list[str]) -> None:
    """The same under its `Work`; run twice, it answers twice and harms nothing."""
    from zhiyin.understand import computing

    one = Work.objects.get(pk=work_id)
    if one.is_over:
        return
    with work.running(one) as running:
        found = computing.ask(names, partial(work.progress, running))
        work.finish_with(running, {name: run.state for name, run in found.items()})


def under_way() -> Work | None:
    """The asking that waits or runs, whoever began it."""
    return work.under_way(KIND)


@transaction.atomic
def begin(names: Sequence[str] = (), *, by: User) -> Work:
    """Queue an asking; where one is under way already, that one is returned."""
    access.require(by, "insight.change")
    running = under_way()
    if running is not None:
        return running
    one = work.start(KIND, by=by, title_zh="重新计算洞察", title_en="Compute the answers anew")
    ask_now.defer(work_id=str(one.pk), names=list(names))
    return one

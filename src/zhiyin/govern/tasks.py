"""Work for the background: erasures, and writing the files anew at night where they are large."""

from __future__ import annotations

from functools import partial

import structlog
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from zhiyin.accounts import access, work
from zhiyin.accounts.models import User, Work
from zhiyin.govern import erasing
from zhiyin.govern.models import Erasure

log = structlog.get_logger(__name__)
State = Erasure.State
RETRY = RetryStrategy(max_attempts=5, wait=60)


@app.task(queue="lake", lock="erase", retry=RETRY)
def erase(erasure_id: str) -> None:
    """Bring an erasure to its end under its `Work`; stopped before it begins, it is cancelled."""
    one = Erasure.objects.select_related("work", "by").get(pk=erasure_id)
    if one.work is None or one.state in (State.DONE, State.CANCELLED):
        return
    if one.work.is_over:
        _go_on(one)
        return
    with work.running(one.work) as running:
        erasing.run(one, partial(work.progress, running))
    if Work.objects.get(pk=one.work.pk).state == Work.State.CANCELLED:
        erasing.cancel(one, by=one.by)


def _go_on(one: Erasure) -> None:
    """A try before failed on the way, or was cancelled before anything began."""
    one.refresh_from_db()
    if one.state == State.BEGUN:
        erasing.run(one, lambda *_: None)
    elif one.state == State.PREPARED and one.work and one.work.state == Work.State.CANCELLED:
        erasing.cancel(one, by=one.by)


@app.periodic(cron="11 4 * * *")
@app.task(queue="lake", lock="erase", queueing_lock="write-anew", pass_context=False)
def write_anew(timestamp: int) -> None:
    """Once a night: what was killed is taken up, and the bytes of who was erased go."""
    for one in erasing.unfinished():
        erasing.run(one, lambda *_: None, rewrite_now=False)
    if done := erasing.rewrite_waiting(lambda *_: None):
        log.info("files written anew", erasures=done)


@transaction.atomic
def begin(one: Erasure, *, by: User) -> Work:
    """Queue an erasure; the screen watches the returned work."""
    access.require(by, "erasure.erase")
    one.work = work.start(
        "erasure", by=by, title_zh=f"删除 {one.customers:,} 位客户的数据",
        title_en=f"Erase {one.customers:,} customers",
    )  # fmt: skip
    one.save(update_fields=["work"])
    erase.defer(erasure_id=str(one.pk))
    return one.work

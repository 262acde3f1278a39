"""Work for the background: check, load and undo imports, look after the lake and the sources.

Each may run twice and does no harm.
"""

from __future__ import annotations

from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from zhiyin.accounts import work
from zhiyin.accounts.models import User, Work
from zhiyin.cleaning.errors import FileProblem
from zhiyin.collect import (
    hot,
    lake_care,
    notices,
    services,
    set_aside_services,
    tallies,
    watching,
)
from zhiyin.collect.connections import forgetting, running
from zhiyin.collect.connections import services as connecting
from zhiyin.collect.models import Connection, Import, Run
from zhiyin.collect.plan import noting
from zhiyin.talk.emitting import notify

log = structlog.get_logger(__name__)
RETRY = RetryStrategy(max_attempts=3, wait=5)


@app.task(queue="imports", lock="lake", retry=RETRY)
def run_import(import_id: str, step: str, by: str) -> None:
    """One step of an import (check, load or undo) under its `Work`."""
    one = Import.objects.select_related("source", "work").get(pk=import_id)
    assert one.work is not None
    if one.work.is_over:
        return
    user = User.objects.get(pk=by)
    with work.running(one.work) as running:
        try:
            getattr(services, STEPS[step])(one, by=user, progress=partial(work.progress, running))
        except FileProblem as problem:
            work.finish_with(
                running, {"problem": problem.message}
            )  # for the screen, both languages
            notify([user], notices.FAILED, ref=("import", one.pk))
            raise
        work.finish_with(running, {"import": str(one.pk), "rows": one.loaded})
        if step == "load":
            notify([user], notices.LOADED, ref=("import", one.pk), rows=one.loaded)


STEPS = {"check": "check", "load": "load", "undo": "undo"}
TITLES = {
    "check": ("检查文件", "Check a file"),
    "load": ("导入数据", "Load a file"),
    "undo": ("撤销导入", "Undo an import"),
}


def begin(one: Import, step: str, *, by: User) -> Work:
    """Queue a step; the screen watches the returned work."""
    title_zh, title_en = TITLES[step]
    one.work = work.start(f"import.{step}", by=by, title_zh=title_zh, title_en=title_en)
    one.save(update_fields=["work"])
    run_import.defer(import_id=str(one.pk), step=step, by=str(by.pk))
    return one.work


@app.periodic(cron="17 2 * * *")
@app.task(queue="lake", lock="hot", queueing_lock="hot", pass_context=False)
def let_events_age(timestamp: int) -> None:
    """Once a night: what is older than the hot days and in the lake leaves PostgreSQL."""
    log.info("events left", events=hot.age_out(timezone.now()))


@app.periodic(cron="37 1 * * *")
@app.task(queue="lake", lock="compact-lake", queueing_lock="compact-lake", pass_context=False)
def compact_lake(timestamp: int) -> None:
    """Once a night: days that are over become few large files; old versions are dropped.

    Yesterday most nights; more where the worker was away. Imports and the pump go on meanwhile.
    """
    now = timezone.now()
    if lake_care.is_due(now):
        noted = work.start(
            "lake.compact", by=None, title_zh="整理数据湖", title_en="Compact the lake"
        )
        with work.running(noted) as running:
            done = lake_care.compact(
                partial(work.progress, running), before=lake_care.due_before(now)
            )
            work.finish_with(running, {name: one.days for name, one in done.items() if one.days})
    lake_care.drop_history()


@app.periodic(cron="* * * * *")
@app.task(queue="sources", lock="watch-sources", queueing_lock="watch-sources", pass_context=False)
def watch_sources(timestamp: int) -> None:
    """Once a minute: totals of sources, and a word to their keepers where one is in trouble."""
    now = timezone.now()
    tallies.fold(now)
    watching.watch(now)


@app.periodic(cron="53 3 * * *")
@app.task(queue="sources", queueing_lock="forget-set-aside", pass_context=False)
def forget_set_aside(timestamp: int) -> None:
    """Once a night: what was set aside long ago, and days of plans that no report shows."""
    set_aside_services.forget(timezone.now())
    noting.age(timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queue="sources", lock="connections", queueing_lock="connections", pass_context=False)
def read_connections(timestamp: int) -> None:
    """Once a minute: queue the connections whose turn it is."""
    for one in connecting.due(timezone.now()):
        begin_reading(one)


def begin_reading(one: Connection) -> bool:
    """Queue a reading; False where one waits already."""
    lock = f"connection-{one.pk}"
    try:
        with transaction.atomic():
            read_connection.configure(queueing_lock=lock).defer(connection_id=str(one.pk))
    except AlreadyEnqueued:
        return False
    return True


@app.task(queue="imports", lock="lake")
def read_connection(connection_id: str) -> None:
    """Read one connection; its keeper is told when it begins to fail or to wait."""
    one = Connection.objects.select_related("source", "owner").filter(pk=connection_id).first()
    if one is None or one.paused:
        return
    before = one.runs.order_by("-started_at").values_list("state", flat=True).first()
    done = running.run(one)
    if done and done.state in (Run.State.FAILED, Run.State.WAITS) and done.state != before:
        notify([one.owner], notices.CONNECTION, ref=("source", one.source_id), state=done.state)


@app.periodic(cron="41 3 * * *")
@app.task(queue="sources", queueing_lock="forget-runs", pass_context=False)
def forget_runs(timestamp: int) -> None:
    """Once a night: runs of connections that are long past, and what came to webhooks then."""
    running.forget(timezone.now())
    forgetting.age(timezone.now())

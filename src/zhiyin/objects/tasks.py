"""Work for the background: a change of many rows, and taking it back. Each may run twice."""

from __future__ import annotations

from functools import partial

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from zhiyin.accounts import work
from zhiyin.accounts.models import User, Work
from zhiyin.objects.definitions import object_type
from zhiyin.objects.models import BulkChange
from zhiyin.objects.services import bulk

AT_ONCE = 300  # so many are changed while the person waits
RETRY = RetryStrategy(max_attempts=3, wait=5)
STEPS = {"change": bulk.carry_out, "undo": bulk.undo}
TITLES = {
    "change": ("批量修改", "Change many"),
    "undo": ("撤销批量修改", "Take a change of many back"),
}


@app.task(queue="objects", retry=RETRY)
def run(change_id: str, step: str) -> None:
    """One step of a bulk change under its `Work`."""
    one = BulkChange.objects.select_related("work", "owner").get(pk=change_id)
    if one.work is None or one.work.is_over:
        return
    with work.running(one.work) as running:
        STEPS[step](one, by=one.owner, progress=partial(work.progress, running))
        work.finish_with(running, {"change": str(one.pk), "rows": one.changed})


def begin(one: BulkChange, step: str, *, by: User) -> Work | None:
    """Do a step now where it is small, else queue it; the screen watches the returned work."""
    if len(one.rows) <= AT_ONCE:
        STEPS[step](one, by=by)
        return None
    title_zh, title_en = TITLES[step]
    of = object_type(one.object_type)
    one.work = work.start(
        f"{of.name}.{step}", by=by, title_zh=title_zh, title_en=title_en, total=len(one.rows)
    )
    one.save(update_fields=["work"])
    run.defer(change_id=str(one.pk), step=step)
    return one.work

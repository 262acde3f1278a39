"""Work for the background: the indexes of custom fields follow what lists and segments use."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from zhiyin.objects.custom import indexes

RETRY = RetryStrategy(max_attempts=3, wait=30)


@app.task(queue="imports", lock="custom-indexes", queueing_lock="custom-indexes", retry=RETRY)
def keep_indexes() -> None:
    """Bring the indexes in line with what is used."""
    indexes.bring_in_line()


@app.periodic(cron="23 * * * *")
@app.task(queue="imports", lock="custom-indexes")
def keep_indexes_hourly(timestamp: int) -> None:
    """The same once an hour: views and segments come and go."""
    indexes.bring_in_line()


def soon() -> None:
    """Queue it once what is being written is committed; one that waits already is enough."""
    transaction.on_commit(_defer)


def _defer() -> None:
    with suppress(AlreadyEnqueued):
        keep_indexes.defer()

"""The background worker: runs what screens and schedules queue, and listens to devices.

Nothing is lost with a worker that was killed: its jobs are taken up as soon as its heartbeat is
too old, and imports that another process began to load are finished when a worker starts.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import django
import structlog

if TYPE_CHECKING:
    from procrastinate import App

CONCURRENCY = 2
WEBHOOK_CONCURRENCY = 4  # endpoints at once; each mostly waits for another machine
HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 20.0
ROUND_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Lanes:
    """Every queue that a task names, once: those of webhooks, and the others."""

    webhooks: list[str]
    others: list[str]


def queues(app: App) -> Lanes:
    """The lanes of the worker, from the tasks that are known when it starts."""
    from zhiyin.connect.tasks import QUEUE

    named = {task.queue for task in app.tasks.values()}
    return Lanes([QUEUE], sorted(named - {QUEUE}))


async def rescue(app: App) -> int:
    """Queue again what a worker held that no longer gives signs of life; returns how many."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        await app.job_manager.retry_job(job)
        log.warning("job taken up again", job=job.id, task=job.task_name)
    return len(stalled)


async def _keep_rescuing(app: App) -> None:
    while True:
        slept_from = time.time()
        await asyncio.sleep(ROUND_SECONDS)
        if time.time() - slept_from < 2 * ROUND_SECONDS:
            await rescue(app)
        # else the machine slept: our own heartbeat is old too, and the next round knows better


async def _run() -> None:
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    worker_app = app.with_connector(connector.get_worker_connector())
    lanes = queues(worker_app)
    async with worker_app.open_async():
        rescuing = asyncio.create_task(_keep_rescuing(worker_app))
        # A lane of its own: hosts that take their time hold up neither imports nor campaigns.
        webhooks = asyncio.create_task(
            worker_app.run_worker_async(
                queues=lanes.webhooks,
                concurrency=WEBHOOK_CONCURRENCY,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
        )
        try:
            await worker_app.run_worker_async(
                queues=lanes.others,
                concurrency=CONCURRENCY,
                install_signal_handlers=True,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
        finally:
            webhooks.cancel()
            await asyncio.gather(webhooks, return_exceptions=True)
            rescuing.cancel()


def main() -> None:
    """Run until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
    django.setup()

    from zhiyin.accounts import seat
    from zhiyin.collect import resuming, tasks
    from zhiyin.collect.connections.listening import Listener

    seat.process_is_system("background work belongs to no one person")

    for one in resuming.interrupted():
        tasks.begin(one, "load", by=one.owner)
    listener = Listener()
    listener.start()
    try:
        asyncio.run(_run())
    finally:
        listener.stop()


if __name__ == "__main__":
    from zhiyin import worker  # under its own name: the queue warns of an app made in __main__

    worker.main()

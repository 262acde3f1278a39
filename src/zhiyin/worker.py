"""The background worker: runs what screens and schedules put into the queue."""

from __future__ import annotations

import asyncio
import os

import django

CONCURRENCY = 2


async def _run() -> None:
    from procrastinate.contrib.django import app

    worker_app = app.with_connector(app.connector.get_worker_connector())
    async with worker_app.open_async():
        for job in await worker_app.job_manager.get_stalled_jobs(seconds_since_heartbeat=30):
            await worker_app.job_manager.retry_job(job)
        await worker_app.run_worker_async(concurrency=CONCURRENCY, install_signal_handlers=True)


def main() -> None:
    """Run until told to stop; jobs of a worker that was killed are taken up again."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
    django.setup()
    asyncio.run(_run())


if __name__ == "__main__":
    main()

"""Work for the background: sending webhooks, and forgetting what was sent long ago."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from zhiyin.connect import sending
from zhiyin.connect.models import Occurrence

QUEUE = "webhooks"


@app.task(queue=QUEUE)
def deliver(endpoint_id: str) -> None:
    """Send what is due for one endpoint; run twice, it finds nothing the second time."""
    if sending.deliver(UUID(endpoint_id)).more:
        wake(UUID(endpoint_id))


def wake(endpoint_id: UUID) -> None:
    """Queue the sender of one endpoint, where it is not queued already; one runs at a time."""
    lock = f"webhook:{endpoint_id}"
    with suppress(AlreadyEnqueued), transaction.atomic():
        deliver.configure(lock=lock, queueing_lock=lock).defer(endpoint_id=str(endpoint_id))


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="webhooks-due", pass_context=False)
def deliver_due(timestamp: int) -> None:
    """Once a minute: retries whose time has come, and whatever nobody was woken for."""
    for endpoint in sending.sweep(timezone.now()):
        wake(endpoint)


@app.periodic(cron="23 3 * * *")
@app.task(queue=QUEUE, queueing_lock="webhooks-forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Once a night: what happened so long ago that its log is no longer kept."""
    before = timezone.now() - timedelta(days=settings.WEBHOOK_LOG_DAYS)
    Occurrence.objects.filter(at__lt=before).delete()

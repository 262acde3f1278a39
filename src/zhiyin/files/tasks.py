"""Work for the background: look at new files, draw them, forget what is long deleted."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from zhiyin.files import services
from zhiyin.files.models import Content

RETRY = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.task(queue="files", retry=RETRY)
def look_at(content_id: str) -> None:
    """Scan, then draw. Run again it does only what is still to do."""
    content = Content.objects.filter(pk=content_id).first()
    if content is None:
        return
    if content.scan == Content.Scan.WAITING:
        content = services.scan(content, now=timezone.now())
    if content.may_leave and content.picture == Content.Picture.WAITING:
        services.draw(content)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="files", queueing_lock="look-again", pass_context=False)
def look_again(timestamp: int) -> None:
    """What waited longer than any retry: the scanner was away, or a worker died."""
    for content in Content.objects.filter(scan=Content.Scan.WAITING).order_by("pk")[:200]:
        look_at.defer(content_id=str(content.pk))


@app.periodic(cron="23 3 * * *")
@app.task(queue="files", queueing_lock="purge-files", pass_context=False)
def purge_files(timestamp: int) -> None:
    """Once a night."""
    services.purge(now=timezone.now())

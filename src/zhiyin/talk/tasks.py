"""Work for the background: what is due leaves, what is old is forgotten."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from zhiyin import mailing
from zhiyin.talk import delivering, pushing, services


@app.periodic(cron="* * * * *")
@app.task(queue="talk", lock="tell-due", queueing_lock="tell-due", pass_context=False)
def tell_due(timestamp: int) -> None:
    """Once a minute: what is due, one message a user."""
    delivering.send_mails(mailing.configured(), now=timezone.now())
    pushing.send_pushes(now=timezone.now())


@app.periodic(cron="41 3 * * *")
@app.task(queue="talk", queueing_lock="purge-talk", pass_context=False)
def purge_talk(timestamp: int) -> None:
    """Once a night."""
    services.purge(now=timezone.now())

"""Work for the background: sending campaigns, and closing those whose window is over."""

from __future__ import annotations

from functools import partial

from django.utils import timezone
from procrastinate.contrib.django import app

from zhiyin import mailing
from zhiyin.accounts import work
from zhiyin.engage import notices, sending, services, timeline
from zhiyin.engage.models import Campaign
from zhiyin.talk.emitting import notify


@app.task(queue="campaigns")
def send_campaign(campaign_id: str) -> None:
    """Send what has not been sent, then tell the timeline.

    Run again after a crash it goes on where it was. Where the mail server could not be reached it
    fails and leaves the rest waiting, for somebody to take up again.
    """
    campaign = Campaign.objects.select_related("work", "segment").get(pk=campaign_id)
    if campaign.work is None or campaign.work.is_over:
        if campaign.state in (Campaign.State.SENT, Campaign.State.CANCELLED):
            timeline.tell(campaign, now=timezone.now())
        return
    with work.running(campaign.work) as running:
        try:
            gone = sending.send(
                campaign,
                transport=mailing.configured(),
                progress=partial(work.progress, running),
                clock=timezone.now,
            )
        except work.Cancelled:
            services.stop(campaign, now=timezone.now())
            timeline.tell(campaign, now=timezone.now())
            raise
        timeline.tell(campaign, now=timezone.now())
        work.finish_with(running, {"campaign": str(campaign.pk), "sent": gone})
        notify([campaign.owner], notices.SENT, ref=("campaign", campaign.pk), sent=gone)


@app.periodic(cron="7 * * * *")
@app.task(queue="campaigns", queueing_lock="finish-campaigns", pass_context=False)
def finish_campaigns(timestamp: int) -> None:
    """Once an hour: windows that are over are closed, and the result stands."""
    services.finish_due(timezone.now())

"""Commands about campaigns."""

from __future__ import annotations

from argparse import Namespace

from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import is_chinese, t
from zhiyin.cli.workspace import opened


def list_all(options: Namespace, output: Output) -> int:
    """All campaigns with their state."""
    with opened(options.data):
        from zhiyin.engage.models import Campaign

        rows = [
            {"id": str(c.pk), "name": c.name, "state": c.state, "started_at": c.started_at}
            for c in Campaign.objects.order_by("-created_at")
        ]
        text = "\n".join(f"{row['id']}  {row['state']:<9}  {row['name']}" for row in rows)
        output.result({"campaigns": rows}, text or t("还没有活动。", "No campaigns yet."))
    return 0


def result(options: Namespace, output: Output) -> int:
    """The increment of a campaign against its hold-out, with its interval."""
    with opened(options.data):
        from django.core.exceptions import ValidationError
        from django.utils import timezone

        from zhiyin.engage import results
        from zhiyin.engage.models import Campaign

        try:
            campaign = Campaign.objects.get(pk=options.id)
        except (Campaign.DoesNotExist, ValidationError) as error:
            raise Failure(t("没有这个活动。", "There is no such campaign."), code=3) from error
        report = results.measure(campaign, now=timezone.now())
        output.result(report.as_json(), report.sentence["zh" if is_chinese() else "en"])
    return 0

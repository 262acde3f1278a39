"""Up to when the data tell: the date that every figure of trade names.

Where the newest order is fresh, that is now. Where it is old (a file of last year was imported),
it is the end of that order's day, and the screens say so: recency counted from today would call
everybody lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from zhiyin.accounts import seat
from zhiyin.customers.models import Order

FRESH = timedelta(days=14)


@seat.system("the date of the data is one for everybody")
def data_as_of(now: datetime | None = None) -> datetime:
    """Now, or the midnight after the last order where that was more than two weeks ago."""
    present = now or timezone.now()
    last: datetime | None = Order.objects.aggregate(last=Max("ordered_at"))["last"]
    if last is None or present - last <= FRESH:
        return present
    day = timezone.localtime(last).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)

"""Conditions on customers that are no column: membership of a segment, consent, a company."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from zhiyin.accounts.models import User
from zhiyin.customers import catalogue
from zhiyin.customers.models import Customer, Segment, SegmentMember
from zhiyin.objects.definitions import Asked, Operator, Options, Value

MOST_CHOICES = 200


def in_segment(operator: Operator, given: Sequence[Value], asked: Asked) -> Q:
    """Who is in one of these segments."""
    members = SegmentMember.objects.filter(segment__in=list(given)).values("customer")
    return Q(pk__in=members)


def segments(user: User) -> Options:
    found = Segment.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in found[:MOST_CHOICES]]


def segment_name(text: str) -> str:
    try:
        found = Segment.objects.filter(pk=UUID(text)).values_list("name", flat=True).first()
    except ValueError:
        return text
    return found or gettext("a segment that is gone")


def agreed(operator: Operator, given: Sequence[Value], asked: Asked) -> Q:
    """Who agreed to be written to on one of these channels."""
    channels = [str(one) for one in given if one in catalogue.CHANNELS]
    written = Q(consents__channel__in=[c for c in channels if c != "none"],
                consents__purpose="marketing")  # fmt: skip
    if "none" in channels:
        written |= Q(consents__channel="none", consents__purpose="profiling")
    granted = Customer.objects.filter(written, consents__granted=True)
    return Q(pk__in=granted.values("pk"))

"""Of which type an event is on a timeline, by its name, and the same as a condition in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

from django.db.models import Q

VISITS = frozenset({
    "Page Viewed", "Product Viewed", "Product Added", "Checkout Started", "Cart Abandoned",
})  # fmt: skip
# By kind the names, and the beginnings of names; the first kind that fits counts.
_NAMED: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "visit": (VISITS | {"Return Policy Viewed", "Screen Viewed"}, ()),
    "service": (
        frozenset({"Ticket Opened", "Complaint Raised", "Ticket Closed", "Message Received",
                   "Message Sent", "Call Received", "Call Made"}),
        ("Ticket ", "Call "),
    ),
    "review": (frozenset({"Product Reviewed"}), ()),
    "message": (
        frozenset(),
        ("Email", "SMS ", "Push Notification ", "WeChat Message ", "Unsubscribe"),
    ),
    "social": (
        frozenset({"Mentioned", "Content Shared", "Product Shared"}),
        ("Social ", "Mention ", "Post ", "Comment "),
    ),
    "device": (frozenset({"Stock Low"}), ("Device ", "Beacon ", "Zone ", "Stock ")),
}  # fmt: skip
ICONS = {"message": "mail", "social": "brand-wechat", "device": "devices"}


def kind_of(name: str) -> str:
    """The kind of an event; "event" for all others."""
    for kind, (names, starts) in _NAMED.items():
        if name in names or name.startswith(starts):
            return kind
    return "event"


def _condition(kind: str) -> Q:
    names, starts = _NAMED[kind]
    parts = [Q(name__in=sorted(names))] if names else []
    return reduce(or_, [*parts, *(Q(name__startswith=start) for start in starts)])


def _narrow() -> dict[str, Q]:
    """Each kind without those before it, and everything else."""
    found: dict[str, Q] = {}
    before = Q(pk__in=[])
    for kind in _NAMED:
        mine = _condition(kind)
        found[kind] = mine & ~before
        before |= mine
    return {**found, "event": ~before}


NARROW: Mapping[str, Q] = _narrow()

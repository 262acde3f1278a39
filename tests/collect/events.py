"""A site that has sent events for a day, as the pump's own rows tell it; for the screens' tests."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from zhiyin.accounts.models import User
from zhiyin.collect import tracking_services
from zhiyin.collect.models import Event, Learnt, PlanDay, Repeat, SetAside, Source, Tally
from zhiyin.collect.plan import services
from zhiyin.collect.plan.schema import Kind, Mode, Place, Plan, Planned, Property
from zhiyin.collect.tracking_services import Limits
from zhiyin.ids import uuid7

NAMES = {"zh-hans": "官网与小程序", "en": "Site and app"}


def site(language: str, *, by: User) -> Source:
    """The source, with an exchanged key and a day of tallies."""
    made = tracking_services.create(
        by=by, key="site", name_zh=NAMES["zh-hans"], name_en=NAMES["en"], kind=Source.Kind.WEB,
        origins=["https://shop.example"],
    )  # fmt: skip
    tracking_services.exchange(made, by=by)
    source = made.source
    tracking_services.change(
        source, by=by, name_zh=source.name_zh, name_en=source.name_en,
        limits=Limits(promise_minutes=30, most_refused_percent=5, most_lag_seconds=60),
    )  # fmt: skip
    now = timezone.now()
    for minute in range(60):
        _tally(source, minute, 40 + (minute * 37) % 60, lane=0)
    for hour in range(2, 24):
        _tally(source, hour * 60, 2400 + (hour * 811) % 1500, lane=-1)
    _tally(source, 3, 12, lane=0, outcome="set_aside", reason="no_id")
    _tally(source, 9, 3, lane=0, outcome="set_aside", reason="message_too_large")
    _tally(source, 4, 25, lane=0, outcome="duplicate")
    _tally(source, 4, 6, lane=0, outcome="anonymous")
    Source.objects.filter(pk=source.pk).update(
        events=612_480, live_events=612_480, last_received_at=now, last_event_at=now
    )
    source.refresh_from_db()
    return source


def put_aside(source: Source) -> SetAside:
    """Some events that could not be taken in; the newest of them."""
    now = timezone.now()
    first: SetAside | None = None
    for place, (name, reason, detail, message) in enumerate(_BAD):
        made = SetAside.objects.create(
            id=uuid7(), source=source, received_at=now - timedelta(minutes=3 * place), kind="batch",
            name=name, reason=reason, detail=detail, message=json.dumps(message),
        )  # fmt: skip
        first = first or made
    assert first is not None
    return first


def told(source: Source, customer: UUID) -> Event:
    """Some hot events of one customer, one of nobody, one that came twice; the customer's first."""
    now, batch = timezone.now(), uuid7()
    names = ("Product Viewed", "Product Added", "Order Completed", "Page Viewed")
    context = {
        "library": {"name": "analytics.js", "version": "4.4"},
        "original_at": "2026-11-24T02:11:08Z",
        "sent_at": "2026-11-24T02:11:09Z",
    }
    made = [
        Event.objects.create(
            event_id=uuid7(), name=name, at=now, received_at=now - timedelta(seconds=place),
            source=source, batch=batch, customer_id=customer if place < 3 else None,
            identifier_id=uuid7() if place < 3 else None, context=context,
            properties={"product_id": "T-1", "email": "lin@example.com"} if place < 3 else {},
        )
        for place, name in enumerate(names)
    ]  # fmt: skip
    Repeat.objects.create(
        source=source, lane=0, slot=0, at=now, received_at=now - timedelta(seconds=5),
        event_id=made[0].pk, name=made[0].name, message=json.dumps({"userId": "lin-1001"}),
    )  # fmt: skip
    return made[0]


def planned(source: Source, *, by: User) -> None:
    """A plan in two versions beside what was learnt, and two weeks of counts against it."""
    now = timezone.now()
    for event, name, kinds, examples in _LEARNT:
        Learnt.objects.create(
            source=source, event=event, property=name, first_at=now - timedelta(days=40),
            last_at=now - timedelta(days=2 if event == "Coupon Used" else 0),
            events=sum(kinds.values()), examples=examples, personal=name == "receiver_phone",
            beyond=1_204 if event == "Page Viewed" and not name else 0,
            **({f"as_{kind}": n for kind, n in kinds.items()} if name else {}),
        )  # fmt: skip
    only = [Place(name) for name in ("Product Viewed", "Order Completed", "Coupon Used")]
    services.accept(source, by=by, base=0, only=only)
    plan = services.plan_of(source)
    rules = plan.events["Product Viewed"].properties
    rule = Property(Kind.TEXT, required=True, allowed=("tea", "teaware"), description="Shelf")
    rules = {**rules, "price": Property(Kind.NUMBER, required=True), "category": rule}
    rules.pop("colour")
    events = {**plan.events, "Product Viewed": Planned("Somebody looked at a product", rules)}
    services.save(source, Plan(Mode.FLAG, Mode.FLAG, Mode.OBSERVE, events), by=by, base=1)
    today = timezone.localdate(now)
    for back in range(14):
        day = {"source": source, "day": today - timedelta(days=back)}
        for event, name, fault, came, n in _DAYS:
            if event != "Coupon Used" or back > 1:
                PlanDay.objects.create(**day, event=event, property=name, fault=fault, came=came,
                                       events=n + n * ((back * 7) % 5) // 5)  # fmt: skip


_LEARNT: list[tuple[str, str, dict[str, int], list[str]]] = [
    ("Product Viewed", "", {"text": 48_210}, []),
    ("Product Viewed", "product_id", {"text": 48_210}, ['"T-1"', '"T-204"']),
    ("Product Viewed", "price", {"number": 40_000, "whole": 8_010, "text": 200}, ["19.9", "88"]),
    ("Product Viewed", "category", {"text": 47_900}, []),
    ("Product Viewed", "colour", {"text": 310}, []),
    ("Order Completed", "", {"text": 1_940}, []),
    ("Order Completed", "order_id", {"text": 1_940}, []),
    ("Order Completed", "receiver_phone", {"text": 1_122}, []),
    ("Order Completed", "products", {"list": 1_940}, []),
    ("Page Viewed", "", {"text": 90_112}, []),
    ("Page Viewed", "url", {"text": 90_112}, []),
    ("Coupon Used", "", {"text": 700}, []),
]
_DAYS = [
    ("Product Viewed", "", "", "", 3_400), ("Product Viewed", "", "any", "", 41),
    ("Product Viewed", "price", "type", "text", 14),
    ("Product Viewed", "category", "missing", "", 22),
    ("Product Viewed", "category", "value", "", 5),
    ("Product Viewed", "colour", "unknown_property", "text", 22),
    ("Page Viewed", "", "", "", 6_400), ("Page Viewed", "", "any", "", 6_400),
    ("Page Viewed", "", "unknown_event", "", 6_400), ("Coupon Used", "", "", "", 50),
]  # fmt: skip
_BAD: list[tuple[str, str, str, dict[str, object]]] = [
    ("Product Viewed", "no_id", "",
     {"type": "track", "event": "Product Viewed", "messageId": "m-318", "userId": None,
      "timestamp": "2026-11-24T02:11:08Z", "properties": {"product_id": "T-1", "price": 19.9}}),
    ("", "unknown_type", "dance", {"type": "dance", "userId": "1001"}),
    ("Order Completed", "time", "",
     {"type": "track", "event": "Order Completed", "userId": "1002", "messageId": "m-77",
      "timestamp": "1970-01-01T00:00:00Z", "properties": {"order_id": "A7"}}),
    ("", "too_many_properties", "612", {"type": "track", "event": "Page Scrolled", "userId": "7"}),
]  # fmt: skip


def _tally(
    source: Source, ago: int, events: int, *, lane: int, outcome: str = "kept", reason: str = ""
) -> None:
    at = timezone.now() - timedelta(minutes=ago)
    start = at.replace(second=0, microsecond=0)
    Tally.objects.create(
        source=source, at=start if lane >= 0 else start.replace(minute=0), last_at=at, lane=lane,
        outcome=outcome, reason=reason, events=events, lag_ms=180,
    )  # fmt: skip

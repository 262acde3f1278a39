"""A period of the lake through today's pipeline: what is missing comes back, what today's rules say
holds for what was kept under older ones, and nobody who was erased returns.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tests import factories
from tests.collect.state import lake_rows
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.collect import archive
from zhiyin.collect import services as imports
from zhiyin.collect.models import Event, PlanVersion, Source
from zhiyin.collect.plan.schema import Kind, Plan, Planned, Property, to_json
from zhiyin.customers import replaying
from zhiyin.customers.models import Customer, Identifier, Order, OrderLine
from zhiyin.customers.replaying import Replayed
from zhiyin.govern import erasing
from zhiyin.govern import services as govern

pytestmark = pytest.mark.django_db
LATELY = timezone.now() - timedelta(days=3)
ORDERS = """订单号,下单时间,商品编码,商品名称,数量,单价,客户编号,国家
A-1,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1,China
A-1,2026-03-01 10:00,CUP-1,盖碗,1,120.00,C1,China
A-2,2026-03-02 11:30,TEA-1,正山小种,1,88.00,C2,China
202611290001,2026-03-02 11:30,TEA-1,正山小种,1,88.00,C2,China
"""
VISITS = f"""event,time,customer_id,url,age
Page Viewed,{LATELY:%Y-%m-%d %H:%M},C1,/tea,41
Product Viewed,{LATELY:%Y-%m-%d %H:%M},C1,/tea/1,41
Page Viewed,{LATELY:%Y-%m-%d %H:%M},C2,/,17
"""


@pytest.fixture
def admin() -> User:
    return factories.user(Role.ADMINISTRATOR, department=factories.department())


@pytest.fixture(autouse=True)
def brought(admin: User, own_lake: None) -> None:
    for name, text in (("orders.csv", ORDERS), ("visits.csv", VISITS)):
        one = imports.begin([text.encode()], file_name=name, by=admin)
        imports.check(one, by=admin)
        imports.load(one, by=admin)
    assert Order.objects.count() == 3


def days_from_today(days: int) -> date:
    """A day of the lake, in UTC, by the clock of this moment: a test may run over midnight."""
    return datetime.now(UTC).date() + timedelta(days=days)


def replay(*, dry_run: bool = False, source: str = "", first: int = -1) -> Replayed:
    return replaying.replay(
        days_from_today(first), days_from_today(0), source=source, dry_run=dry_run,
        by=None, progress=lambda *_: None,
    )  # fmt: skip


def orders() -> list[tuple[object, ...]]:
    return sorted(
        Order.objects.values_list(
            "id", "number", "kind", "customer__number", "ordered_at", "total", "currency", "lines"
        )
    )


def lines() -> list[tuple[object, ...]]:
    return sorted(
        OrderLine.objects.values_list(
            "order", "customer_id", "ordered_at", "kind", "sku", "product_name", "quantity",
            "amount",
        )
    )  # fmt: skip


def events() -> list[tuple[object, ...]]:
    return sorted(Event.objects.values_list("event_id", "name", "at", "customer_id"))


def test_where_nothing_changed_a_replay_changes_nothing() -> None:
    before = orders(), lines(), events(), lake_rows()
    done = replay()
    assert (done.events, done.changes) == (6, 0)
    assert (orders(), lines(), events(), lake_rows()) == before


def test_a_dry_run_tells_what_would_come_back_and_changes_nothing() -> None:
    Event.objects.filter(name="Page Viewed").delete()
    told = replay(dry_run=True)
    assert told.events_restored == 2
    assert not Event.objects.filter(name="Page Viewed").exists()
    assert not AuditPending.objects.filter(verb="lake.replayed").exists()


def test_events_and_orders_that_postgresql_lost_come_back_as_they_were() -> None:
    kept = Order.objects.exclude(number="202611290001")
    before, before_lines, hot = sorted(kept.values_list("id", flat=True)), lines(), events()
    told = orders()
    OrderLine.objects.all().delete()
    Order.objects.all().delete()
    Event.objects.all().delete()
    done = replay()
    assert (done.orders_restored, done.orders_without_number) == (2, 1)
    assert done.events_restored == len(hot)
    assert events() == hot
    assert sorted(Order.objects.values_list("id", flat=True)) == before
    assert orders() == [row for row in told if row[1] != "202611290001"]
    assert lines() == [row for row in before_lines if row[0] in before]
    assert replay().changes == 1  # the one order that the lake has no number of
    assert AuditPending.objects.filter(verb="lake.replayed").count() == 2


def test_events_and_orders_follow_their_identifier() -> None:
    one, two = (Customer.objects.get(number=number) for number in ("C1", "C2"))
    Identifier.objects.filter(customer=one).update(customer=two)
    told = replay(dry_run=True)
    assert (told.events_moved, told.orders_moved) == (2, 1)
    assert Order.objects.filter(customer=one).exists()
    done = replay()
    assert (done.events_moved, done.orders_moved) == (2, 1)
    assert not Event.objects.filter(customer_id=one.pk).exists()
    assert not OrderLine.objects.filter(customer_id=one.pk).exists()
    two.refresh_from_db()
    assert two.orders == 3
    assert replay().changes == 0


def test_who_withdrew_profiling_since_becomes_nobody_in_what_was_watched(admin: User) -> None:
    source = Event.objects.filter(name="Page Viewed")[0].source
    Source.objects.filter(pk=source.pk).update(kind=Source.Kind.WEB)
    one = Customer.objects.get(number="C1")
    govern.set_consent(one, "none", "profiling", granted=False, by=admin, at=timezone.now(),
                       evidence="phone")  # fmt: skip
    assert replay().made_anonymous == 2
    assert not Event.objects.filter(customer_id=one.pk, source=source).exists()
    assert Event.objects.filter(source=source).count() == 3
    assert replay().made_anonymous == 0


def test_what_a_plan_marks_as_personal_since_leaves_the_lake(admin: User) -> None:
    source = Event.objects.filter(name="Page Viewed")[0].source
    assert '"age"' in "".join(archive.lake().read("events")["properties"].to_pylist())
    mark_personal(source, admin)
    before = lake_rows()
    told = replay(dry_run=True)
    assert told.lake_rows_mended == 3
    assert replay().lake_rows_mended == 3
    assert '"age"' not in "".join(archive.lake().read("events")["properties"].to_pylist())
    assert lake_rows() == before
    assert replay().lake_rows_mended == 0


def mark_personal(source: Source, by: User) -> None:
    held = Planned(properties={"age": Property(type=Kind.WHOLE, personal=True)})
    plan = Plan(events={"Page Viewed": held, "Product Viewed": held})
    PlanVersion.objects.create(source=source, version=1, document=to_json(plan), by=by)
    Source.objects.filter(pk=source.pk).update(plan_version=1)


def test_nobody_who_was_erased_comes_back() -> None:
    one = Customer.objects.get(number="C1")
    erasing.run(erasing.prepare([one.pk], by=None, reason="asked"), lambda *_: None,
                rewrite_now=False)  # fmt: skip
    done = replay()
    assert done.events == 3  # of the other
    assert done.events_restored == 0
    assert Customer.objects.count() == 1


def test_only_what_was_asked_for_is_replayed() -> None:
    Event.objects.all().delete()
    with pytest.raises(replaying.NothingThereError):
        replay(source="nobody")
    with pytest.raises(replaying.NothingThereError):
        replay(first=1)
    keys = set(Source.objects.values_list("key", flat=True))
    found = {key: replay(source=key, dry_run=True).events for key in keys}
    assert sum(found.values()) == 6

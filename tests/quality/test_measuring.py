"""Measuring: each kind of rule counts what it says, in all and for each source, day by day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.customers import people
from tests.quality import world
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Event
from zhiyin.customers.models import Customer, SourceRecord
from zhiyin.customers.services import golden
from zhiyin.ids import uuid7
from zhiyin.quality import measuring, queries
from zhiyin.quality.models import Measurement, QualityRule
from zhiyin.quality.rules import (
    Allowed,
    Before,
    Fresh,
    Implies,
    OneNumber,
    Outlier,
    Pattern,
    PlacesAgree,
    Range,
    Refers,
    Required,
    Rule,
    Unique,
)
from zhiyin.talk.models import Notice

pytestmark = pytest.mark.django_db
NOW = world.NOW


def measured(one: QualityRule) -> tuple[int, int]:
    """Rows that the rule speaks of, and those that fail."""
    measuring.measure(NOW, only=[one])
    found = Measurement.objects.get(rule=one, source=None)
    return found.rows, found.failed


@pytest.mark.parametrize(
    ("rule", "rows", "failed"),
    [
        (Required("phone"), 6, 1),
        (Pattern("phone", "e164"), 5, 1),
        (Pattern("email", "email"), 5, 1),
        (Unique("email"), 5, 2),
        (Range("birth_date", "1900-01-01", "2020-01-01"), 2, 1),
        (Allowed("province", ("浙江省",)), 4, 1),
        (Before("birth_date", "first_order_at"), 1, 1),
        (Implies("birth_date", "city"), 2, 1),
        (Implies("province", "city", "浙江省", "杭州"), 3, 2),
        (PlacesAgree(), 3, 1),
        (Refers("phone", "customer"), 5, 5),
        (Fresh("first_order_at", 365), 1, 1),
    ],
)
def test_each_kind_of_rule_counts_what_it_says(rule: Rule, rows: int, failed: int) -> None:
    world.customers()
    assert measured(world.rule("customer", rule)) == (rows, failed)


def test_two_official_numbers_are_a_contradiction() -> None:
    one, other, *_ = world.customers()
    world.second_number(one)
    people.identifier(other, "number", other.number)
    assert measured(world.rule("customer", OneNumber())) == (2, 1)


def test_an_outlier_is_far_from_the_median_in_robust_deviations() -> None:
    person = people.customer("王小明")
    world.orders(person, ["10", "11", "12", "13", "14", "15", "16", "9000"])
    one = world.rule("order", Outlier("total", log=True))
    assert measured(one) == (8, 1)
    one.refresh_from_db()
    assert one.learnt["median"] == pytest.approx(2.6, abs=0.1)


def test_equal_numbers_have_no_outlier() -> None:
    world.orders(people.customer("王小明"), ["10"] * 9 + ["11"])
    assert measured(world.rule("order", Outlier("total"))) == (10, 0)


def test_properties_of_events_are_asked_by_name_however_they_are_called() -> None:
    person = people.customer("王小明")
    for size in ("S", "M", "XXXXL"):
        people.event(person, "Product Viewed", **{"si'ze%s": size})
    people.event(person, "Other", **{"si'ze%s": "?"})
    from zhiyin.collect.models import Learnt

    Learnt.objects.create(
        source=people.source(), event="Product Viewed", property="si'ze%s", events=3,
        first_at=NOW, last_at=NOW,
    )  # fmt: skip
    rule = Allowed("p:si'ze%s", ("S", "M"))
    assert measured(world.rule("event", rule, event="Product Viewed")) == (3, 1)


def test_events_that_come_late_are_told_by_source() -> None:
    for minutes in (1, 5, 500):
        Event.objects.create(
            event_id=uuid7(), name="X", at=NOW, received_at=NOW + timedelta(minutes=minutes),
            source=people.source(),
        )  # fmt: skip
    one = world.rule("event", Range("delay_minutes", "", "60"))
    assert measured(one) == (3, 1)
    by_source = Measurement.objects.get(rule=one, source=people.source())
    assert (by_source.rows, by_source.failed) == (3, 1)


def test_what_each_source_says_is_measured_by_itself() -> None:
    person = people.customer("王小明", phone="+8613812345678")
    for key, phone in (("crm", "+8613812345678"), ("till", "")):
        SourceRecord.objects.create(
            source=people.source(key), home=person.pk, customer=person, identifier_id=uuid7(),
            said={"phone": {"v": phone, "at": 1}}, first_at=NOW, last_at=NOW,
        )  # fmt: skip
    one = world.rule("customer", Required("phone"))
    measuring.measure(NOW, only=[one])
    rows = Measurement.objects.filter(rule=one).values_list("source__key", "rows", "failed")
    assert set(rows) == {(None, 1, 0), ("crm", 1, 0), ("till", 1, 1)}
    grid = queries.by_source(NOW, "customer")
    assert {row.source.key: row.cells["phone"].failed for row in grid.rows} == {
        "crm": 0, "till": 1,
    }  # fmt: skip


def test_a_default_that_nobody_said_counts_as_missing() -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    golden.set_rules({"country": ("newest", "default", "中国")}, by=admin)
    people.customer("王小明", country="中国")
    said = people.customer("李四", country="中国")
    golden.written([said.pk], "country", by=admin, at=NOW)
    assert measured(world.rule("customer", Required("country"))) == (2, 1)


def test_a_second_measuring_of_a_day_replaces_the_first_and_days_make_a_trend() -> None:
    world.customers()
    one = world.rule("customer", Required("phone"))
    for back in (8, 1, 0, 0):
        measuring.measure(NOW - timedelta(days=back), only=[one])
    assert Measurement.objects.filter(rule=one, source=None).count() == 3
    Customer.objects.filter(phone="").update(phone="+8613700003333")
    measuring.measure(NOW, only=[one])
    line = next(x for x in queries.overview(NOW).lines if x.one == one)
    assert line.figure.percent == 100
    assert line.delta == pytest.approx(100 / 6)
    assert len(line.trend) == 3


def test_keepers_are_told_once_when_a_threshold_is_passed_and_again_after_it_held() -> None:
    keeper, reader = factories.user(Role.ADMINISTRATOR), factories.user(Role.MARKETER)
    world.customers()
    one = world.rule("customer", Required("phone"), most=10)

    def told() -> int:
        assert not Notice.objects.filter(user=reader).exists()
        return Notice.objects.filter(user=keeper, kind="quality.beyond").count()

    for _ in range(2):
        measuring.measure(NOW, only=[QualityRule.objects.get(pk=one.pk)])
        assert told() == 1
    Customer.objects.filter(phone="").update(phone="+8613700003333")
    measuring.measure(NOW, only=[QualityRule.objects.get(pk=one.pk)])
    Customer.objects.update(phone="")
    measuring.measure(NOW, only=[QualityRule.objects.get(pk=one.pk)])
    assert told() == 2


def test_a_rule_whose_field_is_gone_stops_nobody_else() -> None:
    world.customers()
    lost = QualityRule.objects.create(
        object="customer", definition={"type": "required", "field": "c_gone"}, field="c_gone",
        dimension="completeness",
    )  # fmt: skip
    good = world.rule("customer", Required("job_title"))
    done = measuring.measure(NOW, only=[lost, good])
    assert (done.rules, done.failed) == (1, 1)
    line = next(x for x in queries.overview(NOW).lines if x.one == lost)
    assert line.problem


def test_all_rules_of_an_object_cost_one_pass() -> None:
    world.customers()
    rules = [world.rule("customer", Required(name)) for name in ("gender", "language", "country")]
    with CaptureQueriesContext(connection) as asked:
        measuring.measure(NOW, only=rules)
    passes = [one for one in asked if "count(*) filter" in one["sql"]]
    assert len(passes) == 2  # golden records, and what sources say


def test_the_standing_rules_can_all_be_measured() -> None:
    world.customers()
    world.companies()
    assert measuring.measure(NOW).failed == 0
    assert QualityRule.objects.filter(measured_at=NOW).count() == QualityRule.objects.count() > 15

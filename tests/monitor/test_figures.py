"""Every figure of the dashboard equals what one counts by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests import factories
from tests.monitor import shop
from zhiyin.accounts.roles import Role
from zhiyin.monitor.board import Board, ask
from zhiyin.monitor.figures import retention, risk, value
from zhiyin.monitor.periods import PERIODS, last_day, period_of
from zhiyin.monitor.sight import Sight, sight_of
from zhiyin.monitor.voice import say

pytestmark = pytest.mark.django_db
EVERYBODY = Sight(None, None, ())
NOW = shop.at(2026, 11, 21, 9)


def asked(period: str = "30") -> Board:
    return ask(period_of(period), EVERYBODY, NOW)


def test_revenue_is_net_of_returns_and_order_value_is_not() -> None:
    ann, ben = shop.customer("ann"), shop.customer("ben")
    shop.order(ann, NOW - 3 * shop.DAY, 100)
    shop.order(ben, NOW - 2 * shop.DAY, 50)
    shop.order(ann, NOW - 1 * shop.DAY, "-30.50")
    shop.order(ben, NOW - 40 * shop.DAY, 80)
    found = asked()
    assert found.now.revenue == Decimal("119.50")
    assert found.now.sales == 2
    assert found.now.buyers == 2
    assert found.now.order_value == 75
    assert found.before.revenue == 80
    assert found.before.buyers == 1


def test_a_return_alone_makes_nobody_active() -> None:
    ann = shop.customer("ann")
    shop.order(ann, NOW - 40 * shop.DAY, 80)
    shop.order(ann, NOW - 2 * shop.DAY, -80)
    assert asked().now.buyers == 0


def test_new_people_are_those_whose_first_order_ever_falls_into_the_period() -> None:
    ann, ben = shop.customer("ann"), shop.customer("ben")
    shop.order(ann, NOW - 300 * shop.DAY, 10)
    shop.order(ann, NOW - 5 * shop.DAY, 20)
    shop.order(ben, NOW - 5 * shop.DAY, 7)
    shop.order(ben, NOW - 1 * shop.DAY, 3)
    shop.order(None, NOW - 1 * shop.DAY, 99)  # nobody known: in revenue, in neither group
    now = asked().mix[0]
    assert (now.new_people, now.returning_people) == (1, 1)
    assert (now.new_revenue, now.returning_revenue) == (10, 20)


def test_money_of_another_currency_is_told_and_not_added() -> None:
    ann = shop.customer("ann")
    shop.order(ann, NOW - 2 * shop.DAY, 100)
    shop.order(ann, NOW - 1 * shop.DAY, 1000, currency="JPY")
    found = asked()
    assert found.now.revenue == 100
    assert found.mix[0].foreign_orders == 1
    assert found.mix[0].new_revenue == 100


def test_repurchase_needs_two_days() -> None:
    ann, ben, cai = (shop.customer(name) for name in ("ann", "ben", "cai"))
    for customer in (ann, ben, cai):
        shop.order(customer, NOW - 10 * shop.DAY, 10)
    shop.order(ann, NOW - 20 * shop.DAY, 10)
    shop.order(ben, NOW - 10 * shop.DAY + timedelta(hours=1), 10)  # the same day
    shop.order(cai, NOW - 100 * shop.DAY, 10)  # more than 90 days ago
    rate = asked().repurchase
    assert (rate[0].buyers, rate[0].again) == (3, 1)
    assert (rate[3].buyers, rate[3].again) == (1, 0)


def test_retention_counts_people_once_a_month_and_marks_the_running_one() -> None:
    ann, ben, cai = (shop.customer(name) for name in ("ann", "ben", "cai"))
    shop.order(ann, shop.at(2026, 9, 1, 0), 10)
    shop.order(ben, shop.at(2026, 9, 30, 23), 10)
    shop.order(ann, shop.at(2026, 10, 3), 10)
    shop.order(ann, shop.at(2026, 10, 4), 10)
    shop.order(ben, shop.at(2026, 11, 3), 10)
    shop.order(ben, shop.at(2026, 11, 5), -10)
    shop.order(cai, shop.at(2026, 10, 31, 23), 10)
    september, october = retention.retention(NOW, EVERYBODY)
    assert (september.label, september.people) == ("2026-09", 2)
    assert [(c.share, c.unfinished) for c in september.cells] == [(0.5, False), (0.5, True)]
    assert (october.label, october.people) == ("2026-10", 1)
    assert [(c.share, c.unfinished) for c in october.cells] == [(0.0, True)]
    assert list(october.missing) == [0]


def test_a_month_that_ends_with_the_data_is_finished() -> None:
    ann = shop.customer("ann")
    shop.order(ann, shop.at(2026, 9, 1), 10)
    shop.order(ann, shop.at(2026, 10, 31), 10)
    (row,) = retention.retention(shop.at(2026, 11, 1, 0), EVERYBODY)
    assert [(c.share, c.unfinished) for c in row.cells] == [(1.0, False)]


def test_value_is_spread_over_all_people_and_the_top_tenth_is_exact() -> None:
    for n in range(1, 21):
        shop.customer(f"c{n}", value_12m=Decimal(n * 10))
    found = value.spread(EVERYBODY)
    assert found is not None
    assert found.people == 20
    assert found.mean == 105
    assert found.median == 105
    assert found.top_tenth == pytest.approx((200 + 190) / 2100)
    assert sum(one.people for one in found.bins) == 20
    assert sum(one.share for one in found.bins) == pytest.approx(1)


def test_churn_of_a_segment_is_the_mean_of_its_people() -> None:
    for risk_, amount in ((0.9, 100), (0.5, 200)):
        shop.customer(
            f"r{risk_}", rfm_segment="at_risk_high_value", churn_risk=risk_, value_12m=amount,
            churn_risk_low=risk_ - 0.1, churn_risk_high=risk_ + 0.05, scored_at=NOW,
        )  # fmt: skip
    shop.customer("calm", rfm_segment="champions", churn_risk=0.1, value_12m=1000, scored_at=NOW)
    found = risk.risk(EVERYBODY)
    assert found is not None
    assert found.drifting is not None
    drifting = found.drifting
    assert (drifting.people, drifting.high_risk) == (2, 1)
    assert drifting.risk == pytest.approx(0.7)
    assert (drifting.low, drifting.high) == (pytest.approx(0.6), pytest.approx(0.75))
    assert drifting.loss == pytest.approx(0.9 * 100 + 0.5 * 200)
    assert [one.key for one in found.segments] == ["at_risk_high_value", "champions"]
    assert found.whole.people == 3
    assert found.whole.high_risk == 1


def test_a_quarter_is_held_against_as_many_days_of_the_one_before() -> None:
    now, before, *_ = PERIODS["quarter"].spans(NOW)
    assert now.starts == shop.at(2026, 10, 1, 0)
    assert now.ends == NOW
    assert before.starts == shop.at(2026, 7, 1, 0)
    assert before.ends - before.starts == now.ends - now.starts


def test_a_midnight_belongs_to_the_day_before() -> None:
    assert f"{last_day(shop.at(2011, 12, 10, 0))}" == "2011-12-09"


def test_the_sentence_says_where_the_change_came_from() -> None:
    ann, ben = shop.customer("ann"), shop.customer("ben")
    shop.order(ann, NOW - 300 * shop.DAY, 10)
    shop.order(ann, NOW - 40 * shop.DAY, 100)
    shop.order(ann, NOW - 5 * shop.DAY, 140)
    shop.order(ben, NOW - 5 * shop.DAY, 10)
    said = say(asked(), [])
    assert (said.change, said.cause, said.need) == ("more", "returning", "")
    assert said.ratio == pytest.approx(0.5)


def test_a_manager_counts_the_own_departments_and_those_below() -> None:
    north, south = factories.department("North"), factories.department("South")
    below = factories.department("Below", parent=north)
    manager = factories.user(Role.MANAGER, department=north)
    ann, ben, cai = shop.customer("a", north), shop.customer("b", below), shop.customer("c", south)
    for n, customer in enumerate((ann, ben, cai)):
        shop.order(customer, NOW - 5 * shop.DAY, 10**n)
    shop.order(None, NOW - 5 * shop.DAY, 500, department=north)  # taken by North, of nobody known
    shop.order(None, NOW - 5 * shop.DAY, 7000)
    sight = sight_of(manager)
    found = ask(period_of("30"), sight, NOW)
    assert found.now.revenue == 1 + 10 + 500
    assert found.now.buyers == 2
    assert found.mix[0].new_people == 2
    assert found.repurchase[0].buyers == 2
    narrowed = ask(period_of("30"), sight_of(manager, str(below.pk)), NOW)
    assert narrowed.now.revenue == 10
    assert ask(period_of("30"), EVERYBODY, NOW).now.revenue == 111 + 500 + 7000


def test_a_department_out_of_reach_does_not_exist() -> None:
    from django.http import Http404

    north, south = factories.department("North"), factories.department("South")
    manager = factories.user(Role.MANAGER, department=north)
    with pytest.raises(Http404):
        sight_of(manager, str(south.pk))
    assert {one.pk for one in sight_of(manager).choices} == {north.pk}


def test_a_manager_without_a_department_sees_nothing() -> None:
    shop.order(shop.customer("ann"), NOW - shop.DAY, 10)
    sight = sight_of(factories.user(Role.MANAGER))
    assert sight.is_blind
    assert ask(period_of("30"), sight, NOW).now.revenue == 0

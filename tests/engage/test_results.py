"""The report's figures against a campaign that was worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests import factories
from tests.engage import people
from tests.engage.people import NOW, days
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.engage import results
from zhiyin.engage.models import Campaign, CampaignMember

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return factories.user(Role.ADMINISTRATOR)


def measured(boss: User, **fields: object) -> Campaign:
    """80 treated, of whom 20 buy for 30 each, and 20 held out, of whom 2 buy for 30 each."""
    campaign = people.campaign(
        boss, state="sent", started_at=NOW, window_days=30, cost=Decimal(100), margin=0.5, **fields
    )
    for number in range(100):
        who = people.customer()
        treated = number < 80
        CampaignMember.objects.create(
            campaign=campaign,
            customer=who,
            arm="treated" if treated else "holdout",
            outcome=("no_consent" if number < 10 else "sent") if treated else "held_out",
            at=NOW,
        )
        if number < 20 or number in (80, 81):
            people.order(who, NOW + days(3), "30.00")
        people.order(who, NOW - days(3), "50.00")  # before: not counted
        people.order(who, NOW + days(31), "70.00")  # after: not counted
    return campaign


def test_the_figures_are_those_worked_out_by_hand(boss: User) -> None:
    report = results.measure(measured(boss), now=NOW + days(40))
    assert (report.treated.people, report.treated.bought) == (80, 20)
    assert (report.hold_out.people, report.hold_out.bought) == (20, 2)
    assert report.treated.revenue == 600
    assert report.treated.revenue_each == 7.5
    assert report.hold_out.revenue_each == 3
    assert report.effect is not None
    assert report.conversion is not None
    assert report.conversion.value == pytest.approx(0.25 - 0.10)
    assert report.effect.revenue.difference.value == pytest.approx(4.5)
    assert report.effect.revenue.total.value == pytest.approx(360)
    assert report.effect.returned is not None
    assert report.effect.returned.gain.value == pytest.approx(360 * 0.5 - 100)
    assert report.effect.returned.roi is not None
    assert report.effect.returned.roi.value == pytest.approx(0.8)
    assert dict(report.reasons) == {"sent": 70, "held_out": 20, "no_consent": 10}
    assert report.written_to.people == 70


def test_unsure_is_said_as_unsure(boss: User) -> None:
    report = results.measure(measured(boss), now=NOW + days(40))
    assert report.conversion is not None
    assert report.conversion.low < 0 < report.conversion.high
    assert "还说不准" in report.sentence["zh"]
    assert "oo early to say" in report.sentence["en"]


def test_in_the_middle_of_the_window_it_is_still_watching(boss: User) -> None:
    report = results.measure(measured(boss), now=NOW + days(11.5))
    assert (report.window.day, report.window.days) == (12, 30)
    assert report.sentence["zh"].startswith("第 12 天，共 30 天，还在看")
    assert len(report.daily) == 12
    assert report.daily[1][1] == 0
    assert report.daily[-1][1:] == (0.25, 0.1)


def test_what_is_bought_after_now_is_not_known_yet(boss: User) -> None:
    report = results.measure(measured(boss), now=NOW + days(2))
    assert report.treated.bought == report.hold_out.bought == 0


def test_returns_are_taken_off(boss: User) -> None:
    campaign = measured(boss)
    buyer = campaign.members.filter(arm="treated").order_by("pk").first()
    assert buyer is not None
    people.order(buyer.customer, NOW + days(5), "-30.00", kind="return")
    report = results.measure(campaign, now=NOW + days(40))
    assert report.treated.revenue == 570
    assert report.treated.bought == 20


def test_arms_of_the_wrong_size_get_no_verdict(boss: User) -> None:
    report = results.measure(measured(boss, holdout_share=0.5), now=NOW + days(40))
    assert report.effect is not None
    assert not report.effect.trusted
    assert "分组人数不对" in report.sentence["zh"]


def test_people_left_out_before_the_draw_count_in_no_arm(boss: User) -> None:
    campaign = measured(boss)
    outside = people.customer()
    CampaignMember.objects.create(
        campaign=campaign, customer=outside, arm="none", outcome="no_address", at=NOW
    )
    people.order(outside, NOW + days(1), "999")
    report = results.measure(campaign, now=NOW + days(40))
    assert report.treated.people + report.hold_out.people == 100
    assert dict(report.reasons)["no_address"] == 1


def test_without_a_hold_out_no_effect_is_claimed(boss: User) -> None:
    campaign = people.campaign(boss, state="sent", started_at=NOW, holdout_share=0)
    CampaignMember.objects.create(
        campaign=campaign, customer=people.customer(), arm="treated", outcome="sent", at=NOW
    )
    report = results.measure(campaign, now=NOW + days(40))
    assert report.effect is None
    assert "没有对照组" in report.sentence["zh"]


def test_without_new_orders_it_says_so(boss: User) -> None:
    campaign = measured(boss)
    from zhiyin.customers.models import Order

    Order.objects.filter(ordered_at__gte=NOW).delete()
    report = results.measure(campaign, now=NOW + days(40))
    assert report.window.lacks_orders
    assert "还没有新的订单" in report.sentence["zh"]


def test_the_same_question_gets_the_same_answer(boss: User) -> None:
    campaign = measured(boss)
    first = results.measure(campaign, now=NOW + days(40)).as_json()
    assert first == results.measure(campaign, now=NOW + days(40)).as_json()


def test_a_draft_has_nothing_to_measure(boss: User) -> None:
    with pytest.raises(results.NotStartedError):
        results.measure(people.campaign(boss), now=NOW)


def test_where_nobody_spent_anything_no_certainty_is_claimed(boss: User) -> None:
    from zhiyin.engage.showing import show

    report = results.measure(measured(boss), now=NOW + days(2))
    shown = show(report)
    assert shown.total is None
    assert shown.roi is None
    assert "还说不准" in report.sentence["zh"]
    assert "没有赚回" not in report.sentence["zh"]

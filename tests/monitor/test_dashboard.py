"""The dashboard over HTTP: it opens, says its date, keeps to one's sight, and leaves as CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.monitor import shop
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.engage.models import Campaign, CampaignMember

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("language", ["zh-hans", "en"])


def desk(user: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(user)
    client.post("/console/language", {"language": language})
    return client


def trade(days_ago: int = 2, department: object = None) -> None:
    """Five customers with scores and a few orders up to so many days ago."""
    now = timezone.now() - timedelta(days=days_ago)
    for n in range(5):
        customer = shop.customer(
            f"c{n}", department, rfm_segment="at_risk_high_value" if n < 3 else "champions",
            churn_risk=0.9 - n / 5, churn_risk_low=0.8 - n / 5, churn_risk_high=0.95 - n / 5,
            value_12m=Decimal(100 * (n + 1)), scored_at=now,
        )  # fmt: skip
        shop.order(customer, now - timedelta(days=75), 40)
        shop.order(customer, now - timedelta(days=n), 100 + n)


def finished_campaign(owner: User) -> Campaign:
    now = timezone.now()
    campaign = Campaign.objects.create(
        name="=cmd()", owner=owner, state=Campaign.State.FINISHED, holdout_share=0.5,
        started_at=now - timedelta(days=40), finished_at=now - timedelta(days=10),
    )  # fmt: skip
    for n in range(12):
        customer = shop.customer(f"m{n}")
        treated = n % 2 == 0
        shop.order(customer, now - timedelta(days=25), 30 if treated else 10 + n % 3)
        CampaignMember.objects.create(
            campaign=campaign, customer=customer,
            arm="treated" if treated else "holdout", outcome="sent" if treated else "held_out",
        )  # fmt: skip
    return campaign


@BOTH
def test_the_dashboard_opens_in_both_languages(language: str) -> None:
    boss = factories.user(Role.ADMINISTRATOR, locale=language)
    trade()
    finished_campaign(boss)
    for period in ("7", "30", "90", "quarter", "nonsense"):
        answer = desk(boss, language).get(f"/dashboard?period={period}")
        assert answer.status_code == 200
        assert " style=" not in answer.text
    assert ("位高价值客户正在走远" if language == "zh-hans" else "are drifting away") in answer.text
    assert "rfm=at_risk_high_value" in answer.text


@BOTH
def test_a_fresh_workspace_says_what_to_do_first(language: str) -> None:
    answer = desk(factories.user(Role.ADMINISTRATOR), language).get("/dashboard")
    assert answer.status_code == 200
    assert ("导入订单" if language == "zh-hans" else "Import orders") in answer.text


@BOTH
def test_old_data_say_plainly_when_they_end(language: str) -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    shop.order(shop.customer("ann"), shop.at(2011, 12, 9), 10)
    text = desk(boss, language).get("/dashboard").text
    plain = "数据截至 2011-12-09" if language == "zh-hans" else "data end on 2011-12-09"
    assert plain in text
    assert "2011-12-10" not in text


def test_fresh_data_do_not_claim_to_be_old() -> None:
    trade()
    assert "data end on" not in desk(factories.user(Role.ADMINISTRATOR)).get("/dashboard").text


def test_a_manager_sees_the_own_department_alone() -> None:
    north, south = factories.department("North"), factories.department("South")
    now = timezone.now()
    shop.order(shop.customer("a", north), now - shop.DAY, "123.45")
    shop.order(shop.customer("b", south), now - shop.DAY, "9876.54")
    client = desk(factories.user(Role.MANAGER, department=north))
    text = client.get("/dashboard").text
    assert "123.45" in text
    assert "9,877" not in text
    assert "9,999" not in text
    assert "10,000" not in text
    assert "South" not in text
    assert client.get(f"/dashboard?department={south.pk}").status_code == 404
    sheet = client.post("/dashboard/export", {"department": str(south.pk)})
    assert sheet.status_code == 404


def test_the_page_asks_the_database_few_times() -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    trade()
    finished_campaign(boss)
    client = desk(boss)
    client.get("/console/components")  # the session is written, the templates are read
    cache.clear()
    with CaptureQueriesContext(connection) as cold:
        client.get("/dashboard")
    with CaptureQueriesContext(connection) as warm:
        client.get("/dashboard")
    # Three of them count for the side bar, once a minute.
    assert len(cold) <= 25, [one["sql"][:90] for one in cold]
    assert len(warm) <= 15, [one["sql"][:90] for one in warm]


def test_figures_are_kept_until_something_changes_them() -> None:
    from zhiyin.collect.models import Import

    boss = factories.user(Role.ADMINISTRATOR)
    trade()
    client = desk(boss)
    before = client.get("/dashboard").context["board"].now.revenue
    shop.order(shop.customer("late"), timezone.now() - shop.DAY, 1000)
    assert client.get("/dashboard").context["board"].now.revenue == before
    Import.objects.create(
        file_name="x", file_digest="x", path="x", owner=boss, finished_at=timezone.now()
    )
    assert client.get("/dashboard").context["board"].now.revenue == before + 1000


def test_older_figures_are_shown_once_more_while_new_ones_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from zhiyin.monitor import board
    from zhiyin.monitor.periods import period_of
    from zhiyin.monitor.sight import Sight

    trade()
    renewed = []
    monkeypatch.setattr(board, "_renew", lambda key, *_: renewed.append(key))
    now, everybody = timezone.now(), Sight(None, None, ())
    first = board.board(period_of("30"), everybody, now)
    assert board.board(period_of("30"), everybody, now + timedelta(minutes=4)) == first
    assert renewed == []
    assert board.board(period_of("30"), everybody, now + timedelta(minutes=6)) == first
    assert len(renewed) == 1
    board._renewing.clear()


def test_the_file_holds_the_figures_runs_no_formula_and_is_audited() -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    trade()
    finished_campaign(boss)
    answer = desk(boss).post("/dashboard/export", {"period": "30"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    figures = {(row[0], row[1]): row[2] for row in reversed(rows[1:])}
    assert Decimal(figures["Revenue", ""]) == 510 + 6 * 30 + 2 * (10 + 11 + 12)
    assert figures["People", "At-risk high value"] == "3"
    assert "'=cmd()" in {row[1] for row in rows}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    entry = AuditPending.objects.get(verb="dashboard.exported")
    assert entry.by == boss.pk
    assert entry.detail["rows"] == len(rows) - 1


def test_who_may_only_look_takes_no_file() -> None:
    trade()
    reader = factories.user(Role.DPO)
    client = desk(reader)
    assert "/dashboard/export" not in client.get("/dashboard").text
    assert client.post("/dashboard/export").status_code == 403
    assert not AuditPending.objects.filter(verb="dashboard.exported").exists()


def test_the_increment_of_the_newest_campaign_has_its_interval() -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    trade()
    campaign = finished_campaign(boss)
    found = desk(boss).get("/dashboard").context["increment"]
    assert found.campaign == campaign.pk
    assert found.total.value == pytest.approx(6 * 30 - 6 * 11)
    assert found.total.low <= found.total.value <= found.total.high
    low, high = found.scale
    assert low < 0 < high


def test_sources_are_judged_against_their_promise() -> None:
    from zhiyin.monitor.sources import state_of

    now = timezone.now()
    kept = {"on": 30, "late": 90, "down": 300}
    states = {
        key: state_of(
            shop.source(key, promise_minutes=60, last_received_at=now - timedelta(minutes=age)), now
        ).state
        for key, age in kept.items()
    }
    assert states == {"on": "good", "late": "warn", "down": "bad"}
    assert state_of(shop.source("file"), now).state == ""

"""Numbers, money and dates read as people in each language write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from zhiyin.console import formats

NOW = datetime(2026, 11, 21, 9, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (Decimal(486200), "48.6 万元", "¥486.2k"),
        (Decimal(6842310), "684.2 万元", "¥6.8m"),
        (Decimal(164), "164 元", "¥164"),
        (Decimal(-12000), "−1.2 万元", "−¥12k"),
        (None, "–", "–"),
    ],
)
def test_money_in_a_sentence(value: Decimal | None, zh: str, en: str) -> None:
    assert formats.money_in_prose(value, "CNY", "zh-hans") == zh
    assert formats.money_in_prose(value, "CNY", "en") == en


def test_money_in_a_table_keeps_every_digit_that_is_compared() -> None:
    assert formats.money(6842310, "CNY") == "¥6,842,310"
    assert formats.money(Decimal("1164"), "GBP", 2) == "£1,164.00"
    assert formats.money(-5, "GBP") == "−£5"


def test_a_difference_of_shares_is_in_points_never_percent() -> None:
    assert formats.points(0.018, "zh-hans") == "+1.8 点"
    assert formats.points(-0.018, "en") == "−1.8 pp"
    assert formats.percent(0.446) == "44.6%"


@pytest.mark.parametrize(
    ("passed", "zh", "en"),
    [
        (timedelta(seconds=41), "41 秒前", "41 s ago"),
        (timedelta(minutes=3), "3 分钟前", "3 min ago"),
        (timedelta(hours=2), "11-21 07:42", "11-21 07:42"),
        (timedelta(days=400), "2025-10-17", "2025-10-17"),
    ],
)
def test_time_that_passed_is_counted_only_under_an_hour(
    passed: timedelta, zh: str, en: str
) -> None:
    assert formats.ago(NOW - passed, NOW, "zh-hans") == zh
    assert formats.ago(NOW - passed, NOW, "en") == en


def test_days_in_prose() -> None:
    assert formats.prose_day(NOW, "zh-hans") == "11 月 21 日"
    assert formats.prose_day(NOW, "en") == "21 Nov"

"""A rule reads as a sentence that a native speaker would write."""

import re
from datetime import date

import pytest
from hypothesis import given

from zhiyin import segments as s

from .world import CATALOGUE, RULES

ALL, ANY, NONE = s.Match
WIN_BACK = s.Group(
    ALL,
    (
        s.FieldIs("tier", s.Op.ONE_OF, ("diamond", "gold")),
        s.Bought(s.LastDays(365), measure=s.Measure.AMOUNT, value="2000"),
        s.Bought(s.LastDays(45), did=False),
        s.FieldIs("churn_risk", s.Op.AT_LEAST, 0.35),
        s.Group(ANY, (s.Agreed("sms"), s.Agreed("wechat"))),
        s.Group(NONE, (s.FieldIs("tags", s.Op.HAS, "投诉"),)),
    ),
)


def test_the_win_back_segment_reads_as_on_the_screen() -> None:
    rule = s.Rule(root=WIN_BACK)
    zh, en = (s.sentence(rule, CATALOGUE, language) for language in ("zh", "en"))
    assert s.text(zh) == (
        "钻石或金卡会员，过去 12 个月消费满 2,000 元，最近 45 天没有买过，流失风险不低于 35%；"
        "同意短信或微信营销；不含有「投诉」标签的人。"
    )
    assert s.text(en) == (
        "People who are Diamond or Gold members, who spent at least ¥2,000 in the past 12 months, "
        "who have not bought in the last 45 days, whose churn risk is at least 35%; "
        "who agreed to SMS or WeChat marketing; excluding people with “投诉” among their tags."
    )
    told = [part.numbers for part in zh if part.numbers]
    assert told == [(1,), (2,), (3,), (4,), (5, 6), (7,)]


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        (s.Bought(s.Ever()), "买过", "who bought at least once"),
        (s.Bought(s.Ever(), did=False), "从没买过", "who have never bought"),
        (
            s.Bought(s.LastDays(90), value=3, products=s.Products(name_contains="单丛")),
            "最近 90 天至少买过 3 次名称含「单丛」的商品",
            "who bought products with a name containing “单丛” at least 3 times"
            " in the last 90 days",
        ),
        (
            s.Bought(
                s.Between(date(2026, 1, 1), date(2026, 2, 8)),
                measure=s.Measure.PRODUCTS,
                value=5,
            ),
            "2026 年 1 月 1 日至 2 月 8 日至少买过 5 种商品",
            "who bought at least 5 different products from 1 Jan 2026 to 8 Feb 2026",
        ),
        (
            s.Did("Product Viewed", s.LastDays(30), value=2),
            "最近 30 天有过「浏览商品」至少 2 次",
            "who viewed a product at least twice in the last 30 days",
        ),
        (
            s.Did("Cart Shared", s.LastDays(30), did=False),
            "最近 30 天没有过「Cart Shared」",
            "none of whom had “Cart Shared” in the last 30 days",
        ),
        (
            s.FieldIs("city", s.Op.ONE_OF, ("上海", "Leeds")),
            "城市是上海或 Leeds",
            "whose city is 上海 or Leeds",
        ),
        (
            s.FieldIs("revenue", s.Op.BETWEEN, ("99.5", 20000)),
            "累计消费在 99.50 元到 20,000 元之间",
            "whose lifetime spend is between ¥99.50 and ¥20,000",
        ),
        (
            s.FieldIs("birthday", s.Op.ANNIVERSARY_WITHIN, 30),
            "生日在未来 30 天内",
            "whose birthday is in the next 30 days",
        ),
        (s.FieldIs("city", s.Op.IS_EMPTY), "城市没有填", "whose city is empty"),
        (
            s.Agreed("sms", granted=False),
            "没有同意短信营销",
            "who have not agreed to SMS marketing",
        ),
        (
            s.FieldIs("city", s.Op.IS, None),
            "（还没填完的条件）",
            "with an unfinished condition",
        ),
    ],
)
def test_conditions_read_naturally(condition: s.Condition, zh: str, en: str) -> None:
    rule = s.Rule(root=s.Group(ALL, (condition,)))
    assert s.text(s.sentence(rule, CATALOGUE, "zh")) == f"{zh}。"
    assert s.text(s.sentence(rule, CATALOGUE, "en")) == f"People {en}."


def test_the_empty_rule_is_everyone() -> None:
    everyone = s.Rule(root=s.Group(ALL))
    assert s.text(s.sentence(everyone, CATALOGUE, "zh")) == "所有客户。"
    assert s.text(s.sentence(everyone, CATALOGUE, "en")) == "Everyone."


@given(rule=RULES)
def test_every_condition_is_told_once_and_in_order(rule: s.Rule) -> None:
    for language in ("zh", "en"):
        parts = s.sentence(rule, CATALOGUE, language)
        told = [number for part in parts for number in part.numbers]
        assert told == list(range(1, len(s.conditions(rule)) + 1))
        text = s.text(parts)
        assert "unfinished" not in text
        assert "没填完" not in text
        assert text.count("（") == text.count("）")
        assert not re.search(r"，，|；；|，。|  |\(\)", text)

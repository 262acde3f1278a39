"""Dates, amounts, phones, e-mails, names and short words, as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.cleaning import columns, contacts, dates, money, words
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.pinyin import search_keys

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2011, 1, 5, 0, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2011-01-05 08:26:00", "2011-01-05T08:26", "2011/1/5 8:26", "2011.1.5 8:26",
        "05.01.2011 08:26", "2011年1月5日 8时26分", "2011年01月05日08点26分00秒",
        "2011年1月5日 上午8:26", "２０１１－０１－０５　０８：２６", "2011-01-05T00:26:00Z",
        "2011-01-05T08:26:00+08:00", "2011-01-05 00:26:00.000 UTC", "1294187160",
        "1294187160000", "5 Jan 2011 08:26", "January 5, 2011 8:26 AM", "20110105082600",
        "40548.351388888889", "2011-01-04 19:26:00-0500",
    ],
)  # fmt: skip
def test_one_moment_in_many_writings(text: str) -> None:
    assert dates.parse_moment(text, zone=SHANGHAI) == MOMENT


def test_day_and_month_are_never_guessed() -> None:
    with pytest.raises(BadValue) as caught:
        dates.parse_moment("03/04/2011")
    assert caught.value.reason.code == "date_ambiguous"
    assert dates.parse_day("03/04/2011", day_first=True) == date(2011, 4, 3)
    assert dates.parse_day("03/04/2011", day_first=False) == date(2011, 3, 4)
    assert dates.parse_day("13/04/2011") == date(2011, 4, 13)
    assert dates.day_first_in(["1/2/2011", "12/31/2010"]) is False


@pytest.mark.parametrize(
    "text",
    ["2011-02-30", "2011-13-01", "31.04.2011", "2011-01-05 25:00", "2011年2月29日", "99999",
     "20111301", "2011-01-05T08:26+99:00"],
)  # fmt: skip
def test_dates_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        dates.parse_moment(text)
    assert caught.value.reason.code == "date_impossible"
    assert caught.value.reason.zh


@pytest.mark.parametrize("text", ["yesterday", "2011", "-5", "", "12:00", "🎂"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        dates.parse_moment(text)


@settings(max_examples=200)
@given(st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)))
def test_the_fast_way_reads_dates_like_the_slow_way(moment: datetime) -> None:
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    for zone in (UTC, SHANGHAI, ZoneInfo("Europe/London")):
        fast = columns.parse_moments(pa.array([text]), zone=zone).values[0].as_py()
        slow = dates.parse_moment(text, zone=zone)
        assert fast == int(slow.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("¥1,234.50", "1234.50", "CNY"), ("1.234,50 €", "1234.50", "EUR"), ("(12.00)", "-12", None),
        ("￥１，２３４．５０", "1234.50", "CNY"), ("1.2万", "12000", None),
        ("3亿元", "300000000", "CNY"),
        ("-5", "-5", None), ("5-", "-5", None), ("£0.85", "0.85", "GBP"), ("HK$ 10", "10", "HKD"),
        ("USD 1,000", "1000", "USD"), ("1 234,5", "1234.5", None),
        ("1'234.50 CHF", "1234.50", "CHF"),
        ("12,50", "12.50", None), ("1,234", "1234", None), ("0,123", "0.123", None),
        ("1.234.567", "1234567", None), ("12元", "12", "CNY"), ("-¥3", "-3", "CNY"),
        ("1.5E3", "1500", None), ("−7", "-7", None), ("(£2)", "-2", "GBP"),
    ],
)  # fmt: skip
def test_amounts_in_the_ways_people_write_them(
    text: str, amount: str, currency: str | None
) -> None:
    assert money.parse_money(text) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "1,2,3", "--5", "NaN", "inf", "1e99", "五块", "¥", "()", "10**9"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        money.parse_money(text)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_amounts_come_back_from_each_writing(amount: Decimal) -> None:
    assert money.parse_money(f"{amount:,.2f}").amount == amount
    german = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    assert money.parse_money(german + " €").amount == amount
    fast = columns.parse_amounts(pa.array([f"{amount:.2f}"])).values[0].as_py()
    assert fast == amount


def test_quantities_are_whole() -> None:
    assert money.parse_quantity("6.0") == 6
    with pytest.raises(BadValue):
        money.parse_quantity("1.5")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "+8613800138000"), ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"), ("１３８００１３８０００", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"), ("13800138000.0", "+8613800138000"),
        ("(010) 6552-9988", "+861065529988"), ("010-65529988转8021", "+861065529988;ext=8021"),
        ("+44 20 7946 0958", "+442079460958"), ("+1 650-253-0000 ext. 12", "+16502530000;ext=12"),
    ],
)  # fmt: skip
def test_phones_come_out_as_e164(text: str, number: str) -> None:
    assert contacts.phone_text(text) == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("138****8000", "phone_masked"), ("138xxxx8000", "phone_masked"),
        ("1.38E+10", "phone_scientific"), ("12345", "phone_invalid"), ("电话", "phone_invalid"),
        ("11111111111", "phone_invalid"),
    ],
)  # fmt: skip
def test_phones_that_identify_nobody_are_refused(text: str, code: str) -> None:
    with pytest.raises(BadValue) as caught:
        contacts.parse_phone(text)
    assert caught.value.reason.code == code


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Lin.JS@Example.COM ", "lin.js@example.com"), 
        ("ｌｉｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "lin@example.com"),
        ("mailto:a@b.cn", "a@b.cn"), ("林 <lin@b.cn>", "lin@b.cn"), ("林@b.cn", "林@b.cn"),
        (" a @ b.cn;", "a@b.cn"), ("a@b。cn。", "a@b.cn"), ("\u200ba@b.cn\ufeff", "a@b.cn"),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"), ("a+b@c-d.co.uk", "a+b@c-d.co.uk"),
        ("lin@qq。com", "lin@qq.com"),
    ],
)  # fmt: skip
def test_emails_come_out_in_one_form(text: str, address: str) -> None:
    assert contacts.parse_email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a@b",
        "a@@b.cn",
        "a b@c.cn",
        "a@b..cn",
        ".a@b.cn",
        "a***@b.cn",
        "a@-b.cn",
        "a@b.c,d",
        "a@b.cn\nBcc: x@y.cn",
        "x" * 65 + "@b.cn",
    ],
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        contacts.parse_email(text)


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("  林　静姝 ", "林静姝", None), ("Ｊａｎｅ  Smith", "Jane Smith", None),
        ("张伟先生", "张伟", "先生"), ("欧阳 娜 娜", "欧阳娜娜", None),
        ("阿依古丽·买买提", "阿依古丽·买买提", None), ("王先生", "王先生", None),
        ("Dr. Ann Lee", "Ann Lee", "dr"),
        ("Cafe\u0301", "Caf\u00e9", None), ("A\u200bB", "AB", None), ("𠮷田", "𠮷田", None),
        ("<b>x</b>", "<b>x</b>", None), ("Drew Ray", "Drew Ray", None),
    ],
)  # fmt: skip
def test_names_are_tidied_and_not_changed(text: str, name: str, title: str | None) -> None:
    assert words.parse_name(text) == (name, title)


@given(st.text())
def test_tidying_twice_changes_nothing(text: str) -> None:
    once = words.tidy(text)
    assert words.tidy(once) == once


def test_consent_words_in_both_languages() -> None:
    assert all(words.parse_yes_no(w) for w in ["是", "yes", "同意", "TRUE", "1", "1.0", "Opt-in"])
    assert not any(words.parse_yes_no(w) for w in ["否", "No", "不同意", "0", "退订", "拒绝"])
    with pytest.raises(BadValue):
        words.parse_yes_no("也许")


def test_gender_and_language() -> None:
    assert [words.parse_gender(w) for w in ["男", "F", "女士", "Ms."]] == [
        "male", "female", "female", "female",
    ]  # fmt: skip
    assert [words.parse_language(w) for w in ["中文", "zh-CN", "繁體", "EN", "fr"]] == [
        "zh-hans", "zh-hans", "zh-hant", "en", "fr",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("林静姝", "lin jing shu", "ljs"), ("单雄信", "shan xiong xin", "sxx"),
        ("仇英", "qiu ying", "qy"), ("曾国藩", "zeng guo fan", "zgf"), ("解缙", "xie jin", "xj"),
        ("区志航", "ou zhi hang", "ozh"), ("查良镛", "zha liang yong", "zly"),
        ("盖叫天", "ge jiao tian", "gjt"), ("单于仁", "chan yu ren", "cyr"),
        ("欧阳修", "ou yang xiu", "oyx"), ("尉迟恭", "yu chi gong", "ycg"),
        ("Jane Müller", "jane muller", "jm"), ("李Tom", "li tom", "lt"),
        ("", "", ""), ("👍", "", ""),
    ],
)  # fmt: skip
def test_names_are_found_by_pinyin(name: str, full: str, initials: str) -> None:
    assert search_keys(name)[:2] == (full, initials)

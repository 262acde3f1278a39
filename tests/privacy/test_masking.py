"""A masked value is recognisable to those who know it, and tells others little."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin import privacy


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812346207", "138****6207"),
        ("138 1234 6207", "138****6207"),
        ("１３８１２３４６２０７", "138****6207"),
        ("+8613812346207", "+86 138****6207"),
        ("0086 138-1234-6207", "+86 138****6207"),
        ("+447700900901", "+44 77****901"),
        ("+44 7700 900901", "+44 77****901"),
        ("+85291234567", "+852 91****567"),
        ("+1 212 555 0123", "+1 21****123"),
        ("010-82345678", "01****678"),
        ("95588", "****88"),
        ("110", "****"),
        ("unknown", "****"),
        ("", ""),
    ],
)
def test_phone(phone: str, shown: str) -> None:
    assert privacy.mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("linjs87@qq.com", "l****@qq.com"),
        ("l@qq.com", "****@qq.com"),
        ('"a@b"@x.org', '"****@x.org'),
        ("张三@例子.公司", "张****@例子.公司"),
        ("not an address", "n****"),
        ("@qq.com", "@****"),
        ("", ""),
    ],
)
def test_email(email: str, shown: str) -> None:
    assert privacy.mask_email(email) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("林静姝", "林**"),
        ("林静", "林**"),
        ("欧阳慧敏", "欧阳**"),
        ("欧阳", "欧**"),
        ("林", "**"),
        ("𠮷田", "𠮷**"),
        ("Sarah Whitfield", "S**** W****"),
        ("José", "J****"),
        ("E\u0301va", "É****"),
        ("J Li", "** L****"),
        ("买买提·艾力", "买**·艾**"),
        ("👩‍👩‍👧x", "👩‍👩‍👧****"),
        ("  ", ""),
    ],
)
def test_name(name: str, shown: str) -> None:
    assert privacy.mask_name(name) == shown


@pytest.mark.parametrize(
    ("birthday", "shown"),
    [
        (date(1987, 5, 3), "1987-**-**"),
        ("1987-05-03", "1987-**-**"),
        ("19870503", "****"),
        ("03/05/1987", "****"),
        ("", ""),
    ],
)
def test_birthday(birthday: date | str, shown: str) -> None:
    assert privacy.mask_birthday(birthday) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [("330106198705031234", "****1234"), ("E12345678", "****78"), ("VIP01", "****"), ("", "")],
)
def test_id(number: str, shown: str) -> None:
    assert privacy.mask_id(number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("浙江省杭州市西湖区文三路 90 号", "浙江省杭州市****"),
        ("上海市浦东新区世纪大道 1 号", "上海市****"),
        ("新疆维吾尔自治区伊犁哈萨克自治州伊宁市", "新疆维吾尔自治区伊犁哈萨克自治州****"),
        ("10 Downing Street, London, United Kingdom", "****, United Kingdom"),
        ("10 Downing Street, London SW1A 2AA", "****"),
        ("文三路 90 号", "****"),
        ("杭州市", "****"),
        ("", ""),
    ],
)
def test_address(address: str, shown: str) -> None:
    assert privacy.mask_address(address) == shown


MASKS = [
    privacy.mask_phone,
    privacy.mask_email,
    privacy.mask_name,
    privacy.mask_birthday,
    privacy.mask_id,
    privacy.mask_address,
    privacy.mask_text,
]


@pytest.mark.parametrize("mask", MASKS)
@given(text=st.text())
def test_any_text_is_masked_or_empty(mask: Callable[[str], str], text: str) -> None:
    shown = mask(text)
    assert "*" in shown or not shown
    assert shown != text or "*" in text or not text


@given(st.from_regex(r"[0-9]{5,18}", fullmatch=True))
def test_a_phone_or_id_never_shows_more_than_it_hides_by_much(digits: str) -> None:
    for shown in (privacy.mask_phone(digits), privacy.mask_id(digits)):
        visible = sum(char.isdigit() for char in shown)
        assert visible <= 7
        assert len(digits) - visible >= 3


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"[0-9]{4}", fullmatch=True),
)
def test_the_hidden_digits_leave_no_trace(phone: str, other: str) -> None:
    assert privacy.mask_phone(phone) == privacy.mask_phone(phone[:3] + other + phone[7:])

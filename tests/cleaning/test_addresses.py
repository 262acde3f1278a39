"""Chinese addresses, places, companies and official numbers, as people write them."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.cleaning import divisions
from zhiyin.cleaning.addresses import parse_address
from zhiyin.cleaning.companies import parse_company
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.official import parse_bank_card, parse_credit_code, parse_identity_card
from zhiyin.cleaning.places import ADDED, CONTRADICTION, STANDARD, standard_place
from zhiyin.cleaning.simplified import to_simplified
from zhiyin.cleaning.words import tidy

TODAY = date(2026, 1, 1)
REAL = Path(__file__).parents[3] / "shared" / "data" / "chinese_addresses" / "addr.csv.gz"


@pytest.mark.parametrize(
    ("text", "code", "standard"),
    [
        ("浙江省杭州市西湖区文三路478号", "330106", "浙江省杭州市西湖区文三路478号"),
        ("杭州西湖区文三路478号", "330106", "浙江省杭州市西湖区文三路478号"),
        ("浙江杭州西湖文三路478号", "330106", "浙江省杭州市西湖区文三路478号"),
        ("北京北京市朝阳区建国路88号", "110105", "北京市朝阳区建国路88号"),
        ("浙江省杭州市浙江省杭州市西湖区文三路", "330106", "浙江省杭州市西湖区文三路"),
        ("（中国总部）北京市 朝阳区 建国路88号", "110105", "北京市朝阳区建国路88号"),
        ("收货地址：上海浦东碧波路690号", "310115", "上海市浦东新区碧波路690号"),
        ("杭州下城区朝晖路168号", "330105", "浙江省杭州市拱墅区朝晖路168号"),
        ("內蒙古呼和浩特賽罕區", "150105", "内蒙古自治区呼和浩特市赛罕区"),
        ("吉林吉林市船营区", "220204", "吉林省吉林市船营区"),
        ("石柱县南宾镇", "500240", "重庆市石柱土家族自治县南宾镇"),
        ("七里河区彭家坪高新区248号", "620103", "甘肃省兰州市七里河区彭家坪高新区248号"),
        ("湖北仙桃市沔阳大道", "429004", "湖北省仙桃市沔阳大道"),
        ("广东省东莞市虎门镇虎门大道88号", "441900", "广东省东莞市虎门镇虎门大道88号"),
    ],
)
def test_what_is_left_out_or_written_twice_is_put_right(
    text: str, code: str, standard: str
) -> None:
    address = parse_address(text)
    assert (address.code, address.text, address.problems) == (code, standard, ())


@pytest.mark.parametrize(
    "text", ["南京东路100号", "江苏路828号", "上海大厦3楼", "东方明珠", "朝阳路1号", "", "1", "🏠"]
)
def test_a_road_called_after_a_city_is_not_in_it(text: str) -> None:
    assert parse_address(text).code == ""


def test_a_district_of_two_cities_stays_open_until_a_column_says_which() -> None:
    open_one = parse_address("朝阳区建国路1号")
    assert (open_one.district, open_one.code, open_one.problems) == ("朝阳区", "", ("ambiguous",))
    assert parse_address("朝阳区建国路1号", city="北京").code == "110105"
    assert parse_address("朝阳区重庆路1号", province="吉林省").code == "220104"


def test_a_city_in_another_province_is_told_and_nothing_is_guessed() -> None:
    address = parse_address("广东省杭州市西湖区文三路")
    assert (address.code, address.problems) == ("", ("contradiction",))
    assert parse_address("上海市静安区", city="南京").problems == ("contradiction",)


def test_the_parts_of_a_street_can_be_compared() -> None:
    one = parse_address("北京市朝阳区望京街道阜通东大街6号院3号楼十二层1203室 (100102)")
    assert (one.town, one.road, one.postcode) == ("望京街道", "阜通东大街", "100102")
    assert one.numbers == ("6", "3", "12", "1203")
    assert parse_address("B-602").numbers == parse_address("b602室").numbers
    assert parse_address("文三路478号").number == "478"


@given(st.text(alphabet="北京市朝阳区省杭州西湖吉林路号县1２ (（A", max_size=24))
def test_whatever_is_typed_is_read_without_losing_its_end(text: str) -> None:
    address = parse_address(text)
    if not address.postcode:
        assert to_simplified(tidy(text)).endswith(address.rest)
    if address.code:
        assert divisions.division(address.code) is not None


def test_every_division_is_found_by_its_whole_name() -> None:
    for code, one in divisions._all().items():
        province, city = divisions.above(one)
        over = "".join(p.name for p in dict.fromkeys((province, city)) if p and p != one)
        assert parse_address(over + one.name).code == code, over + one.name


def test_real_addresses_are_placed_where_they_name_a_city() -> None:
    if not REAL.exists():
        pytest.skip("shared/data/chinese_addresses is not here")
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        rows = [row[0] for row in csv.reader(file)][1:]
    addresses = [parse_address(text) for text in rows if text.strip()]
    placed = sum(bool(one.code) for one in addresses) / len(addresses)
    assert placed > 0.81
    whole = [t for t in rows if "市" in t[:6] and "区" in t[4:10]]
    assert sum(bool(parse_address(t).code) for t in whole) / len(whole) > 0.98


@pytest.mark.parametrize(
    ("columns", "province", "city", "rules"),
    [
        (("", "浙江", "杭州市", ""), "浙江省", "杭州", (STANDARD,)),
        (("", "浙江省", "杭州", ""), "浙江省", "杭州", ()),
        (("中国", "", "", "杭州市西湖区文三路"), "浙江省", "杭州", (ADDED,)),
        (("", "", "昆山市", ""), "江苏省", "昆山", (STANDARD, ADDED)),
        (("", "北京", "朝阳区", ""), "北京市", "朝阳区", (STANDARD,)),
        (("", "广东", "杭州", ""), "广东", "杭州", (CONTRADICTION,)),
        (("USA", "California", "Los Angeles", "1 Main St"), "California", "Los Angeles", ()),
        (("", "England", "London", ""), "England", "London", ()),
    ],
)
def test_province_and_city_have_one_writing(
    columns: tuple[str, str, str, str], province: str, city: str, rules: tuple[object, ...]
) -> None:
    assert standard_place(*columns) == (province, city, rules)
    again = standard_place(columns[0], province, city, columns[3])
    assert (again.province, again.city) == (province, city)


@pytest.mark.parametrize(
    ("text", "core", "region"),
    [
        ("北京知音科技有限公司", "知音科技", "110000"),
        ("知音科技（北京）有限公司", "知音科技", "110000"),
        ("知音科技(北京)有限公司广州分公司", "知音科技", "110000"),
        ("知音科技", "知音科技", ""),
        ("臺灣積體電路製造股份有限公司", "积体电路制造", "710000"),
        ("深圳知音投资合伙企业（有限合伙）", "知音投资", "440300"),
        ("南京东路贸易有限公司", "南京东路贸易", ""),
        ("北京银行股份有限公司", "北京银行", ""),
        ("Acme Co., Ltd.", "acme", ""),
        ("Müller GmbH & Co. KG", "müller", ""),
        ("公司", "公司", ""),
    ],
)
def test_the_same_company_is_known_by_its_core(text: str, core: str, region: str) -> None:
    company = parse_company(text)
    assert (company.core, company.region) == (core, region)


def test_a_branch_is_told_from_its_company() -> None:
    assert parse_company("知音科技有限公司广州分公司").branch == "广州分公司"
    assert parse_company("知音科技(北京)有限公司").name == "知音科技（北京）有限公司"


def test_an_identity_card_says_birthday_and_sex_or_is_refused() -> None:
    card = parse_identity_card(" １１０１０５ 19491231 002x", today=TODAY)
    assert card == ("11010519491231002X", date(1949, 12, 31), "female", "110105")
    assert parse_identity_card("110105491231002", today=TODAY) == card
    for wrong in ("110105194912310021", "11010519490231002X", "999999194912310020", "123", "１"):
        with pytest.raises(BadValue) as caught:
            parse_identity_card(wrong, today=TODAY)
        assert caught.value.reason.code == "identity_card_invalid"
    with pytest.raises(BadValue, match="masked"):
        parse_identity_card("110105********002X", today=TODAY)


def test_one_wrong_place_in_an_identity_card_is_always_noticed() -> None:
    right = "11010519491231002X"
    for place in range(17):
        for digit in "0123456789":
            if digit != right[place]:
                with pytest.raises(BadValue):
                    parse_identity_card(right[:place] + digit + right[place + 1 :], today=TODAY)


def test_a_credit_code_with_letters_for_digits_is_put_right() -> None:
    assert parse_credit_code("9111OOOO6OOO37341L") == "91110000600037341L"
    assert parse_credit_code("9111 0000 6000 3734 1l") == "91110000600037341L"
    with pytest.raises(BadValue):
        parse_credit_code("91110000600037341M")


def test_a_bank_card_is_checked_by_its_digit() -> None:
    assert parse_bank_card("4111-1111 1111 1111") == "4111111111111111"
    for wrong in ("4111111111111112", "41111111", "0000000000000000", "62 abc"):
        with pytest.raises(BadValue):
            parse_bank_card(wrong)
    with pytest.raises(BadValue, match="masked"):
        parse_bank_card("4111****1111")

"""Records made comparable: what names, phones and addresses become, and what says nothing."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from zhiyin.identity.deciding import Why
from zhiyin.identity.edges import RULES
from zhiyin.identity.guarded import Held
from zhiyin.identity.kinds import Kind
from zhiyin.identity.names import read_name
from zhiyin.identity.records import (
    LARGEST_BLOCK,
    MissingColumnsError,
    comparable,
    with_keys,
)
from zhiyin.identity.words import SAID
from zhiyin.identity.worthless import worthless


def _one(**given: str | None) -> dict[str, str | None]:
    table = pa.Table.from_pylist([{"record": "r1", "source": "till", **given}])
    (row,) = comparable(table).to_pylist()
    return row


@pytest.mark.parametrize("text", ["王晓明", "王曉明", "　王　晓明 ", "王晓明先生", "王晓明 女士"])
def test_one_name_in_many_writings_is_one_name(text: str) -> None:
    assert read_name(text).name == "王晓明"


def test_names_that_sound_alike_have_one_sound_whatever_their_letters() -> None:
    sounds = {
        (read.family_sound, read.given_sound)
        for read in map(read_name, ["王小明", "王晓明", "Xiaoming Wang", "WANG, Xiaoming"])
    }
    assert sounds == {("wang", "xiaoming")}
    assert read_name("王小明").toned == read_name("王晓铭").toned != read_name("王笑明").toned


@pytest.mark.parametrize(
    ("name", "family", "sound"),
    [
        ("单立人", "单", "shan"), ("仇英", "仇", "qiu"), ("解珍", "解", "xie"),
        ("区小芳", "区", "ou"), ("曾强", "曾", "zeng"), ("尉迟恭", "尉迟", "yuchi"),
        ("歐陽志波", "欧阳", "ouyang"),
    ],
)  # fmt: skip
def test_surnames_are_read_as_surnames(name: str, family: str, sound: str) -> None:
    read = read_name(name)
    assert (read.family, read.family_sound) == (family, sound)


@pytest.mark.parametrize("text", ["王先生", "王**", "王某某"])
def test_of_a_name_that_is_hidden_the_family_name_stays(text: str) -> None:
    read = read_name(text)
    assert (read.family, read.given) == ("王", "")


def test_western_names_keep_their_parts_and_lose_their_accents() -> None:
    assert read_name("Dr. José Núñez").family_sound == "nunez"
    assert read_name("Núñez, José").name == read_name("José Núñez").name
    assert read_name(None, "Müller", "Ann").given_sound == "ann"
    assert read_name("N/A").name == ""


def test_a_masked_phone_keeps_the_digits_by_which_it_is_found() -> None:
    whole, masked = _one(phone="+86 138-1234-5679"), _one(phone="138****5679")
    assert whole["phone"] == "+8613812345679"
    assert masked["phone"] is None
    assert whole["phone_ends"] == masked["phone_ends"] == "1385679"


def test_an_address_is_its_road_and_numbers_however_it_is_written() -> None:
    long = _one(address="浙江省杭州市西湖区文三路128号3幢2单元501室")
    short = _one(address="杭州西湖區文三路１２８号3-2-501")
    for column in ("road_sound", "numbers", "house", "district_sound", "city_sound"):
        assert long[column] == short[column] is not None


def test_birth_dates_are_read_in_the_ways_people_write_them() -> None:
    assert {
        _one(birth_date=text)["birth_date"] for text in ("1990年2月3日", "1990/2/3", "19900203")
    } == {"1990-02-03"}


def test_an_identity_card_is_known_by_its_check_digit() -> None:
    assert _one(official_number="11010519491231002X")["card"] == "11010519491231002X"
    typo = _one(official_number="110105194912310021")
    assert typo["card"] is None
    assert typo["official_number"] == "110105194912310021"


def test_what_everybody_types_says_nothing() -> None:
    row = _one(phone="13800138000", email="test@test.com", name="未填写")
    assert row["phone"] is None
    assert row["email"] is None
    assert row["name"] is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.PHONE, "13800138000"), (Kind.PHONE, "+8613800138000"), (Kind.PHONE, "13888888888"),
        (Kind.PHONE, "13912345678"), (Kind.PHONE, "0000"), (Kind.NUMBER, "-1"),
        (Kind.NUMBER, "null"), (Kind.SHOP_ACCOUNT, "Anonymous"), (Kind.SHOP_ACCOUNT, "匿名"),
        (Kind.COOKIE, "00000000-0000-0000-0000-000000000000"), (Kind.EMAIL, "noreply@shop.cn"),
        (Kind.EMAIL, "someone@example.com"), (Kind.DEVICE, "9774d56d682e549c"), (Kind.CARD, ""),
    ],
)  # fmt: skip
def test_a_value_that_is_nobodys_is_refused_in_both_languages(kind: Kind, value: str) -> None:
    reason = worthless(kind, value)
    assert reason is not None
    assert reason.zh
    assert reason.en


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.PHONE, "+8613812345679"), (Kind.PHONE, "13800138123"), (Kind.EMAIL, "a.li@qq.com"),
        (Kind.NUMBER, "10"), (Kind.CARD, "000017"), (Kind.COOKIE, "b7e2a0"),
    ],
)  # fmt: skip
def test_a_value_that_is_somebodys_is_kept(kind: Kind, value: str) -> None:
    assert worthless(kind, value) is None


def test_a_key_that_too_many_share_compares_nobody_and_the_others_still_do() -> None:
    rows = [
        {"record": f"r{place}", "source": "till", "name": "李娜", "email": f"p{place // 2}@qq.com"}
        for place in range(LARGEST_BLOCK + 2)
    ]
    with duckdb.connect() as connection:
        keyed = with_keys(connection, comparable(pa.Table.from_pylist(rows)))
    assert keyed["key_name"].null_count == len(rows)
    assert keyed["key_email"].null_count == 0


def test_records_without_what_is_needed_are_refused_with_the_names_of_the_columns() -> None:
    with pytest.raises(MissingColumnsError, match="source"):
        comparable(pa.table({"record": ["r1"], "name": ["李娜"]}))
    with pytest.raises(MissingColumnsError, match="phone"):
        comparable(pa.table({"record": ["r1"], "source": ["till"]}))


def test_whatever_identity_says_it_says_in_both_languages() -> None:
    for said in (*RULES, *(one.value for one in Held), *(one.value for one in Why)):
        assert SAID[said].zh
        assert SAID[said].en

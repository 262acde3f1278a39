"""The kinds of dirt that `benchmarks.dirt` plants, the truth that they fall on, and the baseline.

Each kind is something that shops' exports really hold: what Excel does to phones, what clerks do to
names, what forms do to dates. A kind that destroys its value can only be refused; one that says
nothing in words (未填写) can only become nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from zhiyin.cleaning.divisions import above, customary, division
from zhiyin.demo import people as simulated
from zhiyin.demo.parameters import Parameters

Cell = str | None
Row = dict[str, str]
Dirty = Callable[[str, np.random.Generator], str | None]
ORDERS = Path(__file__).resolve().parents[1] / "examples/online_retail/online_retail.parquet"
CUSTOMER_COLUMNS = {
    "客户编号": "customer_ref", "姓名": "name", "手机": "phone", "邮箱": "email", "性别": "gender",
    "生日": "birthday", "省份": "province", "城市": "city", "地址": "address",
    "邮件同意": "consent_email", "注册时间": "created_us",
}  # fmt: skip
LINE_COLUMNS = {
    "InvoiceNo": "order_number", "StockCode": "sku", "Description": "product_name",
    "Quantity": "quantity", "InvoiceDate": "ts_us", "UnitPrice": "unit_price",
    "CustomerID": "customer_ref", "Country": "country",
}  # fmt: skip
MAPPED = {"created_us": "created_at", "ts_us": "ordered_at"}  # cleaned columns → fields


class Outcome(Enum):
    """What an honest cleaner can make of a kind."""

    RESTORED = "restored"
    REFUSED = "set aside with its reason"
    EMPTY = "empty"


@dataclass(frozen=True)
class Kind:
    """One kind of dirt: the column that it falls on, and how; None where it cannot."""

    name: str
    column: str
    soil: Dirty
    outcome: Outcome = Outcome.RESTORED
    also_emptied: str = ""

    def dirty(self, row: Row, rng: np.random.Generator) -> Row | None:
        """The cells that change."""
        value = row[self.column]
        found = self.soil(value, rng) if value else None
        if found is None or found == value:
            return None
        return {self.column: found} | ({self.also_emptied: ""} if self.also_emptied else {})


def _one_of(*ways: Callable[[str], str | None]) -> Dirty:
    return lambda value, rng: ways[int(rng.integers(len(ways)))](value)


def _wide(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def _inside(sign: str) -> Dirty:
    def soil(value: str, rng: np.random.Generator) -> str:
        place = int(rng.integers(1, len(value))) if len(value) > 1 else 1
        return value[:place] + sign + value[place:]

    return soil


def _day(form: str) -> Callable[[str], str]:
    return lambda value: date.fromisoformat(value).strftime(form)


def _serial(value: str) -> str:
    return str((date.fromisoformat(value) - date(1899, 12, 30)).days)


def _moment(form: str) -> Callable[[str], str]:
    return lambda value: datetime.fromisoformat(value).strftime(form)


def _local(phone: str) -> str:
    return phone.removeprefix("+86")


def _lost(value: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(4, 11))
    return _local(value)[:place] + _local(value)[place + 1 :]


def _hanzi(value: str) -> bool:
    return all("一" <= one <= "鿿" for one in value)


_RESTORED, _REFUSED, _EMPTY = Outcome
_NOTHING = ("未填写", "NULL", "N/A", "无", "-", "暂无", "None", "#N/A")
CUSTOMER_KINDS = (
    Kind("phone_full_width", "手机", lambda v, _: _wide(v)),
    Kind("phone_spaced", "手机", _one_of(
        lambda v: f"{_local(v)[:3]} {_local(v)[3:7]} {_local(v)[7:]}",
        lambda v: f"{_local(v)[:3]}-{_local(v)[3:7]}-{_local(v)[7:]}")),
    Kind("phone_prefixed", "手机", _one_of(
        lambda v: "0086" + _local(v), lambda v: "86" + _local(v), lambda v: "(+86)" + _local(v),
        lambda v: "+86-" + _local(v))),
    Kind("phone_excel_number", "手机", lambda v, _: _local(v) + ".0"),
    Kind("phone_apostrophe", "手机", lambda v, _: "'" + _local(v)),
    Kind("phone_invisible", "手机", _one_of(
        lambda v: "\ufeff" + _local(v), lambda v: _local(v) + "\u200b", lambda v: "\t" + _local(v),
        lambda v: "\u202d" + _local(v) + "\u202c", lambda v: _local(v) + "\u00a0")),
    Kind("phone_scientific", "手机", lambda v, _: f"{float(_local(v)):.2E}", _REFUSED),
    Kind("phone_masked", "手机", lambda v, _: _local(v)[:3] + "****" + _local(v)[7:], _REFUSED),
    Kind("phone_digit_lost", "手机", _lost, _REFUSED),
    Kind("email_capitals", "邮箱", lambda v, _: v.title()),
    Kind("email_full_width", "邮箱", _one_of(
        _wide, lambda v: v.replace("@", "＠"), lambda v: v.replace(".", "。"))),
    Kind("email_wrapped", "邮箱", _one_of(
        lambda v: "mailto:" + v, lambda v: f"<{v}>", lambda v: f"客户 <{v}>")),
    Kind("email_trailing", "邮箱", _one_of(
        lambda v: v + ";", lambda v: v + " ", lambda v: v + "。", lambda v: v + ",",
        lambda v: v.replace("@", " @ "))),
    Kind("email_no_at", "邮箱", lambda v, _: v.replace("@", ""), _REFUSED),
    Kind("email_nothing", "邮箱", _one_of(*(lambda _, w=w: w for w in _NOTHING)), _EMPTY),
    Kind("name_spaced", "姓名",
         lambda v, rng: _inside("\u3000")(v, rng) if _hanzi(v) else v.replace(" ", "  ")),
    Kind("name_title", "姓名", lambda v, _: v + "先生" if _hanzi(v) else "Mr. " + v),
    Kind("name_invisible", "姓名", _inside("\u200b")),
    Kind("name_full_width", "姓名", lambda v, _: None if _hanzi(v) else _wide(v)),
    Kind("gender_words", "性别", lambda v, rng: str(rng.choice(
        ["男", "男性", "M", "先生"] if v == "male" else ["女", "女性", "F", "女士"]))),
    Kind("birthday_chinese", "生日", _one_of(_day("%Y年%m月%d日"), _day("%Y 年 %m 月 %d 日"))),
    Kind("birthday_signs", "生日", _one_of(
        _day("%Y/%m/%d"), _day("%Y.%m.%d"), _day("%Y%m%d"), _day("%d.%m.%Y"), _day("%d %b %Y"))),
    Kind("birthday_serial", "生日", lambda v, _: _serial(v)),
    Kind("birthday_impossible", "生日", lambda v, _: v[:5] + "02-30", _REFUSED),
    Kind("birthday_future", "生日", lambda v, _: "2" + str(int(v[1:4]) + 100) + v[4:], _REFUSED),
    Kind("province_short", "省份", lambda v, _: customary(_PROVINCES[v])),
    Kind("city_in_full", "城市", lambda v, _: _FULL.get(v)),
    Kind("province_missing", "省份", lambda v, _: ""),
    Kind("place_only_in_address", "城市", lambda v, _: "", also_emptied="省份"),
    Kind("consent_words", "邮件同意", lambda v, rng: str(rng.choice(
        ["是", "同意", "Y", "已订阅"] if v == "true" else ["否", "不同意", "N", "退订"]))),
    Kind("since_written", "注册时间", _one_of(
        _moment("%Y/%m/%d %H:%M:%S"), _moment("%Y年%m月%d日 %H:%M:%S"),
        _moment("%Y-%m-%dT%H:%M:%S+08:00"))),
)  # fmt: skip
LINE_KINDS = (
    Kind("quantity_float", "Quantity", lambda v, _: v + ".0"),
    Kind("quantity_full_width", "Quantity", lambda v, _: _wide(v)),
    Kind("quantity_thousands", "Quantity", lambda v, _: f"{int(v):,}" if int(v) > 999 else None),
    Kind("quantity_words", "Quantity", lambda v, _: "若干", _REFUSED),
    Kind("price_currency", "UnitPrice", _one_of(
        lambda v: "£" + v, lambda v: "GBP " + v, lambda v: v + " £")),
    Kind("price_comma", "UnitPrice", lambda v, _: v.replace(".", ",")),
    Kind("price_full_width", "UnitPrice", lambda v, _: _wide(v)),
    Kind("date_chinese", "InvoiceDate", _one_of(_moment("%Y年%m月%d日 %H时%M分"))),
    Kind("date_signs", "InvoiceDate", _one_of(
        _moment("%Y/%m/%d %H:%M"), _moment("%m/%d/%Y %H:%M"), _moment("%Y-%m-%dT%H:%M:%SZ"))),
    Kind("date_serial", "InvoiceDate", lambda v, _: str(
        (datetime.fromisoformat(v) - datetime(1899, 12, 30)) / timedelta(days=1))),
    Kind("date_impossible", "InvoiceDate", lambda v, _: v[:5] + "02-31" + v[10:], _REFUSED),
    Kind("code_spaced", "StockCode", _one_of(lambda v: f" {v}", lambda v: v + "\u00a0", _wide)),
    Kind("description_spaced", "Description", _one_of(
        lambda v: v.replace(" ", "  "), lambda v: v + "\u200b", lambda v: "\t" + v)),
    Kind("customer_excel_number", "CustomerID", lambda v, _: v + ".0"),
    Kind("country_spaced", "Country", _one_of(lambda v: v + "  ", lambda v: "\u3000" + v)),
)  # fmt: skip
_ROADS = ("文三路", "建国路", "中山路", "人民大街", "科技园路", "解放路", "湖滨路", "新华大道")
_CITIES = {}
_FULL: dict[str, str] = {}
_PROVINCES = {}
for _code in (f"{n:02d}0000" for n in range(11, 66)):
    if (_one := division(_code)) is not None:
        _PROVINCES[_one.name] = _one
for _code in (f"{n:04d}00" for n in range(1101, 6600)):
    if (_one := division(_code)) is not None and not _code.endswith("0000"):
        _FULL[customary(_one)] = _one.name


def people(count: int, rng: np.random.Generator) -> list[Row]:
    """Chinese customers in the one right writing of every field."""
    made = simulated.make(
        rng, pa.array([f"C{n:06d}" for n in range(count)]),
        pa.array(["China"] * count), np.full(count, 1_600_000_000_000_000),
        1_700_000_000_000_000, Parameters(chinese_share=0.9, second_account_share=0.0,
                                          household_share=0.0, rare_hanzi_share=0.0),
    )  # fmt: skip
    counties = [one for n in range(110_101, 659_013) if (one := division(str(n)))]
    counties = [one for one in counties if above(one)[1] is not None and one.code[2:4] != "90"]
    rows = []
    for n in range(count):
        county = counties[int(rng.integers(len(counties)))]
        province, city = above(county)
        assert province is not None
        assert city is not None
        over = "" if city == province else city.name
        street = f"{rng.choice(_ROADS)}{int(rng.integers(1, 900))}号{int(rng.integers(1, 30))}幢"
        phone = re.sub(r"\D", "", made.mobile[n].as_py() or "")
        since = datetime(2020, 1, 1) + timedelta(minutes=int(rng.integers(2_000_000)))
        birthday = made.birthday[n].as_py()
        rows.append({
            "客户编号": made.ref[n].as_py(), "姓名": made.written[n].as_py(),
            "手机": f"+86{phone[-11:]}" if phone else "", "邮箱": made.email[n].as_py() or "",
            "性别": made.gender[n].as_py() or "", "生日": str(birthday) if birthday else "",
            "省份": province.name, "城市": customary(city),
            "地址": f"{province.name}{over}{county.name}{street}",
            "邮件同意": "true" if rng.random() < 0.7 else "false", "注册时间": str(since),
        })  # fmt: skip
    return rows


def lines(count: int) -> list[Row]:
    """Real order lines that are goods, whole, sold and not exported twice."""
    found = duckdb.sql(f"""
        select InvoiceNo, StockCode, trim(Description) as Description, Quantity::text as Quantity,
            InvoiceDate::timestamp::text as InvoiceDate,
            UnitPrice::decimal(12, 2)::text as UnitPrice, CustomerID, Country
        from '{ORDERS}' where CustomerID is not null and Quantity > 0 and UnitPrice > 0
            and regexp_full_match(StockCode, '[0-9]{{5}}[A-Z]?') and Description not like '%  %'
        qualify count(*) over (partition by InvoiceNo, StockCode) = 1 limit {count}
    """)
    return found.to_arrow_table().to_pylist()


def naive(row: Row, columns: Mapping[str, str]) -> dict[str, Cell]:
    """What a first script makes of a row."""
    return {name: _naively(name, row[column].strip()) for column, name in columns.items()}


def _naively(name: str, text: str) -> Cell:
    if not text or text.lower() in ("null", "none", "n/a", "nan"):
        return None
    if name == "phone":
        digits = re.sub(r"\D", "", text)
        return f"+86{digits}" if len(digits) == 11 else f"+{digits}"
    if name in ("birthday", "created_us", "ts_us"):
        return _moment_of(name, text)
    if name in ("unit_price", "quantity"):
        number = pd.to_numeric(text, errors="coerce")
        return None if pd.isna(number) else f"{float(number):.4f}".rstrip("0").rstrip(".")
    if name == "consent_email":
        return {"true": "True", "y": "True", "false": "False", "n": "False"}.get(text.lower())
    return text.lower() if name in ("email", "gender") else text


def _moment_of(name: str, text: str) -> Cell:
    moment = pd.to_datetime(text, errors="coerce")
    if pd.isna(moment):
        return None
    if name == "birthday":
        return str(moment.date())
    zone = "Asia/Shanghai" if name == "created_us" else "UTC"
    aware = moment.tz_localize(zone) if moment.tzinfo is None else moment
    return str(int(aware.timestamp()) * 1_000_000)

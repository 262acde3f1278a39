"""Profiles and events from files: one clean form, and reasons for what cannot be used."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from zhiyin.cleaning.customers import PROFILES, CleanedCustomers, clean_customers
from zhiyin.cleaning.events import EVENTS, CleanedEvents, clean_events
from zhiyin.cleaning.fields import CATALOGUE, Kind
from zhiyin.cleaning.mapping import Mapping, guess_mapping, header_fingerprint
from zhiyin.cleaning.preview import Guess, preview
from zhiyin.cleaning.reading import open_file

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def file_of(folder: Path, *lines: str) -> Path:
    path = folder / "file.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def customers(folder: Path, *lines: str) -> CleanedCustomers:
    path = file_of(folder, *lines)
    mapping = guess_mapping(preview(path))
    assert mapping.kind is Kind.CUSTOMERS
    return clean_customers(open_file(path).batches(), mapping, now=NOW)


def events(folder: Path, *lines: str) -> CleanedEvents:
    path = file_of(folder, *lines)
    mapping = guess_mapping(preview(path))
    assert mapping.kind is Kind.EVENTS
    return clean_events(open_file(path).batches(), mapping, now=NOW)


def test_a_chinese_profile_comes_out_clean(tmp_path: Path) -> None:
    result = customers(
        tmp_path,
        "会员号,姓名,手机,邮箱,性别,生日,城市,邮件同意,短信同意,标签,部门",
        "M1,林静姝女士,138 0013 8000,Lin@QQ.com,女,1990年5月1日,上海,同意,否,老客户、喝茶;VIP,SH01",
    )
    assert result.profiles.schema.equals(PROFILES)
    row = result.profiles.to_pylist()[0]
    expected = {
        "customer_ref": "M1", "name": "林静姝", "title": "女士", "phone": "+8613800138000",
        "email": "lin@qq.com", "gender": "female", "birthday": date(1990, 5, 1), "city": "上海",
        "consent_email": True, "consent_sms": False, "consent_profiling": None,
        "tags": ["老客户", "喝茶", "VIP"], "department_code": "SH01",
    }  # fmt: skip
    assert {key: row[key] for key in expected} == expected
    assert result.report.count("name_tidied") == 1
    assert result.report.count("phone_standard") == 1


def test_family_and_given_names_are_joined_as_each_language_does(tmp_path: Path) -> None:
    result = customers(tmp_path, "First name,Last name,Email", "Ann,Smith,a@b.cn", "伟,张,z@b.cn")
    assert result.profiles.column("name").to_pylist() == ["Ann Smith", "张伟"]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("A,138****8000,a@b.cn,", "手机", "phone_masked"),
        ("A,12,a@b.cn,", "手机", "phone_invalid"),
        ("A,,not-an-address,", "邮箱", "email_invalid"),
        ("A,,a@b.cn,2030-01-01", "生日", "date_future"),
        ("A,,a@b.cn,1880-01-01", "生日", "date_too_early"),
        ("A,,a@b.cn,1990-02-30", "生日", "date_impossible"),
        ("A,,,", "邮箱", "no_identifier"),
        (f"{'长' * 300},,a@b.cn,", "姓名", "text_too_long"),
    ],
)
def test_a_bad_profile_names_field_and_reason(
    tmp_path: Path, row: str, field: str, code: str
) -> None:
    result = customers(tmp_path, "姓名,手机,邮箱,生日", "好人,13800138000,,", row)
    found = [(r["row_number"], r["field"], r["code"]) for r in result.rejected.to_pylist()]
    assert found == [(3, field, code)]
    assert result.profiles.num_rows == 1


def test_silence_is_no_consent(tmp_path: Path) -> None:
    result = customers(tmp_path, "name,email,email consent", "A,a@b.cn,", "B,b@b.cn,yes")
    assert result.profiles.column("consent_email").to_pylist() == [None, True]
    assert result.report.count("consent_not_stated") == 1


def test_odd_names_stay_as_they_are(tmp_path: Path) -> None:
    odd = ["<img src=x onerror=alert(1)>", "=cmd()", "😀 快乐", "𠮷田㛃"]
    result = customers(tmp_path, "name,email", *(f"{n},a{i}@b.cn" for i, n in enumerate(odd)))
    assert result.profiles.column("name").to_pylist() == odd


def test_a_row_that_repeats_another_is_kept_once(tmp_path: Path) -> None:
    result = customers(tmp_path, "name,email", "A,a@b.cn", "A,a@b.cn", "B,bad", "B,bad")
    assert result.profiles.num_rows == 1
    report = result.report
    assert (report.rows, report.kept, report.set_aside, report.rejected) == (4, 1, 1, 2)


def test_events_keep_their_other_columns_as_properties(tmp_path: Path) -> None:
    result = events(
        tmp_path,
        "event,timestamp,user_id,page,properties",
        'Page Viewed,2024-03-05T06:30:00Z,U1,/cart,"{""b"": 2}"',
        "Page Viewed,2024-03-05T06:30:00Z,,/cart,",
        "Page Viewed,2024-03-05T06:31:00Z,U2,/cart,[1]",
    )
    assert result.events.schema.equals(EVENTS)
    row = result.events.to_pylist()[0]
    assert json.loads(row["properties"]) == {"page": "/cart", "b": 2}
    assert row["ts_us"] == 1_709_620_200_000_000
    assert [(r["row_number"], r["code"]) for r in result.rejected.to_pylist()] == [
        (3, "no_identifier"),
        (4, "properties_not_json"),
    ]


def test_a_preview_guesses_what_columns_hold(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        "号码,邮箱,日期,价格,数量,同意,备注,空",
        "13800138000,a@b.cn,2024-01-01,¥1.50,1,是,好,",
        "13900139000,c@d.cn,2024-01-02,¥2.50,2,否,,",
    )
    seen = preview(path)
    assert [column.guess for column in seen.columns] == [
        Guess.PHONE, Guess.EMAIL, Guess.TIME, Guess.MONEY, Guess.WHOLE, Guess.YES_NO, Guess.TEXT,
        Guess.EMPTY,
    ]  # fmt: skip
    assert seen.columns[6].blank_share == 0.5
    assert seen.columns[3].currency == "CNY"
    assert (seen.total_rows, seen.exact, seen.format, seen.encoding) == (2, True, "CSV", "utf-8")
    assert seen.rows[0].number == 2


def test_a_mapping_is_remembered_by_its_header() -> None:
    assert header_fingerprint(["a", "b"]) == header_fingerprint(["a ", "b"])
    assert header_fingerprint(["a", "b"]) != header_fingerprint(["b", "a"])


def test_day_order_is_taken_from_the_rows(tmp_path: Path) -> None:
    path = file_of(tmp_path, "订单号,日期,单价", "1,12/1/2010,5", "2,12/13/2010,5")
    assert guess_mapping(preview(path)).day_first is False


def test_every_field_has_a_label_in_both_languages() -> None:
    for kind, fields in CATALOGUE.items():
        assert all(field.zh and field.en for field in fields)
        assert Mapping(kind=kind, columns={}).missing()
        names = [field.name for field in fields]
        assert len(names) == len(set(names))
        guessed = {header for field in fields for header in field.headers}
        assert all(header == header.casefold() for header in guessed)
